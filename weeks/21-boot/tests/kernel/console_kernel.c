/*
 * console_kernel.c: step 7, in the kernel, its second half. The UART is a model
 * that records what is echoed.
 */
#include "console.h"
#include "kerrno.h"
#include "kstring.h"
#include "ktest.h"
#include "ktest_device.h"
#include "param.h"
#include "platform.h"
#include "plic.h"
#include "riscv.h"
#include "symbol.h"
#include "trap.h"
#include "uart.h"

#include "console_model.h"

#define RANDOM_KEYS 4000

static size_t echoed; /* so much of what was sent has been looked at */

static void begin(void)
{
    ktest_watch(KTEST_UART | KTEST_PLIC);
    uart_init();
    trap_init_hart();
    plic_init();
    plic_init_hart();
    console_init();
    echoed = 0;
}

/* What was echoed since the last call; borrowed until the next one. */
static const char *echo_since(void)
{
    const char *sent = ktest_uart_sent();
    const char *since = sent + echoed;

    echoed = strlen(sent);
    return since;
}

static void type(const char *keys)
{
    for (; *keys != '\0'; keys++)
        console_receive(*keys);
}

static void expect_line(const char *expected)
{
    char line[CONSOLE_LINE_BYTES_MAX];
    int len = console_take_line(line, sizeof line);

    ktest_equal(len, strlen(expected), "what console_take_line() returns");
    ktest_same_text(line, expected, "the line");
}

static void expect_none(void)
{
    char line[CONSOLE_LINE_BYTES_MAX];

    ktest_error(console_take_line(line, sizeof line), -EAGAIN);
}

/* Keys, the echo that they make, and the line that Enter makes of them. */
struct editing {
    const char *what;
    const char *keys, *echo, *line;
};

static void edit(const struct editing *cases, size_t count)
{
    begin();
    for (size_t i = 0; i < count; i++) {
        ktest_note("typed: %s", cases[i].what);
        type(cases[i].keys);
        ktest_same_text(echo_since(), cases[i].echo, "the echo");
        expect_none();
        type("\r");
        ktest_same_text(echo_since(), "\r\n", "the echo of Enter");
        expect_line(cases[i].line);
        expect_none();
    }
}

#define EDIT(...)                                            \
    do {                                                     \
        static const struct editing cases[] = {__VA_ARGS__}; \
        edit(cases, sizeof cases / sizeof *cases);           \
    } while (0)

/* What is typed is echoed, and is a line when Enter comes. */
static void a_line_is_echoed_and_taken(void)
{
    EDIT({"hello", "hello", "hello", "hello"}, {"nothing", "", "", ""},
         {"from blank to tilde", " !~", " !~", " !~"});
    ktest_note("typed: a line that ends with '\\n'");
    type("by hand\n");
    ktest_same_text(echo_since(), "by hand\r\n", "the echo");
    expect_line("by hand");
}

/* Backspace, by either of its codes, takes back what is there, no more. */
static void backspace_takes_one_back(void)
{
    EDIT({"abc, 0x7f", "abc\x7f", "abc\b \b", "ab"},
         {"abc, 0x08, d", "abc\bd", "abc\b \bd", "abd"},
         {"0x7f, with nothing to take back", "\x7f\x7fx", "x", "x"},
         {"ab, 0x7f three times, c",
          "ab\x7f\x7f\x7f"
          "c",
          "ab\b \b\b \bc", "c"});
}

/* What was finished is not the line's any more. */
static void finished_lines_are_not_edited(void)
{
    begin();
    ktest_note("typed: one, Enter, then backspace, ^W and ^U, then two, Enter");
    type("one\r\x7f\x17\x15two\r");
    ktest_same_text(echo_since(), "one\r\ntwo\r\n", "the echo");
    expect_line("one");
    expect_line("two");
}

/* ^U takes all of the line back. */
static void control_u_takes_the_line_back(void)
{
    EDIT({"ab c, ^U", "ab c\x15", "ab c\b \b\b \b\b \b\b \b", ""},
         {"^U, with nothing to take back", "\x15", "", ""},
         {"ab, ^U, c",
          "ab\x15"
          "c",
          "ab\b \b\b \bc", "c"});
}

/* ^W: blanks first, then the word before them. */
static void control_w_takes_a_word_back(void)
{
    EDIT({"ab cd, ^W", "ab cd\x17", "ab cd\b \b\b \b", "ab "},
         {"ab cd, two blanks, ^W", "ab cd  \x17", "ab cd  \b \b\b \b\b \b\b \b",
          "ab "},
         {"a, blank, ^W", "a \x17", "a \b \b\b \b", ""},
         {"^W, with nothing to take back", "\x17", "", ""},
         {"two blanks, ^W", "  \x17", "  \b \b\b \b", ""});
}

/* Other control characters, and bytes above 0x7f, are ignored. */
static void other_bytes_are_ignored(void)
{
    begin();
    ktest_note("typed: a, all bytes that mean nothing, b");
    type("a");
    for (int byte = 0; byte < 256; byte++)
        if ((byte < 0x20 || byte > 0x7f) && byte != 0x03 && byte != 0x08 &&
            byte != '\n' && byte != '\r' && byte != 0x15 && byte != 0x17)
            console_receive((char)byte);
    type("b");
    ktest_same_text(echo_since(), "ab", "the echo");
    type("\r");
    expect_line("ab");
}

/* What each key of the table does, and what it leaves alone. */
KERNEL_TEST(keys_edit_the_line)
{
    a_line_is_echoed_and_taken();
    backspace_takes_one_back();
    finished_lines_are_not_edited();
    control_u_takes_the_line_back();
    control_w_takes_a_word_back();
    other_bytes_are_ignored();
}

/* 127 characters are a line; the next one is answered by '\a'. */
static void a_line_has_a_limit(void)
{
    char line[CONSOLE_LINE_BYTES_MAX];

    begin();
    ktest_note("typed: %d times x, then y, then Enter",
               CONSOLE_LINE_BYTES_MAX - 1);
    for (int i = 0; i < CONSOLE_LINE_BYTES_MAX - 1; i++)
        type("x");
    ktest_equal(strlen(echo_since()), CONSOLE_LINE_BYTES_MAX - 1,
                "how many of them were echoed");
    type("y");
    ktest_same_text(echo_since(), "\a", "the echo of one more");
    type("\x7fz");
    ktest_same_text(echo_since(), "\b \bz", "the echo of backspace and z");
    type("\r");
    ktest_same_text(echo_since(), "\r\n", "the echo of Enter");
    ktest_equal(console_take_line(line, sizeof line),
                CONSOLE_LINE_BYTES_MAX - 1, "what console_take_line() returns");
    ktest_equal(line[CONSOLE_LINE_BYTES_MAX - 2], 'z', "its last character");
    ktest_equal(line[CONSOLE_LINE_BYTES_MAX - 1], '\0', "what is behind it");
}

/* Lines wait for whoever takes them, up to 1,024 bytes with their ends. */
static void lines_wait_in_order(void)
{
    begin();
    ktest_note("typed: 102 lines of 9 characters, and one of 3: 1,024 bytes");
    for (int i = 0; i < 102; i++) {
        char line[16];

        ktest_format(line, sizeof line, "line %04d\r", i);
        type(line);
    }
    type("end\r");
    echo_since();
    ktest_note("typed: one more character, and Enter: there is no room");
    type("x");
    ktest_same_text(echo_since(), "\a", "the echo of x");
    type("\r");
    ktest_same_text(echo_since(), "\a", "the echo of Enter");
    for (int i = 0; i < 102; i++) {
        char line[16];

        ktest_format(line, sizeof line, "line %04d", i);
        expect_line(line);
    }
    ktest_note("typed: and again");
    type("and again\r");
    expect_line("end");
    expect_line("and again");
    expect_none();
}

/* Whoever has typed a line can always end it. */
static void there_is_room_for_the_end(void)
{
    begin();
    ktest_note(
        "typed: lines of 9 characters until 1,020 bytes wait; then abcdef"
        ", Enter");
    for (int i = 0; i < 102; i++)
        type("123456789\r");
    echo_since();
    type("abcdef");
    ktest_same_text(echo_since(), "abc\a\a\a", "the echo of abcdef");
    type("\r");
    ktest_same_text(echo_since(), "\r\n", "the echo of Enter");
    for (int i = 0; i < 102; i++)
        expect_line("123456789");
    expect_line("abc");
}

/* What there is no room for is answered, and what is echoed is kept. */
KERNEL_TEST(limits_are_told_by_a_bell)
{
    a_line_has_a_limit();
    lines_wait_in_order();
    there_is_room_for_the_end();
}

/* A line that does not fit is not lost. */
static void small_buffers_lose_nothing(void)
{
    char line[6] = "?????";

    begin();
    ktest_note(
        "typed: hello; taken with room for 5, 1 and 0 bytes, then for 6");
    type("hello\r");
    ktest_error(console_take_line(line, 5), -ENOBUFS);
    ktest_error(console_take_line(line, 1), -ENOBUFS);
    ktest_error(console_take_line(line, 0), -ENOBUFS);
    ktest_equal(console_take_line(line, 6), 5,
                "what console_take_line() returns");
    ktest_same_text(line, "hello", "the line");
}

/* ^C throws away what is being typed, and is told once, first. */
static void control_c_is_told(void)
{
    char line[CONSOLE_LINE_BYTES_MAX];

    begin();
    ktest_note("typed: done, Enter, half, ^C, new, Enter");
    type("done\rhalf\x03new\r");
    ktest_same_text(echo_since(), "done\r\nhalf^C\r\nnew\r\n", "the echo");
    ktest_error(console_take_line(line, sizeof line), -EINTR);
    expect_line("done");
    expect_line("new");
    expect_none();
    ktest_note("typed: ^C twice; taken with room for 0 bytes");
    type("\x03\x03");
    ktest_error(console_take_line(line, 0), -EINTR);
    expect_none();
}

static struct {
    unsigned calls;
    void *context;
    int taken;
} ready;

static void on_ready(void *context)
{
    char line[CONSOLE_LINE_BYTES_MAX];

    ready.calls++;
    ready.context = context;
    ready.taken = console_take_line(line, sizeof line);
}

/* Who asked for it is told when there is something to take. */
static void who_waits_is_told(void)
{
    begin();
    console_set_ready(on_ready, &ready);
    ktest_note("typed: ab, Enter, with a function to be told, which takes it");
    type("ab");
    ktest_equal(ready.calls, 0, "how often it was called before Enter");
    type("\r");
    ktest_equal(ready.calls, 1, "how often it was called after Enter");
    ktest_equal(ready.taken, 2, "what console_take_line() returned in it");
    ktest_check(ready.context == &ready, "it gets its context");
    ktest_note("typed: ^C");
    type("\x03");
    ktest_equal(ready.calls, 2, "how often it was called after ^C");
    ktest_equal(ready.taken, -EINTR, "what console_take_line() returned in it");
    ktest_note("nobody is to be told; typed: Enter");
    console_set_ready(NULL, NULL);
    type("\r");
    ktest_equal(ready.calls, 2, "how often it was called");
    expect_line("");
}

/* What was typed before console_init() is gone, and who waited for it. */
static void init_forgets_all(void)
{
    begin();
    ktest_note("typed: done, Enter, x, ^C, half, with a function to be told of "
               "what follows; then console_init()");
    type("done\rx\x03half");
    console_set_ready(on_ready, &ready);
    begin();
    ktest_same_hex(csr_read(sstatus) & SSTATUS_SIE, 0,
                   "sstatus.SIE, which was 0 before console_init()");
    expect_none();
    ready.calls = 0;
    type("\r");
    ktest_equal(ready.calls, 0,
                "how often the function was called that was to be told before");
    expect_line("");
}

/* Interrupts are as before, whether a line was there or not. */
static void taking_leaves_interrupts_as_they_are(void)
{
    char line[CONSOLE_LINE_BYTES_MAX];

    begin();
    for (int on = 0; on <= 1; on++) {
        for (int lines = 0; lines <= 1; lines++) {
            ktest_note("console_take_line(), interrupts %s, %d lines",
                       on ? "on" : "off", lines);
            if (lines)
                type("x\r");
            if (on)
                interrupts_on();
            console_take_line(line, sizeof line);
            ktest_equal(interrupts_off(), on, "whether interrupts are on");
        }
    }
}

/* Who takes lines gets each of them, once, and ^C before them. */
KERNEL_TEST(lines_are_taken_once)
{
    init_forgets_all();
    small_buffers_lose_nothing();
    control_c_is_told();
    who_waits_is_told();
    taking_leaves_interrupts_as_they_are();
}

/* A key, more often one that does something. */
static char random_key(void)
{
    static const char keys[] = "\r\n\x7f\b\x15\x17\x17\x03\t\x1b   ";

    if (ktest_random_below(4) == 0)
        return keys[ktest_random_below(sizeof keys - 1)];
    return (char)('a' + ktest_random_below(26));
}

/* Any keys, in any order, against an editor that was written otherwise. */
KERNEL_TEST(any_keys_do_as_the_table_says)
{
    static struct console_model model;
    static char line[CONSOLE_LINE_BYTES_MAX], expected[CONSOLE_LINE_BYTES_MAX];
    char echo[MODEL_ECHO_BYTES_MAX + 1];

    ktest_limit_ms(60000);
    begin();
    console_model_init(&model);
    ktest_note("%d random keys, each with its echo; lines are taken now and "
               "then",
               RANDOM_KEYS);
    for (int i = 0; i < RANDOM_KEYS; i++) {
        char key = random_key();

        if (i % 100 == 0) {
            ktest_watch(KTEST_UART);
            echoed = 0;
        }
        console_receive(key);
        console_model_type(&model, key);
        memcpy(echo, model.echo, model.echo_len);
        echo[model.echo_len] = '\0';
        ktest_same_text(echo_since(), echo, "the echo of key 0x%x, number %d",
                        key, i + 1);
        if (ktest_random_below(i / 1000 % 2 ? 100 : 20) == 0) {
            int should = console_model_take(&model, expected, sizeof expected);

            ktest_equal(console_take_line(line, sizeof line), should,
                        "what console_take_line() returns after key %d", i + 1);
            if (should >= 0)
                ktest_same_text(line, expected, "the line after key %d", i + 1);
        }
    }
}

/* ---- Between two instructions of console_take_line() ---- */

/* The interrupt: when it came, and where. */
static struct {
    volatile bool in_call;
    volatile unsigned keys, inside;
    char where[80];
} alarm;

static int on_alarm(struct trap_frame *frame, void *context)
{
    size_t offset;
    const char *name = symbol_find(frame->sepc, &offset);

    (void)context;
    stimecmp_write(UINT64_MAX);
    ktest_format(alarm.where, sizeof alarm.where,
                 "the interrupt came at %s+0x%lx", name, offset);
    alarm.inside += alarm.in_call;
    alarm.keys++;
    type("k\r");
    return 0;
}

static void expect_taken(int len, const char *line, const char *expected,
                         unsigned number)
{
    ktest_equal(len, strlen(expected),
                "what console_take_line() returns for line %u of 3; %s", number,
                alarm.where);
    ktest_same_text(line, expected, "line %u of 3; %s", number, alarm.where);
}

/* Two lines wait. One is taken, while a key and Enter come; then the rest. */
static void take_while_a_line_comes(const char *first, uint64_t after)
{
    static const char *const rest[] = {"and more", "k"};
    char line[CONSOLE_LINE_BYTES_MAX];
    int len;

    type(first);
    type("\rand more\r");
    alarm.keys = 0;
    interrupts_on();
    ktest_alarm(after);
    alarm.in_call = true;
    len = console_take_line(line, sizeof line);
    alarm.in_call = false;
    while (alarm.keys == 0)
        ;
    interrupts_off();
    expect_taken(len, line, first, 1);
    for (unsigned i = 0; i < 2; i++) {
        len = console_take_line(line, sizeof line);
        expect_taken(len, line, rest[i], i + 2);
    }
    ktest_equal(console_take_line(line, sizeof line), -EAGAIN,
                "what console_take_line() returns behind the third; %s",
                alarm.where);
}

/*
 * Whoever takes a line is interrupted, later each time, by the key that makes
 * the next one. Where interrupts are off, it comes when they are on again.
 */
KERNEL_TEST(a_line_comes_while_one_is_taken)
{
    unsigned before;
    uint64_t after = 0;

    ktest_limit_ms(60000);
    begin();
    ktest_ok(
        trap_set_handler(CAUSE_INTERRUPT | INTERRUPT_TIMER, on_alarm, NULL));
    stimecmp_write(UINT64_MAX);
    csr_write(sie, SIE_TIMER);
    ktest_note("two lines wait, and console_take_line() takes one: at each of "
               "its instructions an interrupt brings k and Enter");
    do {
        before = alarm.inside;
        char first[16];

        ktest_format(first, sizeof first, "%lu", after);
        take_while_a_line_comes(first, after++);
    } while (alarm.inside > before || alarm.inside == 0);
    ktest_note("it came inside %u times", alarm.inside);
}

/* ---- From the line to the line ---- */

/* Bytes that arrive interrupt, and are read until there is none. */
KERNEL_TEST(bytes_come_by_interrupt)
{
    char line[CONSOLE_LINE_BYTES_MAX];
    int len;

    begin();
    ktest_note("\"by itself\\r\" arrives, with interrupts on");
    interrupts_on();
    ktest_uart_receive("by itself\r", 10);
    for (volatile int i = 0; i < 1000; i++)
        ;
    len = console_take_line(line, sizeof line);
    interrupts_off();
    ktest_equal(len, 9, "what console_take_line() returns");
    ktest_same_text(line, "by itself", "the line");
    ktest_same_text(echo_since(), "by itself\r\n", "the echo");
}

/* All 16 that the FIFO holds, when nobody looked for a while. */
KERNEL_TEST(a_full_fifo_is_emptied)
{
    begin();
    ktest_note("16 bytes arrive with interrupts off; then they are let in");
    ktest_uart_receive("sixteen letters\r", 16);
    interrupts_on();
    for (volatile int i = 0; i < 1000; i++)
        ;
    interrupts_off();
    expect_line("sixteen letters");
    ktest_error(uart_get(), -EAGAIN);
}

/* And on the real devices, typed by the host. */
KERNEL_TEST(a_person_types)
{
    char line[CONSOLE_LINE_BYTES_MAX];
    int len;

    ktest_limit_ms(3600000);
    uart_init();
    trap_init_hart();
    plic_init();
    plic_init_hart();
    console_init();
    ktest_note("the host types, and edits, until a line is finished");
    interrupts_on();
    uart_put('>');
    while ((len = console_take_line(line, sizeof line)) == -EAGAIN)
        ;
    interrupts_off();
    ktest_equal(len, 9, "what console_take_line() returns");
    ktest_same_text(line, "real keys", "the line");
}
