/*
 * qemu.h: machines for kernels, in a test of a week of kind riscv.
 *
 * Most tests run inside the kernel (kernel/ktest.h). For them the host's test
 * program needs one line each:
 *
 *     lab_kernel_test(freed_page_comes_back);         // defines a STEP_TEST
 *     ...
 *     lab_test(freed_page_comes_back);                // registers it
 *
 * It boots the week's test image (kernel.elf: the member's module and all of
 * tests/kernel) for that test, once with 1 hart and once with 4.
 *
 * Others look at a machine from outside:
 *
 *     struct machine m;
 *     machine_start(&m, .program = "monitor");
 *     machine_expect(&m, "> ");
 *     machine_type(&m, "help\n");
 *     machine_expect(&m, "uptime");
 *     machine_release(&m);
 *
 *  1. The machine's memory is a file that the test maps: what the kernel wrote
 *     is read there while it runs (machine_memory). It is full of junk at the
 *     start, as far as an image reaches and a little more (MACHINE_JUNK_BYTES).
 *  2. A machine counts instructions instead of time (icount) unless .real_time
 *     is asked for: what it does repeats exactly, with several harts as well, a
 *     second in which it sleeps is over at once, and races do not show.
 *  3. A kernel test that does not end is ended after .limit_ms of the machine's
 *     time; the report says where each hart was. Without a kernel test in it,
 *     a machine that is silent for too long fails the test that waits.
 *  4. Every machine dies with the test.
 */
#ifndef QEMU_H
#define QEMU_H

#include "lab.h"
#include "proc.h"

#define MACHINE_MEMORY 0x80000000u
#define MACHINE_MEMORY_BYTES 0x08000000u
#define MACHINE_JUNK_BYTES 0x400000u
#define MACHINE_ARGUMENTS 6
#define MACHINE_LIMIT_MS 10000

struct machine;

struct machine_options {
    const char *program; /* this program of the week's, by itself; NULL: the
                            week's test image */
    const char *test;    /* the KERNEL_TEST that it runs */
    const char *entry;   /* the function that is entered, by all harts, as after
                            a reset; NULL: ktest's own */
    unsigned harts;      /* at most 6; 1 where 0 stands here */
    bool real_time;      /* no icount: for races, and nothing else */
    unsigned limit_ms;   /* of the machine's time; MACHINE_LIMIT_MS for 0 */
    uint64_t arguments[MACHINE_ARGUMENTS]; /* ktest_argument(index) */
    uint64_t junk_bytes;                   /* MACHINE_JUNK_BYTES for 0 */
    /* What answers ktest_host(): it may look at memory, ask the monitor, note
     * and fail. In machine_finish() and machine_run(). */
    uint64_t (*look)(struct machine *m, const char *what,
                     const uint64_t values[2]);
};

struct machine {
    struct machine_options options;
    struct proc qemu;
    struct machine_image *image; /* its symbols */
    unsigned char *memory;       /* mapped, at MACHINE_MEMORY */
    int backing;                 /* the memory, as a file */
    size_t taken; /* of the console's output, by machine_expect */
    size_t noted; /* of what its kernel test noted */
    int monitor;  /* a socket, or -1 */
    bool hung;    /* QEMU was, behind the end of its machine, and was ended */
};

/* Start a machine. The options are those of struct machine_options, by name.
 * Release with machine_release(). */
#define machine_start(m, ...) \
    machine_start_at(LAB_HERE, (m), (struct machine_options){__VA_ARGS__})
void machine_start_at(struct lab_where where, struct machine *m,
                      struct machine_options options);

/* Type on its console. Noted; "\n" is the key Enter, which sends '\r'. */
#define machine_type(m, text) machine_type_at(LAB_HERE, (m), (text))
void machine_type_at(struct lab_where where, struct machine *m,
                     const char *text);

/*
 * Wait until this text stands on the console, after what was waited for before.
 * Fails if the machine ends or stays silent instead, with what is there.
 * Returns all that came since, the text included; borrowed until the next call.
 */
#define machine_expect(m, text) machine_expect_at(LAB_HERE, (m), (text))
const char *machine_expect_at(struct lab_where where, struct machine *m,
                              const char *text);

/* All that the console has shown up to now. Borrowed until the next call. */
const char *machine_console(struct machine *m);

/*
 * Wait for the end of its kernel test, take over what it noted, and fail as it
 * failed, at its own line.
 */
#define machine_finish(m) machine_finish_at(LAB_HERE, (m))
void machine_finish_at(struct lab_where where, struct machine *m);

/* Wait for the end of a machine without a kernel test: QEMU's exit status,
 * which a kernel gives by the test device. */
#define machine_wait(m) machine_wait_at(LAB_HERE, (m))
int machine_wait_at(struct lab_where where, struct machine *m);

/* Whether it is over: who waits for something else can stop then, and ask
 * machine_finish() why. */
bool machine_has_ended(struct machine *m);

/* Its memory from this physical address on, of which len bytes are looked at.
 * Fails if they are not all memory. Valid until machine_release. */
#define machine_memory(m, physical, len) \
    machine_memory_at(LAB_HERE, (m), (physical), (len))
void *machine_memory_at(struct lab_where where, struct machine *m,
                        uint64_t physical, size_t len);

/* The address of a function or variable in its image. Fails if there is none
 * of this name. */
#define machine_symbol(m, name) machine_symbol_at(LAB_HERE, (m), (name))
uint64_t machine_symbol_at(struct lab_where where, struct machine *m,
                           const char *name);

/* "walk(), sv39.c:57" for an address in its image. Borrowed until the same
 * thread's fourth next call. */
const char *machine_place(struct machine *m, uint64_t address);

/* Stop it where it is, for a look at it that takes time, and let it go on. */
#define machine_pause(m) machine_pause_at(LAB_HERE, (m))
#define machine_continue(m) machine_continue_at(LAB_HERE, (m))
void machine_pause_at(struct lab_where where, struct machine *m);
void machine_continue_at(struct lab_where where, struct machine *m);

/* What QEMU's monitor answers to a command ("info mem"). Borrowed until the
 * next call. */
#define machine_monitor(m, command) machine_monitor_at(LAB_HERE, (m), (command))
const char *machine_monitor_at(struct lab_where where, struct machine *m,
                               const char *command);

/* End it if it still runs, and free what m owns. */
void machine_release(struct machine *m);

/*
 * Start a machine for one kernel test, wait for its end, and fail as it failed.
 * Notes how many harts there are.
 */
#define machine_run(...) \
    machine_run_at(LAB_HERE, (struct machine_options){__VA_ARGS__})
void machine_run_at(struct lab_where where, struct machine_options options);

/*
 * Define the STEP_TEST of a kernel test of the same name: with 1 hart and with
 * 4; and with options of its own, once:
 *
 *     lab_kernel_test(freed_page_comes_back);
 *     lab_kernel_test_with(counter_comes_out_right, .harts = 4,
 *                          .real_time = true);
 */
#define lab_kernel_test(name)                   \
    STEP_TEST(name)                             \
    {                                           \
        machine_run(.test = #name, .harts = 1); \
        machine_run(.test = #name, .harts = 4); \
    }                                           \
    _Static_assert(1, "")
#define lab_kernel_test_with(name, ...)          \
    STEP_TEST(name)                              \
    {                                            \
        machine_run(.test = #name, __VA_ARGS__); \
    }                                            \
    _Static_assert(1, "")

#endif
