/*
 * own_fds_client.h: the descriptors of this process, for code that counts what
 * a server in it has left open, or leaves it little room.
 */
#ifndef OWN_FDS_CLIENT_H
#define OWN_FDS_CLIENT_H

#include <stdbool.h>

/* How many are open, a sanitizer's report aside. */
int own_fds_count(void);

/* Whether this one is. */
bool own_fds_is_open(int fd);

/* From here on so many more may be opened at most. */
void own_fds_leave_room(int room);

#endif
