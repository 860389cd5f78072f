/*
 * proc.c: starting processes and ending them.
 *
 * Invariants
 *  1. A new process asks to die with the test before it does anything else,
 *     and then looks whether the test still lives: prctl(2) reports no death
 *     that came before it.
 *  2. It holds no end of another process's pipes (parent_ends): a test that
 *     closes one's input would otherwise wait in vain for the effect.
 *  3. p->pid is a child that is not reaped yet, or 0: no signal can hit a
 *     process that took over the number.
 */
#include "proc_internal.h"

#include "lab_internal.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define STARTED_MAX 64
#define PARENT_ENDS_MAX (3 * STARTED_MAX)

/* Ends of pipes that are the test's own. */
static int parent_ends[PARENT_ENDS_MAX];
static int parent_ends_count;

/* Processes that are not reaped yet. */
static pid_t started[STARTED_MAX];
static int started_count;

void proc_close_end(int *fd)
{
    if (*fd == -1)
        return;
    for (int i = 0; i < parent_ends_count; i++)
        if (parent_ends[i] == *fd)
            parent_ends[i--] = parent_ends[--parent_ends_count];
    close(*fd);
    *fd = -1;
}

/* ---- Pipes ---- */

/* The standard streams of a new process: [0] to read, [1] to write. */
struct pipes {
    int in[2], out[2], err[2];
};

static void make_pipe(struct lab_where where, int ends[2], int ours)
{
    if (pipe2(ends, O_CLOEXEC) == -1)
        lab_fail_at(where, "the test's own pipe(): %s", lab_errno_text(errno));
    parent_ends[parent_ends_count++] = ends[ours];
    if (ours == 0)
        fcntl(ends[ours], F_SETFL, O_NONBLOCK); /* proc_drain never waits */
}

/* ends[0] is the terminal's other side, which the test reads. */
static void make_terminal(struct lab_where where, int ends[2])
{
    struct termios as_it_is;
    if (openpty(&ends[0], &ends[1], NULL, NULL, NULL) == -1)
        lab_fail_at(where, "the test's own openpty(): %s",
                    lab_errno_text(errno));
    tcgetattr(ends[1], &as_it_is);
    cfmakeraw(&as_it_is);
    tcsetattr(ends[1], TCSANOW, &as_it_is);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    parent_ends[parent_ends_count++] = ends[0];
}

/* What the standard streams of a program are; pipes where nothing is noted of
 * it, too. */
enum streams { PIPES, TERMINAL_OUTPUT, NO_INPUT, QUIETLY };

static void make_pipes(struct lab_where where, struct pipes *pipes,
                       enum streams streams)
{
    make_pipe(where, pipes->in, 1);
    make_pipe(where, pipes->err, 0);
    if (streams == TERMINAL_OUTPUT)
        make_terminal(where, pipes->out);
    else
        make_pipe(where, pipes->out, 0);
}

static void keep_our_ends(struct proc *p, const struct pipes *pipes)
{
    close(pipes->in[0]);
    close(pipes->out[1]);
    close(pipes->err[1]);
    p->in = pipes->in[1];
    p->out = pipes->out[0];
    p->err = pipes->err[0];
}

static void keep_child_ends(const struct pipes *pipes)
{
    dup2(pipes->in[0], STDIN_FILENO);
    dup2(pipes->out[1], STDOUT_FILENO);
    dup2(pipes->err[1], STDERR_FILENO);
    close(pipes->in[0]);
    close(pipes->out[1]);
    close(pipes->err[1]);
    for (int i = 0; i < parent_ends_count; i++)
        close(parent_ends[i]);
    parent_ends_count = 0;
    started_count = 0;
}

/* ---- In the new process ---- */

static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
}

/* A sanitizer reports crashes from handlers of its own. */
static bool is_crash(int number)
{
    return number == SIGSEGV || number == SIGBUS || number == SIGFPE ||
           number == SIGILL || number == SIGABRT || number == SIGTRAP;
}

/* libcheck's handlers of SIGTERM and SIGINT would kill the whole test. */
static void reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        if (!is_crash(number))
            signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void begin_child(pid_t parent, const struct pipes *pipes)
{
    lab_before_failure = NULL; /* that was the test's */
    if (lab_when_debugged != NULL || lab_debugging)
        setpgid(0, 0); /* ^C at the terminal is for gdb */
    die_with(parent);
    reset_signals();
    keep_child_ends(pipes);
}

static _Noreturn void exec_program(const char *const argv[], int report)
{
    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    execvp(argv[0], (char *const *)argv);
    int error = errno;
    if (write(report, &error, sizeof error) == -1)
        _exit(126);
    _exit(127);
}

/* exit, not _exit: LeakSanitizer and ThreadSanitizer have their say there. */
static _Noreturn void run_function(const char *name, int (*function)(void *),
                                   void *argument)
{
    int result = function(argument);
    if (result < 0)
        fprintf(stderr, "%s returned -%s\n", name, lab_errno_text(result));
    exit(result < 0);
}

/* ---- Starting ---- */

static struct proc_page *new_page(struct lab_where where)
{
    struct proc_page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        lab_fail_at(where, "the test's own mmap(): %s", lab_errno_text(errno));
    sem_init(&page->asked, 1, 0);
    return page;
}

static void init(struct lab_where where, struct proc *p, const char *name)
{
    if (started_count == STARTED_MAX)
        lab_fail_at(where, "%d processes were started and not released",
                    started_count);
    *p = (struct proc){.in = -1, .out = -1, .err = -1};
    snprintf(p->name, sizeof p->name, "%s", name);
    p->page = new_page(where);
    p->out_text = p->page->out_text;
    p->err_text = p->page->err_text;
    p->line = p->page->line;
    fflush(stdout); /* or the new process would write it a second time */
    fflush(stderr);
}

static pid_t fork_or_fail(struct lab_where where)
{
    pid_t pid = fork();
    if (pid == -1)
        lab_fail_at(where, "the test's own fork(): %s", lab_errno_text(errno));
    if (pid > 0)
        started[started_count++] = pid;
    return pid;
}

#define COMMAND_BYTES 400

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* A word as a shell takes it, in single quotes where that is needed. */
static size_t put_word(char *to, size_t size, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
                                "UVWXYZ0123456789_-+=./:,@%";
    size_t n = 0;
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0')
        return (size_t)snprintf(to, size, " %s", word);
    n += (size_t)snprintf(to, size, " '");
    for (; *word != '\0' && n + 8 < size; word++)
        n += (size_t)snprintf(to + n, size - n, *word == '\'' ? "'\\''" : "%c",
                              *word);
    return n + (size_t)snprintf(to + n, size - n, "'");
}

/* The command as a member can type it: a path of the sandbox's is none of
 * theirs, so the week's program goes by where their own make puts it. */
static void note_command(const char *const argv[])
{
    char line[COMMAND_BYTES] = "", program[128];
    size_t n = 0;
    for (int i = 0; argv[i] != NULL && n + 16 < sizeof line; i++) {
        const char *word = argv[i];
        if (i == 0)
            word = base_name(word);
        else if (lab_is_program(word)) {
            snprintf(program, sizeof program, ".grade/make/%s/%.80s",
                     LAB_SANITIZER, base_name(word));
            word = program;
        }
        n += put_word(line + n, sizeof line - n, word);
    }
    lab_note("starts%s", line);
}

static void start(struct lab_where where, struct proc *p,
                  const char *const argv[], enum streams streams)
{
    struct pipes pipes;
    int report[2], error;
    pid_t parent = getpid();

    init(where, p, base_name(argv[0]));
    if (streams != QUIETLY)
        note_command(argv);
    make_pipes(where, &pipes, streams);
    if (pipe2(report, O_CLOEXEC) == -1)
        lab_fail_at(where, "the test's own pipe(): %s", lab_errno_text(errno));
    p->pid = fork_or_fail(where);
    if (p->pid == 0) {
        begin_child(parent, &pipes);
        if (streams == NO_INPUT)
            close(STDIN_FILENO);
        exec_program(argv, report[1]);
    }
    keep_our_ends(p, &pipes);
    close(report[1]);
    /* End of file: exec has closed the other end. */
    if (read(report[0], &error, sizeof error) == sizeof error)
        lab_fail_at(where, "%s cannot be started: %s", argv[0],
                    lab_errno_text(error));
    close(report[0]);
}

void proc_start_at(struct lab_where where, struct proc *p,
                   const char *const argv[])
{
    start(where, p, argv, PIPES);
}

void proc_start_at_terminal_at(struct lab_where where, struct proc *p,
                               const char *const argv[])
{
    start(where, p, argv, TERMINAL_OUTPUT);
}

void proc_start_without_input_at(struct lab_where where, struct proc *p,
                                 const char *const argv[])
{
    start(where, p, argv, NO_INPUT);
}

void proc_start_quietly_at(struct lab_where where, struct proc *p,
                           const char *const argv[])
{
    start(where, p, argv, QUIETLY);
}

#define LOOKS_MAX 50

/*
 * What the test sees may be the effect of what a process of its has found and
 * is about to say (proc_let_test_wait): so wait until each is at rest. A sleep
 * of some length between looks, so that the test itself is seen to wait.
 */
static void let_processes_speak(void)
{
    static const struct timespec between = {0, 20000000};
    bool rest = false;
    for (int looks = 0; looks < LOOKS_MAX && !rest; looks++) {
        nanosleep(&between, NULL);
        rest = true;
        for (int i = 0; i < started_count; i++)
            rest &= proc_stays_asleep(started[i]);
    }
}

int proc_say_and_wait(int err, const char *line)
{
    if (err < 0)
        return err;
    if (dprintf(STDOUT_FILENO, "%s\n", line) < 0)
        return -errno;
    for (;;)
        pause();
}

void proc_call_at(struct lab_where where, struct proc *p, const char *name,
                  int (*function)(void *), void *argument)
{
    struct lab_patience patience;
    struct pipes pipes;
    pid_t parent = getpid();

    init(where, p, name);
    lab_note("starts %s in a process of its own", name);
    make_pipes(where, &pipes, PIPES);
    p->pid = fork_or_fail(where);
    if (p->pid == 0) {
        begin_child(parent, &pipes);
        proc_page_serve(p->page);
        run_function(name, function, argument);
    }
    keep_our_ends(p, &pipes);
    lab_before_failure = let_processes_speak;
    lab_patience_start(&patience);
    while (!p->page->ready) {
        bool ended = proc_has_ended(p); /* asked before `ready`, once more */
        if (ended && !p->page->ready)
            proc_fail_if_ended(where, p, "the start of a process");
        if (!lab_patience_left(&patience))
            lab_fail_at(where, "%s did not start", name);
    }
}

/* ---- Signals and the end ---- */

void proc_signal_at(struct lab_where where, struct proc *p, int signal)
{
    lab_note("sends SIG%s to %s", sigabbrev_np(signal), p->name);
    if (p->pid == 0)
        lab_fail_at(where, "%s gets SIG%s after its end was seen", p->name,
                    sigabbrev_np(signal));
    if (kill(p->pid, signal) == -1)
        lab_fail_at(where, "the test's own kill(): %s", lab_errno_text(errno));
}

void proc_close_input(struct proc *p)
{
    proc_close_end(&p->in);
}

void proc_reap(struct proc *p)
{
    while (waitpid(p->pid, &p->status, 0) == -1 && errno == EINTR)
        continue;
    for (int i = 0; i < started_count; i++)
        if (started[i] == p->pid)
            started[i--] = started[--started_count];
    p->pid = 0;
    proc_drain(p);
    proc_close_end(&p->in);
    proc_close_end(&p->out);
    proc_close_end(&p->err);
}

static _Noreturn void fail_endless(struct lab_where where, const struct proc *p)
{
    char what[128], is[160];
    snprintf(what, sizeof what, "the end of %s", p->name);
    snprintf(is, sizeof is, "it runs on, and was silent for %s",
             lab_patience_text());
    lab_differ_at(where, what, "it ends", is);
}

int proc_wait_at(struct lab_where where, struct proc *p)
{
    if (p->pid == 0)
        return p->status;
    lab_note("waits for the end of %s", p->name);
    while (!proc_has_ended(p)) {
        if (!proc_wait_for_news(where, p))
            fail_endless(where, p);
        proc_drain(p);
    }
    proc_reap(p);
    return p->status;
}

void proc_describe_end(struct proc *p, char text[PROC_END_BYTES])
{
    if (p->pid != 0)
        proc_reap(p);
    if (WIFSIGNALED(p->status))
        snprintf(text, PROC_END_BYTES, "killed by SIG%s (%s)",
                 sigabbrev_np(WTERMSIG(p->status)),
                 strsignal(WTERMSIG(p->status)));
    else
        snprintf(text, PROC_END_BYTES, "exit status %d",
                 WEXITSTATUS(p->status));
    if (p->err_len > 0)
        proc_append_lines(text, PROC_END_BYTES, p->err_text);
}

void proc_expect_exit_at(struct lab_where where, struct proc *p, int code)
{
    char what[128], should[32], is[PROC_END_BYTES];
    proc_wait_at(where, p);
    if (WIFEXITED(p->status) && WEXITSTATUS(p->status) == code)
        return;
    snprintf(what, sizeof what, "how %s ends", p->name);
    snprintf(should, sizeof should, "exit status %d", code);
    proc_describe_end(p, is);
    lab_differ_at(where, what, should, is);
}

void proc_expect_alive_at(struct lab_where where, struct proc *p)
{
    char what[128], is[PROC_END_BYTES];
    if (p->pid != 0 && !proc_has_ended(p))
        return;
    snprintf(what, sizeof what, "%s is running", p->name);
    proc_describe_end(p, is);
    lab_differ_at(where, what, "it runs", is);
}

void proc_kill(struct proc *p)
{
    if (p->pid == 0)
        return;
    kill(p->pid, SIGKILL);
    proc_reap(p);
}

void proc_kill_all(void)
{
    while (started_count > 0) {
        pid_t pid = started[--started_count];
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
            continue;
    }
}

void proc_release(struct proc *p)
{
    proc_kill(p);
    if (p->page != NULL)
        munmap(p->page, sizeof *p->page);
    *p = (struct proc){.in = -1, .out = -1, .err = -1};
}
