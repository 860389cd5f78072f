/*
 * xdp_bench.h: what the files of week 19's bench share.
 */
#ifndef XDP_BENCH_H
#define XDP_BENCH_H

#include "xdp_balancer.h"

#include <measure.h>
#include <stdbool.h>

#define BENCH_CONNECTIONS 65536 /* xlb's default */

/*
 * The balancer with the services and backends of packets.h.
 *   balancer   out: owned by the caller; release with xdp_balancer_close()
 * Returns 0, or what a function of the balancer's returned.
 */
int bench_balancer_open(__u32 connections, struct xdp_balancer **balancer);

/* What needs more than an ordinary user may says so by this command. */
#define BENCH_AS_ROOT "sudo build/grade bench 19"
bool bench_is_root(void);

/* The scenes. */
int per_packet_existing_v4(struct measure *m);
int per_packet_existing_v6(struct measure *m);
int per_packet_new_v4(struct measure *m);
int per_packet_new_v6(struct measure *m);
int per_packet_existing_1m(struct measure *m);
int per_packet_remember(struct measure *m);
int per_packet_syn_flood(struct measure *m);
int per_packet_return_v4(struct measure *m);
int forward_veth(struct measure *m);
int connect_rate(struct measure *m);
int connect_cpu(struct measure *m);
int size_xlated(struct measure *m);
int size_jited(struct measure *m);

#endif
