/*
 * connections.h: which backend a connection has. Yours: step 6; balancer.bpf.c
 * includes it. Until then it may stay empty.
 */
#ifndef CONNECTIONS_H
#define CONNECTIONS_H

#include "balancer_state.h"

#endif
