/*
 * verifier_log.h: why the kernel refuses a BPF program, cut out of all that
 * libbpf and the verifier say of it.
 *
 * A log has up to a million lines, of which four matter: which C line, which
 * instruction, why, and what that means. For bpf.h; not for tests of weeks.
 */
#ifndef VERIFIER_LOG_H
#define VERIFIER_LOG_H

#include <stdbool.h>
#include <stddef.h>

struct verifier_refusal {
    char program[64];
    char place[96];        /* "filter.bpf.c:57"; empty: before Linux 6.10 */
    char source[160];      /* that line of C; empty: built without -g */
    char instruction[120]; /* "1: (71) r2 = *(u8 *)(r1 +12)"; may be empty */
    char known[160];       /* what was known of the number it uses, or empty */
    char reason[240];      /* in the verifier's words */
    const char *meaning;   /* in ours; NULL: it is none of the frequent ones */
};

/*
 * Find the first refusal.
 *   log   what libbpf printed; borrowed for the call
 * Returns whether there is one.
 */
bool verifier_log_cut(const char *log, struct verifier_refusal *refusal);

/* As lines of text, at most 72 columns wide where a line can be parted. */
void verifier_log_tell(const struct verifier_refusal *refusal, char *text,
                       size_t size);

#endif
