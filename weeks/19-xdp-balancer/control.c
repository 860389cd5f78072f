/*
 * control.c: see control.h. The answer is a digit, 0 or 1, and then text until
 * end of file. One client at a time; it is slow only if its owner is.
 */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct control {
    struct loop *loop;
    control_fn *fn;
    void *user;
    int fd;
    struct sockaddr_un address;
};

static int set_path(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path)
        return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}

static int connect_to(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0) {
        int err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

/* Up to the newline, without it. Returns its length, or -errno. */
static ssize_t read_line(int fd, char line[CONTROL_LINE_BYTES_MAX])
{
    size_t len = 0;
    while (len < CONTROL_LINE_BYTES_MAX) {
        ssize_t got = recv(fd, line + len, CONTROL_LINE_BYTES_MAX - len, 0);
        if (got <= 0)
            return got < 0 ? -errno : -EPIPE;
        char *end = memchr(line + len, '\n', (size_t)got);
        len += (size_t)got;
        if (end != NULL) {
            *end = '\0';
            return end - line;
        }
    }
    return -EMSGSIZE;
}

static void send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        data += sent;
        len -= (size_t)sent;
    }
}

static void answer(struct control *control, int fd)
{
    char line[CONTROL_LINE_BYTES_MAX], *text = NULL;
    size_t len = 0;
    /* Who does not speak does not keep the balancer from its work for long. */
    struct timeval patience = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (read_line(fd, line) < 0)
        return;
    FILE *stream = open_memstream(&text, &len);
    if (stream == NULL)
        return;
    int failed = control->fn(control->user, line, stream);
    fclose(stream);
    send_all(fd, failed ? "1" : "0", 1);
    send_all(fd, text, len);
    free(text);
}

static void on_client(struct loop *loop, int fd, unsigned events, void *user)
{
    (void)loop, (void)events;
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    answer(user, client);
    close(client);
}

/* A socket file that nobody answers at is left over. */
static int bind_to(int fd, const struct sockaddr_un *address)
{
    const struct sockaddr *name = (const struct sockaddr *)address;
    mode_t before = umask(0177);
    int err = bind(fd, name, sizeof *address) < 0 ? -errno : 0;
    if (err == -EADDRINUSE) {
        int there = connect_to(address);
        if (there >= 0)
            close(there);
        else if (there == -ECONNREFUSED && unlink(address->sun_path) == 0)
            err = bind(fd, name, sizeof *address) < 0 ? -errno : 0;
    }
    umask(before);
    return err;
}

int control_open(struct loop *loop, const char *path, control_fn *fn,
                 void *user, struct control **control)
{
    struct control *c = calloc(1, sizeof *c);
    if (c == NULL)
        return -ENOMEM;
    *c = (struct control){.loop = loop, .fn = fn, .user = user};
    int err = set_path(&c->address, path);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (err == 0)
        err = c->fd < 0 ? -errno : bind_to(c->fd, &c->address);
    if (err == 0) {
        err = listen(c->fd, 16) < 0 ? -errno : 0;
        if (err == 0)
            err = loop_add(loop, c->fd, LOOP_READABLE, on_client, c);
        if (err < 0)
            unlink(path);
    }
    if (err < 0) {
        if (c->fd >= 0)
            close(c->fd);
        free(c);
        return err;
    }
    *control = c;
    return 0;
}

void control_close(struct control *control)
{
    if (control == NULL)
        return;
    loop_remove(control->loop, control->fd);
    unlink(control->address.sun_path);
    close(control->fd);
    free(control);
}

int control_ask(const char *path, const char *line)
{
    struct sockaddr_un address;
    char text[4096];
    int err = set_path(&address, path);
    int fd = err < 0 ? err : connect_to(&address);
    if (fd < 0)
        return fd;
    send_all(fd, line, strlen(line));
    send_all(fd, "\n", 1);
    ssize_t len = recv(fd, text, 1, 0);
    int status = len == 1 ? text[0] != '0' : -EPIPE;
    FILE *out = status == 0 ? stdout : stderr;
    while (len > 0 && (len = recv(fd, text, sizeof text, 0)) > 0)
        fwrite(text, 1, (size_t)len, out);
    close(fd);
    return status;
}
