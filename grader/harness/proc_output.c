/*
 * proc_output.c: what a process writes, and waiting for it.
 *
 * Both pipes are read whenever the test waits for either, so that a process
 * with much to say on one of them cannot block the test that reads the other.
 */
#include "proc_internal.h"

#include "lab_internal.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define FEW_LINES_BYTES 256
#define PIECES_MAX 16 /* 64 KiB, a pipe's capacity: a flood ends some time */

/* Keep what fits, read on in any case: the writer must not block. */
static void drain(int *fd, char *text, size_t *len)
{
    char piece[4096];
    for (int i = 0; i < PIECES_MAX && *fd != -1; i++) {
        ssize_t n = read(*fd, piece, sizeof piece);
        if (n == -1 && errno != EIO)
            return;
        if (n <= 0) { /* EIO is a terminal's end of file */
            proc_close_end(fd);
            return;
        }
        size_t room = PROC_OUTPUT_BYTES_MAX - *len;
        size_t kept = (size_t)n < room ? (size_t)n : room;
        memcpy(text + *len, piece, kept);
        *len += kept;
        text[*len] = '\0';
    }
}

void proc_drain(struct proc *p)
{
    drain(&p->out, p->out_text, &p->out_len);
    drain(&p->err, p->err_text, &p->err_len);
}

/* A pidfd can be polled beside the pipes, and becomes readable at the end. */
bool proc_wait_for_news(struct lab_where where, const struct proc *p)
{
    int pidfd = pidfd_open(p->pid, 0);
    if (pidfd == -1)
        lab_fail_at(where, "the test's own pidfd_open(): %s",
                    lab_errno_text(errno));
    struct pollfd news[] = {{.fd = pidfd, .events = POLLIN},
                            {.fd = p->out, .events = POLLIN},
                            {.fd = p->err, .events = POLLIN}};
    int n = poll(news, 3, lab_patience_ms);
    close(pidfd);
    return n != 0; /* an interrupted wait is tried again */
}

bool proc_has_ended(const struct proc *p)
{
    siginfo_t info = {0};
    if (p->pid == 0)
        return true;
    waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == p->pid;
}

void proc_append_lines(char *text, size_t size, const char *lines)
{
    static const char before[] = "\n      | ";
    size_t n = strlen(text);
    while (*lines != '\0' && n + sizeof before < size) {
        int len = (int)strcspn(lines, "\n");
        n += (size_t)snprintf(text + n, size - n, "%s%.*s", before, len, lines);
        lines += len + (lines[len] == '\n');
    }
}

/* ---- Lines ---- */

/* Move the next whole line to p->line. False while there is none. */
static bool take_line(struct proc *p)
{
    const char *from = p->out_text + p->out_taken;
    const char *newline = memchr(from, '\n', p->out_len - p->out_taken);
    if (newline == NULL)
        return false;
    size_t len = (size_t)(newline - from);
    memcpy(p->line, from, len);
    p->line[len] = '\0';
    p->out_taken += len + 1;
    return true;
}

static _Noreturn void fail_line(struct lab_where where, struct proc *p,
                                bool ended)
{
    char what[128], is[PROC_END_BYTES + 256], end[PROC_END_BYTES];
    snprintf(what, sizeof what, "%s writes a line to its standard output",
             p->name);
    if (ended)
        proc_describe_end(p, end);
    else
        snprintf(end, sizeof end, "nothing more for %s", lab_patience_text());
    snprintf(is, sizeof is, "%s without a newline, then %s",
             lab_count((intmax_t)(p->out_len - p->out_taken), "byte"), end);
    lab_differ_at(where, what, "a line", is);
}

void proc_expect_no_more_output_at(struct lab_where where, struct proc *p)
{
    char what[128], is[PROC_END_BYTES] = "it goes on:";
    if (p->pid != 0)
        proc_drain(p);
    if (p->out_taken == p->out_len)
        return;
    snprintf(what, sizeof what, "what %s writes to its standard output",
             p->name);
    proc_append_lines(is, FEW_LINES_BYTES, p->out_text + p->out_taken);
    lab_differ_at(where, what,
                  p->out_taken == 0 ? "nothing" : "no more than that line", is);
}

const char *proc_expect_line_at(struct lab_where where, struct proc *p)
{
    lab_note("reads a line that %s writes", p->name);
    return proc_expect_line_quietly_at(where, p);
}

const char *proc_expect_line_quietly_at(struct lab_where where, struct proc *p)
{
    for (;;) {
        bool ended = proc_has_ended(p); /* asked before the last bytes */
        if (p->pid != 0)
            proc_drain(p);
        if (take_line(p))
            return p->line;
        if (ended || p->out_len == PROC_OUTPUT_BYTES_MAX ||
            !proc_wait_for_news(where, p))
            fail_line(where, p, ended);
    }
}
