/*
 * ktest_internal.h: what the files of ktest.h share; not for tests.
 */
#ifndef KTEST_INTERNAL_H
#define KTEST_INTERNAL_H

#include "ktest.h"
#include "ktest_block.h"

#include <stdarg.h>

/* ktest_entry.S */
long ktest_call(long a0, long a1, long a2, long a3, long a4, long a5,
                long call);
bool ktest_catch_call(void (*function)(void *), void *argument);
extern char ktest_enter_job[];

/* A call without text. */
static inline long ktest_ask(long call, long a0, long a1)
{
    return ktest_call(a0, a1, 0, 0, 0, 0, call);
}

/* Hand a text over, piece by piece. */
void ktest_say(const char *text);

int ktest_vformat(char *to, size_t size, const char *format, va_list args);

/* Every failure comes here. */
_Noreturn void ktest_failed(struct ktest_where where, const char *what,
                            const char *expected, const char *actual);

/* "1,234" */
void ktest_number(char to[32], int64_t number);

/* A string in quotes, with escapes, cut at the size. */
void ktest_quote(char *to, size_t size, const char *from);

#endif
