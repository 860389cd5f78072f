/*
 * xdp_filter.h: the contract of week 18: a filter that the kernel runs on each
 * packet before anything else does, and the side of it that is a process.
 *
 * You write
 *     filter.bpf.c   the program `filter` (SEC("xdp")), which the kernel runs
 *     parse.h        what it knows of headers: packet_headers.h
 *     xdp_filter.c   the functions below
 *     refused.bpf.c  three programs that the verifier refuses, mended (step 2)
 * and main.c makes `xdp-filter` of them. filter_maps.h is what both sides
 * share.
 *
 * What `filter` does with a packet, from step N on:
 *  4. It counts it, under its version, protocol and destination port
 *     (struct traffic_key). A packet that is broken is dropped and in no row of
 *     the table. One for which the table has no room is counted under
 *     FILTER_OTHERS: the rows together are all the packets that were not
 *     broken, however many ports somebody scans.
 *  5. A packet whose source lies in a blocked network is dropped.
 *  7. (Stretch) One whose source sends faster than allowed is dropped. What is
 *     blocked is blocked first, and takes no token.
 * Each packet is counted once, under what became of it (enum filter_verdict).
 * What is not dropped is passed on, unchanged: XDP_PASS. What is no IP, as ARP,
 * is passed.
 *
 * Rules that hold for every function:
 *  1. It returns 0 or a count, or -errno. It prints nothing; what
 *     libbpf prints is not meant.
 *  2. It changes nothing on this machine but the one interface that it is told,
 *     and leaves nothing behind, however the process ends.
 *  3. No state is global: two filters in one process do not know each other.
 *
 * -ENOSYS means: not written yet.
 */
#ifndef XDP_FILTER_H
#define XDP_FILTER_H

#include "filter_maps.h"

#include <stddef.h>

struct xdp_filter;

/*
 * Load filter.bpf.c's program and its maps into the kernel.
 *   filter   out: owned by the caller; release with xdp_filter_close()
 * Returns 0.
 * Errors: -EPERM not allowed to; -EACCES, -EINVAL and others the verifier
 * refuses it (libbpf prints why); -ENOMEM.
 * Source: handout step 1; bpftool-gen(8), "skeleton".
 */
int xdp_filter_open(struct xdp_filter **filter);

/* Take it off its interface, and out of the kernel. NULL is allowed. */
void xdp_filter_close(struct xdp_filter *filter);

/* The descriptor of the loaded program. Borrowed until xdp_filter_close(). */
int xdp_filter_program(const struct xdp_filter *filter);

/*
 * Run it on each packet that comes in on this interface: in the driver, or,
 * where the driver can't, by the kernel behind it (generic XDP).
 *   interface   its name in this network namespace; borrowed for the call
 * The attachment is this process's: when the process is gone, however it
 * ended, so is the attachment.
 * Returns 0.
 * Errors: -ENODEV no such interface; -EBUSY it has a program of somebody else,
 * which stays as it is; -EALREADY this filter is attached already; -EPERM.
 * Source: handout steps 1 and 6; libbpf's bpf_program__attach_xdp().
 */
int xdp_filter_attach(struct xdp_filter *filter, const char *interface);

/*
 * Take it off its interface; what it has counted stays.
 * Returns 0.
 * Errors: -ENOENT it is not attached.
 */
int xdp_filter_detach(struct xdp_filter *filter);

/*
 * Read the table of traffic, each row summed over all processors, in no order.
 *   rows, max   out: at most max of them
 * Returns how many there are, at most FILTER_TRAFFIC_ROWS_MAX; more than max
 * means that some are not in rows.
 * Source: handout step 4; bpf(2), "BPF_MAP_GET_NEXT_KEY".
 */
int xdp_filter_traffic(struct xdp_filter *filter, struct traffic_row *rows,
                       size_t max);

/*
 * What became of the packets, by enum filter_verdict, summed over all
 * processors.
 *   packets   out
 * Returns 0.
 */
int xdp_filter_verdicts(struct xdp_filter *filter,
                        __u64 packets[FILTER_VERDICTS]);

/*
 * Block a network, from the next packet on; once more does no harm.
 *   network   borrowed for the call; cidr_parse() makes one
 * Returns 0.
 * Errors: -ENOSPC FILTER_BLOCKED_MAX of that version are blocked; -EINVAL no
 * version 4 or 6, or more bits than it has.
 * Source: handout step 5; the kernel's documentation of BPF_MAP_TYPE_LPM_TRIE.
 */
int xdp_filter_block(struct xdp_filter *filter, const struct network *network);

/*
 * Block it no more. Networks in it and around it that are blocked stay so.
 * Returns 0.
 * Errors: -ENOENT exactly this one is not blocked; -EINVAL as above.
 */
int xdp_filter_unblock(struct xdp_filter *filter,
                       const struct network *network);

/*
 * Let each source address send so many packets a second (stretch, step 7), and
 * so many at once after it has been silent; what is beyond is dropped.
 *   packets_per_second   1 to FILTER_LIMIT_MAX; 0: no limit
 *   burst                1 to FILTER_LIMIT_MAX, also where there is no limit
 * FILTER_SOURCES_MAX sources are remembered; when there are more, those unseen
 * longest are forgotten, more or less, and begin anew with a full burst.
 * Time is xdp_now()'s (xdp_clock.h), in the program only.
 * Returns 0.
 * Errors: -ENOSYS not written; -EINVAL out of range.
 * Source: handout step 7.
 */
int xdp_filter_limit(struct xdp_filter *filter, __u32 packets_per_second,
                     __u32 burst);

#endif
