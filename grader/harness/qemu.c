/*
 * qemu.c: a machine's start, its console, its end.
 */
#include "qemu_internal.h"

#include "lab_internal.h"
#include "proc_internal.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_BYTES ((size_t)KTEST_MEMORY_MB << 20)
#define WORDS_MAX 64
#define TEXTS_MAX 16

/* One instruction takes 2^5 ns of the machine's time. A busy loop of 10 s is
 * then over in a second or two. */
#define ICOUNT "shift=5,sleep=off"

/* What QEMU gets to end by itself; the machine's own clock comes first. */
#define END_MS 40000
#define LOOK_MS 2000

/* ---- Memory ---- */

static void make_memory(struct lab_where where, struct machine *m)
{
    int fd = memfd_create("machine", MFD_CLOEXEC);

    if (fd == -1 || ftruncate(fd, (off_t)MEMORY_BYTES) == -1)
        lab_fail_at(where, "the test's own memfd_create(): %s",
                    lab_errno_text(errno));
    m->memory =
        mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (m->memory == MAP_FAILED)
        lab_fail_at(where, "the test's own mmap(): %s", lab_errno_text(errno));
    m->backing = fd;
}

/* Memory holds anything at the start. Words of it look like no address. */
static void fill_with_junk(struct machine *m)
{
    uint64_t len =
        m->options.junk_bytes != 0 ? m->options.junk_bytes : MACHINE_JUNK_BYTES;
    struct lab_random random;

    if (len > MACHINE_MEMORY_BYTES)
        len = MACHINE_MEMORY_BYTES;
    lab_random_init(&random, 0x6a756e6b);
    lab_random_fill(&random, m->memory, len);
}

/* ---- The block ---- */

static uint64_t draw_token(void)
{
    static uint64_t count;

    return lab_page->token ^ (0x9e3779b97f4a7c15 * ++count);
}

static uint64_t test_address(struct lab_where where, struct machine *m)
{
    char name[128];
    uint64_t address;

    snprintf(name, sizeof name, "ktest_case_%s", m->options.test);
    if (!image_symbol(m->image, name, &address))
        lab_fail_at(where, "tests/kernel has no KERNEL_TEST(%s)",
                    m->options.test);
    return address;
}

static void write_block(struct lab_where where, struct machine *m)
{
    const struct machine_options *options = &m->options;
    struct ktest_block *block = MACHINE_BLOCK(m);
    unsigned limit_ms =
        options->limit_ms != 0 ? options->limit_ms : MACHINE_LIMIT_MS;

    *block = (struct ktest_block){
        .magic = KTEST_MAGIC,
        .token = draw_token(),
        .entry = machine_symbol_at(
            where, m, options->entry != NULL ? options->entry : "ktest_start"),
        .test = test_address(where, m),
        .seed = lab_seed(),
        .limit_ticks = (uint64_t)limit_ms * 10000,
        .harts = options->harts,
        .flags = (options->entry != NULL ? KTEST_ALL_HARTS : 0) |
                 (lab_debugging ? KTEST_NO_LIMIT : 0),
        .exit_code = lab_page->exit_code,
    };
    memcpy(block->arguments, options->arguments, sizeof block->arguments);
}

/* ---- QEMU's command line ---- */

struct command {
    const char *words[WORDS_MAX];
    char texts[TEXTS_MAX][256];
    unsigned word_count, text_count;
};

static void add(struct command *command, const char *word)
{
    command->words[command->word_count++] = word;
}

static void add_text(struct command *command, const char *option,
                     const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_text(struct command *command, const char *option,
                     const char *format, ...)
{
    char *text = command->texts[command->text_count++];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof command->texts[0], format, args);
    va_end(args);
    add(command, option);
    add(command, text);
}

static void add_machine(struct command *command, const struct machine *m)
{
    char name[64];

    add(command, "qemu-system-riscv64");
    add_text(command, "-machine", "virt,memory-backend=ram");
    add_text(command, "-object",
             "memory-backend-file,id=ram,share=on,size=%zu,mem-path=/proc/%d/"
             "fd/%d",
             MEMORY_BYTES, getpid(), m->backing);
    add_text(command, "-m", "%d", KTEST_MEMORY_MB);
    add_text(command, "-smp", "%u", m->options.harts);
    add_text(command, "-bios", "none");
    add(command, "-nodefaults");
    add_text(command, "-display", "none");
    add_text(command, "-chardev", "stdio,id=console,signal=off");
    add_text(command, "-serial", "chardev:console");
    machine_monitor_name(m, name);
    add_text(command, "-qmp", "unix:%s,abstract=on,server=on,wait=off", name);
    if (!m->options.real_time)
        add_text(command, "-icount", ICOUNT);
}

/* Harts begin in the machine-mode part; in a program where they always do. */
static void add_entry(struct command *command, const struct machine *m)
{
    for (unsigned hart = 0; m->options.test != NULL && hart < m->options.harts;
         hart++)
        add_text(command, "-device", "loader,addr=0x%x,cpu-num=%u",
                 (unsigned)KTEST_HOME, hart);
}

static void add_debugger(struct command *command, const struct machine *m)
{
    char path[200];

    machine_debug_socket(m, path);
    add(command, "-S");
    add_text(command, "-gdb", "unix:%s,server=on,wait=off", path);
}

static void start_qemu(struct lab_where where, struct machine *m)
{
    struct command command = {.word_count = 0};

    add_machine(&command, m);
    add_entry(&command, m);
    if (lab_debugging)
        add_debugger(&command, m);
    add(&command, NULL);
    proc_start_quietly_at(where, &m->qemu, command.words);
    if (lab_debugging)
        machine_debug(where, m);
}

static void note_start(const struct machine *m)
{
    const struct machine_options *options = &m->options;

    lab_note("starts a machine with %s%s%s", lab_count(options->harts, "hart"),
             options->program != NULL ? ": " : "",
             options->program != NULL ? options->program : "");
}

void machine_start_at(struct lab_where where, struct machine *m,
                      struct machine_options options)
{
    *m = (struct machine){.options = options, .backing = -1, .monitor = -1};
    if (options.harts == 0)
        m->options.harts = 1;
    note_start(m);
    m->image =
        image_open(where, lab_program(options.program != NULL ? options.program
                                                              : "kernel.elf"));
    make_memory(where, m);
    fill_with_junk(m);
    image_load(where, m->image, m->memory,
               options.test != NULL && options.entry == NULL);
    if (options.test != NULL) {
        image_load_machine_part(m->memory);
        write_block(where, m);
    }
    start_qemu(where, m);
}

/* ---- The end ---- */

/* The kernel has asked, and waits. */
static void answer(struct machine *m)
{
    struct ktest_block *block = MACHINE_BLOCK(m);
    uint32_t asked = __atomic_load_n(&block->asked, __ATOMIC_ACQUIRE);

    if (m->options.test == NULL || asked == block->answered)
        return;
    machine_take_notes(m);
    if (m->options.look == NULL)
        lab_fail("ktest_host(\"%s\"): the host's test has no .look",
                 block->what);
    block->answer = m->options.look(m, block->what, block->question);
    __atomic_store_n(&block->answered, asked, __ATOMIC_RELEASE);
}

bool machine_await_end(struct machine *m, int patience_ms)
{
    struct lab_patience left;

    lab_patience_start(&left);
    if (lab_patience_ms == LAB_PATIENCE_MS)
        left.until_ms += patience_ms - LAB_PATIENCE_MS;
    while (!proc_has_ended(&m->qemu)) {
        proc_drain(&m->qemu);
        answer(m);
        if (!lab_patience_left(&left))
            return false;
    }
    proc_reap(&m->qemu);
    return true;
}

bool machine_has_ended(struct machine *m)
{
    if (m->qemu.pid != 0 && proc_has_ended(&m->qemu))
        proc_reap(&m->qemu);
    return m->qemu.pid == 0;
}

/*
 * The machine-mode part has had the last word for a while, and QEMU sleeps all
 * the same. From 8.2 on it ends its monitor before itself, and waits for ever
 * where an answer of that one was given a moment ago (its monitor_cleanup()).
 */
static bool hangs_behind_the_end(struct machine *m, bool was_over)
{
    return was_over && proc_stays_asleep(m->qemu.pid);
}

static bool is_over(struct machine *m)
{
    return m->options.test != NULL &&
           __atomic_load_n(&MACHINE_BLOCK(m)->result, __ATOMIC_ACQUIRE) !=
               KTEST_NONE;
}

void machine_finish_at(struct lab_where where, struct machine *m)
{
    bool was_over = is_over(m);

    for (int ms = 0; ms < END_MS && !machine_await_end(m, LOOK_MS);
         ms += LOOK_MS) {
        if (hangs_behind_the_end(m, was_over)) {
            proc_kill(&m->qemu);
            m->hung = true;
            break;
        }
        was_over = is_over(m);
        if (!was_over && machine_stands_still(m))
            break;
    }
    machine_take_result(where, m);
}

void machine_run_at(struct lab_where where, struct machine_options options)
{
    struct machine m;

    if (lab_debugging && machine_passes(where, options)) {
        lab_note("passes on a machine with %s",
                 lab_count(options.harts > 0 ? options.harts : 1, "hart"));
        return;
    }
    machine_start_at(where, &m, options);
    machine_finish_at(where, &m);
    machine_release(&m);
}

void machine_release(struct machine *m)
{
    if (lab_debugging)
        machine_debug_end();
    proc_release(&m->qemu);
    if (m->memory != NULL)
        munmap(m->memory, MEMORY_BYTES);
    if (m->backing >= 0)
        close(m->backing);
    if (m->monitor >= 0)
        close(m->monitor);
    image_close(m->image);
    *m = (struct machine){.backing = -1, .monitor = -1};
}

/* ---- Memory and symbols ---- */

void *machine_memory_at(struct lab_where where, struct machine *m,
                        uint64_t physical, size_t len)
{
    uint64_t offset = physical - MACHINE_MEMORY;

    if (offset >= MACHINE_MEMORY_BYTES || len > MACHINE_MEMORY_BYTES - offset)
        lab_fail_at(where, "0x%llx is no address of memory",
                    (unsigned long long)physical);
    return m->memory + offset;
}

uint64_t machine_symbol_at(struct lab_where where, struct machine *m,
                           const char *name)
{
    uint64_t address;

    if (!image_symbol(m->image, name, &address))
        lab_fail_at(where, "the kernel has no %s", name);
    return address;
}
