/*
 * echo_job.h: what the process of an echo_server does: call one function of
 * echo.c, and check what it promises for its return.
 *
 * Each of these is for proc_call(): it takes a struct echo_job, and returns 0
 * or fails the test.
 */
#ifndef ECHO_JOB_H
#define ECHO_JOB_H

/* A copy, as the process is a fork: the test's own stays untouched. */
struct echo_job {
    int listener;
    int expected;    /* what the function is to return */
    int clients;     /* of echo_hello */
    int room;        /* descriptors; 0: as many as the test itself */
    int stop[2];     /* a pipe, of echo_serve_until */
    int deadline_ms; /* likewise */
};

/* echo_hello(), for each of the clients. */
int echo_job_hello(void *job);

/* echo_connection(), for one client. */
int echo_job_one(void *job);

/* echo_serve(), in a process with that room. Only echo_server_finish() breaks
 * its listener. */
int echo_job_serve(void *job);

/* echo_serve(), on a listener that is at fault from the beginning. */
int echo_job_broken(void *job);

/* echo_serve_until(), in a process with that room. */
int echo_job_until(void *job);

/* echo_serve_until(), told to stop before it begins. It ends with status 1 if
 * the function is not written. The job is NULL. */
int echo_job_probe_until(void *job);

#endif
