/*
 * stage.h: server, loop and clients in one process and in virtual time.
 *
 * The test lets its clients act, then lets the loop run until it is quiet; so
 * it knows at each moment what the server has done and what it will never do.
 */
#ifndef STAGE_H
#define STAGE_H

#include "loop_echo.h"
#include "net.h"
#include "quiet.h"

#define STAGE_HOST "127.0.0.1"

struct stage {
    struct loop *loop;
    struct loop_echo *echo;
    int listener;
    char port[NET_PORT_BYTES];
};

/* Virtual time begins, and a server with this idle_ms. */
#define stage_open(s, idle_ms) stage_open_at(LAB_HERE, (s), (idle_ms))
void stage_open_at(struct lab_where where, struct stage *s, int idle_ms);
void stage_close(struct stage *s);

/* Connect, with small buffers in the kernel, and be let in. */
void stage_connect(struct stage *s, struct net_client *c, const char *name);

/* The same without a line of its own: for crowds. */
void stage_connect_quietly(struct stage *s, struct net_client *c,
                           const char *name);

/* Send a few bytes of the client's stream, and get them back. */
#define stage_round_trip(s, c, len) stage_round_trip_at(LAB_HERE, (s), (c), len)
void stage_round_trip_at(struct lab_where where, struct stage *s,
                         struct net_client *c, size_t len);

/*
 * Send without reading until the server takes no more. Returns the count of
 * bytes sent. At each moment the server has read at most
 * LOOP_ECHO_BUFFER_BYTES more than it has sent.
 */
size_t stage_fill(struct stage *s, struct net_client *c);

/*
 * What the server has read and not sent, ever, with what clients were owed that
 * are closed. For comparisons between moments in which the loop is quiet.
 */
int64_t stage_bytes_inside(void);

/* The client reads len bytes of its stream, from offset on, while the loop
 * runs. */
void stage_take(struct stage *s, struct net_client *c, size_t offset,
                size_t len);

/* Whether the server has ended this client's connection by now. */
bool stage_has_ended(const struct net_client *c);

/* Run until the server has. */
#define stage_until_ended(s, c) stage_until_ended_at(LAB_HERE, (s), (c))
void stage_until_ended_at(struct lab_where where, struct stage *s,
                          struct net_client *c);

#endif
