/*
 * panic.c: the last words. Whatever is broken, these lines want as little as
 * they can: the polled UART, and a stack that is still there.
 */
#include "panic.h"

#include "kprintf.h"
#include "param.h"
#include "power.h"
#include "riscv.h"
#include "stack.h"
#include "symbol.h"
#include "trap_text.h"

#include <stdarg.h>

/*
 * Says the message. Returns only for the first who panics. It is counted before
 * anything is printed, as printing may be what fails.
 */
static void begin(const char *format, va_list arguments)
{
    static unsigned panics;
    bool first = __atomic_fetch_add(&panics, 1, __ATOMIC_RELAXED) == 0;

    interrupts_off();
    printf("panic: ");
    vprintf(format, arguments);
    printf("\n");
    if (!first)
        power_off(PANIC_STATUS);
    printf("hart %u\n", hart_id());
}

/*
 * A return address lies behind its call; when that was the function's last
 * instruction (it never returns), in the next function. So the name is that of
 * the byte before.
 */
static void print_place(uintptr_t address, bool returns)
{
    size_t offset;
    const char *name = symbol_find(address - returns, &offset);

    printf("  %#lx %s+0x%zx\n", address, name, offset + returns);
}

_Noreturn void panic(const char *format, ...)
{
    uintptr_t found[BACKTRACE_DEPTH_MAX], low, high;
    size_t count;
    va_list arguments;

    va_start(arguments, format);
    begin(format, arguments);
    va_end(arguments);

    stack_current(&low, &high);
    count = backtrace((uintptr_t)__builtin_frame_address(0), low, high, found,
                      BACKTRACE_DEPTH_MAX);
    for (size_t i = 0; i < count; i++)
        print_place(found[i], true);
    power_off(PANIC_STATUS);
}

_Noreturn void panic_trap(const struct trap_frame *frame, const char *format,
                          ...)
{
    uintptr_t found[BACKTRACE_DEPTH_MAX], low, high;
    size_t count;
    va_list arguments;

    va_start(arguments, format);
    begin(format, arguments);
    va_end(arguments);

    trap_frame_print(frame);
    stack_current(&low, &high);
    count = backtrace_trap(frame, low, high, found, BACKTRACE_DEPTH_MAX);
    for (size_t i = 0; i < count; i++)
        print_place(found[i], i > 0);
    power_off(PANIC_STATUS);
}
