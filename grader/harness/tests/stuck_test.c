/*
 * stuck_test.c: the claims of stuck.h, and of net.h on clients without hope.
 */
#include "failing.h"
#include "stuck.h"
#include "stuck_wrapped.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static struct proc server;
static struct net_client c;

/* A client that is connected to a server of this manner. */
static void connect_to(enum manner manner)
{
    int fds[2];
    net_pair(fds);
    struct wrapped_server s = {fds[0], manner};
    clock_watch();
    proc_call(&server, "the server", wrapped_serve, &s);
    close(fds[0]);
    c = (struct net_client){.fd = fds[1], .name = "client", .stream = 1};
    net_give_up_when(stuck_process, &server);
}

/* The server has a copy of the client's end: a close would end nothing. */
static void end_both(void)
{
    net_shutdown_write(&c);
    proc_expect_exit(&server, 0);
    net_close(&c);
}

/* Who answers is never stuck, however long it takes. */
STEP_TEST(who_answers_is_not_stuck)
{
    connect_to(ECHOES);
    for (int i = 0; i < 200; i++) {
        net_send_text(&c, "hello\n");
        net_expect_text(&c, "hello\n");
    }
    net_exchange(&c, 4 << 20, 0);
    end_both();
}

static void wait_in_vain(void)
{
    FAILS(net_expect_text(&c, "hello\n"));
}

/* It has read what was sent and waits for more, and so does its client. */
STEP_TEST(silence_on_both_sides_is_told)
{
    connect_to(KEEPS_SILENT);
    net_send_text(&c, "hello\n");
    failing(wait_in_vain, "6 bytes", "all of them",
            "sleeps in its loop's wait, and nothing is under way");
    end_both();
}

/* A wait that a timeout ends is no silence: the client keeps its patience. */
STEP_TEST(who_looks_in_is_not_stuck)
{
    connect_to(LOOKS_IN);
    net_send_text(&c, "hello\n");
    proc_until_asleep(&server);
    lab_until(clock_wait_now().number == 2, "the server waits again");
    proc_until_asleep(&server);
    lab_check(stuck_process(&server) == NULL, "the server is not stuck");
    end_both();
}

/* Asleep outside of its wait: told as that. */
STEP_TEST(sleep_outside_of_the_wait_is_told)
{
    connect_to(BLOCKS);
    net_send_text(&c, "hello\n");
    failing(wait_in_vain, "6 bytes", "all of them",
            "in another call than its loop's wait");
    end_both();
}

/* Asked of a server that may wait in any call, too. */
STEP_TEST(sleeper_in_any_call_is_told)
{
    connect_to(BLOCKS);
    net_give_up_when(stuck_sleeper, &server);
    net_send_text(&c, "hello\n");
    failing(wait_in_vain, "6 bytes", "all of them",
            "all threads of the server sleep");
    end_both();
}

static int take_naps(void *unused)
{
    static const struct timespec nap = {0, 200000000};
    (void)unused;
    while (nanosleep(&nap, NULL) == 0)
        continue;
    return 0;
}

/* Who wakes now and then is no such sleeper. */
STEP_TEST(who_naps_is_not_stuck)
{
    struct lab_patience patience;
    struct proc napper;

    proc_call(&napper, "a server that naps", take_naps, NULL);
    lab_patience_start(&patience);
    patience.until_ms -= LAB_PATIENCE_MS - 3000; /* three seconds of it */
    while (lab_patience_left(&patience))
        lab_check(stuck_sleeper(&napper) == NULL, "the server is not stuck");
    proc_release(&napper);
}

/* Bytes that the other end has no room for are under way. */
STEP_TEST(full_connection_is_not_at_rest)
{
    int fds[2];
    char data[65536];
    net_pair(fds);
    c = (struct net_client){.fd = fds[1], .name = "client", .stream = 1};
    lab_until(net_at_rest(), "two sockets without bytes are at rest");
    size_t len = net_send_until_full(&c);
    lab_check(!net_at_rest(), "a full connection is not at rest");
    while (len > 0)
        len -= (size_t)lab_sys(recv(fds[0], data, sizeof data, 0));
    lab_until(net_at_rest(), "at rest when all is read");
    net_close(&c);
    close(fds[0]);
}

static struct {
    int fds[2];
    _Atomic pid_t id;
} sleeper;

static void *sleep_in_a_wait(void *unused)
{
    (void)unused;
    sleeper.id = gettid();
    lab_equal(wrapped_wait_for(sleeper.fds[0]), 1, "events");
    return NULL;
}

/* A thread that sleeps in its wait is stuck, and woken it is not. */
STEP_TEST(woken_thread_is_not_stuck)
{
    pthread_t thread;
    clock_watch();
    lab_sys(pipe2(sleeper.fds, O_CLOEXEC));
    lab_equal(pthread_create(&thread, NULL, sleep_in_a_wait, NULL), 0,
              "pthread_create");
    lab_until(sleeper.id != 0 && stuck_thread(sleeper.id), "it sleeps");
    lab_sys(write(sleeper.fds[1], "x", 1));
    lab_check(!stuck_thread(sleeper.id), "what is ready has woken it");
    pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    lab_step("stuck");
    lab_test(who_answers_is_not_stuck);
    lab_test(silence_on_both_sides_is_told);
    lab_test(who_looks_in_is_not_stuck);
    lab_test(sleep_outside_of_the_wait_is_told);
    lab_test(sleeper_in_any_call_is_told);
    lab_test(who_naps_is_not_stuck);
    lab_test(full_connection_is_not_at_rest);
    lab_test(woken_thread_is_not_stuck);
    return lab_main(argc, argv);
}
