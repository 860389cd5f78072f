/*
 * qemu_console.c: what a machine's console shows, and what is typed there.
 *
 * The console is QEMU's standard input and output: what it shows stands in the
 * pipe until the test looks, and stays in m->qemu.out_text.
 */
#include "qemu_internal.h"

#include "lab_internal.h"
#include "proc_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOWN_BYTES 600

/* The last lines of it, each on a line of its own with a bar. */
static void append_console(char *text, size_t size, const struct machine *m)
{
    const char *from = m->qemu.out_text;
    size_t len = m->qemu.out_len;

    if (len > SHOWN_BYTES) {
        from += len - SHOWN_BYTES;
        from += strcspn(from, "\n");
    }
    char *copy = strdup(from), *to = copy;
    for (const char *c = copy; *c != '\0'; c++)
        if (*c != '\r')
            *to++ = *c;
    *to = '\0';
    if (*copy != '\0')
        proc_append_lines(text, size, copy);
    else
        snprintf(text + strlen(text), size - strlen(text),
                 " (nothing on the console)");
    free(copy);
}

static void describe_end(char *text, size_t size, const struct machine *m)
{
    int status = m->qemu.status;

    if (WIFSIGNALED(status))
        snprintf(text, size, "QEMU was killed by SIG%s",
                 sigabbrev_np(WTERMSIG(status)));
    else if (m->options.test != NULL) /* the status is the run's own */
        snprintf(text, size, "the machine has ended");
    else
        snprintf(text, size, "the machine ended with status %d",
                 WEXITSTATUS(status));
    if (m->qemu.err_len > 0)
        proc_append_lines(text, size, m->qemu.err_text);
}

/* The ends of lines as C writes them. */
static void escape_ends(char *to, size_t size, const char *text)
{
    size_t n = 0;

    for (; *text != '\0' && n + 3 < size; text++) {
        if (*text == '\r' || *text == '\n')
            to[n++] = '\\';
        to[n++] = (char)(*text == '\r' ? 'r' : *text == '\n' ? 'n' : *text);
    }
    to[n] = '\0';
}

/* shown: what was waited for, as it is shown. */
static _Noreturn void fail_expecting(struct lab_where where, struct machine *m,
                                     const char *shown)
{
    char what[240], is[2048];

    snprintf(what, sizeof what, "on the console: \"%s\"", shown);
    if (m->qemu.pid == 0)
        describe_end(is, sizeof is, m);
    else
        snprintf(is, sizeof is, "silent for %s%s", lab_patience_text(),
                 machine_where_text(m));
    append_console(is, sizeof is, m);
    lab_differ_at(where, what, shown, is);
}

/* Take what has come. False: nothing, and it has ended or patience has. */
static bool take_more(struct machine *m, struct lab_patience *patience)
{
    size_t before = m->qemu.out_len;

    if (m->qemu.pid == 0)
        return false;
    if (proc_has_ended(&m->qemu))
        proc_reap(&m->qemu);
    else
        proc_drain(&m->qemu);
    if (m->qemu.out_len > before)
        lab_patience_start(patience);
    return m->qemu.out_len > before || m->qemu.pid == 0 ||
           lab_patience_left(patience);
}

const char *machine_expect_at(struct lab_where where, struct machine *m,
                              const char *text)
{
    struct lab_patience patience;
    const char *found;
    char shown[200];

    escape_ends(shown, sizeof shown, text);
    lab_note("expects \"%s\" on the console", shown);
    lab_patience_start(&patience);
    while ((found = strstr(m->qemu.out_text + m->taken, text)) == NULL)
        if (!take_more(m, &patience))
            fail_expecting(where, m, shown);
    size_t end = (size_t)(found - m->qemu.out_text) + strlen(text);
    snprintf(m->qemu.line, end - m->taken + 1, "%s",
             m->qemu.out_text + m->taken);
    m->taken = end;
    return m->qemu.line;
}

const char *machine_console(struct machine *m)
{
    if (m->qemu.pid != 0)
        proc_drain(&m->qemu);
    return m->qemu.out_text;
}

/* Enter, as a terminal sends it. */
static void as_typed(char *to, size_t size, const char *text)
{
    size_t n = 0;

    for (; *text != '\0' && n + 1 < size; text++)
        to[n++] = *text == '\n' ? '\r' : *text;
    to[n] = '\0';
}

static void note_typed(const char *text)
{
    char line[120];
    size_t n = 0;

    for (; *text != '\0' && n + 8 < sizeof line; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '\n')
            n += (size_t)sprintf(line + n, "↵");
        else if (c < 0x20)
            n += (size_t)sprintf(line + n, "^%c", c + 0x40);
        else if (c == 0x7f)
            n += (size_t)sprintf(line + n, "⌫");
        else
            line[n++] = (char)c;
    }
    line[n] = '\0';
    lab_note("types %s", line);
}

void machine_type_at(struct lab_where where, struct machine *m,
                     const char *text)
{
    char typed[4096];

    note_typed(text);
    as_typed(typed, sizeof typed, text);
    for (size_t sent = 0, len = strlen(typed); sent < len;) {
        ssize_t n = write(m->qemu.in, typed + sent, len - sent);
        if (n < 0 && errno != EINTR)
            lab_fail_at(where, "the machine takes no input: %s",
                        lab_errno_text(errno));
        sent += n > 0 ? (size_t)n : 0;
    }
}

int machine_wait_at(struct lab_where where, struct machine *m)
{
    struct lab_patience patience;
    char is[2048];

    lab_note("waits for the end of the machine");
    lab_patience_start(&patience);
    while (m->qemu.pid != 0)
        if (!take_more(m, &patience)) {
            snprintf(is, sizeof is, "it runs on, silent for %s%s",
                     lab_patience_text(), machine_where_text(m));
            append_console(is, sizeof is, m);
            lab_differ_at(where, "the end of the machine", "it ends", is);
        }
    if (!WIFEXITED(m->qemu.status)) {
        describe_end(is, sizeof is, m);
        lab_fail_at(where, "%s", is);
    }
    return WEXITSTATUS(m->qemu.status);
}
