/*
 * monitor.h: given. What a person talks to: reads a line, finds its command,
 * runs it, again. Later weeks bring commands of their own.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include <stddef.h>

#define MONITOR_WORDS_MAX 8

struct monitor_command {
    const char *name;
    const char *usage;   /* its operands: "ADDRESS [COUNT]", or "" */
    const char *summary; /* what `help` says */
    /* words[0] is the name. 0, or -errno, which is printed. */
    int (*run)(int count, char **words);
};

/*
 * Prompt, read, run, for ever. Its own commands come first.
 *   more, count   further commands; borrowed for ever
 */
_Noreturn void monitor_run(const struct monitor_command *more, size_t count);

/* A number as C writes it: 4096, 0x1000. 0, or -EINVAL. */
int monitor_number(const char *text, unsigned long *number);

#endif
