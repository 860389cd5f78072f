/*
 * refused_test.c: week 18, step 2: three programs that the verifier refuses.
 */
#include "bpf.h"
#include "steps.h"

#define ETHERNET_BYTES 14
#define TELNET 23

/* Load one of the three; the others may be refused still. */
static int load_alone(struct bpf_object *object, const char *name)
{
    struct bpf_program *program;
    bpf_object__for_each_program(program, object) bpf_program__set_autoload(
        program, strcmp(bpf_program__name(program), name) == 0);
    lab_note("load the program '%s' of refused.bpf.c", name);
    bpf_lab_load(object);
    return bpf_lab_program(object, name);
}

/* ---- checked ---- */

/* `checked` finds TCP's port 23 behind each length of IPv4 header. */
STEP_TEST(checked_finds_the_port)
{
    struct bpf_object *object = bpf_lab_open("refused");
    int program = load_alone(object, "checked");
    struct packet p;

    for (int options = 0; options <= 40; options += 4) {
        packet_build(&p, eth(), ipv4(.options = options), tcp(.to = TELNET));
        bpf_lab_expect(program, &p, XDP_DROP, "port 23, %d bytes of options",
                       options);
        packet_build(&p, eth(), ipv4(.options = options),
                     tcp(.from = TELNET, .to = 5888));
        bpf_lab_expect(program, &p, XDP_PASS,
                       "another port, %d bytes of "
                       "options",
                       options);
    }
    bpf_object__close(object);
}

/* It passes everything else. */
STEP_TEST(checked_passes_everything_else)
{
    struct bpf_object *object = bpf_lab_open("refused");
    int program = load_alone(object, "checked");
    struct packet p;

    packet_build(&p, eth(), ipv4(), udp(.to = TELNET));
    bpf_lab_expect(program, &p, XDP_PASS, "UDP to port 23");
    packet_build(&p, eth(), ipv6(), tcp(.to = TELNET));
    bpf_lab_expect(program, &p, XDP_PASS, "port 23 over IPv6");
    packet_build(&p, eth(), arp());
    bpf_lab_expect(program, &p, XDP_PASS, "ARP");
    packet_build(&p, eth(.type = 0x88cc), ipv4(), tcp(.to = TELNET));
    bpf_lab_expect(program, &p, XDP_PASS, "another Ethernet type");
    packet_build(&p, eth(), ipv4(.options = 40), tcp(.to = TELNET));
    for (p.len = ETHERNET_BYTES; p.len < ETHERNET_BYTES + 62; p.len++)
        bpf_lab_expect(program, &p, XDP_PASS,
                       "too short to tell the port, %zu bytes", p.len);
    bpf_object__close(object);
}

/* ---- nullable ---- */

/* `nullable` lets each source send three packets. */
STEP_TEST(nullable_counts_each_source)
{
    static const char *const sources[] = {"10.0.0.1", "10.0.0.2",
                                          "192.168.1.1"};
    struct bpf_object *object = bpf_lab_open("refused");
    int program = load_alone(object, "nullable");
    struct packet p;

    for (int round = 1; round <= 6; round++) {
        for (int i = 0; i < 3; i++) {
            packet_build(&p, eth(), ipv4(.from = sources[i]), udp());
            bpf_lab_expect(program, &p, round <= 3 ? XDP_PASS : XDP_DROP,
                           "packet %d of %s", round, sources[i]);
        }
    }
    packet_build(&p, eth(), ipv6(), udp());
    for (int round = 1; round <= 4; round++)
        bpf_lab_expect(program, &p, XDP_PASS, "packet %d over IPv6", round);
    packet_build(&p, eth(), arp());
    for (int round = 1; round <= 4; round++)
        bpf_lab_expect(program, &p, XDP_PASS, "packet %d of ARP", round);
    bpf_object__close(object);
}

/* ---- moved ---- */

static void expect_out(int program, const struct packet *in,
                       const struct packet *out, const char *what)
{
    struct bpf_answer answer;
    bpf_lab_run(program, in, &answer);
    lab_same_text(bpf_verdict_text(answer.verdict), "XDP_PASS",
                  "the verdict on %s", what);
    packet_same(&answer.packet, out, what);
}

/* `moved` takes the tag off, and nothing else. */
STEP_TEST(moved_takes_the_tag_off)
{
    struct bpf_object *object = bpf_lab_open("refused");
    int program = load_alone(object, "moved");
    struct packet tagged, bare;

    packet_build(&tagged, eth(), vlan(.id = 7, .priority = 3), ipv4(), tcp(),
                 payload("hello"));
    packet_build(&bare, eth(), ipv4(), tcp(), payload("hello"));
    expect_out(program, &tagged, &bare, "a tagged packet of IPv4");
    packet_build(&tagged,
                 eth(.from = "02:11:22:33:44:55", .to = "02:66:77:88:99:aa"),
                 vlan(.id = 4094), ipv6(), udp(), payload("hello"));
    packet_build(&bare,
                 eth(.from = "02:11:22:33:44:55", .to = "02:66:77:88:99:aa"),
                 ipv6(), udp(), payload("hello"));
    expect_out(program, &tagged, &bare, "a tagged packet of IPv6");
    bpf_object__close(object);
}

/* What has no tag stays as it is. */
STEP_TEST(moved_leaves_the_untagged)
{
    struct bpf_object *object = bpf_lab_open("refused");
    int program = load_alone(object, "moved");
    struct packet p;

    packet_build(&p, eth(), ipv4(), tcp(), payload("hello"));
    expect_out(program, &p, &p, "an untagged packet");
    packet_build(&p, eth(), arp());
    expect_out(program, &p, &p, "ARP");
    packet_build(&p, eth(), vlan(.id = 7), arp());
    p.len = ETHERNET_BYTES + 2;
    expect_out(program, &p, &p, "half a tag");
    bpf_object__close(object);
}

void verifier_step(void)
{
    lab_step("verifier");
    lab_test(checked_finds_the_port);
    lab_test(checked_passes_everything_else);
    lab_test(nullable_counts_each_source);
    lab_test(moved_takes_the_tag_off);
    lab_test(moved_leaves_the_untagged);
}
