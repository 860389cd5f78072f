/*
 * bpf_test.c: the claims of bpf.h.
 *
 * The objects are bpf_test_*.bpf.c. By an ordinary user nothing can be loaded,
 * and bpf.h says so: these tests then could not run.
 */
#include "bpf.h"

#include "failing.h"

#include <bpf/bpf.h>
#include <net/if.h>
#include <sched.h>

static struct bpf_object *object;
static int program;
static struct packet p;
static char text[200];

static void set_up(void)
{
    object = bpf_lab_open("bpf_test_long");
    bpf_lab_load(object);
    program = bpf_lab_program(object, "drop_long");
}

static void tear_down(void)
{
    bpf_object__close(object);
}

static void build(size_t len)
{
    packet_build(&p, eth(), payload_of(text, len - 14));
}

/* ---- Running ---- */

STEP_TEST(the_verdict_comes_back)
{
    struct bpf_answer answer;

    build(100);
    bpf_lab_run(program, &p, &answer);
    lab_equal(answer.verdict, XDP_PASS, "the verdict");
    packet_same(&answer.packet, &p, "what came out");
    build(101);
    bpf_lab_run_quietly(program, &p, &answer);
    lab_equal(answer.verdict, XDP_DROP, "the verdict");
    bpf_lab_expect(program, &p, XDP_DROP, "it is dropped");
}

STEP_TEST(what_the_program_made_of_the_packet_comes_back)
{
    struct bpf_answer answer;
    struct packet shorter;

    packet_build(&p, eth(.to = "ff:ff:ff:ff:ff:ff"), payload("hello"));
    shorter.len = p.len - 4;
    memcpy(shorter.bytes, p.bytes + 4, shorter.len);
    bpf_lab_run(program, &p, &answer);
    lab_equal(answer.verdict, XDP_TX, "the verdict");
    packet_same(&answer.packet, &shorter, "what came out");
}

/* A transcript line for each, but not for the thousands. */
STEP_TEST(runs_are_noted)
{
    struct bpf_answer answer;
    uint32_t before;

    build(100);
    bpf_lab_run(program, &p, &answer);
    before = lab_page->transcript_len;
    for (int i = 0; i < 1000; i++)
        bpf_lab_run_quietly(program, &p, &answer);
    lab_equal(lab_page->transcript_len, before, "the transcript's length");
    lab_check(strstr(lab_page->transcript, "Ethernet type 0x88b5, 100 bytes, "
                                           "comes in: XDP_PASS") != NULL,
              "the run is noted");
}

/* Invariant 1, on the processor that was chosen. */
STEP_TEST(maps_keep_what_was_counted)
{
    struct bpf_answer answer;
    struct bpf_map *seen = bpf_object__find_map_by_name(object, "seen");
    uint64_t counts[512] = {0};
    uint32_t only = 0;
    int last = bpf_lab_processors() - 1;

    build(100);
    bpf_lab_run_on(last);
    for (int i = 0; i < 7; i++)
        bpf_lab_run_quietly(program, &p, &answer);
    lab_equal(bpf_lab_processors(), last + 1, "processors, asked again");
    lab_sys(bpf_map__lookup_elem(seen, &only, sizeof only, counts,
                                 8 * (size_t)libbpf_num_possible_cpus(), 0));
    lab_equal(counts[sched_getcpu()], 7, "packets counted there");
}

static void find_no_map(void)
{
    FAILS(bpf_lab_map(program, "see"));
}

STEP_TEST(maps_of_a_program_are_found)
{
    int fds[4];
    struct bpf_map *seen = bpf_object__find_map_by_name(object, "seen");
    lab_equal(bpf_lab_maps(program, fds, 4), 1, "maps of the program");
    lab_same_number(fds[0], bpf_map__fd(seen), "the descriptor of the map");
    lab_equal(bpf_lab_maps(program, fds, 0), 0, "maps, with room for none");
    lab_same_number(bpf_lab_map(program, "seen"), bpf_map__fd(seen),
                    "the descriptor of `seen`");
    failing(find_no_map, "the program uses no map 'see'", "", "");
}

STEP_TEST(verdicts_have_names)
{
    lab_same_text(bpf_verdict_text(XDP_ABORTED), "XDP_ABORTED", "0");
    lab_same_text(bpf_verdict_text(XDP_REDIRECT), "XDP_REDIRECT", "4");
    lab_same_text(bpf_verdict_text(17), "verdict 17", "17");
    lab_same_text(bpf_verdict_text(-1), "verdict -1", "-1");
}

static void expect_other_verdict(void)
{
    build(100);
    FAILS(bpf_lab_expect(program, &p, XDP_DROP, "%d bytes are dropped", 100));
}
static void run_too_short(void)
{
    struct bpf_answer answer;
    build(100);
    p.len = 13;
    FAILS(bpf_lab_run(program, &p, &answer));
}
static void run_no_program(void)
{
    struct bpf_answer answer;
    build(100);
    FAILS(bpf_lab_run(-1, &p, &answer));
}
static void find_no_program(void)
{
    FAILS(bpf_lab_program(object, "drop_short"));
}
static void find_unloaded(void)
{
    struct bpf_object *unloaded = bpf_lab_open("bpf_test_long");
    FAILS(bpf_lab_program(unloaded, "drop_long"));
}
static void open_nothing(void)
{
    FAILS(bpf_lab_open("bpf_test_nothing"));
}

STEP_TEST(mistakes_are_told)
{
    failing(expect_other_verdict, "100 bytes are dropped", "XDP_DROP",
            "XDP_PASS");
    failing(run_too_short, "a frame of 13 bytes", "", "");
    failing(run_no_program, "EBADF", "", "");
    failing(find_no_program, "the object has no program 'drop_short'", "", "");
    failing(find_unloaded, "'drop_long' is not loaded", "", "");
    failing(open_nothing, "there is no bpf_test_nothing.bpf.o", "", "");
}

/* ---- What the kernel refuses ---- */

static void load_refused(void)
{
    FAILS(bpf_lab_load(bpf_lab_open("bpf_test_refused")));
}
static void load_bad_map(void)
{
    FAILS(bpf_lab_load(bpf_lab_open("bpf_test_map")));
}

STEP_TEST(the_verifiers_words_are_told)
{
    static const char *const parts[] = {
        "-EACCES (Permission denied): the verifier refuses the program",
        " 'read_unchecked'",
        "return data[12] == 8 ? XDP_DROP : XDP_PASS;",
        "(71) r",
        "\n      | invalid access to packet, off=12 size=1, R",
        "compare with\n      | data_end first.",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        failing(load_refused, "the object is loaded", "no error", parts[i]);
    failing(load_bad_map, "the object is loaded", "no error",
            "-EINVAL (Invalid argument)\n      | libbpf: ");
}

/* As a member's function would. */
static int load_by_itself(const char *name)
{
    struct bpf_object *own = bpf_object__open(bpf_lab_object_path(name));
    int err = bpf_object__load(own);
    bpf_object__close(own);
    return err;
}

static void load_refused_by_itself(void)
{
    bpf_lab_listen();
    FAILS(bpf_lab_ok(load_by_itself("bpf_test_refused")));
}
static int not_written(void)
{
    return -ENOSYS;
}
static void load_not_written(void)
{
    bpf_lab_listen();
    FAILS(bpf_lab_ok(not_written()));
}
/* What was refused before is not told for another's error. */
static void fail_later(void)
{
    bpf_lab_listen();
    load_by_itself("bpf_test_refused");
    bpf_lab_listen();
    FAILS(bpf_lab_ok(-EBUSY));
}

STEP_TEST(a_function_that_loads_is_told_of)
{
    bpf_lab_listen();
    lab_equal(bpf_lab_ok(load_by_itself("bpf_test_long")), 0, "the result");
    failing(load_refused_by_itself, "load_by_itself(\"bpf_test_refused\")",
            "no error", "the verifier refuses the program 'read_unchecked'");
    failing(load_not_written, "not_written()", "no error", "not written yet");
    failing(fail_later, "-EBUSY", "no error", "-EBUSY");
}

/* ---- What is left ---- */

STEP_TEST(descriptors_are_counted)
{
    struct bpf_left before, with, after;
    struct bpf_object *second;

    bpf_lab_count(&before);
    second = bpf_lab_open("bpf_test_long");
    bpf_lab_load(second);
    bpf_lab_count(&with);
    bpf_object__close(second);
    bpf_lab_count(&after);
    lab_equal(with.programs - before.programs, 1, "programs more");
    lab_equal(with.maps - before.maps, 1, "maps more");
    lab_equal(with.links - before.links, 0, "links more");
    lab_equal(after.programs, before.programs, "programs in the end");
    lab_equal(after.maps, before.maps, "maps in the end");
}

/* In a network of our own, where lo is ours. */
STEP_TEST(attached_programs_are_seen)
{
    struct bpf_left left;
    int link;

    if (unshare(CLONE_NEWNET) < 0)
        lab_cannot_run("a network namespace needs CAP_SYS_ADMIN", "sudo");
    lab_equal(bpf_lab_attached("lo"), 0, "the program on lo");
    lab_equal(bpf_lab_attached("nothing"), 0, "the program on no interface");
    link = bpf_link_create(program, (int)if_nametoindex("lo"), BPF_XDP, NULL);
    lab_check(link >= 0, "it is attached");
    lab_check(bpf_lab_attached("lo") > 0, "lo has a program");
    bpf_lab_count(&left);
    lab_equal(left.links, 1, "links");
    close(link);
    lab_equal(bpf_lab_attached("lo"), 0, "the program on lo");
}

int main(int argc, char **argv)
{
    lab_step("run");
    lab_fixture(set_up, tear_down);
    lab_test(the_verdict_comes_back);
    lab_test(what_the_program_made_of_the_packet_comes_back);
    lab_test(runs_are_noted);
    lab_test(maps_keep_what_was_counted);
    lab_test(maps_of_a_program_are_found);
    lab_test(verdicts_have_names);
    lab_test(mistakes_are_told);
    lab_step("refused");
    lab_fixture(set_up, tear_down);
    lab_test(the_verifiers_words_are_told);
    lab_test(a_function_that_loads_is_told_of);
    lab_step("left");
    lab_fixture(set_up, tear_down);
    lab_test(descriptors_are_counted);
    lab_test(attached_programs_are_seen);
    return lab_main(argc, argv);
}
