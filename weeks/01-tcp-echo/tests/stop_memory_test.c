/*
 * stop_memory_test.c: week 01, step 9: a stop gives all memory back.
 *
 * The step runs under ThreadSanitizer, which sees races and no leaks. So one
 * process calls echo_serve_until() again and again, with some clients each
 * time, and looks how much more memory is in use at the end.
 */
#include "echo_server.h"
#include "echo_steps.h"
#include "tcp_echo.h"

#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the first calls keep for good, as a list that grows, is no loss. */
#define FIRST_CALLS 4
#define CALLS 16
#define CLIENTS 8      /* in each call */
#define BLOCK_BYTES 16 /* no lost block is smaller */

/* There in a build with a sanitizer, whose malloc it is then. */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

static intmax_t bytes_in_use(void)
{
    if (__sanitizer_get_current_allocated_bytes != NULL)
        return (intmax_t)__sanitizer_get_current_allocated_bytes();
    return (intmax_t)mallinfo2().uordblks;
}

struct visits {
    struct sockaddr_in server;
    int stop; /* the pipe's end to write */
};

/* A client is served to its end. */
static void visit(const struct sockaddr_in *server)
{
    char echo[16];
    int fd = (int)lab_sys(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    lab_sys(connect(fd, (const struct sockaddr *)server, sizeof *server));
    lab_sys(send(fd, "hello\n", 6, MSG_NOSIGNAL));
    lab_sys(shutdown(fd, SHUT_WR));
    while (recv(fd, echo, sizeof echo, 0) > 0)
        continue;
    close(fd);
}

/* One client after the other, and then comes the stop. */
static void *make_visits(void *argument)
{
    const struct visits *visits = argument;
    for (int i = 0; i < CLIENTS; i++)
        visit(&visits->server);
    lab_sys(write(visits->stop, "", 1));
    return NULL;
}

/* Without a line in the transcript, as there are so many of them. */
static int listen_quietly(struct sockaddr_in *address)
{
    socklen_t len = sizeof *address;
    int fd = (int)lab_sys(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    lab_sys(bind(fd, (struct sockaddr *)address, sizeof *address));
    lab_sys(listen(fd, 1));
    lab_sys(getsockname(fd, (struct sockaddr *)address, &len));
    return fd;
}

static void serve_visits(const int stop[2])
{
    struct visits visits = {.stop = stop[1]};
    pthread_t visitor;
    char byte;

    int listener = listen_quietly(&visits.server);
    lab_equal(pthread_create(&visitor, NULL, make_visits, &visits), 0,
              "the test's own pthread_create()");
    lab_error(echo_serve_until(listener, stop[0], ECHO_FAR_MS), 0);
    pthread_join(visitor, NULL);
    lab_sys(read(stop[0], &byte, 1));
}

static int run_again(void *unused)
{
    int stop[2];
    intmax_t before = 0;

    (void)unused;
    lab_sys(pipe2(stop, O_CLOEXEC));
    for (int i = 0; i < FIRST_CALLS + CALLS; i++) {
        if (i == FIRST_CALLS)
            before = bytes_in_use();
        serve_visits(stop);
        lab_sys(write(STDOUT_FILENO, ".", 1)); /* it is not stuck */
    }
    lab_at_most(bytes_in_use() - before, CALLS * BLOCK_BYTES - 1,
                "bytes of memory that %d calls of echo_serve_until(), each "
                "with %d clients, have not given back",
                CALLS, CLIENTS);
    return 0;
}

STEP_TEST(stop_gives_all_memory_back)
{
    struct proc p;

    lab_note("%d times: %d clients come and go, one after the other, and then "
             "comes the stop",
             FIRST_CALLS + CALLS, CLIENTS);
    proc_call(&p, "echo_serve_until", run_again, NULL);
    proc_expect_exit(&p, 0);
    proc_release(&p);
}

void stop_memory_tests(void)
{
    lab_test(stop_gives_all_memory_back);
}
