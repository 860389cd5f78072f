/*
 * uv_guide.c: the program `uv_guide [HOST] PORT`, a peer of `grade bench 02`:
 * the echo server of libuv's own guide (docs, "Networking", tcp-echo-server),
 * which is what a user writes first.
 *
 * Each read gets a new buffer of the suggested 64 KiB, and each write a request
 * that owns it. With uv_write() come a call of epoll_ctl(2) for each message
 * (libuv 1.44) and a second turn through the loop, which frees the two; the
 * column of system calls shows it.
 */
#include "uv_server.h"

struct write {
    uv_write_t request;
    uv_buf_t buffer;
};

static void on_close(uv_handle_t *handle)
{
    free(handle);
}

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)handle;
    /* libuv hands it to on_read().
     * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    *buffer = uv_buf_init(malloc(suggested), (unsigned)suggested);
}

static void on_written(uv_write_t *request, int status)
{
    struct write *write = (struct write *)request;

    (void)status; /* the next read tells */
    free(write->buffer.base);
    free(write);
}

static void on_read(uv_stream_t *client, ssize_t count, const uv_buf_t *buffer)
{
    struct write *write = count > 0 ? malloc(sizeof *write) : NULL;

    if (write) {
        write->buffer = uv_buf_init(buffer->base, (unsigned)count);
        if (uv_write(&write->request, client, &write->buffer, 1, on_written) ==
            0)
            return;
        free(write);
        count = UV_EOF;
    }
    free(buffer->base);
    if (count < 0 && !uv_is_closing((uv_handle_t *)client))
        uv_close((uv_handle_t *)client, on_close);
}

static void on_connection(uv_stream_t *server, int status)
{
    uv_tcp_t *client = status == 0 ? malloc(sizeof *client) : NULL;

    if (!client)
        return;
    uv_tcp_init(server->loop, client);
    if (uv_accept(server, (uv_stream_t *)client) < 0 ||
        uv_read_start((uv_stream_t *)client, allocate, on_read) < 0)
        uv_close((uv_handle_t *)client, on_close);
}

int main(int argc, char **argv)
{
    return uv_serve(argc, argv, on_connection);
}
