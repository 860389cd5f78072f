/*
 * qemu_result.c: how a kernel test ended, in words.
 *
 * It has passed only if the machine-mode part wrote the run's token and QEMU
 * ended with the run's exit code, which only the test device can bring about;
 * or hung behind that, for a reason of its own. Everything else is told apart
 * by what stands in the block, or does not.
 */
#include "qemu_internal.h"

#include "lab_internal.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define WORDS_BYTES 1000
#define CONSOLE_LINES 8 /* of the console, so that the notes stay in sight */
#define PANIC_LINES 10
#define STATUS_RESET 0x7777
#define TRAPS_MANY 8 /* of 16 short looks at a kernel that hangs */

/* ---- Notes ---- */

void machine_take_notes(struct machine *m)
{
    const struct ktest_block *block = MACHINE_BLOCK(m);
    size_t len = block->transcript_len;

    if (len > sizeof block->transcript)
        len = sizeof block->transcript;
    while (m->noted < len) {
        const char *text = block->transcript + m->noted;
        const char *newline = memchr(text, '\n', len - m->noted);
        if (newline == NULL)
            return;
        lab_note("%.*s", (int)(newline - text), text);
        m->noted += (size_t)(newline + 1 - text);
    }
}

/* Where the last lines of a text begin. */
static const char *last_lines(const char *text, unsigned lines)
{
    const char *from = text + strlen(text);

    while (from > text && lines > 0)
        if (*--from == '\n' && from[1] != '\0')
            lines--;
    return lines == 0 ? from + 1 : from;
}

/* "s2 000000000000002a   s3 …": of a panic these are the least, and most. */
static bool is_registers(const char *line)
{
    char name[8], value[18];
    int end = 0;

    return sscanf(line, "%7s %17[0-9a-f]%n", name, value, &end) == 2 &&
           strlen(value) == 16 && (line[end] == ' ' || line[end] == '\0');
}

/* One line without its end and what can't be shown; gives what follows it. */
static const char *take_line(const char *text, char *line, size_t size)
{
    size_t len = strcspn(text, "\n"), n = 0;

    for (size_t i = 0; i < len && n + 1 < size; i++)
        if ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f)
            line[n++] = text[i];
    line[n] = '\0';
    return text + len + (text[len] == '\n');
}

/*
 * What the console showed last, for who reads of a failure: a panic from its
 * first line on, or else some lines, each once.
 */
static void note_console(const struct machine *m)
{
    char line[160], before[160] = "";
    const char *text = strstr(m->qemu.out_text, "panic: ");
    unsigned lines = 0;

    if (text == NULL)
        text = last_lines(m->qemu.out_text, CONSOLE_LINES);
    while (*text != '\0' && lines < PANIC_LINES) {
        text = take_line(text, line, sizeof line);
        if (line[0] == '\0' || is_registers(line) || strcmp(line, before) == 0)
            continue;
        lab_note("console: %s", line);
        strcpy(before, line);
        lines++;
    }
}

/* ---- Words ---- */

static const char *cause_text(uint64_t cause)
{
    static const char *const texts[16] = {
        [0] = "an instruction address that is misaligned",
        [1] = "an instruction access fault",
        [2] = "an illegal instruction",
        [3] = "a breakpoint",
        [4] = "a load address that is misaligned",
        [5] = "a load access fault",
        [6] = "a store address that is misaligned",
        [7] = "a store access fault",
        [8] = "an ecall from user mode",
        [9] = "an ecall from supervisor mode",
        [12] = "an instruction page fault",
        [13] = "a load page fault",
        [15] = "a store page fault",
    };

    if (cause >> 63)
        return "an interrupt";
    return cause < 16 && texts[cause] != NULL ? texts[cause]
                                              : "a trap of unknown cause";
}

static void append(char words[WORDS_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(char words[WORDS_BYTES], const char *format, ...)
{
    size_t len = strlen(words);
    va_list args;

    va_start(args, format);
    vsnprintf(words + len, WORDS_BYTES - len, format, args);
    va_end(args);
}

/* "a load page fault at walk(), sv39.c:57 (stval 0x10)" */
static void append_trap(char words[WORDS_BYTES], const struct machine *m,
                        const struct ktest_hart_state *state)
{
    append(words,
           "%s in %s (scause %" PRIu64 ", sepc 0x%" PRIx64 ", stval 0x%" PRIx64
           ")",
           cause_text(state->cause), image_place(m->image, state->epc),
           state->cause, state->epc, state->value);
}

/* What kind of loop it is. */
static const char *loop_text(const struct ktest_hart_state *state)
{
    uint64_t offset = state->epc - (state->vector & ~UINT64_C(3));

    if (offset == 0)
        return "it spins in the trap vector, whose own first instruction "
               "traps: ";
    if (offset < KTEST_VECTOR_BYTES)
        return "it spins in the trap vector, which traps itself: ";
    return "the same trap again and again: ";
}

/* "in walk(), sv39.c:57", where a hart was when it was looked at. */
static void append_place(char words[WORDS_BYTES], const struct machine *m,
                         const struct ktest_hart_state *state)
{
    if (state->mode == 0)
        append(words, "in user mode, at 0x%" PRIx64, state->pc);
    else
        append(words, "in %s", image_place(m->image, state->pc));
}

/* ---- Endings ---- */

/* A kernel says "errno -22"; the name of it is known here. */
static void name_errno(char to[KTEST_TEXT_BYTES], const char *text)
{
    if (strncmp(text, "errno -", 7) == 0)
        snprintf(to, KTEST_TEXT_BYTES, "-%s", lab_errno_text(atoi(text + 6)));
    else
        snprintf(to, KTEST_TEXT_BYTES, "%s", text);
}

static _Noreturn void fail_in_kernel(const struct ktest_block *block)
{
    static char file[KTEST_TEXT_BYTES];
    struct lab_where where = {file, (int)block->line};
    char is[KTEST_TEXT_BYTES], should[KTEST_TEXT_BYTES];

    snprintf(file, sizeof file, "%s", block->text[KTEST_FILE]);
    name_errno(should, block->text[KTEST_EXPECTED]);
    name_errno(is, block->text[KTEST_ACTUAL]);
    lab_differ_at(where, block->text[KTEST_WHAT], should, is);
}

static void describe_hart(char words[WORDS_BYTES], const struct machine *m,
                          unsigned hart)
{
    const struct ktest_hart_state *state = &MACHINE_BLOCK(m)->hart[hart];

    if (!state->seen)
        return;
    append(words, "; hart %u is ", hart);
    append_place(words, m, state);
}

/* Traps keep coming: which, and where from. */
static void append_traps(char words[WORDS_BYTES], const struct machine *m,
                         const struct ktest_hart_state *state)
{
    if (state->cause >> 63) {
        append(words, "interrupt %" PRIu64 " again and again, in %s",
               state->cause & ~(UINT64_C(1) << 63),
               image_place(m->image, state->epc));
        return;
    }
    append(words, "%s", loop_text(state));
    append_trap(words, m, state);
}

static _Noreturn void fail_hung(struct lab_where where, const struct machine *m)
{
    const struct ktest_block *block = MACHINE_BLOCK(m);
    const struct ktest_hart_state *state = &block->hart[block->by_hart];
    char words[WORDS_BYTES] = "";

    if (block->result == KTEST_HUNG)
        append(words, "no end after %g s of the machine's time: ",
               (double)block->limit_ticks / 1e7);
    if (block->result == KTEST_TRAPS || state->traps >= TRAPS_MANY)
        append_traps(words, m, state);
    else
        append_place(words, m, state);
    for (unsigned hart = 0; hart < block->harts; hart++)
        if (hart != block->by_hart)
            describe_hart(words, m, hart);
    lab_fail_at(where, "%s", words);
}

static _Noreturn void fail_ended(struct lab_where where,
                                 const struct machine *m)
{
    const struct ktest_block *block = MACHINE_BLOCK(m);
    const struct ktest_hart_state *state = &block->hart[block->by_hart];
    const char *place = image_place(m->image, state->pc);

    if ((block->ended & 0xffff) == STATUS_RESET)
        lab_fail_at(where, "the kernel reset the machine, in %s", place);
    lab_fail_at(where,
                "the kernel ended the machine with status %u before the test "
                "was over, in %s",
                block->ended >> 16, place);
}

static _Noreturn void fail_no_vector(struct lab_where where,
                                     const struct machine *m)
{
    const struct ktest_block *block = MACHINE_BLOCK(m);
    const struct ktest_hart_state *state = &block->hart[block->by_hart];
    char words[WORDS_BYTES] = "";

    append_trap(words, m, state);
    append(words,
           ", and no trap vector: stvec is 0x%" PRIx64 ", where no code is",
           state->vector);
    lab_fail_at(where, "%s", words);
}

static _Noreturn void fail_broken(struct lab_where where,
                                  const struct machine *m)
{
    const struct ktest_hart_state *state =
        &MACHINE_BLOCK(m)->hart[MACHINE_BLOCK(m)->by_hart];

    lab_fail_at(where,
                "a trap in machine mode, below the kernel: mcause %" PRIu64
                ", mepc 0x%" PRIx64 ", mtval 0x%" PRIx64,
                state->cause, state->pc, state->value);
}

/* The machine is over, and said nothing; or it is not even over. */
static _Noreturn void fail_silent(struct lab_where where, struct machine *m)
{
    int status = m->qemu.status;

    if (m->qemu.pid != 0)
        lab_fail_at(where,
                    "the machine did not end, nor its own clock end it%s",
                    machine_where_text(m));
    if (WIFSIGNALED(status))
        lab_fail_at(where, "QEMU was killed by SIG%s",
                    sigabbrev_np(WTERMSIG(status)));
    lab_fail_at(where,
                "QEMU ended with exit status %d and without a result%s%s",
                WEXITSTATUS(status), m->qemu.err_len > 0 ? ": " : "",
                m->qemu.err_len > 0 ? m->qemu.err_text : "");
}

static bool has_passed(const struct machine *m)
{
    const struct ktest_block *block = MACHINE_BLOCK(m);
    int status = m->qemu.status;

    return block->result == KTEST_PASSED &&
           block->passed_token == block->token &&
           (m->hung || (WIFEXITED(status) &&
                        WEXITSTATUS(status) == (int)lab_page->exit_code));
}

void machine_take_result(struct lab_where where, struct machine *m)
{
    const struct ktest_block *block = MACHINE_BLOCK(m);

    machine_take_notes(m);
    if (has_passed(m))
        return;
    note_console(m);
    switch ((enum ktest_result)block->result) {
    case KTEST_FAILED:
        fail_in_kernel(block);
    case KTEST_NOT_WRITTEN:
        lab_fail_at(where, "%s is not written yet", block->text[KTEST_WHAT]);
    case KTEST_HUNG:
    case KTEST_TRAPS:
        fail_hung(where, m);
    case KTEST_ENDED:
        fail_ended(where, m);
    case KTEST_NO_VECTOR:
        fail_no_vector(where, m);
    case KTEST_BOOTED:
        lab_fail_at(where, "the machine came to its start a second time");
    case KTEST_BROKEN:
        fail_broken(where, m);
    case KTEST_PASSED:
    case KTEST_NONE:
        fail_silent(where, m);
    }
    fail_silent(where, m);
}
