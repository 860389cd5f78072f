/*
 * programs.c: given. How a program gets into a space, and what it is answered.
 */
#include "programs.h"

#include "console.h"
#include "kerrno.h"
#include "kprintf.h"
#include "kstring.h"
#include "page.h"
#include "riscv.h"

/* Of printing, bytes that are fetched at a time. */
#define PRINT_BYTES 64

#define PROGRAM(name) \
    extern const char program_##name[], program_##name##_end[];

PROGRAM(hello)
PROGRAM(touch)
PROGRAM(deep)
PROGRAM(peek)
PROGRAM(poke)
PROGRAM(jump)
PROGRAM(leak)
PROGRAM(loop)
#undef PROGRAM

#define PROGRAM(name, summary)                               \
    {                                                        \
#name, summary, program_##name, program_##name##_end \
    }

const struct program programs[] = {
    PROGRAM(hello, "prints a line"),
    PROGRAM(touch, "stores to NUMBER pages of its heap"),
    PROGRAM(deep, "calls itself NUMBER times, 1 KiB of stack each"),
    PROGRAM(peek, "loads from address NUMBER"),
    PROGRAM(poke, "stores to address NUMBER; 0: to its own text"),
    PROGRAM(jump, "goes to address NUMBER"),
    PROGRAM(leak, "has the kernel print what is at address NUMBER"),
    PROGRAM(loop, "never ends; ^C does it"),
};
const size_t program_count = sizeof programs / sizeof *programs;

const struct program *program_find(const char *name)
{
    for (size_t i = 0; i < program_count; i++)
        if (strcmp(programs[i].name, name) == 0)
            return &programs[i];
    return NULL;
}

/* The text is there from the beginning: somebody has to bring it. */
static int load_text(struct space *space, const struct program *program)
{
    char *page = page_alloc_zeroed();

    if (page == NULL)
        return -ENOMEM;
    memcpy(page, program->begin, (size_t)(program->end - program->begin));
    int err = sv39_map(space->root, USER_START, (uintptr_t)page, PAGE_BYTES,
                       SV39_R | SV39_X | SV39_U);
    if (err < 0)
        page_free(page);
    return err;
}

int program_load(const struct program *program, uint64_t number, bool large,
                 struct space *space, struct trap_frame *frame)
{
    const uint64_t write = SV39_R | SV39_W;
    int err = space_init(space);

    if (err == 0)
        err = load_text(space, program);
    if (err == 0)
        err = space_add(space, USER_START, USER_START + PAGE_BYTES,
                        SV39_R | SV39_X);
    if (err == 0)
        err = space_add(space, PROGRAM_HEAP, PROGRAM_HEAP + PROGRAM_HEAP_BYTES,
                        write | (large ? SPACE_LARGE : 0));
    if (err == 0)
        err = space_add(space, USER_END - PROGRAM_STACK_BYTES, USER_END,
                        write | SPACE_STACK);
    if (err < 0)
        space_release(space);
    *frame =
        (struct trap_frame){.sepc = USER_START, .sp = USER_END, .a0 = number};
    return err;
}

static int print(struct space *space, uint64_t at, uint64_t len)
{
    char bytes[PRINT_BYTES];

    for (uint64_t now; len > 0; at += now, len -= now) {
        now = len < sizeof bytes ? len : sizeof bytes;
        int err = space_read(space, bytes, at, now);
        if (err < 0)
            return err;
        for (uint64_t i = 0; i < now; i++)
            printf("%c", bytes[i]);
    }
    return 0;
}

/* Somebody typed ^C? A line that waits stays: it does not fit into nothing. */
static bool was_interrupted(void)
{
    char nothing[1];

    return console_take_line(nothing, 0) == -EINTR;
}

int program_serve(struct space *space, struct trap_frame *frame, void *context)
{
    (void)context;
    if (frame->scause & CAUSE_INTERRUPT)
        return was_interrupted() ? -EINTR : 0;
    switch (frame->a7) {
    case PROGRAM_PRINT:
        frame->a0 = (uint64_t)print(space, frame->a0, frame->a1);
        return 0;
    case PROGRAM_END:
        return 1 + (int)(frame->a0 & 0xff);
    default:
        return -ENOSYS;
    }
}
