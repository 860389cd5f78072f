/*
 * verifier_logs.h: what libbpf and the verifier said of programs that were
 * refused, for verifier_log_test.c: by Linux 6.18 and libbpf 1.1, but for the
 * last ones, which are in the form of Linux 6.1.
 */
#ifndef VERIFIER_LOGS_H
#define VERIFIER_LOGS_H

/* clang-format off */

/* A packet that was never compared with data_end. */
#define LOG_PACKET \
    "libbpf: prog 'packet': BPF program load failed: Permission denied\n" \
    "libbpf: prog 'packet': -- BEGIN PROG LOAD LOG --\n" \
    "0: R1=ctx() R10=fp0\n" \
    "; void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->" \
    "data_end; @ packet.bpf.c:13\n" \
    "0: (61) r1 = *(u32 *)(r1 +0) ; R1=pkt(r=0)\n" \
    "; struct ethhdr *e = data; return e->h_proto == 8 ? XDP_DROP : XDP" \
    "_PASS; @ packet.bpf.c:14\n" \
    "1: (71) r2 = *(u8 *)(r1 +12)\n" \
    "invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)\n" \
    "R1 offset is outside of the packet\n" \
    "processed 2 insns (limit 1000000) max_states_per_insn 0 total_stat" \
    "es 0 peak_states 0 mark_read 0\n" \
    "-- END PROG LOAD LOG --\n" \
    "libbpf: prog 'packet': failed to load: -13\n" \
    "libbpf: failed to load object 'packet.bpf.o'\n"

/* Compared, and then moved by the length of the IPv4 header. */
#define LOG_VARIABLE \
    "libbpf: prog 'variable': BPF program load failed: Permission denie" \
    "d\n" \
    "libbpf: prog 'variable': -- BEGIN PROG LOAD LOG --\n" \
    "0: R1=ctx() R10=fp0\n" \
    "; SEC(\"xdp\") int variable(struct xdp_md *ctx) { @ variable.bpf.c" \
    ":12\n" \
    "0: (b4) w0 = 2 ; R0=2\n" \
    "; void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->" \
    "data_end; @ variable.bpf.c:13\n" \
    "1: (61) r2 = *(u32 *)(r1 +0) ; R1=ctx() R2=pkt(r=0)\n" \
    "2: (61) r1 = *(u32 *)(r1 +4) ; R1=pkt_end()\n" \
    "; struct iphdr *ip = data + 14; if (data + 34 > end) return XDP_PA" \
    "SS; @ variable.bpf.c:14\n" \
    "3: (bf) r3 = r2 ; R2=pkt(r=0) R3=pkt(r=0)\n" \
    "4: (07) r3 += 34 ; R3=pkt(off=34,r=0)\n" \
    "5: (2d) if r3 > r1 goto pc+13 ; R1=pkt_end() R3=pkt(off=34,r=34)\n" \
    "6: (b4) w0 = 0 ; R0=0\n" \
    "; if (data + 54 > end) return 0; @ variable.bpf.c:16\n" \
    "7: (bf) r3 = r2 ; R2=pkt(r=34) R3=pkt(r=34)\n" \
    "8: (07) r3 += 54 ; R3=pkt(off=54,r=34)\n" \
    "9: (2d) if r3 > r1 goto pc+9 ; R1=pkt_end() R3=pkt(off=54,r=54)\n" \
    ";  @ variable.bpf.c:0\n" \
    "10: (07) r2 += 14 ; R2=pkt(off=14,r=54)\n" \
    "; struct tcphdr *t = (void *)ip + ip->ihl * 4; @ variable.bpf.c:15\n" \
    "11: (71) r1 = *(u8 *)(r2 +0) ; R1=scalar(smin=smin32=0,smax=umax=s" \
    "max32=umax32=255,var_off=(0x0; 0xff)) R2=pkt(off=14,r=54)\n" \
    "12: (64) w1 <<= 2 ; R1=scalar(smin=smin32=0,smax=umax=smax32=umax3" \
    "2=1020,var_off=(0x0; 0x3fc))\n" \
    "13: (57) r1 &= 60 ; R1=scalar(smin=smin32=0,smax=umax=smax32=umax3" \
    "2=60,var_off=(0x0; 0x3c))\n" \
    "14: (0f) r2 += r1 ; R1=scalar(smin=smin32=0,smax=umax=smax32=umax3" \
    "2=60,var_off=(0x0; 0x3c)) R2=pkt(id=1,off=14,r=0,smin=smin32=0,sma" \
    "x=umax=smax32=umax32=60,var_off=(0x0; 0x3c))\n" \
    "; return t->dest == 7 ? XDP_DROP : XDP_PASS; @ variable.bpf.c:17\n" \
    "15: (69) r1 = *(u16 *)(r2 +2)\n" \
    "invalid access to packet, off=16 size=2, R2(id=1,off=16,r=0)\n" \
    "R2 offset is outside of the packet\n" \
    "processed 16 insns (limit 1000000) max_states_per_insn 0 total_sta" \
    "tes 0 peak_states 0 mark_read 0\n" \
    "-- END PROG LOAD LOG --\n" \
    "libbpf: prog 'variable': failed to load: -13\n" \
    "libbpf: failed to load object 'variable.bpf.o'\n"

/* What a lookup returned, taken for a value. */
#define LOG_NULL \
    "libbpf: prog 'null': BPF program load failed: Permission denied\n" \
    "libbpf: prog 'null': -- BEGIN PROG LOAD LOG --\n" \
    "0: R1=ctx() R10=fp0\n" \
    "; SEC(\"xdp\") int null(struct xdp_md *ctx) { @ null.bpf.c:12\n" \
    "0: (b4) w1 = 1 ; R1=1\n" \
    "; __u32 k = 1; __u64 *v = bpf_map_lookup_elem(&m, &k); @ null.bpf." \
    "c:14\n" \
    "1: (63) *(u32 *)(r10 -4) = r1 ; R1=1 R10=fp0 fp-8=mmmm????\n" \
    "2: (bf) r2 = r10 ; R2=fp0 R10=fp0\n" \
    ";  @ null.bpf.c:0\n" \
    "3: (07) r2 += -4 ; R2=fp-4\n" \
    "; __u32 k = 1; __u64 *v = bpf_map_lookup_elem(&m, &k); @ null.bpf." \
    "c:14\n" \
    "4: (18) r1 = 0xffff8881b3a7cc00 ; R1=map_ptr(map=m,ks=4,vs=8)\n" \
    "6: (85) call bpf_map_lookup_elem#1 ; R0=map_value_or_null(id=1,map" \
    "=m,ks=4,vs=8)\n" \
    "; *v += 1; return XDP_PASS; @ null.bpf.c:15\n" \
    "7: (79) r1 = *(u64 *)(r0 +0)\n" \
    "R0 invalid mem access 'map_value_or_null'\n" \
    "processed 7 insns (limit 1000000) max_states_per_insn 0 total_stat" \
    "es 0 peak_states 0 mark_read 0\n" \
    "-- END PROG LOAD LOG --\n" \
    "libbpf: prog 'null': failed to load: -13\n" \
    "libbpf: failed to load object 'null.bpf.o'\n"

/* A pointer from before bpf_xdp_adjust_head(). */
#define LOG_MOVED \
    "libbpf: prog 'moved': BPF program load failed: Permission denied\n" \
    "libbpf: prog 'moved': -- BEGIN PROG LOAD LOG --\n" \
    "0: R1=ctx() R10=fp0\n" \
    "; SEC(\"xdp\") int moved(struct xdp_md *ctx) { @ moved.bpf.c:12\n" \
    "0: (b4) w0 = 0 ; R0=0\n" \
    "; void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->" \
    "data_end; @ moved.bpf.c:13\n" \
    "1: (61) r2 = *(u32 *)(r1 +4) ; R1=ctx() R2=pkt_end()\n" \
    "2: (61) r6 = *(u32 *)(r1 +0) ; R1=ctx() R6=pkt(r=0)\n" \
    "; if (data + 14 > end) return 0; bpf_xdp_adjust_head(ctx, -8); *(c" \
    "har *)data = 1; return XDP_TX; @ moved.bpf.c:14\n" \
    "3: (bf) r3 = r6 ; R3=pkt(r=0) R6=pkt(r=0)\n" \
    "4: (07) r3 += 14 ; R3=pkt(off=14,r=0)\n" \
    "5: (2d) if r3 > r2 goto pc+5 ; R2=pkt_end() R3=pkt(off=14,r=14)\n" \
    "6: (b4) w2 = -8 ; R2=0xfffffff8\n" \
    "7: (85) call bpf_xdp_adjust_head#44 ; R0=scalar()\n" \
    "8: (b4) w1 = 1 ; R1=1\n" \
    "9: (73) *(u8 *)(r6 +0) = r1\n" \
    "R6 invalid mem access 'scalar'\n" \
    "processed 10 insns (limit 1000000) max_states_per_insn 0 total_sta" \
    "tes 1 peak_states 1 mark_read 0\n" \
    "-- END PROG LOAD LOG --\n" \
    "libbpf: prog 'moved': failed to load: -13\n" \
    "libbpf: failed to load object 'moved.bpf.o'\n"

/* Any number added to a pointer. */
#define LOG_UNBOUNDED \
    "libbpf: prog 'unbounded': BPF program load failed: Invalid argumen" \
    "t\n" \
    "libbpf: prog 'unbounded': -- BEGIN PROG LOAD LOG --\n" \
    "0: R1=ctx() R10=fp0\n" \
    "; SEC(\"xdp\") int unbounded(struct xdp_md *ctx) { @ unbounded.bpf" \
    ".c:12\n" \
    "0: (b4) w0 = 2 ; R0=2\n" \
    "; void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->" \
    "data_end; @ unbounded.bpf.c:13\n" \
    "1: (61) r2 = *(u32 *)(r1 +4) ; R1=ctx() R2=pkt_end()\n" \
    "2: (61) r1 = *(u32 *)(r1 +0) ; R1=pkt(r=0)\n" \
    "; struct iphdr *ip = data + 14; if (data + 34 > end) return XDP_PA" \
    "SS; @ unbounded.bpf.c:14\n" \
    "3: (bf) r3 = r1 ; R1=pkt(r=0) R3=pkt(r=0)\n" \
    "4: (07) r3 += 34 ; R3=pkt(off=34,r=0)\n" \
    "5: (2d) if r3 > r2 goto pc+9 ; R2=pkt_end() R3=pkt(off=34,r=34)\n" \
    "; void *p = data + *(__u64 *)ip; if (p + 1 > end) return 0; @ unbo" \
    "unded.bpf.c:15\n" \
    "6: (79) r3 = *(u64 *)(r1 +14) ; R1=pkt(r=34) R3=scalar()\n" \
    "7: (0f) r1 += r3\n" \
    "math between pkt pointer and register with unbounded min value is " \
    "not allowed\n" \
    "processed 8 insns (limit 1000000) max_states_per_insn 0 total_stat" \
    "es 0 peak_states 0 mark_read 0\n" \
    "-- END PROG LOAD LOG --\n" \
    "libbpf: prog 'unbounded': failed to load: -22\n" \
    "libbpf: failed to load object 'unbounded.bpf.o'\n"

/* An offset of up to 15 into a value of 8 bytes. */
#define LOG_MAP_VALUE \
    "libbpf: prog 'mapval': BPF program load failed: Permission denied\n" \
    "libbpf: prog 'mapval': -- BEGIN PROG LOAD LOG --\n" \
    "0: R1=ctx() R10=fp0\n" \
    "; SEC(\"xdp\") int mapval(struct xdp_md *ctx) { @ mapval.bpf.c:12\n" \
    "0: (b4) w1 = 1 ; R1=1\n" \
    "; __u32 k = 1; __u64 *v = bpf_map_lookup_elem(&m, &k); if (!v) ret" \
    "urn 0; return ((char *)v)[bpf_get_prandom_u32() & 15]; @ mapval.bp" \
    "f.c:14\n" \
    "1: (63) *(u32 *)(r10 -4) = r1 ; R1=1 R10=fp0 fp-8=mmmm????\n" \
    "2: (bf) r2 = r10 ; R2=fp0 R10=fp0\n" \
    ";  @ mapval.bpf.c:0\n" \
    "3: (07) r2 += -4 ; R2=fp-4\n" \
    "; __u32 k = 1; __u64 *v = bpf_map_lookup_elem(&m, &k); if (!v) ret" \
    "urn 0; return ((char *)v)[bpf_get_prandom_u32() & 15]; @ mapval.bp" \
    "f.c:14\n" \
    "4: (18) r1 = 0xffff8881b3a7dc00 ; R1=map_ptr(map=m,ks=4,vs=8)\n" \
    "6: (85) call bpf_map_lookup_elem#1 ; R0=map_value_or_null(id=1,map" \
    "=m,ks=4,vs=8)\n" \
    "7: (bf) r6 = r0 ; R0=map_value_or_null(id=1,map=m,ks=4,vs=8) R6=ma" \
    "p_value_or_null(id=1,map=m,ks=4,vs=8)\n" \
    "8: (b4) w0 = 0 ; R0=0\n" \
    "9: (15) if r6 == 0x0 goto pc+6 ; R6=map_value(map=m,ks=4,vs=8)\n" \
    "10: (85) call bpf_get_prandom_u32#7 ; R0=scalar()\n" \
    "11: (54) w0 &= 15 ; R0=scalar(smin=smin32=0,smax=umax=smax32=umax3" \
    "2=15,var_off=(0x0; 0xf))\n" \
    "12: (0f) r6 += r0 ; R0=scalar(smin=smin32=0,smax=umax=smax32=umax3" \
    "2=15,var_off=(0x0; 0xf)) R6=map_value(map=m,ks=4,vs=8,smin=smin32=" \
    "0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf))\n" \
    "13: (71) r0 = *(u8 *)(r6 +0)\n" \
    "invalid access to map value, value_size=8 off=15 size=1\n" \
    "R6 max value is outside of the allowed memory range\n" \
    "processed 13 insns (limit 1000000) max_states_per_insn 0 total_sta" \
    "tes 1 peak_states 1 mark_read 0\n" \
    "-- END PROG LOAD LOG --\n" \
    "libbpf: prog 'mapval': failed to load: -13\n" \
    "libbpf: failed to load object 'mapval.bpf.o'\n"

/* A loop without an end. */
#define LOG_LOOP \
    "libbpf: prog 'loop': BPF program load failed: Invalid argument\n" \
    "libbpf: prog 'loop': -- BEGIN PROG LOAD LOG --\n" \
    "0: R1=ctx() R10=fp0\n" \
    "; SEC(\"xdp\") int loop(struct xdp_md *ctx) { @ loop.bpf.c:12\n" \
    "0: (b4) w1 = 0 ; R1=0\n" \
    "; volatile int x = 0; while (bpf_get_prandom_u32() != 1) { x++; } " \
    "return x; @ loop.bpf.c:14\n" \
    "1: (63) *(u32 *)(r10 -4) = r1 ; R1=0 R10=fp0 fp-8=0000????\n" \
    "2: (85) call bpf_get_prandom_u32#7 ; R0=scalar()\n" \
    "3: (bc) w1 = w0 ; R0=scalar() R1=scalar(smin=0,smax=umax=0xfffffff" \
    "f,var_off=(0x0; 0xffffffff))\n" \
    ";  @ loop.bpf.c:0\n" \
    "4: (61) r0 = *(u32 *)(r10 -4) ; R0=0 R10=fp0 fp-8=0000????\n" \
    "; volatile int x = 0; while (bpf_get_prandom_u32() != 1) { x++; } " \
    "return x; @ loop.bpf.c:14\n" \
    "5: (16) if w1 == 0x1 goto pc+6 ; R1=scalar(smin=0,smax=umax=0xffff" \
    "ffff,var_off=(0x0; 0xffffffff))\n" \
    "6: (04) w0 += 1 ; R0=1\n" \
    "7: (63) *(u32 *)(r10 -4) = r0 ; R0=1 R10=fp0 fp-8=mmmm????\n" \
    "8: (85) call bpf_get_prandom_u32#7 ; R0=scalar()\n" \
    "9: (bc) w1 = w0 ; R0=scalar() R1=scalar(smin=0,smax=umax=0xfffffff" \
    "f,var_off=(0x0; 0xffffffff))\n" \
    ";  @ loop.bpf.c:0\n" \
    "10: (61) r0 = *(u32 *)(r10 -4) ; R0=scalar(smin=0,smax=umax=0xffff" \
    "ffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n" \
    "; volatile int x = 0; while (bpf_get_prandom_u32() != 1) { x++; } " \
    "return x; @ loop.bpf.c:14\n" \
    "11: (56) if w1 != 0x1 goto pc-6 6: R0=scalar(smin=0,smax=umax=0xff" \
    "ffffff,var_off=(0x0; 0xffffffff)) R1=scalar(smin=0,smax=umax=0xfff" \
    "fffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n" \
    "6: (04) w0 += 1 ; R0=scalar(smin=0,smax=umax=0xffffffff,var_off=(0" \
    "x0; 0xffffffff))\n" \
    "7: (63) *(u32 *)(r10 -4) = r0 ; R0=scalar(smin=0,smax=umax=0xfffff" \
    "fff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n" \
    "8: (85) call bpf_get_prandom_u32#7\n" \
    "infinite loop detected at insn 9\n" \
    "cur state: R0=scalar() R10=fp0 fp-8=mmmm????\n" \
    "old state: R0=scalar() R10=fp0 fp-8=mmmm????\n" \
    "processed 17 insns (limit 1000000) max_states_per_insn 0 total_sta" \
    "tes 1 peak_states 1 mark_read 0\n" \
    "-- END PROG LOAD LOG --\n" \
    "libbpf: prog 'loop': failed to load: -22\n" \
    "libbpf: failed to load object 'loop.bpf.o'\n"

/* A record of a ring buffer that is not submitted. */
#define LOG_SPILL \
    "libbpf: prog 'spill': BPF program load failed: Permission denied\n" \
    "libbpf: prog 'spill': -- BEGIN PROG LOAD LOG --\n" \
    "0: R1=ctx() R10=fp0\n" \
    "; volatile struct packet p = {ctx->data, ctx->data_end}; @ spill.bp" \
    "f.c:15\n" \
    "0: (61) r2 = *(u32 *)(r1 +0)          ; R1=ctx() R2=pkt(r=0)\n" \
    "1: (63) *(u32 *)(r10 -8) = r2\n" \
    "invalid size of register spill\n" \
    "processed 2 insns (limit 1000000) max_states_per_insn 0 total_stat" \
    "es 0 peak_states 0 mark_read 0\n" \
    "-- END PROG LOAD LOG --\n" \
    "libbpf: prog 'spill': failed to load: -13\n"

#define LOG_RING \
    "libbpf: prog 'ring': BPF program load failed: Invalid argument\n" \
    "libbpf: prog 'ring': -- BEGIN PROG LOAD LOG --\n" \
    "0: R1=ctx() R10=fp0\n" \
    "; void *r = bpf_ringbuf_reserve(&rb, 8, 0); if (!r) return 0; *(ch" \
    "ar *)r = 1; return XDP_PASS; @ ring.bpf.c:14\n" \
    "0: (18) r1 = 0xffff88820f347400 ; R1=map_ptr(map=rb,ks=0,vs=0)\n" \
    "2: (b7) r2 = 8 ; R2=8\n" \
    "3: (b7) r3 = 0 ; R3=0\n" \
    "4: (85) call bpf_ringbuf_reserve#131 ; R0=ringbuf_mem_or_null(id=2" \
    ",ref_obj_id=2,sz=8) refs=2\n" \
    "5: (b4) w1 = 0 ; R1=0 refs=2\n" \
    "6: (15) if r0 == 0x0 goto pc+3 ; R0=ringbuf_mem(ref_obj_id=2,sz=8)" \
    " refs=2\n" \
    "7: (b4) w1 = 1 ; R1=1 refs=2\n" \
    "8: (73) *(u8 *)(r0 +0) = r1 ; R0=ringbuf_mem(ref_obj_id=2,sz=8) R1" \
    "=1 refs=2\n" \
    "9: (b4) w1 = 2 ; R1=2 refs=2\n" \
    "; } @ ring.bpf.c:15\n" \
    "10: (bc) w0 = w1 ; R0=2 R1=2 refs=2\n" \
    "11: (95) exit\n" \
    "Unreleased reference id=2 alloc_insn=4\n" \
    "BPF_EXIT instruction in main prog would lead to reference leak\n" \
    "processed 11 insns (limit 1000000) max_states_per_insn 0 total_sta" \
    "tes 1 peak_states 1 mark_read 0\n" \
    "-- END PROG LOAD LOG --\n" \
    "libbpf: prog 'ring': failed to load: -22\n" \
    "libbpf: failed to load object 'ring.bpf.o'\n"

/* An index of up to 15 into an array of 8. */
#define LOG_STACK \
    "libbpf: prog 'arrayidx': BPF program load failed: Invalid argument\n" \
    "libbpf: prog 'arrayidx': -- BEGIN PROG LOAD LOG --\n" \
    "0: R1=ctx() R10=fp0\n" \
    "; SEC(\"xdp\") int arrayidx(struct xdp_md *ctx) { @ arrayidx.bpf.c" \
    ":12\n" \
    "0: (b7) r1 = 197121 ; R1=0x30201\n" \
    "; char t[8] = {1,2,3}; __u32 i = bpf_get_prandom_u32(); return *(v" \
    "olatile char *)&t[i & 15]; @ arrayidx.bpf.c:14\n" \
    "1: (7b) *(u64 *)(r10 -8) = r1 ; R1=0x30201 R10=fp0 fp-8=0x30201\n" \
    "2: (85) call bpf_get_prandom_u32#7 ; R0=scalar()\n" \
    "3: (54) w0 &= 15 ; R0=scalar(smin=smin32=0,smax=umax=smax32=umax32" \
    "=15,var_off=(0x0; 0xf))\n" \
    "4: (bf) r1 = r10 ; R1=fp0 R10=fp0\n" \
    ";  @ arrayidx.bpf.c:0\n" \
    "5: (07) r1 += -8 ; R1=fp-8\n" \
    "; char t[8] = {1,2,3}; __u32 i = bpf_get_prandom_u32(); return *(v" \
    "olatile char *)&t[i & 15]; @ arrayidx.bpf.c:14\n" \
    "6: (0f) r1 += r0 ; R0=scalar(smin=smin32=0,smax=umax=smax32=umax32" \
    "=15,var_off=(0x0; 0xf)) R1=fp(off=-8,smin=smin32=0,smax=umax=smax3" \
    "2=umax32=15,var_off=(0x0; 0xf))\n" \
    "7: (71) r0 = *(u8 *)(r1 +0)\n" \
    "invalid variable-offset read from stack R1 var_off=(0x0; 0xf) off=" \
    "-8 size=1\n" \
    "processed 8 insns (limit 1000000) max_states_per_insn 0 total_stat" \
    "es 0 peak_states 0 mark_read 0\n" \
    "-- END PROG LOAD LOG --\n" \
    "libbpf: prog 'arrayidx': failed to load: -22\n" \
    "libbpf: failed to load object 'arrayidx.bpf.o'\n"

#define LOG_PACKET_6_1 \
    "libbpf: prog 'packet': BPF program load failed: Permission denied\n" \
    "libbpf: prog 'packet': -- BEGIN PROG LOAD LOG --\n" \
    "reg type unsupported for arg#0 function packet#12\n" \
    "0: R1=ctx(off=0,imm=0) R10=fp0\n" \
    "; void *data = (void *)(long)ctx->data;\n" \
    "0: (61) r1 = *(u32 *)(r1 +0) ; R1_w=pkt(off=0,r=0,imm=0)\n" \
    "; return e->h_proto == 8 ? XDP_DROP : XDP_PASS;\n" \
    "1: (71) r2 = *(u8 *)(r1 +12)\n" \
    "invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)\n" \
    "R1 offset is outside of the packet\n" \
    "processed 2 insns (limit 1000000) max_states_per_insn 0 total_stat" \
    "es 0\n" \
    "-- END PROG LOAD LOG --\n" \
    "libbpf: prog 'packet': failed to load: -13\n"

#define LOG_UNBOUNDED_6_1 \
    "libbpf: prog 'unbounded': -- BEGIN PROG LOAD LOG --\n" \
    "; void *p = data + *(__u64 *)ip;\n" \
    "6: (79) r3 = *(u64 *)(r1 +14) ; R1_w=pkt(off=0,r=34,imm=0) R3_w=sc" \
    "alar()\n" \
    "7: (0f) r1 += r3\n" \
    "last_idx 7 first_idx 0\n" \
    "regs=8 stack=0 before 6: (79) r3 = *(u64 *)(r1 +14)\n" \
    "math between pkt pointer and register with unbounded min value is " \
    "not allowed\n" \
    "processed 8 insns (limit 1000000) max_states_per_insn 0 total_stat" \
    "es 0\n" \
    "-- END PROG LOAD LOG --\n"

#define LOG_STACK_6_1 \
    "libbpf: prog 'key': -- BEGIN PROG LOAD LOG --\n" \
    "; __u64 *v = bpf_map_lookup_elem(&m, &key);\n" \
    "6: (85) call bpf_map_lookup_elem#1\n" \
    "invalid indirect read from stack R2 off -16+8 size 16\n" \
    "processed 6 insns (limit 1000000) max_states_per_insn 0 total_stat" \
    "es 0\n" \
    "-- END PROG LOAD LOG --\n"

#define LOG_BACK_EDGE \
    "libbpf: prog 'loop': -- BEGIN PROG LOAD LOG --\n" \
    "reg type unsupported for arg#0 function loop#9\n" \
    "back-edge from insn 7 to 2\n" \
    "processed 0 insns (limit 1000000) max_states_per_insn 0 total_stat" \
    "es 0\n" \
    "-- END PROG LOAD LOG --\n"

/* clang-format on */

#endif
