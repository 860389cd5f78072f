/*
 * stuck_wrapped.h: a server for one connection, linked as a member's is.
 */
#ifndef STUCK_WRAPPED_H
#define STUCK_WRAPPED_H

enum manner {
    ECHOES,       /* waits without a timeout, answers, and so on */
    KEEPS_SILENT, /* waits without a timeout, and never answers */
    LOOKS_IN,     /* the same, with a timeout of an hour */
    BLOCKS,       /* reads until there is no more, on a blocking socket */
};

struct wrapped_server {
    int fd;
    enum manner manner;
};

/* Serve until end of file. Returns 0, or -errno. */
int wrapped_serve(void *server);

/* Wait without a timeout until fd is readable. Returns 1, or -errno. */
int wrapped_wait_for(int fd);

#endif
