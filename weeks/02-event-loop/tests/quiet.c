/*
 * quiet.c: see quiet.h.
 */
#include "quiet.h"

#include "net.h"

#include <fcntl.h>
#include <unistd.h>

/* So many looks in a row must find that nothing is under way. */
#define RESTS 3

struct run {
    struct lab_where where;
    int pipe[2];
    bool (*done)(void *user);
    void *user;
    const char *what;
    struct lab_patience patience;
    int rests; /* times in a row that nothing was under way */
};

static void on_quiet_pipe(struct loop *loop, int fd, unsigned events,
                          void *user)
{
    (void)fd;
    (void)events;
    (void)user;
    loop_stop(loop);
}

static bool is_done(const struct run *run)
{
    return run->done == NULL || run->done(run->user);
}

/* The loop has nothing to do. If nothing is under way to it or to a client
 * either, what is awaited never comes. */
static bool quiet(void *user)
{
    struct run *run = user;
    if (is_done(run)) {
        lab_sys(write(run->pipe[1], "", 1));
        return true;
    }
    run->rests = net_at_rest() ? run->rests + 1 : 0;
    if ((run->rests >= RESTS && !is_done(run)) ||
        !lab_patience_left(&run->patience))
        lab_differ_at(run->where, run->what, "yes",
                      "no: the loop waits, and nothing is under way to it");
    return true;
}

static void run_loop(struct loop *loop, struct run *run)
{
    lab_sys(pipe2(run->pipe, O_CLOEXEC));
    lab_ok_at(run->where,
              loop_add(loop, run->pipe[0], LOOP_READABLE, on_quiet_pipe, NULL),
              "loop_add(loop, fd, LOOP_READABLE, fn, user)");
    lab_patience_start(&run->patience);
    clock_when_quiet(quiet, run);
    lab_ok_at(run->where, loop_run(loop), "loop_run(loop)");
    clock_when_quiet(NULL, NULL);
    lab_ok_at(run->where, loop_remove(loop, run->pipe[0]),
              "loop_remove(loop, fd)");
    close(run->pipe[0]);
    close(run->pipe[1]);
}

void run_until_quiet_at(struct lab_where where, struct loop *loop)
{
    run_loop(loop, &(struct run){.where = where});
}

void run_until_at(struct lab_where where, struct loop *loop,
                  bool (*done)(void *user), void *user, const char *what)
{
    run_loop(loop,
             &(struct run){
                 .where = where, .done = done, .user = user, .what = what});
}
