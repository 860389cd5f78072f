/*
 * process.h: run another program and wait for it.
 *
 * Every child is a process group of its own, so that it can be ended whole,
 * and dies with the grader (PR_SET_PDEATHSIG). On SIGINT, SIGTERM and SIGHUP
 * the grader ends what runs, removes what is half written, and ends itself by
 * the same signal (process_guard).
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process_request {
    const char *const *argv; /* argv[0] is looked up in PATH; NULL ends it */
    const char *dir;         /* working folder, NULL for the current one */
    const char *const *env;  /* NAME=VALUE to add, NULL ends it; or NULL */
    int timeout_ms;          /* 0: none */
    int keep_fd;             /* a descriptor to leave open, or -1 */
    size_t output_bytes_max; /* over that the process is ended; 0: 1 MiB */
    bool inherit_output;     /* to our own stdout/stderr, nothing captured */
    bool inherit_input;      /* our own stdin; otherwise /dev/null */
    bool end_orphans;        /* what it leaves behind is ended and awaited,
                                also outside of its group; we have no other
                                child then */
};

struct process_result {
    int status;      /* wait status */
    bool timed_out;  /* ended by timeout_ms */
    bool output_cut; /* ended by output_bytes_max */
    char *output;    /* stdout and stderr as they came; '\0' after it */
    size_t output_len;
    double seconds; /* wall time */
};

/*
 * Run to the end. Returns 0, or -errno if it could not be started (-ENOENT:
 * no such program). Release the result with process_result_release().
 */
int process_run(const struct process_request *request,
                struct process_result *result);
void process_result_release(struct process_result *result);

/* True if it ran and ended with exit status 0. */
bool process_succeeded(const struct process_result *result);

/* Is there such a program in PATH? */
bool process_exists(const char *program);

/* Install the signal handlers once, at the start of main. */
void process_guard(void);

/* True once SIGINT, SIGTERM or SIGHUP came; loops end themselves then. */
bool process_interrupted(void);

/* Clean up and end by the signal that came. Does not return. */
_Noreturn void process_end_by_signal(void);

/* A folder that is removed at the end, also on Ctrl-C (the last 16). */
void process_remove_at_end(const char *dir);

#endif
