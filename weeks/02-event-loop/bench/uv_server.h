/*
 * uv_server.h: what the two libuv servers of this folder share: listen, print
 * the address, run.
 */
#ifndef UV_SERVER_H
#define UV_SERVER_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define BACKLOG 4096

static int print_address(const uv_tcp_t *server)
{
    struct sockaddr_storage address;
    int len = sizeof address;
    char host[64];
    int err = uv_tcp_getsockname(server, (struct sockaddr *)&address, &len);

    if (err < 0)
        return err;
    uv_ip4_name((struct sockaddr_in *)&address, host, sizeof host);
    printf("listening on %s port %d\n", host,
           ntohs(((struct sockaddr_in *)&address)->sin_port));
    return fflush(stdout) == 0 ? 0 : UV_EIO;
}

/* Serve on [HOST] PORT until a signal. Returns main's exit status. */
static int uv_serve(int argc, char **argv, uv_connection_cb on_connection)
{
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t server;
    struct sockaddr_in address;

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s [HOST] PORT\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* libuv leaves that to the program */
    int err = uv_ip4_addr(argc == 3 ? argv[1] : "127.0.0.1",
                          atoi(argv[argc - 1]), &address);
    if (err == 0)
        err = uv_tcp_init(loop, &server);
    if (err == 0)
        err = uv_tcp_bind(&server, (struct sockaddr *)&address, 0);
    if (err == 0)
        err = uv_listen((uv_stream_t *)&server, BACKLOG, on_connection);
    if (err == 0)
        err = print_address(&server);
    if (err < 0) {
        fprintf(stderr, "%s: %s\n", argv[0], uv_strerror(err));
        return 1;
    }
    return uv_run(loop, UV_RUN_DEFAULT);
}

#endif
