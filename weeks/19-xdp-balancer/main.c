/*
 * main.c: the program `xlb`. Given.
 *
 *     xlb run CONFIG                       balance, until SIGINT or SIGTERM
 *     xlb add SERVICE BACKEND [WEIGHT]     speak to the one that runs
 *     xlb remove SERVICE BACKEND
 *     xlb drain SERVICE BACKEND
 *     xlb list
 *     xlb stats
 *     xlb reload                           as SIGHUP: read CONFIG again
 *
 * `run` prints one line when it balances, "balancing eth0, native", and one
 * whenever a backend comes up or goes down.
 *
 * Exit status: 0; 1 it could not, and says why; 2 wrong arguments.
 */
#include "balancing.h"
#include "control.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define CONTROL_PATH "/run/xlb.sock"
#define WORDS_MAX 4

struct arguments {
    const char *control;
    uint64_t seed;
    const char *words[WORDS_MAX];
    int count;
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    char *end;
    switch (key) {
    case 'c':
        arguments->control = argument;
        return 0;
    case 's':
        arguments->seed = strtoull(argument, &end, 0);
        if (*argument == '\0' || *end != '\0')
            argp_error(state, "%s: a seed is a number", argument);
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->count == WORDS_MAX)
            argp_error(state, "%s: one word too many", argument);
        arguments->words[arguments->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (arguments->count == 0)
            argp_error(state, "what is to be done?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"control", 'c', "PATH", 0,
     "The socket that commands go through (" CONTROL_PATH ")", 0},
    {"seed", 's', "NUMBER", 0,
     "Of the flows' hash; balancers that share traffic have the same", 0},
    {0},
};

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .args_doc = "run CONFIG\nadd SERVICE BACKEND [WEIGHT]\nremove SERVICE "
                "BACKEND\ndrain SERVICE BACKEND\nlist\nstats\nreload",
    .doc = "Balance connections over backends, in the kernel.\vA service is "
           "written 10.0.0.80:7/tcp or [fd00::80]:7/udp, a backend 10.0.0.11.",
};

/* ---- xlb run ---- */

struct running {
    struct loop *loop;
    struct balancing *balancing;
    int signals;
};

static void on_signal(struct loop *loop, int fd, unsigned events, void *user)
{
    struct running *running = user;
    struct signalfd_siginfo info;
    (void)events;
    if (read(fd, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo != SIGHUP) {
        loop_stop(loop);
        return;
    }
    balancing_reload(running->balancing, stdout);
    fflush(stdout);
}

static int watch_signals(struct running *running)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    running->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (running->signals < 0)
        return -errno;
    return loop_add(running->loop, running->signals, LOOP_READABLE, on_signal,
                    running);
}

static int balance(struct running *running, const struct arguments *arguments)
{
    struct control *control = NULL;
    int err = balancing_open(running->loop, arguments->words[1],
                             arguments->seed, &running->balancing);
    if (err < 0)
        return err;
    err = control_open(running->loop, arguments->control, balancing_command,
                       running->balancing, &control);
    if (err < 0) {
        fprintf(stderr, "xlb: %s: %s\n", arguments->control, strerror(-err));
    } else {
        printf("balancing %s\n", balancing_where(running->balancing));
        fflush(stdout);
        err = loop_run(running->loop);
    }
    control_close(control);
    balancing_close(running->balancing);
    return err;
}

static int run(const struct arguments *arguments)
{
    struct running running = {.signals = -1};
    int err = loop_open(&running.loop);
    if (err == 0)
        err = watch_signals(&running);
    if (err < 0)
        fprintf(stderr, "xlb: %s\n", strerror(-err));
    else
        err = balance(&running, arguments);
    loop_close(running.loop);
    if (running.signals >= 0)
        close(running.signals);
    return err < 0;
}

/* ---- The others ---- */

static int ask(const struct arguments *arguments)
{
    char line[CONTROL_LINE_BYTES_MAX] = "";
    for (int i = 0; i < arguments->count; i++) {
        if (strlen(line) + strlen(arguments->words[i]) + 2 >= sizeof line)
            return 2;
        if (i > 0)
            strcat(line, " ");
        strcat(line, arguments->words[i]);
    }
    int err = control_ask(arguments->control, line);
    if (err < 0)
        fprintf(stderr, "xlb: nobody balances at %s: %s\n", arguments->control,
                strerror(-err));
    return err != 0;
}

/* Which words each command wants: at least and at most. */
static const struct {
    const char *name;
    int least, most;
} commands[] = {
    {"run", 2, 2},  {"add", 3, 4},   {"remove", 3, 3}, {"drain", 3, 3},
    {"list", 1, 1}, {"stats", 1, 1}, {"reload", 1, 1},
};

static bool is_command(const struct arguments *arguments)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(arguments->words[0], commands[i].name) == 0)
            return arguments->count >= commands[i].least &&
                   arguments->count <= commands[i].most;
    return false;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.control = CONTROL_PATH, .seed = 19};
    argp_err_exit_status = 2;
    argp_parse(&parser, argc, argv, 0, NULL, &arguments);
    if (!is_command(&arguments)) {
        fprintf(stderr,
                "xlb: %s: that is no command, or not all of it; try "
                "xlb --help\n",
                arguments.words[0]);
        return 2;
    }
    return strcmp(arguments.words[0], "run") == 0 ? run(&arguments)
                                                  : ask(&arguments);
}
