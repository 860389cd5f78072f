/*
 * fault.c: which calls fail: the armed rules, and what they say to a call.
 *
 * Invariants
 *  1. The state is one shared page: a process that the test forks counts and
 *     fails together with it. fault_begin() gives each test a page of its own,
 *     so that what a test leaves running cannot disturb the next.
 *  2. A wrapped call writes by relaxed atomics only. Stronger ones would order
 *     the calls of the member's threads among each other, and ThreadSanitizer
 *     would believe in a lock that the member's code does not have.
 *  3. A rule's fields are written before `armed`, and not again before
 *     fault_reset().
 */
#include "fault_internal.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define RULES_MAX 64

static const struct {
    const char *name;
    enum fault_target family;
} targets[TARGETS] = {
    [ACCEPT] = {"accept", FAMILY_ACCEPT},
    [ACCEPT4] = {"accept4", FAMILY_ACCEPT},
    [BIND] = {"bind", NO_FAMILY},
    [CLOCK_GETTIME] = {"clock_gettime", NO_FAMILY},
    [CLOSE] = {"close", NO_FAMILY},
    [CONNECT] = {"connect", NO_FAMILY},
    [EPOLL_CREATE1] = {"epoll_create1", NO_FAMILY},
    [EPOLL_CTL] = {"epoll_ctl", NO_FAMILY},
    [EPOLL_PWAIT] = {"epoll_pwait", FAMILY_WAIT},
    [EPOLL_PWAIT2] = {"epoll_pwait2", FAMILY_WAIT},
    [EPOLL_WAIT] = {"epoll_wait", FAMILY_WAIT},
    [EVENTFD] = {"eventfd", NO_FAMILY},
    [LISTEN] = {"listen", NO_FAMILY},
    [PTHREAD_CLOCKJOIN_NP] = {"pthread_clockjoin_np", FAMILY_JOIN},
    [PTHREAD_CREATE] = {"pthread_create", NO_FAMILY},
    [PTHREAD_JOIN] = {"pthread_join", FAMILY_JOIN},
    [PTHREAD_TIMEDJOIN_NP] = {"pthread_timedjoin_np", FAMILY_JOIN},
    [PTHREAD_TRYJOIN_NP] = {"pthread_tryjoin_np", FAMILY_JOIN},
    [READ] = {"read", FAMILY_INPUT},
    [READV] = {"readv", FAMILY_INPUT},
    [RECV] = {"recv", FAMILY_INPUT},
    [RECVFROM] = {"recvfrom", FAMILY_INPUT},
    [RECVMSG] = {"recvmsg", FAMILY_INPUT},
    [SEND] = {"send", FAMILY_OUTPUT},
    [SENDMSG] = {"sendmsg", FAMILY_OUTPUT},
    [SENDTO] = {"sendto", FAMILY_OUTPUT},
    [SHUTDOWN] = {"shutdown", NO_FAMILY},
    [SOCKET] = {"socket", NO_FAMILY},
    [WRITE] = {"write", FAMILY_OUTPUT},
    [WRITEV] = {"writev", FAMILY_OUTPUT},
    [FAMILY_INPUT] = {FAULT_INPUT, NO_FAMILY},
    [FAMILY_OUTPUT] = {FAULT_OUTPUT, NO_FAMILY},
    [FAMILY_ACCEPT] = {FAULT_ACCEPT, NO_FAMILY},
    [FAMILY_WAIT] = {FAULT_WAIT, NO_FAMILY},
    [FAMILY_JOIN] = {FAULT_JOIN, NO_FAMILY},
};

enum effect { FAILS, CUTS, LOSES, HOLDS };

struct rule {
    _Atomic bool armed;
    _Atomic(enum fault_target) target;
    _Atomic bool every; /* each k-th call, not only the k-th */
    _Atomic(enum effect) effect;
    _Atomic int error;   /* of FAILS */
    _Atomic size_t most; /* of CUTS */
    _Atomic uint64_t k;
    _Atomic uint64_t seen; /* calls that it covered since it was armed */
};

struct state {
    _Atomic uint32_t rules_used; /* may exceed RULES_MAX by a refused one */
    struct rule rules[RULES_MAX];
    _Atomic uint64_t calls[TARGETS];
    _Atomic uint64_t hits[TARGETS];
    _Atomic uint64_t bytes[TARGETS];
    _Atomic uint64_t strays;
    _Atomic uint64_t restless;
    _Atomic uint64_t created, joined; /* threads */
    sem_t gate;                       /* what is held waits here */
};

static struct state *state;

/* ---- Rules ---- */

/* The test itself is wrong: say so and stop, whatever it expects. */
static _Noreturn void misuse(const char *call, const char *problem)
{
    fprintf(stderr, "fault.h: \"%s\": %s\n", call, problem);
    abort();
}

/* From the end, where the families are: "accept" means accept4 as well. */
static enum fault_target find_target(const char *name)
{
    for (int i = TARGETS - 1; i >= 0; i--)
        if (strcmp(targets[i].name, name) == 0)
            return (enum fault_target)i;
    misuse(name, "no such call; wrap.list names those that can be made to "
                 "fail");
}

static bool moves_bytes(enum fault_target target)
{
    return target == FAMILY_INPUT || target == FAMILY_OUTPUT ||
           targets[target].family == FAMILY_INPUT ||
           targets[target].family == FAMILY_OUTPUT;
}

/* A rule that is not armed yet. Requires: k >= 1. */
static struct rule *new_rule(const char *call, unsigned long k, bool every)
{
    enum fault_target target = find_target(call);
    if (k == 0)
        misuse(call, "k counts from 1");
    uint32_t i = atomic_fetch_add(&state->rules_used, 1);
    if (i >= RULES_MAX)
        misuse(call, "too many faults armed since fault_reset");
    struct rule *rule = &state->rules[i];
    rule->target = target;
    rule->every = every;
    rule->k = k;
    rule->seen = 0;
    return rule;
}

static void arm_failure(const char *call, unsigned long k, int error,
                        bool every)
{
    if (error <= 0)
        misuse(call, "an errno is positive");
    struct rule *rule = new_rule(call, k, every);
    rule->effect = FAILS;
    rule->error = error;
    rule->armed = true;
}

static void arm_cut(const char *call, unsigned long k, size_t most, bool every)
{
    if (!moves_bytes(find_target(call)))
        misuse(call, "moves no bytes that could be cut");
    if (most == 0)
        misuse(call, "a cut leaves at least one byte");
    struct rule *rule = new_rule(call, k, every);
    rule->effect = CUTS;
    rule->most = most;
    rule->armed = true;
}

void fault_fail(const char *call, unsigned long k, int error)
{
    arm_failure(call, k, error, false);
}

void fault_fail_every(const char *call, unsigned long k, int error)
{
    arm_failure(call, k, error, true);
}

void fault_cut(const char *call, unsigned long k, size_t most)
{
    arm_cut(call, k, most, false);
}

void fault_cut_every(const char *call, unsigned long k, size_t most)
{
    arm_cut(call, k, most, true);
}

void fault_lose_client(unsigned long k)
{
    struct rule *rule = new_rule(FAULT_ACCEPT, k, false);
    rule->effect = LOSES;
    rule->armed = true;
}

void fault_hold_close(unsigned long k)
{
    struct rule *rule = new_rule("close", k, false);
    rule->effect = HOLDS;
    rule->armed = true;
}

void fault_release(void)
{
    sem_post(&state->gate);
}

void fault_reset(void)
{
    for (int i = 0; i < RULES_MAX; i++)
        state->rules[i].armed = false;
    state->rules_used = 0;
    for (int i = 0; i < TARGETS; i++) {
        state->calls[i] = 0;
        state->hits[i] = 0;
        state->bytes[i] = 0;
    }
    state->strays = 0;
    state->restless = 0;
}

unsigned long fault_calls(const char *call)
{
    return state->calls[find_target(call)];
}

unsigned long fault_hits(const char *call)
{
    return state->hits[find_target(call)];
}

uint64_t fault_bytes(const char *call)
{
    return state->bytes[find_target(call)];
}

unsigned long fault_strays(void)
{
    return state->strays;
}

unsigned long fault_restless(void)
{
    return state->restless;
}

long fault_unjoined(void)
{
    return (long)(state->created - state->joined);
}

void fault_begin(void)
{
    if (state != NULL)
        munmap(state, sizeof *state);
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (state == MAP_FAILED) {
        perror("fault.h: mmap");
        abort();
    }
    sem_init(&state->gate, 1, 0);
}

/* For a program that has no lab_main. */
__attribute__((constructor)) static void begin_program(void)
{
    fault_begin();
}

/* ---- One wrapped call ---- */

static uint64_t add(_Atomic uint64_t *counter, uint64_t n)
{
    return atomic_fetch_add_explicit(counter, n, memory_order_relaxed) + n;
}

static void count(_Atomic uint64_t *counters, enum fault_target call,
                  uint64_t n)
{
    add(&counters[call], n);
    if (targets[call].family != NO_FAMILY)
        add(&counters[targets[call].family], n);
}

static bool covers(const struct rule *rule, enum fault_target call)
{
    return rule->armed &&
           (rule->target == call || rule->target == targets[call].family);
}

static void apply(struct rule *rule, struct fault_verdict *v)
{
    uint64_t n = add(&rule->seen, 1);
    if (rule->every ? n % rule->k != 0 : n != rule->k)
        return;
    if (rule->effect == FAILS && v->error == 0)
        v->error = rule->error;
    if (rule->effect == CUTS && rule->most < v->most)
        v->most = rule->most;
    v->loses |= rule->effect == LOSES;
    v->holds |= rule->effect == HOLDS;
}

struct fault_verdict fault_judge(enum fault_target call)
{
    struct fault_verdict v = {.call = call, .most = SIZE_MAX};
    uint32_t used = state->rules_used;
    count(state->calls, call, 1);
    for (uint32_t i = 0; i < used && i < RULES_MAX; i++)
        if (covers(&state->rules[i], call))
            apply(&state->rules[i], &v);
    return v;
}

int fault_failed(const struct fault_verdict *v)
{
    fault_hit(v);
    errno = v->error;
    return -1;
}

void fault_hit(const struct fault_verdict *v)
{
    count(state->hits, v->call, 1);
}

void fault_hold(const struct fault_verdict *v)
{
    if (!v->holds)
        return;
    fault_hit(v);
    while (sem_wait(&state->gate) == -1)
        continue;
}

void fault_stray(int fd)
{
    if (fd >= 0)
        add(&state->strays, 1);
}

/* getrusage(2): times that this thread gave up the processor to wait. */
static long times_slept(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

int fault_accepted(int result)
{
    /* When an accept of this thread last found no room; -1: since then one has
     * gone well. */
    static _Thread_local long slept_before = -1;
    int error = errno;
    long slept = -1;
    if (result == -1 && (error == EMFILE || error == ENFILE ||
                         error == ENOBUFS || error == ENOMEM))
        slept = times_slept();
    if (slept != -1 && slept == slept_before)
        add(&state->restless, 1);
    slept_before = slept;
    errno = error;
    return result;
}

void fault_thread_created(void)
{
    add(&state->created, 1);
}

void fault_thread_joined(void)
{
    add(&state->joined, 1);
}

size_t fault_cut_len(const struct fault_verdict *v, size_t len)
{
    if (len <= v->most)
        return len;
    fault_hit(v);
    return v->most;
}

ssize_t fault_moved(const struct fault_verdict *v, ssize_t moved)
{
    if (moved > 0)
        count(state->bytes, v->call, (uint64_t)moved);
    return moved;
}
