/*
 * verifier_log_test.c: the claims of verifier_log.h, on logs of programs that
 * a kernel really refused.
 */
#include "lab.h"
#include "verifier_log.h"
#include "verifier_logs.h"

#include <stdio.h>
#include <string.h>

static struct verifier_refusal r;

#define cut(log, name, at, line) cut_at(LAB_HERE, (log), (name), (at), (line))

/* The log is of this program, this place and this line of C. */
static void cut_at(struct lab_where where, const char *log, const char *program,
                   const char *place, const char *source)
{
    if (!verifier_log_cut(log, &r))
        lab_fail_at(where, "no refusal was found");
    lab_same_text_at(where, r.program, program, "the program");
    lab_same_text_at(where, r.place, place, "its place");
    if (strstr(r.source, source) == NULL)
        lab_differ_at(where, "the line of C", source, r.source);
}

static void means(struct lab_where where, const char *meaning)
{
    if (r.meaning == NULL || strstr(r.meaning, meaning) == NULL)
        lab_differ_at(where, "what it means", meaning,
                      r.meaning != NULL ? r.meaning : "nothing");
}

STEP_TEST(access_to_the_packet)
{
    cut(LOG_PACKET, "packet", "packet.bpf.c:14", "return e->h_proto == 8");
    lab_same_text(r.instruction, "1: (71) r2 = *(u8 *)(r1 +12)",
                  "the instruction");
    lab_same_text(r.reason,
                  "invalid access to packet, off=12 size=1, "
                  "R1(id=0,off=12,r=0)",
                  "the reason");
    means(LAB_HERE, "compare with data_end first.");
    cut(LOG_VARIABLE, "variable", "variable.bpf.c:17", "return t->dest == 7");
    means(LAB_HERE, "from before the pointer was moved");
    cut(LOG_MOVED, "moved", "moved.bpf.c:14", "bpf_xdp_adjust_head(ctx, -8);");
    lab_same_text(r.reason, "R6 invalid mem access 'scalar'", "the reason");
    means(LAB_HERE, "Take ctx->data anew");
    cut(LOG_SPILL, "spill", "spill.bpf.c:15", "struct packet p = {ctx->data");
    lab_same_text(r.reason, "invalid size of register spill", "the reason");
    means(LAB_HERE, "(void *)(long)ctx->data");
}

STEP_TEST(values_of_maps)
{
    cut(LOG_NULL, "null", "null.bpf.c:15", "*v += 1; return XDP_PASS;");
    means(LAB_HERE, "may be NULL");
    cut(LOG_MAP_VALUE, "mapval", "mapval.bpf.c:14", "& 15];");
    lab_same_text(r.known,
                  "R6=map_value(map=m,ks=4,vs=8,smin=smin32=0,smax=umax="
                  "smax32=umax32=15,var_off=(0x0; 0xf))",
                  "what is known of the offset");
    means(LAB_HERE, "bound the offset first");
}

STEP_TEST(numbers_that_are_not_bounded)
{
    cut(LOG_UNBOUNDED, "unbounded", "unbounded.bpf.c:15", "void *p = data +");
    lab_same_text(r.known, "R3=scalar()", "what is known of the number");
    means(LAB_HERE, "& with a mask");
    cut(LOG_STACK, "arrayidx", "arrayidx.bpf.c:14", "char t[8] = {1,2,3};");
    means(LAB_HERE, "array on the stack");
}

STEP_TEST(ways_through_the_program)
{
    cut(LOG_LOOP, "loop", "loop.bpf.c:14", "while (bpf_get_prandom_u32()");
    lab_same_text(r.reason, "infinite loop detected at insn 9", "the reason");
    means(LAB_HERE, "this loop ends");
    cut(LOG_BACK_EDGE, "loop", "", "");
    lab_same_text(r.reason, "back-edge from insn 7 to 2", "the reason");
    means(LAB_HERE, "this loop ends");
    /* Where it is taken, not where the program ends. */
    cut(LOG_RING, "ring", "ring.bpf.c:14", "void *r = bpf_ringbuf_reserve(");
    means(LAB_HERE, "is not given back");
}

STEP_TEST(logs_of_linux_6_1)
{
    cut(LOG_PACKET_6_1, "packet", "",
        "return e->h_proto == 8 ? XDP_DROP : XDP_PASS;");
    means(LAB_HERE, "compare with data_end first.");
    cut(LOG_UNBOUNDED_6_1, "unbounded", "", "void *p = data + *(__u64 *)ip;");
    lab_same_text(r.known, "R3_w=scalar()", "what is known of the number");
    lab_check(strncmp(r.reason, "math between", 12) == 0, "the reason is told");
    cut(LOG_STACK_6_1, "key", "", "bpf_map_lookup_elem(&m, &key);");
    means(LAB_HERE, "between the fields of a struct");
}

/* Of two programs the first that is refused. */
STEP_TEST(first_refusal_is_told)
{
    cut("libbpf: something else\n" LOG_NULL LOG_PACKET, "null", "null.bpf.c:15",
        "*v += 1;");
}

STEP_TEST(what_is_no_refusal)
{
    lab_check(!verifier_log_cut("", &r), "nothing is found in nothing");
    lab_check(!verifier_log_cut("libbpf: map 'm': failed to create\n", &r),
              "nothing is found");
    lab_check(!verifier_log_cut("libbpf: prog 'a': -- BEGIN PROG LOAD LOG --\n"
                                "processed 2 insns\n-- END PROG LOAD LOG --\n",
                                &r),
              "nothing is found in a log without a reason");
}

/* However the log is cut off, it is read to its end and no further. */
STEP_TEST(cut_off_logs)
{
    static const char whole[] = LOG_MAP_VALUE LOG_RING;
    char part[sizeof whole], text[1024];

    for (size_t len = 0; len < sizeof whole; len++) {
        memcpy(part, whole, len);
        part[len] = '\0';
        if (verifier_log_cut(part, &r))
            verifier_log_tell(&r, text, sizeof text);
    }
}

STEP_TEST(a_refusal_in_lines)
{
    char text[1024], little[40];

    verifier_log_cut(LOG_UNBOUNDED, &r);
    verifier_log_tell(&r, text, sizeof text);
    lab_same_text(text,
                  "unbounded.bpf.c:15: void *p = data + *(__u64 *)ip; if (p + "
                  "1 > end) return 0;\n"
                  "7: (0f) r1 += r3\n"
                  "where R3=scalar()\n"
                  "math between pkt pointer and register with unbounded min "
                  "value is not allowed\n"
                  "The number may be negative: make it unsigned, or bound it "
                  "(compare, or &\n"
                  "with a mask) before it is added to a pointer.\n",
                  "the lines");
    verifier_log_cut(LOG_PACKET_6_1, &r);
    verifier_log_tell(&r, text, sizeof text);
    lab_check(strncmp(text, "return e->h_proto", 17) == 0,
              "without a place the line of C stands alone");
    verifier_log_tell(&r, little, sizeof little);
    lab_at_most(strlen(little), sizeof little - 1, "bytes of a short text");
}

int main(int argc, char **argv)
{
    lab_step("cut");
    lab_test(access_to_the_packet);
    lab_test(values_of_maps);
    lab_test(numbers_that_are_not_bounded);
    lab_test(ways_through_the_program);
    lab_test(logs_of_linux_6_1);
    lab_test(first_refusal_is_told);
    lab_test(what_is_no_refusal);
    lab_test(cut_off_logs);
    lab_step("tell");
    lab_test(a_refusal_in_lines);
    return lab_main(argc, argv);
}
