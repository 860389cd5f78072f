/*
 * console_model.c: plainly, with one array for the line and one for the lines.
 */
#include "console_model.h"

#include "kerrno.h"
#include "kstring.h"

void console_model_init(struct console_model *model)
{
    memset(model, 0, sizeof *model);
}

static void echo(struct console_model *model, const char *text)
{
    for (; *text != '\0'; text++)
        model->echo[model->echo_len++] = *text;
}

static void erase(struct console_model *model)
{
    model->len--;
    echo(model, "\b \b");
}

static void insert(struct console_model *model, char c)
{
    char text[2] = {c, '\0'};

    if (model->len == CONSOLE_LINE_BYTES_MAX - 1 ||
        model->waiting_len + model->len + 2 > CONSOLE_RING_BYTES) {
        echo(model, "\a");
        return;
    }
    model->line[model->len++] = c;
    echo(model, text);
}

static void finish(struct console_model *model)
{
    if (model->waiting_len + model->len + 1 > CONSOLE_RING_BYTES) {
        echo(model, "\a");
        return;
    }
    memcpy(model->waiting + model->waiting_len, model->line, model->len);
    model->waiting_len += model->len;
    model->waiting[model->waiting_len++] = '\n';
    model->len = 0;
    echo(model, "\r\n");
}

static void erase_word(struct console_model *model)
{
    while (model->len > 0 && model->line[model->len - 1] == ' ')
        erase(model);
    while (model->len > 0 && model->line[model->len - 1] != ' ')
        erase(model);
}

void console_model_type(struct console_model *model, char c)
{
    model->echo_len = 0;
    if (c == '\r' || c == '\n')
        finish(model);
    else if ((c == 0x7f || c == 0x08) && model->len > 0)
        erase(model);
    else if (c == 0x17)
        erase_word(model);
    else if (c == 0x15)
        while (model->len > 0)
            erase(model);
    else if (c >= 0x20 && c < 0x7f)
        insert(model, c);
    if (c != 0x03)
        return;
    model->len = 0;
    model->interrupted = true;
    echo(model, "^C\r\n");
}

int console_model_take(struct console_model *model, char *buf, size_t size)
{
    size_t len = 0;

    if (model->interrupted) {
        model->interrupted = false;
        return -EINTR;
    }
    if (model->waiting_len == 0)
        return -EAGAIN;
    while (model->waiting[len] != '\n')
        len++;
    if (len >= size)
        return -ENOBUFS;
    memcpy(buf, model->waiting, len);
    buf[len] = '\0';
    model->waiting_len -= len + 1;
    memmove(model->waiting, model->waiting + len + 1, model->waiting_len);
    return (int)len;
}
