/*
 * bpf.h: XDP programs run on packets, for tests (BPF_PROG_TEST_RUN).
 *
 * The kernel runs the loaded program on bytes of the test's, and hands back
 * its verdict and what it made of the bytes; no interface and no other process
 * is involved. Needs `xdp`. Packets come from packet.h.
 *
 *  1. A packet goes in alone: the program's maps keep what it did before.
 *  2. It takes no frame shorter than 14 bytes: such a one fails the test.
 *  3. What libbpf says is kept, and told if a load fails: the verifier's log
 *     cut to the line that matters, and the C line beside it.
 *
 * Every failure is reported at the line of the test that called.
 */
#ifndef BPF_LAB_H
#define BPF_LAB_H

#include "packet.h"

#include <bpf/libbpf.h>
#include <linux/bpf.h>

/* ---- Objects of the member's: NAME.bpf.o, as clang made it ---- */

/*
 * Open an object by its file's name without ".bpf.o", for a test that loads it
 * by itself. Fails if there is none.
 * Returns it, owned by the caller; release with bpf_object__close().
 */
#define bpf_lab_open(name) bpf_lab_open_at(LAB_HERE, (name))
struct bpf_object *bpf_lab_open_at(struct lab_where where, const char *name);

/* Load it. If the verifier refuses a program, the test fails and tells which,
 * at which C line, and why. */
#define bpf_lab_load(object) bpf_lab_load_at(LAB_HERE, (object))
void bpf_lab_load_at(struct lab_where where, struct bpf_object *object);

/* The descriptor of a program of a loaded object; fails if it has none. */
#define bpf_lab_program(object, name) \
    bpf_lab_program_at(LAB_HERE, (object), (name))
int bpf_lab_program_at(struct lab_where where, struct bpf_object *object,
                       const char *name);

/* The path of NAME.bpf.o. Borrowed until the next call. */
const char *bpf_lab_object_path(const char *name);

/*
 * Keep what libbpf says from here on, in place of its standard error: call it
 * before a function of the member's that loads. A check of that function's
 * result (bpf_lab_ok) then shows it.
 */
void bpf_lab_listen(void);

/* lab_ok() of a call that loads: after -EACCES, -EINVAL and the like the report
 * has the verifier's words as well. */
#define bpf_lab_ok(call) bpf_lab_ok_at(LAB_HERE, (call), #call)
int bpf_lab_ok_at(struct lab_where where, int result, const char *call);

/*
 * The maps that a loaded program uses, as the process that loaded it holds
 * them.
 *   fds, max   out: at most max descriptors; borrowed while the object is open
 * Returns how many.
 */
int bpf_lab_maps(int program, int *fds, int max);

/* The one of this name; fails if the program uses none. */
#define bpf_lab_map(program, name) bpf_lab_map_at(LAB_HERE, (program), (name))
int bpf_lab_map_at(struct lab_where where, int program, const char *name);

/* ---- Packets through a program ---- */

struct bpf_answer {
    int verdict;          /* XDP_PASS, … */
    struct packet packet; /* as the program left it */
};

/*
 * Run the program on one packet, on the processor that the test is on.
 *   program   its descriptor
 *   answer    out
 * Notes "IPv4 … comes in: XDP_TX" in the transcript.
 */
#define bpf_lab_run(program, packet, answer) \
    bpf_lab_run_at(LAB_HERE, (program), (packet), (answer))
void bpf_lab_run_at(struct lab_where where, int program,
                    const struct packet *packet, struct bpf_answer *answer);

/* The same without a note, for the thousands. */
#define bpf_lab_run_quietly(program, packet, answer) \
    bpf_lab_run_quietly_at(LAB_HERE, (program), (packet), (answer))
void bpf_lab_run_quietly_at(struct lab_where where, int program,
                            const struct packet *packet,
                            struct bpf_answer *answer);

/* Run it, and expect this verdict: "XDP_DROP expected, is XDP_PASS". */
#define bpf_lab_expect(program, packet, verdict, ...) \
    bpf_lab_expect_at(LAB_HERE, (program), (packet), (verdict), __VA_ARGS__)
void bpf_lab_expect_at(struct lab_where where, int program,
                       const struct packet *packet, int verdict,
                       const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* "XDP_DROP" for XDP_DROP; "verdict 17" for what is none. */
const char *bpf_verdict_text(int verdict);

/* ---- What is left in the kernel ---- */

/* How many programs, maps and links this process has open descriptors of
 * (/proc/self/fdinfo). */
struct bpf_left {
    int programs, maps, links;
};
void bpf_lab_count(struct bpf_left *left);

/* The id of the XDP program on an interface of this namespace; 0 none. */
unsigned bpf_lab_attached(const char *interface);

/* ---- Processors ---- */

/* How many processors this process may use; and run on the index-th from
 * here on. For per-CPU maps. */
int bpf_lab_processors(void);
void bpf_lab_run_on(int index);

#endif
