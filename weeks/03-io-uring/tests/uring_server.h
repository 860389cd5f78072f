/*
 * uring_server.h: uring_echo.c as a server in a process of its own, watched.
 *
 * It listens on 127.0.0.1 on a socket of the test's, and stops when the test
 * says so. A client that waits for what can't come any more fails at once
 * (stuck.h). Who is inside then is closed only if that is what the test is
 * about
 * (.closes), as it is a stretch (step 7).
 */
#ifndef URING_SERVER_H
#define URING_SERVER_H

#include "net.h"
#include "proc.h"
#include "uring_watch.h"

#define SERVER_HOST "127.0.0.1"

struct uring_server {
    struct proc proc;
    char port[NET_PORT_BYTES];
    int stop_fd, other_fd, report_fd;
    int fds; /* open in it before the first client */
};

/* What it is started with; 0 is the usual. */
struct uring_server_options {
    enum watch_rules rules;
    unsigned entries; /* of the ring: 256 */
    unsigned buffers; /* 1,024 */
    bool small_sends; /* the kernel takes little of a send at once */
    int room;         /* descriptors that it may open; 0: many */
    bool closes;      /* see uring_server_close() */
};

/* uring_server_start(&s, .rules = WATCH_MEMORY, .small_sends = true) */
#define uring_server_start(s, ...)       \
    uring_server_start_at(LAB_HERE, (s), \
                          (struct uring_server_options){__VA_ARGS__})
void uring_server_start_at(struct lab_where where, struct uring_server *s,
                           struct uring_server_options options);

/* A client with messages of all sizes, the largest of 48 KiB: each is back
 * before the next is sent, so little is pending at any moment. */
#define uring_server_talk(s, messages) \
    uring_server_talk_at(LAB_HERE, (s), (messages))
void uring_server_talk_at(struct lab_where where, const struct uring_server *s,
                          int messages);

/* Connect a client whose kernel takes in some KiB before it reads: a server's
 * send takes a part at most. */
#define uring_server_connect_narrow(s, c, name) \
    uring_server_connect_narrow_at(LAB_HERE, (s), (c), (name))
void uring_server_connect_narrow_at(struct lab_where where,
                                    const struct uring_server *s,
                                    struct net_client *c, const char *name);

/* A client sends so many bytes of its stream and reads nothing. The server is
 * at rest afterwards. Returns how many it has sent: less, where the server
 * takes no more. */
#define uring_server_offer(s, c, len) \
    uring_server_offer_at(LAB_HERE, (s), (c), (len))
size_t uring_server_offer_at(struct lab_where where, struct uring_server *s,
                             struct net_client *c, size_t len);

/*
 * A client sends 48 KiB and reads nothing; or less, where the server takes no
 * more. If it is a narrow one, and the server has .small_sends, a send to it is
 * in flight now. The server is at rest.
 */
#define uring_server_fill(s, c) uring_server_fill_at(LAB_HERE, (s), (c))
void uring_server_fill_at(struct lab_where where, struct uring_server *s,
                          struct net_client *c);

/* Wait until nobody is inside: it has as many descriptors as at first. */
#define uring_server_expect_empty(s) uring_server_expect_empty_at(LAB_HERE, (s))
void uring_server_expect_empty_at(struct lab_where where,
                                  struct uring_server *s);

/*
 * Of a server that .closes: let it call uring_echo_close(), with everything
 * that is inside. Afterwards it has as many descriptors as before.
 */
void uring_server_close(struct uring_server *s);

/* Wait until it has. Then its ring goes on, with a read that was in flight all
 * the time, and it serves again, on the same ring, until the stop. */
#define uring_server_go_on(s) uring_server_go_on_at(LAB_HERE, (s))
void uring_server_go_on_at(struct lab_where where, struct uring_server *s);

/* Stop it: uring_run() returns 0, and the process ends, with status 0. */
#define uring_server_stop(s) uring_server_stop_at(LAB_HERE, (s))
void uring_server_stop_at(struct lab_where where, struct uring_server *s);

#endif
