/*
 * monitor.c: given. A line is words; the first of them is a command.
 */
#include "monitor.h"

#include "boot.h"
#include "kerrno.h"
#include "kprintf.h"
#include "kstring.h"
#include "layout.h"
#include "panic.h"
#include "param.h"
#include "platform.h"
#include "power.h"
#include "probe.h"
#include "riscv.h"
#include "stack.h"
#include "symbol.h"
#include "timer.h"
#include "trap_text.h"

#include <stdbool.h>

#define READ_BYTES_MAX 256
#define READ_BYTES_LINE 16

static const struct monitor_command *extra;
static size_t extra_count;

static bool is_digit(char c, unsigned base, unsigned *digit)
{
    if (c >= '0' && c <= '9')
        *digit = (unsigned)(c - '0');
    else if (c >= 'a' && c <= 'f')
        *digit = (unsigned)(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F')
        *digit = (unsigned)(c - 'A') + 10;
    else
        return false;
    return *digit < base;
}

int monitor_number(const char *text, unsigned long *number)
{
    unsigned base = 10;
    unsigned long value = 0;
    unsigned digit;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (*text == '\0')
        return -EINVAL;
    for (; *text != '\0'; text++) {
        if (!is_digit(*text, base, &digit) ||
            __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return -EINVAL;
    }
    *number = value;
    return 0;
}

/* Behind a call that never returns the next function begins: `returns`. */
static void print_place(uintptr_t address, bool returns)
{
    size_t offset;
    const char *name = symbol_find(address - returns, &offset);

    printf("%#lx %s+0x%zx\n", address, name, offset + returns);
}

static int run_uptime(int count, char **words)
{
    uint64_t ms = time_read() / (PLATFORM_TIME_HZ / 1000);

    (void)count;
    (void)words;
    printf("%lu.%03lu s, %lu ticks\n", ms / 1000, ms % 1000, timer_ticks());
    return 0;
}

static int read_line_of(uintptr_t address, unsigned long count)
{
    int bytes[READ_BYTES_LINE];

    for (unsigned long i = 0; i < count; i++) {
        bytes[i] = probe_read8(address + i);
        if (bytes[i] < 0)
            return bytes[i];
    }
    printf("%016lx ", address);
    for (unsigned long i = 0; i < count; i++)
        printf(" %02x", bytes[i]);
    printf("\n");
    return 0;
}

static int run_read(int count, char **words)
{
    unsigned long address, len = READ_BYTES_LINE;
    int err = 0;

    if (count < 2 || count > 3 || monitor_number(words[1], &address) < 0 ||
        (count == 3 && monitor_number(words[2], &len) < 0) ||
        len > READ_BYTES_MAX)
        return -EINVAL;
    for (; len > 0 && err == 0; address += READ_BYTES_LINE) {
        unsigned long now = len < READ_BYTES_LINE ? len : READ_BYTES_LINE;

        err = read_line_of(address, now);
        len -= now;
    }
    return err;
}

static int run_write(int count, char **words)
{
    unsigned long address, byte;

    if (count != 3 || monitor_number(words[1], &address) < 0 ||
        monitor_number(words[2], &byte) < 0 || byte > 0xff)
        return -EINVAL;
    return probe_write8(address, (uint8_t)byte);
}

static int run_symbol(int count, char **words)
{
    unsigned long address;

    if (count != 2 || monitor_number(words[1], &address) < 0)
        return -EINVAL;
    print_place(address, false);
    return 0;
}

static int run_stack(int count, char **words)
{
    uintptr_t found[BACKTRACE_DEPTH_MAX], low, high;
    size_t depth;

    (void)count;
    (void)words;
    stack_current(&low, &high);
    printf("stack %#lx to %#lx\n", low, high);
    depth = backtrace((uintptr_t)__builtin_frame_address(0), low, high, found,
                      BACKTRACE_DEPTH_MAX);
    for (size_t i = 0; i < depth; i++) {
        printf("  ");
        print_place(found[i], true);
    }
    return 0;
}

static int run_ebreak(int count, char **words)
{
    (void)count;
    (void)words;
    asm volatile("ebreak");
    return 0;
}

static int run_ecall(int count, char **words)
{
    register long a0 asm("a0") = 21;

    (void)count;
    (void)words;
    asm volatile("ecall" : "+r"(a0) : : "memory");
    printf("it answered %ld\n", a0);
    return 0;
}

static int run_illegal(int count, char **words)
{
    (void)count;
    (void)words;
    asm volatile(".insn 2, 0");
    return 0;
}

static int run_panic(int count, char **words)
{
    panic("%s", count > 1 ? words[1] : "as you wish");
}

static int run_off(int count, char **words)
{
    unsigned long status = 0;

    if (count > 2 || (count == 2 && monitor_number(words[1], &status) < 0) ||
        status > 255)
        return -EINVAL;
    power_off((unsigned)status);
}

static int run_help(int count, char **words);

static const struct monitor_command commands[] = {
    {"help", "", "this list", run_help},
    {"uptime", "", "how long, and how many ticks", run_uptime},
    {"read", "ADDRESS [COUNT]", "bytes of memory", run_read},
    {"write", "ADDRESS BYTE", "one byte of memory", run_write},
    {"symbol", "ADDRESS", "which function that is", run_symbol},
    {"stack", "", "who called whom", run_stack},
    {"ebreak", "", "trap, and go on", run_ebreak},
    {"ecall", "", "trap, and be answered", run_ecall},
    {"illegal", "", "an instruction that there is not", run_illegal},
    {"panic", "[WORD]", "the last words", run_panic},
    {"off", "[STATUS]", "the end", run_off},
};

static void print_commands(const struct monitor_command *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("  %-8s %-18s %s\n", list[i].name, list[i].usage,
               list[i].summary);
}

static int run_help(int count, char **words)
{
    (void)count;
    (void)words;
    print_commands(commands, sizeof commands / sizeof *commands);
    print_commands(extra, extra_count);
    return 0;
}

static const struct monitor_command *find(const struct monitor_command *list,
                                          size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}

/* Cut a line at its blanks. -E2BIG: more than MONITOR_WORDS_MAX words. */
static int split(char *line, char *words[MONITOR_WORDS_MAX])
{
    int count = 0;

    for (char *at = line; *at != '\0';) {
        while (*at == ' ')
            *at++ = '\0';
        if (*at == '\0')
            break;
        if (count == MONITOR_WORDS_MAX)
            return -E2BIG;
        words[count++] = at;
        while (*at != '\0' && *at != ' ')
            at++;
    }
    return count;
}

static const char *error_text(int err)
{
    switch (-err) {
    case EINVAL:
        return "invalid argument";
    case EFAULT:
        return "bad address";
    case ENOENT:
        return "no such thing";
    case ENOMEM:
        return "out of memory";
    case ENOSYS:
        return "not written yet";
    case EALREADY:
        return "already done";
    default:
        return NULL;
    }
}

static void print_error(const struct monitor_command *command, int err)
{
    const char *text = error_text(err);

    if (text != NULL)
        printf("%s: %s\n", command->name, text);
    else
        printf("%s: error %d\n", command->name, -err);
    if (err == -EINVAL)
        printf("usage: %s %s\n", command->name, command->usage);
}

static void run_line(char *line)
{
    char *words[MONITOR_WORDS_MAX];
    int count = split(line, words);
    const struct monitor_command *command;
    int err;

    if (count < 0)
        printf("too many words\n");
    if (count <= 0)
        return;
    command = find(commands, sizeof commands / sizeof *commands, words[0]);
    if (command == NULL)
        command = find(extra, extra_count, words[0]);
    if (command == NULL) {
        printf("%s: no such command; `help` lists them\n", words[0]);
        return;
    }
    err = command->run(count, words);
    if (err < 0)
        print_error(command, err);
}

static int on_ebreak(struct trap_frame *frame, void *context)
{
    (void)context;
    printf("breakpoint at ");
    print_place(frame->sepc, false);
    trap_skip_instruction(frame);
    return 0;
}

/* Answers twice of what it is asked. */
static int on_ecall(struct trap_frame *frame, void *context)
{
    (void)context;
    frame->a0 *= 2;
    trap_skip_instruction(frame);
    return 0;
}

_Noreturn void monitor_run(const struct monitor_command *more, size_t count)
{
    char line[CONSOLE_LINE_BYTES_MAX];

    extra = more;
    extra_count = count;
    trap_set_handler(EXCEPTION_BREAKPOINT, on_ebreak, NULL);
    trap_set_handler(EXCEPTION_ECALL_SUPERVISOR, on_ecall, NULL);
    for (;;) {
        printf("> ");
        if (kernel_read_line(line, sizeof line) >= 0)
            run_line(line);
    }
}
