/*
 * uv_tuned.c: the program `uv_tuned [HOST] PORT`, a peer of `grade bench 02`:
 * the echo server that somebody who knows libuv well would write for speed.
 *
 * One read buffer serves all connections: it is free again when the callback
 * returns, because uv_try_write() sends at once. A write request is made only
 * of what the socket did not take. It stops reading from a client that does
 * not read. What a user writes first is in uv_guide.c.
 */
#include "uv_server.h"

#include <stdlib.h>
#include <string.h>

#define READ_BYTES (64u << 10)

static char buffer[READ_BYTES];

struct pending {
    uv_write_t request;
    char bytes[];
};

static void on_close(uv_handle_t *handle)
{
    free(handle);
}

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *lent)
{
    (void)handle;
    (void)suggested;
    *lent = uv_buf_init(buffer, sizeof buffer);
}

static void on_read(uv_stream_t *client, ssize_t count, const uv_buf_t *lent);

static void on_written(uv_write_t *request, int status)
{
    uv_stream_t *client = request->handle;

    free(request); /* the first member of its struct pending */
    if (status < 0 && !uv_is_closing((uv_handle_t *)client))
        uv_close((uv_handle_t *)client, on_close);
    else if (status == 0)
        uv_read_start(client, lend_buffer, on_read);
}

/* The socket is full: keep the rest, and read no more until it is gone. */
static int write_later(uv_stream_t *client, const char *bytes, size_t len)
{
    struct pending *pending = malloc(sizeof *pending + len);
    uv_buf_t rest;

    if (!pending)
        return UV_ENOMEM;
    memcpy(pending->bytes, bytes, len);
    rest = uv_buf_init(pending->bytes, (unsigned)len);
    uv_read_stop(client);
    return uv_write(&pending->request, client, &rest, 1, on_written);
}

static void on_read(uv_stream_t *client, ssize_t count, const uv_buf_t *lent)
{
    int err = 0;

    if (count == 0)
        return;
    if (count > 0) {
        uv_buf_t data = uv_buf_init(lent->base, (unsigned)count);
        int sent = uv_try_write(client, &data, 1);
        if (sent < 0 && sent != UV_EAGAIN)
            err = sent;
        else if (sent < 0)
            err = write_later(client, lent->base, (size_t)count);
        else if (sent < count)
            err =
                write_later(client, lent->base + sent, (size_t)(count - sent));
    }
    if ((count < 0 || err < 0) && !uv_is_closing((uv_handle_t *)client))
        uv_close((uv_handle_t *)client, on_close);
}

static void on_connection(uv_stream_t *server, int status)
{
    uv_tcp_t *client = status == 0 ? malloc(sizeof *client) : NULL;

    if (!client)
        return;
    uv_tcp_init(server->loop, client);
    if (uv_accept(server, (uv_stream_t *)client) < 0 ||
        uv_tcp_nodelay(client, 1) < 0 ||
        uv_read_start((uv_stream_t *)client, lend_buffer, on_read) < 0)
        uv_close((uv_handle_t *)client, on_close);
}

int main(int argc, char **argv)
{
    return uv_serve(argc, argv, on_connection);
}
