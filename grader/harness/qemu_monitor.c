/*
 * qemu_monitor.c: QEMU's own monitor, over a socket: where a machine is, and
 * what QEMU says of it.
 *
 * The protocol is QMP, of which one command is used: human-monitor-command.
 * Its answer is one JSON string in one line; only what QEMU escapes in it is
 * undone. The socket has an abstract name, as a path may be too long for it.
 */
#include "qemu_internal.h"

#include "lab_internal.h"
#include "proc_internal.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX 65536
#define TRIES_MS 5000
#define CAUSE_FETCH_ACCESS 1
#define CAUSE_FETCH_PAGE 12

void machine_monitor_name(const struct machine *m, char name[64])
{
    snprintf(name, 64, "lab-machine-%d-%d", (int)getpid(), m->backing);
}

static bool connect_to(struct machine *m)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];

    machine_monitor_name(m, name);
    memcpy(address.sun_path + 1, name, strlen(name));
    m->monitor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (m->monitor >= 0 &&
        connect(m->monitor, (struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                            strlen(name))) == 0)
        return true;
    if (m->monitor >= 0)
        close(m->monitor);
    m->monitor = -1;
    return false;
}

/* One line of QMP, without its end. False: none came. */
static bool read_line(struct machine *m, char *line, size_t size)
{
    struct pollfd monitor = {.fd = m->monitor, .events = POLLIN};
    size_t n = 0;

    while (n + 1 < size && poll(&monitor, 1, TRIES_MS) == 1 &&
           read(m->monitor, line + n, 1) == 1)
        if (line[n++] == '\n') {
            line[n] = '\0';
            return true;
        }
    return false;
}

/* Events come in between; an answer begins with "return" or "error". */
static bool read_answer(struct machine *m, char *line, size_t size)
{
    while (read_line(m, line, size))
        if (strncmp(line, "{\"return\"", 9) == 0 ||
            strncmp(line, "{\"error\"", 8) == 0)
            return true;
    return false;
}

static bool send_line(struct machine *m, const char *text)
{
    size_t len = strlen(text);
    return send(m->monitor, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* QEMU may have begun a moment ago, without a socket so far. */
static bool begin(struct machine *m)
{
    struct lab_patience patience;
    char line[1024];

    if (m->monitor >= 0)
        return true;
    lab_patience_start(&patience);
    while (!connect_to(m))
        if (proc_has_ended(&m->qemu) || !lab_patience_left(&patience))
            return false;
    return read_line(m, line, sizeof line) &&
           send_line(m, "{\"execute\":\"qmp_capabilities\"}\n") &&
           read_answer(m, line, sizeof line);
}

/* {"return": "TEXT"} becomes TEXT, in its place. */
static char *unescape(char *line)
{
    char *from = strchr(line, ':'), *text, *to;

    from = from != NULL ? strchr(from, '"') : NULL;
    if (from == NULL)
        return line;
    text = to = ++from;
    for (; *from != '\0' && *from != '"'; from++) {
        if (*from != '\\') {
            *to++ = *from;
            continue;
        }
        from++;
        if (*from == 'n')
            *to++ = '\n';
        else if (*from == 't')
            *to++ = '\t';
        else if (*from != 'r')
            *to++ = *from;
    }
    *to = '\0';
    return text;
}

/* NULL: QEMU does not answer. Borrowed until the next call. */
static const char *ask(struct machine *m, const char *command)
{
    static char line[ANSWER_BYTES_MAX];
    char request[300];

    snprintf(request, sizeof request,
             "{\"execute\":\"human-monitor-command\",\"arguments\":{"
             "\"command-line\":\"%s\"}}\n",
             command);
    if (!begin(m) || !send_line(m, request) ||
        !read_answer(m, line, sizeof line))
        return NULL;
    return unescape(line);
}

const char *machine_monitor_at(struct lab_where where, struct machine *m,
                               const char *command)
{
    const char *answer = ask(m, command);

    if (answer == NULL && m->options.test != NULL && machine_has_ended(m))
        machine_take_result(where, m);
    if (answer == NULL)
        lab_fail_at(where, "QEMU does not answer to \"%s\"", command);
    return answer;
}

void machine_pause_at(struct lab_where where, struct machine *m)
{
    machine_monitor_at(where, m, "stop");
}

void machine_continue_at(struct lab_where where, struct machine *m)
{
    machine_monitor_at(where, m, "cont");
}

/* ---- Where it is ---- */

static bool register_of(const char *registers, const char *name,
                        uint64_t *value)
{
    const char *found = strstr(registers, name);

    return found != NULL &&
           sscanf(found + strlen(name), "%*[ ]%lx", value) == 1;
}

/* What "info registers" says of one hart. False: QEMU does not answer. */
static bool look_at_hart(struct machine *m, unsigned hart,
                         struct ktest_hart_state *state)
{
    char command[32];
    const char *registers;

    snprintf(command, sizeof command, "cpu %u", hart);
    if (ask(m, command) == NULL)
        return false;
    registers = ask(m, "info registers");
    return registers != NULL && register_of(registers, " pc ", &state->pc) &&
           register_of(registers, " stvec ", &state->vector) &&
           register_of(registers, " scause ", &state->cause) &&
           register_of(registers, " sepc ", &state->epc) &&
           register_of(registers, " stval ", &state->value);
}

static bool cannot_fetch_its_vector(const struct ktest_hart_state *state)
{
    return state->pc == (state->vector & ~UINT64_C(3)) &&
           state->pc == state->epc &&
           (state->cause == CAUSE_FETCH_ACCESS ||
            state->cause == CAUSE_FETCH_PAGE);
}

bool machine_stands_still(struct machine *m)
{
    struct ktest_block *block = MACHINE_BLOCK(m);

    if (m->options.test == NULL || lab_debugging)
        return false;
    for (unsigned hart = 0; hart < m->options.harts; hart++) {
        struct ktest_hart_state state = {.seen = 1, .mode = 1};
        if (!look_at_hart(m, hart, &state) || !cannot_fetch_its_vector(&state))
            continue;
        block->hart[hart] = state;
        block->by_hart = hart;
        block->result = KTEST_TRAPS;
        return true;
    }
    return false;
}

const char *machine_where_text(struct machine *m)
{
    static char text[600];
    size_t n = 0;

    text[0] = '\0';
    for (unsigned hart = 0; hart < m->options.harts; hart++) {
        char command[32];
        uint64_t pc;
        snprintf(command, sizeof command, "cpu %u", hart);
        if (ask(m, command) == NULL)
            return text;
        const char *registers = ask(m, "info registers");
        if (registers != NULL && register_of(registers, " pc ", &pc))
            n += (size_t)snprintf(text + n, sizeof text - n, "%s hart %u in %s",
                                  n > 0 ? "," : "; it is:", hart,
                                  image_place(m->image, pc));
        if (n >= sizeof text)
            break;
    }
    return text;
}
