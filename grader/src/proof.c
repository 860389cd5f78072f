/*
 * proof.c: see proof.h.
 *
 * Invariants
 *  1. A worker takes the next job by an atomic counter and writes only there.
 *  2. Test objects are complete before the first worker starts, so workers
 *     only read them.
 *  3. A worker that dies leaves its job PENDING, which counts as failed.
 *  4. Bugs begin when all others have ended: they ask what the files showed.
 */
#include "proof_job.h"

#include "bugs.h"
#include "course.h"
#include "files.h"
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX 64

/* ---- Preparing ---- */

static struct proof_job *add_job(struct proof *proof, enum proof_kind kind)
{
    struct proof_job *job = &proof->jobs[proof->job_count++];
    *job = (struct proof_job){.kind = kind};
    return job;
}

static int list_jobs(struct proof *proof, int rounds)
{
    struct bug *bugs;
    int count = bugs_load(proof->week, &bugs);
    if (count < 0)
        return count;
    const struct manifest *m = &proof->week->manifest;
    if (count + rounds + 2 + (int)m->yours_count > PROOF_JOBS_MAX) {
        complain("%s: over %d proofs", proof->week->name, PROOF_JOBS_MAX);
        bugs_release(bugs, count);
        return -EINVAL;
    }
    add_job(proof, PROOF_STARTER);
    for (int i = 0; i < rounds; i++)
        add_job(proof, PROOF_SOLUTION)->round = i + 1;
    if (m->bench != NULL && m->bench->plain) {
        struct proof_job *job = add_job(proof, PROOF_SOLUTION);
        job->round = rounds + 1;
        job->plain = true;
    }
    /* Of one file alone it is known: the first step needs it. */
    for (unsigned i = 0; m->yours_count > 1 && i < m->yours_count; i++)
        add_job(proof, PROOF_FILE)->file = m->yours[i];
    /* The last steps' first: those take longest, and none is left alone. */
    for (int i = count - 1; i >= 0; i--) {
        struct proof_job *job = add_job(proof, PROOF_BUG);
        snprintf(job->bug, sizeof job->bug, "%s", bugs[i].name);
        job->bug_step = bugs[i].step;
    }
    bugs_release(bugs, count);
    return 0;
}

int proof_prepare(struct proof *proof, const struct week *week,
                  const char *state, int rounds)
{
    size_t size = PROOF_JOBS_MAX * sizeof *proof->jobs;
    *proof = (struct proof){.week = week, .state = state, .tries = 1};
    /* Most of a bug's time is a test's waiting for what will never come. */
    proof->workers = 2 * (int)sysconf(_SC_NPROCESSORS_ONLN);
    proof->jobs = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (proof->jobs == MAP_FAILED) {
        proof->jobs = NULL;
        return -ENOMEM;
    }
    if (!path_is_dir(week->solution)) {
        complain("%s: there is no solution to prove", week->solution);
        return -ENOENT;
    }
    int err = list_jobs(proof, rounds);
    return err < 0 ? err : proof_build_shared(proof);
}

void proof_release(struct proof *proof)
{
    if (proof->jobs != NULL)
        munmap(proof->jobs, PROOF_JOBS_MAX * sizeof *proof->jobs);
    proof->jobs = NULL;
}

/* ---- Workers ---- */

/* The next job, and the one behind the last. */
struct counter {
    int next, end;
};

static _Noreturn void work(const struct proof *proof, struct counter *counter,
                           int worker)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    for (;;) {
        int index = __atomic_fetch_add(&counter->next, 1, __ATOMIC_RELAXED);
        if (index >= counter->end)
            _exit(0);
        proof_job_run(proof, &proof->jobs[index], worker);
        if (process_interrupted())
            process_end_by_signal();
    }
}

/* Until all have ended; a signal to us ends them. It is looked for again and
 * again: it may come between any look and a sleep. */
static void await_workers(pid_t pids[WORKERS_MAX])
{
    struct timespec moment = {0, 10000000};
    pid_t ended;
    while ((ended = waitpid(-1, NULL, WNOHANG)) >= 0) {
        for (int i = 0; i < WORKERS_MAX; i++) {
            if (pids[i] == ended)
                pids[i] = 0;
            if (pids[i] > 0 && process_interrupted())
                kill(pids[i], SIGTERM);
        }
        if (ended == 0)
            nanosleep(&moment, NULL);
    }
}

static void run_jobs(const struct proof *proof, struct counter *counter,
                     int begin, int end)
{
    pid_t pids[WORKERS_MAX] = {0};
    *counter = (struct counter){begin, end};
    fflush(NULL);
    for (int i = 0; i < proof->workers && i < WORKERS_MAX; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            work(proof, counter, i);
        if (pids[i] < 0)
            complain("fork: %s", strerror(errno));
    }
    await_workers(pids);
    if (process_interrupted())
        process_end_by_signal();
}

void proof_run(struct proof *proof)
{
    struct counter *counter =
        mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int bugs = 0;
    if (counter == MAP_FAILED)
        return;
    while (bugs < proof->job_count && proof->jobs[bugs].kind != PROOF_BUG)
        bugs++;
    run_jobs(proof, counter, 0, bugs);
    run_jobs(proof, counter, bugs, proof->job_count);
    munmap(counter, sizeof *counter);
}

static void count_one(enum proof_result result, int *passed, int *failed)
{
    *passed += result == PROOF_HOLDS;
    *failed += result == PROOF_FAILS || result == PROOF_PENDING;
}

void proof_count(const struct proof *proof, int *passed, int *failed)
{
    *passed = *failed = 0;
    for (int i = 0; i < proof->job_count; i++) {
        const struct proof_job *job = &proof->jobs[i];
        bool whole = job->kind == PROOF_FILE || job->kind == PROOF_BUG;
        if (whole)
            count_one(job->result, passed, failed);
        for (unsigned s = 0; !whole && s < proof->week->manifest.step_count;
             s++)
            count_one(job->steps[s].result, passed, failed);
    }
}
