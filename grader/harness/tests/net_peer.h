/*
 * net_peer.h: a client, and the other end of its connection by hand.
 */
#ifndef NET_PEER_H
#define NET_PEER_H

#include "failing.h"
#include "net.h"

static int peer;            /* the other end of the client, by hand */
static struct net_client c; /* the client under test */

/* A client and the test's own end of its connection. */
static inline void connect_pair(void)
{
    int fds[2];
    net_pair(fds);
    peer = fds[0];
    net_adopt(&c, "client", fds[1]);
}

static inline void peer_sends(const char *text)
{
    lab_equal(send(peer, text, strlen(text), MSG_NOSIGNAL), strlen(text),
              "bytes that the peer sends");
}

/* RST: what arrived before it is lost or not, as TCP likes. */
static inline void peer_resets(void)
{
    static const struct linger at_once = {.l_onoff = 1};
    lab_sys(setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
    lab_sys(close(peer));
}

static inline void peer_closes(void)
{
    lab_sys(close(peer));
}

static inline const char *transcript(void)
{
    static char text[LAB_TRANSCRIPT_BYTES + 1];
    memcpy(text, lab_page->transcript, LAB_TRANSCRIPT_BYTES);
    return text;
}

#endif
