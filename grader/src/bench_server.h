/*
 * bench_server.h: a server to be measured: a process group on one processor.
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <sys/types.h>

struct bench_server {
    pid_t pid; /* its group has the same number */
    int output;
    char host[64], port[16];
    char said[512]; /* what it printed, where it did not start */
};

/*
 * Start it on that processor and wait until it prints "listening on HOST port
 * PORT". It may have as many open files as the machine allows. It gets SIGTERM
 * when the grader dies.
 *   argv   the last word before the NULL is usually "0", the port
 *   env    NAME=VALUE, or NULL
 * Returns 0; or -errno, with `said` set: -ETIMEDOUT after 10 s, -ECHILD it
 * ended before. After 0, end it with bench_server_stop().
 */
int bench_server_start(struct bench_server *server, const char *const *argv,
                       const char *env, int cpu);

/* SIGTERM to the group; SIGKILL to what is left of it when the first process
 * has ended, or after 2 s. */
void bench_server_stop(struct bench_server *server);

/* Its processes, "12,34", for a tool's command line; release with free(). */
char *bench_server_pids(const struct bench_server *server);

#endif
