/*
 * waiter.c: the program grade-waiter, which starts a week's test program
 * inside the sandbox, watches it, and writes how it ended on the shared page
 * (lab_shared.h).
 *
 *     grade-waiter WALL_MS FILES MEMORY_MB UID MODE PROGRAM ARGUMENT...
 *
 *   WALL_MS    the step's limit, counted from the start of PROGRAM
 *   FILES      RLIMIT_NOFILE
 *   MEMORY_MB  resident memory of everything that was started, together
 *   UID        whom PROGRAM runs as; -1: whoever we are
 *   MODE       namespace: we are alone in a pid namespace, which ends with us
 *              plain: there is none; we end all that came from PROGRAM
 *
 * It stands between grader and test program because only a parent can tell an
 * exit status from a signal, and because the clock, the memory and the last
 * kill must not be in the hands of the process that is watched.
 */
#include "../harness/lab_shared.h"
#include "descendants.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 50 /* between two looks at memory */
#define ENDING_MS 30000
#define PROCESSES_MAX 400
#define FILE_BYTES_LIMIT (1ull << 30)

struct limits {
    long wall_ms, files, memory_mb, uid;
    bool namespace;
};

static struct lab_shared *page;

/* ---- The child that becomes the test program ---- */

static void limit(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit now;
    if (getrlimit(resource, &now) == 0 && now.rlim_max < hard)
        hard = now.rlim_max;
    if (soft > hard)
        soft = hard;
    setrlimit(resource, &(struct rlimit){soft, hard});
}

/* The threads of this process if it is the user's, else 0. */
static rlim_t threads_of(const char *pid, uid_t user)
{
    char path[300], line[256];
    unsigned long owner = 0, threads = 0;
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *status = fopen(path, "re");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        sscanf(line, "Uid: %lu", &owner);
        sscanf(line, "Threads: %lu", &threads);
    }
    if (status != NULL)
        fclose(status);
    return owner == user ? threads : 0;
}

/* How many processes and threads this user has already: where no user
 * namespace counts ours apart, the limit is on top of them. */
static rlim_t processes_now(uid_t user)
{
    rlim_t count = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *e; proc != NULL && (e = readdir(proc)) != NULL;)
        if (isdigit((unsigned char)e->d_name[0]))
            count += threads_of(e->d_name, user);
    if (proc != NULL)
        closedir(proc);
    return count;
}

static void set_limits(const struct limits *limits)
{
    rlim_t cpu = (rlim_t)(limits->wall_ms / 1000 * 2 + 10);
    uid_t user = limits->uid < 0 ? getuid() : (uid_t)limits->uid;
    rlim_t processes = PROCESSES_MAX + processes_now(user);
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_CPU, cpu, cpu + 5); /* equal ones would be a silent SIGKILL */
    limit(RLIMIT_FSIZE, FILE_BYTES_LIMIT, FILE_BYTES_LIMIT);
    limit(RLIMIT_NOFILE, (rlim_t)limits->files, (rlim_t)limits->files);
    limit(RLIMIT_NPROC, processes, processes);
}

static bool become(long uid)
{
    gid_t group = (gid_t)uid;
    if (uid < 0)
        return true;
    if (setgroups(0, NULL) != 0 || setresgid(group, group, group) != 0)
        return false;
    return setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) == 0;
}

/* A user of this run's own, so that RLIMIT_NPROC counts nobody else's
 * processes; in a container with few user numbers, nobody. */
static bool become_nobody(long uid)
{
    return become(uid) || become(65534);
}

static _Noreturn void become_test_program(const struct limits *limits,
                                          char **argv)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid(); /* libcheck signals its whole group */
    set_limits(limits);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    /* TSan needs a layout it knows; and addresses are the same on a replay. */
    personality(ADDR_NO_RANDOMIZE);
    if (become_nobody(limits->uid)) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        execv(argv[0], argv);
    }
    page->end_value = errno;
    page->end = LAB_END_NOT_EXECED;
    _exit(127);
}

/* ---- Memory ---- */

/* What is resident counts once for every process that shares it; the kernel's
 * proportional figure does not, but costs more to ask for. A process that is
 * gone by now has nothing. */
static uint64_t proportional(const struct descendant *process)
{
    char path[64], line[128];
    unsigned long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", process->pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == EACCES ? process->resident : 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Pss: %lu", &kib) == 1)
            break;
    fclose(file);
    return (uint64_t)kib * 1024;
}

static uint64_t memory_in_use(uint64_t limit_bytes, int64_t until)
{
    static struct descendant list[DESCENDANTS_MAX];
    int count = descendants_list(list, until);
    uint64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += list[i].resident;
    if (sum <= limit_bytes)
        return sum;
    sum = 0;
    for (int i = 0; i < count && descendants_now_ms() < until; i++)
        sum += proportional(&list[i]);
    return sum;
}

/* ---- Ending ---- */

/*
 * A user of this run's own has no processes but ours, and kill(-1) as that user
 * reaches all of them in one step, in which none can fork. Where we could not
 * become such a user, this cannot either.
 */
static void end_all_of(long uid)
{
    pid_t helper = uid < 0 ? -1 : fork();
    if (helper == 0) {
        if (setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) == 0)
            kill(-1, SIGKILL);
        _exit(0);
    }
    if (helper > 0)
        waitpid(helper, NULL, 0);
}

/* A pid namespace is left to the kernel: it ends with its first process, and
 * that one with us. */
static void end_all(const struct limits *limits)
{
    if (limits->namespace)
        return;
    end_all_of(limits->uid);
    descendants_end(ENDING_MS);
}

static void record_end(enum lab_end end, int value)
{
    page->end_value = value;
    __atomic_store_n(&page->end, end, __ATOMIC_RELEASE);
}

/* Reap; true when the runner was among them, with its end recorded. */
static bool reap(pid_t runner)
{
    int status;
    pid_t pid;
    bool ended = false;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != runner)
            continue;
        ended = true;
        if (page->end == LAB_END_NOT_EXECED)
            continue;
        if (WIFEXITED(status))
            record_end(LAB_END_EXITED, WEXITSTATUS(status));
        else
            record_end(LAB_END_SIGNALLED, WTERMSIG(status));
    }
    return ended;
}

/*
 * Watch until the runner ends or goes over a limit. Over that of memory twice:
 * one sum is made of looks at different times, in which the same memory can
 * count for several processes that end one after the other.
 */
static void watch(pid_t runner, const struct limits *limits,
                  const sigset_t *awaited)
{
    int64_t until = descendants_now_ms() + limits->wall_ms;
    uint64_t memory_limit = (uint64_t)limits->memory_mb << 20;
    bool was_over = false;
    for (;;) {
        struct timespec tick = {0, TICK_MS * 1000000};
        int signal = sigtimedwait(awaited, NULL, &tick);
        if (reap(runner))
            return;
        if (signal == SIGTERM || signal == SIGINT || signal == SIGHUP)
            return; /* the grader gives up: its own reason */
        if (descendants_now_ms() >= until) {
            record_end(LAB_END_TIMEOUT, 0);
            return;
        }
        bool is_over = memory_in_use(memory_limit, until) > memory_limit;
        if (is_over && was_over) {
            record_end(LAB_END_MEMORY, 0);
            return;
        }
        was_over = is_over;
    }
}

static bool parse(struct limits *limits, int argc, char **argv)
{
    if (argc < 7)
        return false;
    *limits = (struct limits){
        .wall_ms = atol(argv[1]),
        .files = atol(argv[2]),
        .memory_mb = atol(argv[3]),
        .uid = atol(argv[4]),
        .namespace = strcmp(argv[5], "namespace") == 0,
    };
    return limits->wall_ms > 0 && limits->files > 0;
}

static bool map_page(void)
{
    const char *fd = getenv(LAB_SHARED_FD);
    if (fd == NULL)
        return false;
    page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED,
                atoi(fd), 0);
    return page != MAP_FAILED && page->magic == LAB_SHARED_MAGIC;
}

int main(int argc, char **argv)
{
    struct limits limits;
    sigset_t awaited;

    if (!parse(&limits, argc, argv) || !map_page()) {
        fprintf(stderr, "grade-waiter: is started by grade, not by hand\n");
        return 2;
    }
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGHUP);
    sigprocmask(SIG_BLOCK, &awaited, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (!limits.namespace)
        prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    pid_t runner = fork();
    if (runner < 0) {
        perror("grade-waiter: fork");
        return 2;
    }
    if (runner == 0)
        become_test_program(&limits, argv + 6);
    watch(runner, &limits, &awaited);
    end_all(&limits);
    return 0;
}
