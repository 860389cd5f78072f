/*
 * console_model.h: a line editor of the tests' own, after console.h's table.
 */
#ifndef CONSOLE_MODEL_H
#define CONSOLE_MODEL_H

#include "param.h"

#include <stdbool.h>
#include <stddef.h>

#define MODEL_ECHO_BYTES_MAX 1024

struct console_model {
    char line[CONSOLE_LINE_BYTES_MAX];
    size_t len;
    char waiting[CONSOLE_RING_BYTES]; /* lines, each with its '\n' */
    size_t waiting_len;
    bool interrupted;
    char echo[MODEL_ECHO_BYTES_MAX]; /* of the last key */
    size_t echo_len;
};

void console_model_init(struct console_model *model);
void console_model_type(struct console_model *model, char c);

/* As console_take_line(). */
int console_model_take(struct console_model *model, char *buf, size_t size);

#endif
