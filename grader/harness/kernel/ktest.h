/*
 * ktest.h: what a kernel test is written with: code that runs inside the
 * kernel, in supervisor mode, on the machine that the host started (qemu.h).
 *
 *     // A page that was given back is given out again.
 *     KERNEL_TEST(freed_page_comes_back)
 *     {
 *         void *page = page_alloc();
 *         ktest_check(page != NULL, "there is a page");
 *         ktest_note("page_free(%p)", page);
 *         ktest_ok(page_free(page));
 *         ktest_same_hex(page_alloc(), page, "the page that comes next");
 *     }
 *
 * All of a week's kernel tests (tests/kernel/ *.c) stand in one image; the host
 * chooses which one runs. It starts on a stack of ktest's own, on hart 0, with
 * interrupts off, no page table, bss cleared and nothing of the kernel
 * initialised. It passes when it returns, and ends at its first unmet
 * expectation. Notes and failures come out as lab_note and lab_fail do on the
 * host. They leave by an ecall to the machine-mode part of ktest, which takes
 * no memory of the kernel's: they work on any stack, with any page table, in a
 * trap handler, and on every hart.
 *
 * Formats: %d %u %x %X %c %s %p %% with l, ll, z, 0, - and a width.
 */
#ifndef KTEST_H
#define KTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Define one. The host's lab_kernel_test(name) runs it. */
#define KERNEL_TEST(name)         \
    void ktest_case_##name(void); \
    void ktest_case_##name(void)

/* ---- The transcript ---- */

/* Add one line: what the test does next. */
void ktest_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* snprintf, for the tests' own texts. */
int ktest_format(char *to, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- Expectations: each ends the test if it is not met ----
 *
 * As in lab.h: the last arguments are a format and its values.
 */

/* Fail: say in one sentence what went wrong. */
#define ktest_fail(...) ktest_fail_at(KTEST_HERE, __VA_ARGS__)

/* The condition holds. The message is a sentence: what should be. */
#define ktest_check(condition, ...)                      \
    do {                                                 \
        if (!(condition))                                \
            ktest_check_failed(KTEST_HERE, __VA_ARGS__); \
    } while (0)

/* Two integers are equal. Shown as 1,000; as 1000; as 0x3e8. Pointers go to
 * the last. */
#define ktest_equal(actual, expected, ...)                             \
    ktest_equal_at(KTEST_HERE, (int64_t)(actual), (int64_t)(expected), \
                   __VA_ARGS__)
#define ktest_same_number(actual, expected, ...)                             \
    ktest_same_number_at(KTEST_HERE, (int64_t)(actual), (int64_t)(expected), \
                         __VA_ARGS__)
#define ktest_same_hex(actual, expected, ...)                               \
    ktest_same_hex_at(KTEST_HERE, (uint64_t)(actual), (uint64_t)(expected), \
                      __VA_ARGS__)

/* actual <= limit, actual >= limit. */
#define ktest_at_most(actual, limit, ...)                               \
    ktest_bound_at(KTEST_HERE, (int64_t)(actual), -1, (int64_t)(limit), \
                   __VA_ARGS__)
#define ktest_at_least(actual, limit, ...)                             \
    ktest_bound_at(KTEST_HERE, (int64_t)(actual), 1, (int64_t)(limit), \
                   __VA_ARGS__)

/* Two strings are equal; control characters are shown as escapes. */
#define ktest_same_text(actual, expected, ...) \
    ktest_same_text_at(KTEST_HERE, (actual), (expected), __VA_ARGS__)

/* len bytes are equal; the first that differs is shown. */
#define ktest_same_bytes(actual, expected, len, ...) \
    ktest_same_bytes_at(KTEST_HERE, (actual), (expected), (len), __VA_ARGS__)

/* A call of the member's returned no error. Gives its value; -ENOSYS is
 * reported as "not written yet". */
#define ktest_ok(call) ktest_ok_at(KTEST_HERE, (call), #call)

/* A call of the member's returned exactly this -errno. */
#define ktest_error(call, expected) \
    ktest_error_at(KTEST_HERE, (call), expected, #call)

/* End the test here, as passed: where the code under test never returns. */
_Noreturn void ktest_pass(void);

/*
 * The kernel is going to end the machine by the test device. Only then has the
 * test passed; a return from the test is a failure.
 *   how   KTEST_END_PASS, KTEST_END_FAIL, or KTEST_END_STATUS(101)
 */
#define KTEST_END_PASS 0x5555
#define KTEST_END_FAIL 0x3333
#define KTEST_END_STATUS(status) (KTEST_END_FAIL | (status) << 16)
void ktest_expect_end(unsigned how);

/* ---- The run ---- */

unsigned ktest_hart(void);
unsigned ktest_hart_count(void);

/* The index-th argument that the host gave (machine_options.arguments). */
uint64_t ktest_argument(unsigned index);

/* Random values, the same again for the same seed. Of hart 0. */
uint64_t ktest_random(void);
uint64_t ktest_random_below(uint64_t bound);

/* How long the test may take from now on, of the machine's time. */
void ktest_limit_ms(uint64_t ms);

/*
 * Let the host look at the machine as it is now: its test's function (.look of
 * machine_options) is called with this text and these values, while this hart
 * waits in machine mode. Gives what that one returns.
 */
uint64_t ktest_host(const char *what, uint64_t first, uint64_t second);

/* Run function(argument) on every hart at once, on stacks of ktest's; returns
 * when it has returned on each. Call it on hart 0. */
void ktest_on_all_harts(void (*function)(void *), void *argument);

/*
 * For a kernel that was entered by its own start (machine_options.entry), on
 * every hart, as after a reset: a0 is the hart, all other registers hold junk
 * (a1 is KTEST_JUNK(11), x5 KTEST_JUNK(5), …), and so do memory and bss. Run
 * the test here, on this stack. Call it on one hart. kernel_main() does, unless
 * a file of tests/kernel defines one of its own.
 */
#ifndef KTEST_JUNK
#define KTEST_JUNK(number) (0xdead000000000000 + (number))
#endif
_Noreturn void ktest_run(void);

/* ---- Traps ---- */

struct ktest_trap {
    uint64_t cause;  /* as in scause; KTEST_NO_TRAP: none came */
    uint64_t pc;     /* of the instruction that trapped */
    uint64_t value;  /* as in stval */
    uint64_t status; /* as in mstatus, at the trap */
};
#define KTEST_NO_TRAP (~0ull)

/*
 * Run function(argument) with all exceptions caught by ktest's machine-mode
 * part: the kernel's stvec does not see them. At the first one the function is
 * left, as by longjmp, and *trap tells of it. Returns whether one came.
 */
bool ktest_catch(void (*function)(void *), void *argument,
                 struct ktest_trap *trap);

/* One access that may trap. */
bool ktest_catch_load(const volatile void *address, struct ktest_trap *trap);
bool ktest_catch_store(volatile void *address, struct ktest_trap *trap);
bool ktest_catch_jump(const void *address, struct ktest_trap *trap);

/* "load page fault". */
const char *ktest_cause_text(uint64_t cause);

/* ---- Instructions ---- */

/*
 * How many instructions the kernel has executed, in supervisor and user mode;
 * those of ktest's machine-mode part do not count. Exact, and the same again in
 * each run, because the machine counts instructions instead of time (icount).
 * Means something with one hart, and without machine_options.real_time. The
 * call itself costs a few: measure nothing first, and subtract that.
 */
uint64_t ktest_instructions(void);

/*
 * Have the supervisor's timer interrupt so many instructions after the return
 * from this call, or a few sooner or later, but always the same few: whoever
 * calls it with 0, 1, 2, … is interrupted behind each instruction of what
 * follows. Writes stimecmp; sie and sstatus are the caller's. Means something
 * with one hart that runs, and without machine_options.real_time.
 */
void ktest_alarm(uint64_t instructions);

/* ---- Behind the macros ---- */

struct ktest_where {
    const char *file;
    int line;
};
#define KTEST_HERE ((struct ktest_where){__FILE__, __LINE__})

_Noreturn void ktest_fail_at(struct ktest_where where, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void ktest_check_failed(struct ktest_where where, const char *format,
                                  ...) __attribute__((format(printf, 2, 3)));
void ktest_equal_at(struct ktest_where where, int64_t actual, int64_t expected,
                    const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void ktest_same_number_at(struct ktest_where where, int64_t actual,
                          int64_t expected, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void ktest_same_hex_at(struct ktest_where where, uint64_t actual,
                       uint64_t expected, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void ktest_bound_at(struct ktest_where where, int64_t actual, int direction,
                    int64_t limit, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void ktest_same_text_at(struct ktest_where where, const char *actual,
                        const char *expected, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void ktest_same_bytes_at(struct ktest_where where, const void *actual,
                         const void *expected, size_t len, const char *format,
                         ...) __attribute__((format(printf, 5, 6)));
int64_t ktest_ok_at(struct ktest_where where, int64_t result, const char *call);
void ktest_error_at(struct ktest_where where, int64_t result, int64_t expected,
                    const char *call);

#endif
