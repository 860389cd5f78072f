/*
 * backtrace.c: who called whom, from nothing but a stack.
 *
 *             high ->  +----------------+
 *                      |  …             |
 *     caller's fp -->  +----------------+
 *                      |  return address|   fp - 8   of the caller
 *                      |  its caller fp |   fp - 16
 *                      |  …             |
 *              fp -->  +----------------+
 *                      |  return address|   fp - 8
 *                      |  caller's fp   |   fp - 16
 *                      |  locals        |
 *              sp -->  +----------------+
 *
 * A stack may be broken, that may be why we are here: nothing that is read from
 * it is believed before it was compared.
 */
#include "layout.h"
#include "panic.h"
#include "trap.h"

#include <stdbool.h>

#define WORD sizeof(uintptr_t)

/* A frame has two words below fp. */
static bool is_frame(uintptr_t fp, uintptr_t low, uintptr_t high)
{
    return fp % 16 == 0 && fp <= high && fp > low && fp - low >= 2 * WORD;
}

static uintptr_t word_at(uintptr_t address)
{
    return *(const uintptr_t *)address;
}

/* No code is in the stack: what points into it is no return address. */
static bool is_leaf(uintptr_t fp, uintptr_t low, uintptr_t high)
{
    uintptr_t word = word_at(fp - WORD);

    return word >= low && word <= high;
}

size_t backtrace(uintptr_t fp, uintptr_t low, uintptr_t high, uintptr_t *out,
                 size_t max)
{
    size_t count = 0;

    while (count < max && is_frame(fp, low, high)) {
        uintptr_t caller;

        if (is_leaf(fp, low, high)) {
            caller = word_at(fp - WORD);
        } else {
            out[count++] = word_at(fp - WORD);
            caller = word_at(fp - 2 * WORD);
        }
        if (caller <= fp)
            break; /* stacks grow down: a caller is above */
        fp = caller;
    }
    return count;
}

size_t backtrace_trap(const struct trap_frame *frame, uintptr_t low,
                      uintptr_t high, uintptr_t *out, size_t max)
{
    uintptr_t fp = frame->s0;
    size_t count = 0;
    bool in_code = frame->sepc >= (uintptr_t)text_start &&
                   frame->sepc < (uintptr_t)text_end;

    if (count < max)
        out[count++] = frame->sepc;
    if (count < max &&
        (!in_code || (is_frame(fp, low, high) && is_leaf(fp, low, high))))
        out[count++] = frame->ra;
    return count + backtrace(fp, low, high, out + count, max - count);
}
