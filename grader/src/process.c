/*
 * process.c: see process.h.
 *
 * How a child is watched. SIGCHLD and the signals that end us are blocked but
 * inside ppoll(2), which unblocks them and sleeps in one step; so none can come
 * between our look at the state and the sleep.
 *
 *     started ──exit──> gone ──> rest of its group killed, rest of output read
 *        │ time or output over its limit: SIGTERM to the group; after GRACE_MS
 *        │ SIGKILL: a child may have to end others, which left its group
 *        └ signal to us: the same, with that signal; then we end by it too
 *
 *  1. The child is reaped only after its group was killed: until then its
 *     number cannot be given to another group.
 *  2. A handler only stores the signal's number.
 */
#include "process.h"

#include "files.h"
#include "orphans.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_BYTES_DEFAULT (1u << 20)
#define READ_BYTES (64u << 10)
#define GRACE_MS 5000
#define REMOVE_AT_END_MAX 16
#define NONE INT64_MAX

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};
#define ENDING_SIGNALS (sizeof(ending_signals) / sizeof(ending_signals[0]))

static volatile sig_atomic_t signal_that_came;

/* ---- Signals and what is removed at the end ---- */

/* A process forked from us has the list too; it must not act on it. */
static struct {
    pid_t owner;
    char *dir;
} to_remove[REMOVE_AT_END_MAX];

static void remove_all(void)
{
    for (int i = 0; i < REMOVE_AT_END_MAX; i++) {
        if (to_remove[i].owner != getpid())
            continue;
        dir_remove(to_remove[i].dir);
        free(to_remove[i].dir);
        to_remove[i].owner = 0;
    }
}

void process_remove_at_end(const char *dir)
{
    static bool registered;
    static int next;

    if (!registered)
        atexit(remove_all);
    registered = true;
    if (to_remove[next].owner)
        free(to_remove[next].dir);
    to_remove[next].dir = text_format("%s", dir);
    to_remove[next].owner = getpid();
    next = (next + 1) % REMOVE_AT_END_MAX;
}

static void note_signal(int number)
{
    if (number != SIGCHLD)
        signal_that_came = number;
}

/* No SA_RESTART: a read that waits for the user ends as well. */
static void handle(int number)
{
    struct sigaction action = {.sa_handler = note_signal}, old;

    sigaction(number, NULL, &old);
    if (number != SIGCHLD && old.sa_handler == SIG_IGN)
        return; /* nohup, or a job in the background: keep ignoring */
    if (number == SIGCHLD)
        action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
    sigaction(number, &action, NULL);
}

void process_guard(void)
{
    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        handle(ending_signals[i]);
}

bool process_interrupted(void)
{
    return signal_that_came != 0;
}

_Noreturn void process_end_by_signal(void)
{
    int number = signal_that_came ? signal_that_came : SIGTERM;
    sigset_t only;

    fflush(NULL);
    remove_all();
    signal(number, SIG_DFL);
    sigemptyset(&only);
    sigaddset(&only, number);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    _exit(128 + number);
}

/* ---- Starting ---- */

struct child {
    pid_t pid;
    bool grouped;     /* has a group of its own */
    int output;       /* read end, non-blocking; -1 when closed or inherited */
    sigset_t outside; /* the mask outside of process_run */
    struct sigaction old_interrupt, old_quit;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void block_signals(struct child *child)
{
    sigset_t set;

    handle(SIGCHLD);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        sigaddset(&set, ending_signals[i]);
    sigprocmask(SIG_BLOCK, &set, &child->outside);
}

/*
 * A program that talks with the user (gdb, a pager) stays in our group, or the
 * terminal would stop it. Then Ctrl-C is for it alone, as in system(3).
 */
static void leave_keyboard_to_child(struct child *child)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGINT, &ignore, &child->old_interrupt);
    sigaction(SIGQUIT, &ignore, &child->old_quit);
}

static void take_keyboard_back(struct child *child)
{
    sigaction(SIGINT, &child->old_interrupt, NULL);
    sigaction(SIGQUIT, &child->old_quit, NULL);
}

/* Connect 0, 1 and 2; every other descriptor closes at exec, but keep_fd. */
static int child_descriptors(const struct process_request *request, int output)
{
    if (!request->inherit_input) {
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (null < 0 || dup2(null, 0) < 0)
            return -1;
    }
    if (output >= 0 && (dup2(output, 1) < 0 || dup2(output, 2) < 0))
        return -1;
    /* What our caller left open without O_CLOEXEC is not for the child. On a
     * kernel before 5.11 this does nothing, and our own are O_CLOEXEC. */
    close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    if (request->keep_fd >= 0)
        return fcntl(request->keep_fd, F_SETFD, 0);
    return 0;
}

/* In the child: become the program, or say by `failed` why not. */
static _Noreturn void become(const struct process_request *request,
                             const struct child *child, pid_t parent,
                             int output, int failed)
{
    int err;

    if (child->grouped)
        setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* it died before the line above */
    for (const char *const *pair = request->env; pair && *pair; pair++)
        putenv((char *)*pair);
    if (request->dir && chdir(request->dir) < 0)
        goto out;
    if (child_descriptors(request, output) < 0)
        goto out;
    if (!child->grouped) {
        sigaction(SIGINT, &child->old_interrupt, NULL);
        sigaction(SIGQUIT, &child->old_quit, NULL);
    }
    sigprocmask(SIG_SETMASK, &child->outside, NULL);
    execvp(request->argv[0], (char *const *)request->argv);
out:
    err = errno;
    if (write(failed, &err, sizeof(err)) < 0)
        _exit(126);
    _exit(127);
}

/* Wait until the child has become the program: 0, or -errno if it could not. */
static int await_exec(struct child *child, int failed)
{
    ssize_t count;
    int err;

    do
        count = read(failed, &err, sizeof(err));
    while (count < 0 && errno == EINTR);
    if (count != (ssize_t)sizeof(err))
        return 0;
    waitpid(child->pid, NULL, 0);
    return -err;
}

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Fork and exec; the signals are blocked already. */
static int start(const struct process_request *request, struct child *child)
{
    int output[2] = {-1, -1}, failed[2] = {-1, -1};
    pid_t parent = getpid();
    int err = 0;

    if (pipe2(failed, O_CLOEXEC) < 0 ||
        (!request->inherit_output && pipe2(output, O_CLOEXEC) < 0)) {
        err = -errno;
        goto out;
    }
    fflush(NULL);
    child->pid = fork();
    if (child->pid == 0)
        become(request, child, parent, output[1], failed[1]);
    if (child->pid < 0) {
        err = -errno;
        goto out;
    }
    if (child->grouped)
        setpgid(child->pid, child->pid); /* whoever of the two comes first */
    close_if_open(&failed[1]);
    err = await_exec(child, failed[0]);
    if (err == 0 && output[0] >= 0) {
        fcntl(output[0], F_SETFL, O_NONBLOCK);
        child->output = output[0];
        output[0] = -1;
    }
out:
    close_if_open(&output[0]);
    close_if_open(&output[1]);
    close_if_open(&failed[0]);
    close_if_open(&failed[1]);
    return err;
}

/* ---- Watching ---- */

static void signal_child(const struct child *child, int number)
{
    kill(child->grouped ? -child->pid : child->pid, number);
}

static bool has_ended(const struct child *child)
{
    siginfo_t info = {0};

    /* WNOWAIT: it stays a zombie, see 1 at the head. */
    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) <
               0 ||
           info.si_pid != 0;
}

/* Room for at least one more byte, and never for more than the limit and the
 * one byte that shows that it was passed. */
static size_t make_room(struct process_result *result, size_t max)
{
    size_t room = max + 1 - result->output_len;

    if (room > READ_BYTES)
        room = READ_BYTES;
    result->output = realloc(result->output, result->output_len + room + 1);
    if (!result->output)
        abort();
    return room;
}

/* Take what is there. True when the output went over its limit. */
static bool read_output(struct child *child, struct process_result *result,
                        size_t max)
{
    while (child->output >= 0) {
        size_t room = make_room(result, max);
        ssize_t count =
            read(child->output, result->output + result->output_len, room);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN)
            return false;
        if (count <= 0) {
            close_if_open(&child->output);
            return false;
        }
        result->output_len += (size_t)count;
        if (result->output_len > max) {
            result->output_len = max;
            close_if_open(&child->output);
            return true;
        }
    }
    return false;
}

static void sleep_until(struct child *child, int64_t deadline)
{
    struct pollfd poll_output = {.fd = child->output, .events = POLLIN};
    struct timespec timeout, *wait = NULL;

    if (deadline != NONE) {
        int64_t left = deadline - now_ms();
        left = left < 0 ? 0 : left + 1; /* up, or the last part spins */
        timeout.tv_sec = left / 1000;
        timeout.tv_nsec = left % 1000 * 1000000;
        wait = &timeout;
    }
    ppoll(&poll_output, 1, wait, &child->outside);
}

/* Until the child has ended, see the picture at the head. */
static void watch(struct child *child, const struct process_request *request,
                  struct process_result *result)
{
    size_t max = request->output_bytes_max ? request->output_bytes_max
                                           : OUTPUT_BYTES_DEFAULT;
    int64_t deadline =
        request->timeout_ms > 0 ? now_ms() + request->timeout_ms : NONE;
    bool asked = false; /* to end; the deadline is for SIGKILL then */

    while (!has_ended(child)) {
        int reason = 0;
        sleep_until(child, deadline);
        if (read_output(child, result, max)) {
            result->output_cut = true;
            reason = SIGTERM;
        }
        if (deadline != NONE && now_ms() >= deadline) {
            if (asked)
                signal_child(child, SIGKILL);
            else
                result->timed_out = true;
            deadline = NONE;
            reason = SIGTERM;
        }
        if (process_interrupted())
            reason = signal_that_came;
        if (reason && !asked) {
            signal_child(child, reason);
            asked = true;
            deadline = now_ms() + GRACE_MS;
        }
    }
    if (child->grouped)
        signal_child(child, SIGKILL);
    if (read_output(child, result, max))
        result->output_cut = true;
}

int process_run(const struct process_request *request,
                struct process_result *result)
{
    struct child child = {.output = -1, .grouped = !request->inherit_input};
    int64_t started = now_ms();
    int err;

    *result = (struct process_result){0};
    block_signals(&child);
    if (request->end_orphans)
        orphans_adopt();
    if (!child.grouped)
        leave_keyboard_to_child(&child);
    err = start(request, &child);
    /* execvp says EACCES for a folder of PATH that it may not read. */
    if (err == -EACCES && !strchr(request->argv[0], '/') &&
        !process_exists(request->argv[0]))
        err = -ENOENT;
    if (err == 0) {
        watch(&child, request, result);
        close_if_open(&child.output);
        waitpid(child.pid, &result->status, 0);
        make_room(result, result->output_len);
        result->output[result->output_len] = '\0';
        result->seconds = (double)(now_ms() - started) / 1000;
    }
    if (request->end_orphans)
        orphans_end();
    if (!child.grouped)
        take_keyboard_back(&child);
    sigprocmask(SIG_SETMASK, &child.outside, NULL);
    if (process_interrupted())
        process_end_by_signal();
    return err;
}

void process_result_release(struct process_result *result)
{
    free(result->output);
    result->output = NULL;
    result->output_len = 0;
}

bool process_succeeded(const struct process_result *result)
{
    return WIFEXITED(result->status) && WEXITSTATUS(result->status) == 0 &&
           !result->timed_out && !result->output_cut;
}

/* ---- PATH ---- */

static bool is_program(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode) &&
           access(path, X_OK) == 0;
}

bool process_exists(const char *program)
{
    const char *path = getenv("PATH");
    bool found = false;

    if (strchr(program, '/'))
        return is_program(program);
    while (path && !found) {
        size_t len = strcspn(path, ":");
        char *full =
            text_format("%.*s/%s", (int)len, len ? path : ".", program);
        found = is_program(full);
        free(full);
        path = path[len] ? path + len + 1 : NULL;
    }
    return found;
}
