/*
 * fault_test.c: the claims of fault.h, on code that is wrapped as a member's
 * is (fault_wrapped.c).
 */
#include "failing.h"
#include "fault.h"
#include "fault_wrapped.h"
#include "net.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

static const char *const all_calls[] = {"accept",
                                        "accept4",
                                        "bind",
                                        "clock_gettime",
                                        "close",
                                        "connect",
                                        "epoll_create1",
                                        "epoll_ctl",
                                        "epoll_pwait",
                                        "epoll_pwait2",
                                        "epoll_wait",
                                        "eventfd",
                                        "listen",
                                        "pthread_clockjoin_np",
                                        "pthread_create",
                                        "pthread_join",
                                        "pthread_timedjoin_np",
                                        "pthread_tryjoin_np",
                                        "read",
                                        "readv",
                                        "recv",
                                        "recvfrom",
                                        "recvmsg",
                                        "send",
                                        "sendmsg",
                                        "sendto",
                                        "shutdown",
                                        "socket",
                                        "write",
                                        "writev"};
#define CALLS (sizeof all_calls / sizeof all_calls[0])

static const char *const inputs[] = {"read", "readv", "recv", "recvfrom",
                                     "recvmsg"};
static const char *const outputs[] = {"write", "writev", "send", "sendto",
                                      "sendmsg"};

static bool can_be_cut(const char *call)
{
    for (int i = 0; i < 5; i++)
        if (strcmp(call, inputs[i]) == 0 || strcmp(call, outputs[i]) == 0)
            return true;
    return false;
}

/* wrapped_call() makes these succeed. */
static bool is_harmless(const char *call)
{
    return strcmp(call, "close") == 0 || strcmp(call, "clock_gettime") == 0 ||
           strncmp(call, "pthread_", 8) == 0;
}

/* Those without a descriptor to be bad get bad flags. */
static bool is_refused(const char *call)
{
    return strcmp(call, "epoll_create1") == 0 || strcmp(call, "eventfd") == 0;
}

void wrapped_join_really(pthread_t thread)
{
    pthread_join(thread, NULL);
}

/* ---- The list ---- */

/* wrap.list and the calls that this file proves are the same. */
STEP_TEST(every_call_of_the_list_is_tested)
{
    char path[PATH_MAX], line[64];
    size_t count = 0;
    snprintf(path, sizeof path, "%.*s/../wrap.list",
             (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__);
    FILE *list = fopen(path, "r");
    lab_check(list != NULL, "%s can be read: run from the project's root",
              path);
    for (; fgets(line, sizeof line, list) != NULL; count++) {
        line[strcspn(line, "\n")] = '\0';
        lab_check(count < CALLS, "%s has %zu lines", path, CALLS);
        lab_same_text(line, all_calls[count], "line %zu", count + 1);
    }
    lab_equal(count, CALLS, "lines of %s", path);
    fclose(list);
}

/* What is not armed goes to the kernel, and is counted. */
STEP_TEST(unarmed_calls_reach_the_kernel_and_are_counted)
{
    for (size_t i = 0; i < CALLS; i++) {
        unsigned long before = fault_calls(all_calls[i]);
        int result = wrapped_call(all_calls[i]);
        if (strcmp(all_calls[i], "pthread_tryjoin_np") == 0)
            lab_error(result, -EBUSY);
        else if (is_harmless(all_calls[i]))
            lab_equal(result, 0, "%s", all_calls[i]);
        else if (is_refused(all_calls[i]))
            lab_error(result, -EINVAL);
        else if (strcmp(all_calls[i], "socket") == 0)
            lab_error(result, -EAFNOSUPPORT);
        else
            lab_error(result, -EBADF);
        lab_equal(fault_calls(all_calls[i]), before + 1, "calls of %s",
                  all_calls[i]);
        lab_equal(fault_hits(all_calls[i]), 0, "hits of %s", all_calls[i]);
    }
}

/* ---- Failures ---- */

/* The k-th call fails with the error, once, whichever call it is. */
STEP_TEST(each_call_fails_at_the_kth_time_once)
{
    for (size_t i = 0; i < CALLS; i++) {
        const char *call = all_calls[i];
        int unarmed = wrapped_call(call);
        fault_reset();
        fault_fail(call, 3, EDQUOT);
        for (int k = 1; k <= 6; k++)
            lab_equal(wrapped_call(call), k == 3 ? -EDQUOT : unarmed,
                      "%s, call %d", call, k);
        lab_equal(fault_calls(call), 6, "calls of %s", call);
        lab_equal(fault_hits(call), 1, "hits of %s", call);
    }
}

/* Every k-th call fails. */
STEP_TEST(each_call_fails_every_kth_time)
{
    for (size_t i = 0; i < CALLS; i++) {
        const char *call = all_calls[i];
        fault_reset();
        fault_fail_every(call, 2, EDQUOT);
        for (int k = 1; k <= 6; k++)
            lab_equal(wrapped_call(call) == -EDQUOT, k % 2 == 0, "%s, call %d",
                      call, k);
        lab_equal(fault_hits(call), 3, "hits of %s", call);
    }
}

/* A fault of one call touches no other, but its family. */
STEP_TEST(a_fault_hits_its_call_alone)
{
    for (size_t i = 0; i < CALLS; i++) {
        fault_reset();
        fault_fail_every(all_calls[i], 1, EDQUOT);
        for (size_t j = 0; j < CALLS; j++) {
            /* "accept" is also the name of the family */
            bool hit = i == j || (i == 0 && j == 1);
            lab_equal(wrapped_call(all_calls[j]) == -EDQUOT, hit,
                      "%s while %s fails", all_calls[j], all_calls[i]);
        }
    }
}

/* A family's calls are counted together. */
STEP_TEST(a_family_counts_its_calls_together)
{
    fault_fail_every(FAULT_INPUT, 5, EINTR);
    fault_fail(FAULT_OUTPUT, 4, EPIPE);
    fault_fail(FAULT_ACCEPT, 2, EMFILE);
    for (int i = 0; i < 5; i++) {
        lab_error(wrapped_call(inputs[i]), i == 4 ? -EINTR : -EBADF);
        lab_error(wrapped_call(outputs[i]), i == 3 ? -EPIPE : -EBADF);
    }
    lab_error(wrapped_call("accept4"), -EBADF);
    lab_error(wrapped_call("accept"), -EMFILE);
    lab_equal(fault_calls(FAULT_INPUT), 5, "calls of input");
    lab_equal(fault_calls(FAULT_OUTPUT), 5, "calls of output");
    lab_equal(fault_calls(FAULT_ACCEPT), 2, "calls of accept");
    lab_equal(fault_hits(FAULT_INPUT), 1, "hits of input");
    lab_equal(fault_hits("recvmsg"), 1, "hits of recvmsg, the fifth");
    lab_equal(fault_hits("read"), 0, "hits of read, the first");
}

/* Counting starts at the arming, not at the first call of the test. */
STEP_TEST(k_counts_from_the_arming)
{
    for (int i = 0; i < 7; i++)
        wrapped_call("listen");
    fault_fail("listen", 2, EADDRINUSE);
    lab_error(wrapped_call("listen"), -EBADF);
    lab_error(wrapped_call("listen"), -EADDRINUSE);
}

/* A failed call does nothing: what it would have read is still there. */
STEP_TEST(a_failed_call_does_nothing)
{
    int fds[2];
    char data[8] = "";
    net_pair(fds);
    for (int i = 0; i < 5; i++) {
        fault_reset();
        fault_fail(FAULT_OUTPUT, 1, EINTR);
        fault_fail(FAULT_INPUT, 1, EINTR);
        lab_error((int)wrapped_move(outputs[i], fds[0], "lost!", 5), -EINTR);
        lab_equal(wrapped_move(outputs[i], fds[0], "hello", 5), 5, "%s",
                  outputs[i]);
        lab_error((int)wrapped_move(inputs[i], fds[1], data, 5), -EINTR);
        lab_equal(wrapped_move(inputs[i], fds[1], data, 5), 5, "%s", inputs[i]);
        lab_same_text(data, "hello", "what came by %s and %s", outputs[i],
                      inputs[i]);
    }
}

/* close fails after it closed, as on Linux: the number is free. */
STEP_TEST(a_failing_close_has_closed)
{
    int fd = (int)lab_sys(dup(0));
    fault_fail("close", 1, EINTR);
    lab_error(wrapped_close(fd), -EINTR);
    lab_equal(fcntl(fd, F_GETFD), -1, "the descriptor after close");
    lab_equal(fault_hits("close"), 1, "hits of close");
    fault_fail("close", 1, EIO);
    lab_error(wrapped_close(fd), -EBADF);
}

/* ---- Cuts ---- */

/* Each call that moves bytes moves fewer where it is cut, the right ones, and
 * leaves the caller's buffers as they are. */
STEP_TEST(a_cut_call_moves_the_first_bytes)
{
    int fds[2];
    net_pair(fds);
    for (int i = 0; i < 5; i++) {
        char data[8] = "-------";
        fault_reset();
        fault_cut(FAULT_OUTPUT, 1, 5);
        fault_cut(FAULT_INPUT, 1, 4);
        lab_equal(wrapped_move(outputs[i], fds[0], "abcdefg", 7), 5, "%s",
                  outputs[i]);
        lab_equal(wrapped_move(inputs[i], fds[1], data, 7), 4, "%s", inputs[i]);
        lab_same_text(data, "abcd---", "what came by %s and %s", outputs[i],
                      inputs[i]);
        lab_equal(wrapped_move(inputs[i], fds[1], data, 7), 1, "%s, uncut",
                  inputs[i]);
        lab_equal(fault_hits(inputs[i]), 1, "hits of %s", inputs[i]);
        lab_equal(fault_hits(outputs[i]), 1, "hits of %s", outputs[i]);
    }
}

/* A cut that ends between buffers, inside one, and behind empty ones. */
STEP_TEST(a_cut_ends_anywhere_in_a_vector)
{
    int fds[2];
    char data[16];
    struct iovec parts[] = {{"ab", 2}, {"", 0}, {"cde", 3}, {"f", 1}};
    net_pair(fds);
    for (size_t most = 1; most <= 7; most++) {
        size_t len = most < 6 ? most : 6;
        fault_reset();
        fault_cut("writev", 1, most);
        lab_equal(wrapped_writev(fds[0], parts, 4), len, "bytes of writev");
        lab_sys(recv(fds[1], data, sizeof data, 0));
        lab_same_bytes(data, len, "abcdef", len, "what writev wrote");
        lab_equal(fault_hits("writev"), most < 6, "hits of writev");
    }
    lab_equal(parts[0].iov_len + parts[2].iov_len, 5, "the caller's lengths");
}

/* What the kernel refuses is refused: a count below 0 or too large. */
STEP_TEST(a_bad_vector_is_refused_by_the_kernel)
{
    static struct iovec parts[IOV_MAX + 1];
    int fds[2];
    net_pair(fds);
    fault_cut_every(FAULT_OUTPUT, 1, 1);
    lab_error((int)wrapped_writev(fds[0], parts, -1), -EINVAL);
    lab_error((int)wrapped_writev(fds[0], parts, IOV_MAX + 1), -EINVAL);
    lab_equal(wrapped_writev(fds[0], parts, IOV_MAX), 0, "an empty vector");
}

/* A wrapped recvmsg gives back what the kernel writes into the header. */
STEP_TEST(recvmsg_fills_in_the_header)
{
    int fds[2];
    char data[8];
    struct sockaddr_un {
        sa_family_t family;
        char path[108];
    } from;
    struct iovec part = {data, sizeof data};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_flags = -1};
    lab_sys(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds));
    lab_sys(send(fds[0], "abcdef", 6, 0));
    fault_cut("recvmsg", 1, 2);
    lab_equal(wrapped_recvmsg(fds[1], &message), 2, "bytes of recvmsg");
    lab_equal(message.msg_flags, MSG_TRUNC, "the flags");
    lab_at_most(message.msg_namelen, sizeof from - 1, "the name's length");
    lab_check(message.msg_iov == &part && message.msg_iovlen == 1 &&
                  part.iov_len == sizeof data,
              "the caller's vector stays as it is");
}

/* What calls have moved is counted, a cut as what it left. */
STEP_TEST(moved_bytes_are_counted)
{
    char data[8];
    int fds[2];
    net_pair(fds);
    for (int i = 0; i < 5; i++) {
        lab_equal(wrapped_move(outputs[i], fds[0], "abcdefg", 7), 7, "%s",
                  outputs[i]);
        fault_cut(FAULT_INPUT, 1, 3);
        for (size_t left = 7; left > 0;)
            left -= (size_t)wrapped_move(inputs[i], fds[1], data, left);
        lab_equal(fault_bytes(outputs[i]), 7, "bytes of %s", outputs[i]);
        lab_equal(fault_bytes(inputs[i]), 7, "bytes of %s", inputs[i]);
    }
    lab_equal(fault_bytes(FAULT_OUTPUT), 35, "bytes of output");
    lab_equal(fault_bytes(FAULT_INPUT), 35, "bytes of input");
    lab_error((int)wrapped_move("read", -1, data, 1), -EBADF);
    lab_equal(fault_bytes(FAULT_INPUT), 35, "bytes of input after an error");
    fault_reset();
    lab_equal(fault_bytes(FAULT_INPUT), 0, "bytes of input after fault_reset");
    close(fds[0]);
    close(fds[1]);
}

/* A cut longer than the call is no hit. */
STEP_TEST(a_cut_that_shortens_nothing_is_no_hit)
{
    int fds[2];
    net_pair(fds);
    fault_cut_every("write", 1, 5);
    lab_equal(wrapped_move("write", fds[0], "hello", 5), 5, "bytes");
    lab_equal(fault_hits("write"), 0, "hits");
    lab_equal(wrapped_move("write", fds[0], "hello!", 6), 5, "bytes");
    lab_equal(fault_hits("write"), 1, "hits");
}

/* ---- Several faults ---- */

/* Each has a count of its own; a failure goes before a cut, the first failure
 * before the second, the shorter cut before the longer. */
STEP_TEST(faults_meet_in_a_fixed_order)
{
    static const int results[] = {9, 7, -EINTR, 7, 2, -EINTR,
                                  9, 7, -EINTR, 2, 9, -EINTR};
    int fds[2];
    net_pair(fds);
    fault_fail_every("write", 3, EINTR);
    fault_fail_every(FAULT_OUTPUT, 6, ENOSPC);
    fault_cut_every(FAULT_OUTPUT, 2, 7);
    fault_cut_every("write", 5, 2);
    fault_cut("write", 10, 8);
    for (int i = 0; i < 12; i++)
        lab_equal(wrapped_move("write", fds[0], "123456789", 9), results[i],
                  "write, call %d", i + 1);
}

/* fault_reset takes everything back, and what is armed then counts anew. */
STEP_TEST(reset_takes_everything_back)
{
    for (int i = 0; i < 64; i++)
        fault_fail_every("bind", 1, EACCES);
    lab_error(wrapped_call("bind"), -EACCES);
    fault_reset();
    lab_error(wrapped_call("bind"), -EBADF);
    lab_equal(fault_calls("bind"), 1, "calls of bind");
    lab_equal(fault_hits("bind"), 0, "hits of bind");
    fault_fail("bind", 1, EADDRINUSE);
    lab_error(wrapped_call("bind"), -EADDRINUSE);
}

/* ---- Processes and threads ---- */

/* A forked process counts and fails together with the test, also where the
 * fault is armed after the fork. */
STEP_TEST(a_forked_process_shares_the_faults)
{
    int go[2], status;
    char byte;
    lab_sys(pipe(go));
    pid_t pid = (pid_t)lab_sys(fork());
    if (pid == 0) {
        lab_sys(read(go[0], &byte, 1));
        lab_error(wrapped_call("bind"), -EACCES);
        _exit(0);
    }
    fault_fail("bind", 2, EACCES);
    lab_error(wrapped_call("bind"), -EBADF);
    lab_sys(write(go[1], "", 1));
    lab_sys(waitpid(pid, &status, 0));
    lab_equal(status, 0, "the forked process's wait status");
    lab_equal(fault_calls("bind"), 2, "calls of both");
    lab_equal(fault_hits("bind"), 1, "hits of both");
}

/* What an earlier test armed or counted is gone. (The next two run in this
 * order, each in its own process.) */
STEP_TEST(a_test_arms_a_fault)
{
    fault_fail_every("bind", 1, EACCES);
    lab_error(wrapped_call("bind"), -EACCES);
}
STEP_TEST(the_next_test_starts_with_none)
{
    lab_equal(fault_calls("bind"), 0, "calls of bind");
    lab_error(wrapped_call("bind"), -EBADF);
}

/* What a test left running counts nowhere in the next. */
STEP_TEST(begin_shares_nothing_with_what_runs)
{
    int go[2], status;
    char byte;
    lab_sys(pipe(go));
    pid_t pid = (pid_t)lab_sys(fork());
    if (pid == 0) {
        lab_sys(read(go[0], &byte, 1));
        wrapped_call("bind");
        _exit(0);
    }
    fault_begin();
    lab_sys(write(go[1], "", 1));
    lab_sys(waitpid(pid, &status, 0));
    lab_equal(fault_calls("bind"), 0, "calls of bind");
}

#define THREADS 8
#define CALLS_PER_THREAD 1000

static void *call_often(void *unused)
{
    for (int i = 0; i < CALLS_PER_THREAD; i++)
        wrapped_call("listen");
    return unused;
}

/* Threads lose no count. */
STEP_TEST(threads_count_exactly)
{
    pthread_t threads[THREADS];
    fault_fail_every("listen", 3, EADDRINUSE);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, call_often, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    lab_equal(fault_calls("listen"), THREADS * CALLS_PER_THREAD, "calls");
    lab_equal(fault_hits("listen"), THREADS * CALLS_PER_THREAD / 3, "hits");
}

/* ---- The test's own mistakes ---- */

/* body ends the process by abort, with these words. */
static void aborts(void (*body)(void), const char *words)
{
    int pipe_fds[2], status;
    char said[256] = "";
    lab_sys(pipe(pipe_fds));
    pid_t pid = (pid_t)lab_sys(fork());
    if (pid == 0) {
        dup2(pipe_fds[1], STDERR_FILENO);
        body();
        _exit(0);
    }
    lab_sys(waitpid(pid, &status, 0));
    lab_check(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
              "it aborts; the wait status is %#x", status);
    lab_sys(read(pipe_fds[0], said, sizeof said - 1));
    lab_same_text(said, words, "what it says");
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static void unknown_call(void)
{
    fault_fail("wrte", 1, EIO);
}
static void unknown_count(void)
{
    fault_calls("fopen");
}
static void k_of_0(void)
{
    fault_fail("read", 0, EIO);
}
static void negative_error(void)
{
    fault_fail_every("bind", 1, -EACCES);
}
static void cut_of_0(void)
{
    fault_cut_every(FAULT_INPUT, 1, 0);
}
static void cut_of_nothing(void)
{
    fault_cut("bind", 1, 1);
}
static void too_many(void)
{
    for (int i = 0; i < 65; i++)
        fault_fail("bind", 1, EIO);
}

STEP_TEST(mistakes_abort_in_words)
{
    aborts(unknown_call, "fault.h: \"wrte\": no such call; wrap.list names "
                         "those that can be made to fail\n");
    aborts(unknown_count, "fault.h: \"fopen\": no such call; wrap.list names "
                          "those that can be made to fail\n");
    aborts(k_of_0, "fault.h: \"read\": k counts from 1\n");
    aborts(negative_error, "fault.h: \"bind\": an errno is positive\n");
    aborts(cut_of_0, "fault.h: \"input\": a cut leaves at least one byte\n");
    aborts(cut_of_nothing,
           "fault.h: \"bind\": moves no bytes that could be cut\n");
    aborts(too_many,
           "fault.h: \"bind\": too many faults armed since fault_reset\n");
}

/* Only the calls of input and output can be cut. */
STEP_TEST(what_can_be_cut_moves_bytes)
{
    for (size_t i = 0; i < CALLS; i++)
        if (can_be_cut(all_calls[i]))
            fault_cut(all_calls[i], 1, 1);
}

/* ---- What only some calls can do ---- */

static void connect_two(int *listener, struct net_client clients[2])
{
    char port[NET_PORT_BYTES];
    *listener = net_listen("127.0.0.1", port);
    net_connect(&clients[0], "client 1", "127.0.0.1", port);
    net_connect(&clients[1], "client 2", "127.0.0.1", port);
}

/* The client that was next is gone, and the call takes the one after it. */
STEP_TEST(a_lost_client_is_not_accepted)
{
    static const char *const names[] = {"accept", "accept4"};
    for (int i = 0; i < 2; i++) {
        struct net_client clients[2];
        int listener;
        connect_two(&listener, clients);
        fault_reset();
        fault_lose_client(1);
        int fd = lab_ok(wrapped_accept(names[i], listener));
        lab_equal(fault_hits(names[i]), 1, "hits of %s", names[i]);
        lab_equal(fault_calls(FAULT_ACCEPT), 1, "calls of it");
        net_expect_end(&clients[0]);
        lab_sys(write(fd, "2", 1));
        net_expect_text(&clients[1], "2");
        close(fd);
        close(listener);
        net_close(&clients[0]);
        net_close(&clients[1]);
    }
}

/* With nobody after it, a listener that does not block says EAGAIN. */
STEP_TEST(a_queue_is_empty_after_a_lost_client)
{
    struct net_client clients[2];
    int listener;
    connect_two(&listener, clients);
    lab_sys(fcntl(listener, F_SETFL, O_NONBLOCK));
    lab_ok(wrapped_accept("accept", listener));
    fault_lose_client(1);
    lab_error(wrapped_accept("accept", listener), -EAGAIN);
    lab_equal(fault_hits(FAULT_ACCEPT), 1, "hits of accept");
    fault_lose_client(1);
    lab_error(wrapped_accept("accept", listener), -EAGAIN);
    lab_equal(fault_hits(FAULT_ACCEPT), 1, "hits with nobody to lose");
}

static void *close_it(void *fd)
{
    wrapped_close(*(int *)fd);
    *(int *)fd = -1;
    return NULL;
}

/* The descriptor is closed, and the call comes back only when released. */
STEP_TEST(a_held_close_returns_at_the_release)
{
    pthread_t thread;
    int number = (int)lab_sys(dup(0));
    volatile int fd = number;
    fault_hold_close(1);
    pthread_create(&thread, NULL, close_it, (void *)&fd);
    lab_until(fault_hits("close") == 1, "the close is held");
    lab_equal(fcntl(number, F_GETFD), -1, "what fcntl says of the closed one");
    lab_equal(fd, number, "the number, which its user still has");
    fault_release();
    pthread_join(thread, NULL);
    lab_equal(fd, -1, "the number after the release");
    lab_equal(wrapped_close((int)lab_sys(dup(0))), 0, "the next close");
}

/* A number that is not open is counted, in close and in shutdown. */
STEP_TEST(stray_numbers_are_counted)
{
    int fds[2];
    net_pair(fds);
    wrapped_shutdown(fds[0]);
    wrapped_close(fds[0]);
    lab_equal(fault_strays(), 0, "strays while it was open");
    wrapped_shutdown(fds[0]);
    lab_equal(fault_strays(), 1, "strays after a shutdown");
    wrapped_close(fds[0]);
    lab_equal(fault_strays(), 2, "strays after a close");
    wrapped_close(-1);
    lab_equal(fault_strays(), 2, "strays after close(-1)");
    fault_reset();
    lab_equal(fault_strays(), 0, "strays after fault_reset");
}

/* Calls that find no room, one after the other: a sleep between them is a rest,
 * whatever the machine does meanwhile, and sched_yield(2) is none. */
STEP_TEST(accepts_without_a_rest_are_counted)
{
    static const struct timespec moment = {0, 1000};
    char port[NET_PORT_BYTES];
    struct net_client c;
    int fd = net_listen("127.0.0.1", port);

    fault_fail("accept4", 1, EMFILE);
    fault_fail("accept4", 2, ENFILE);
    fault_fail("accept4", 3, ENOMEM);
    fault_fail("accept4", 5, ENOBUFS);
    wrapped_accept("accept4", fd);
    lab_equal(fault_restless(), 0, "after the first");
    sched_yield();
    wrapped_accept("accept4", fd);
    lab_equal(fault_restless(), 1, "after one more, and no sleep between");
    nanosleep(&moment, NULL);
    wrapped_accept("accept4", fd);
    lab_equal(fault_restless(), 1, "after a sleep and one more");
    net_connect(&c, "client", "127.0.0.1", port);
    close(wrapped_accept("accept4", fd));
    wrapped_accept("accept4", fd);
    lab_equal(fault_restless(), 1, "after one that went well, and one more");
    fault_reset();
    lab_equal(fault_restless(), 0, "after fault_reset");
    net_close(&c);
    close(fd);
}

/* Created, not joined: detached ones too, and not those that never were. */
STEP_TEST(threads_that_nobody_joined_are_counted)
{
    pthread_t first = wrapped_thread(), second = wrapped_thread();
    lab_equal(fault_unjoined(), 2, "threads after two were created");
    lab_error(wrapped_join(first), 0);
    lab_equal(fault_unjoined(), 1, "threads after one was joined");
    pthread_detach(second);
    lab_equal(fault_unjoined(), 1, "threads after the other was detached");
    fault_fail("pthread_create", 1, EAGAIN);
    wrapped_call("pthread_create");
    lab_equal(fault_unjoined(), 1, "threads after one could not be had");
    wrapped_call("pthread_timedjoin_np");
    wrapped_call("pthread_clockjoin_np");
    lab_equal(fault_unjoined(), 1, "threads after two came and were joined");
    wrapped_call("pthread_tryjoin_np");
    lab_equal(fault_unjoined(), 2, "threads after one that ran on");
}

int main(int argc, char **argv)
{
    lab_step("list");
    lab_test(every_call_of_the_list_is_tested);
    lab_test(unarmed_calls_reach_the_kernel_and_are_counted);
    lab_step("failures");
    lab_test(each_call_fails_at_the_kth_time_once);
    lab_test(each_call_fails_every_kth_time);
    lab_test(a_fault_hits_its_call_alone);
    lab_test(a_family_counts_its_calls_together);
    lab_test(k_counts_from_the_arming);
    lab_test(a_failed_call_does_nothing);
    lab_test(a_failing_close_has_closed);
    lab_step("cuts");
    lab_test(a_cut_call_moves_the_first_bytes);
    lab_test(a_cut_ends_anywhere_in_a_vector);
    lab_test(a_bad_vector_is_refused_by_the_kernel);
    lab_test(recvmsg_fills_in_the_header);
    lab_test(a_cut_that_shortens_nothing_is_no_hit);
    lab_test(what_can_be_cut_moves_bytes);
    lab_test(moved_bytes_are_counted);
    lab_step("several");
    lab_test(faults_meet_in_a_fixed_order);
    lab_test(reset_takes_everything_back);
    lab_step("sharing");
    lab_test(a_forked_process_shares_the_faults);
    lab_test(a_test_arms_a_fault);
    lab_test(the_next_test_starts_with_none);
    lab_test(begin_shares_nothing_with_what_runs);
    lab_test(threads_count_exactly);
    lab_step("special");
    lab_test(a_lost_client_is_not_accepted);
    lab_test(a_queue_is_empty_after_a_lost_client);
    lab_test(a_held_close_returns_at_the_release);
    lab_test(stray_numbers_are_counted);
    lab_test(accepts_without_a_rest_are_counted);
    lab_test(threads_that_nobody_joined_are_counted);
    lab_step("mistakes");
    lab_test(mistakes_abort_in_words);
    return lab_main(argc, argv);
}
