/*
 * main.c: the program `xdp-filter [OPTIONS] INTERFACE`. Given.
 *
 * It puts the filter on the interface, says so in one line ("filtering eth0,
 * native"), and runs until SIGINT (Ctrl-C), SIGTERM or `quit`. Meanwhile it
 * takes commands from its standard input, a line each, and answers each with a
 * line. In a terminal it shows what is counted as a table, redrawn each second;
 * else it writes a line a second, if anything has come. Its last line says what
 * became of all packets.
 *
 * Exit status: 0 stopped, 1 could not filter, 2 wrong arguments.
 */
#include "cidr.h"
#include "screen.h"
#include "xdp_filter.h"

#include <argp.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_BYTES 200
#define COMMAND_BYTES_MAX 200
#define BLOCK_OPTIONS_MAX 256

/* ---- Arguments ---- */

struct options {
    const char *interface;
    struct network blocked[BLOCK_OPTIONS_MAX];
    int blocked_count;
    __u32 rate, burst;
    bool limited;
};

/* A number up to FILTER_LIMIT_MAX, or -1; *end is what stands behind it. */
static long read_number(const char *text, char **end)
{
    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    long number = strtol(text, end, 10);
    return errno == 0 && number <= FILTER_LIMIT_MAX ? number : -1;
}

/* "100", or "100 20", or with a comma: packets a second, and at once. */
static int read_limit(const char *text, __u32 *rate, __u32 *burst)
{
    char *end;
    long first = read_number(text, &end);
    if (first < 0)
        return -EINVAL;
    long second = first == 0 ? 1 : first;
    if (*end != '\0') {
        if (strspn(end, " ,") == 0)
            return -EINVAL;
        second = read_number(end + strspn(end, " ,"), &end);
    }
    if (second < 1 || *end != '\0')
        return -EINVAL;
    *rate = (__u32)first;
    *burst = (__u32)second;
    return 0;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    char why[CIDR_WHY_BYTES];

    switch (key) {
    case 'b':
        if (options->blocked_count == BLOCK_OPTIONS_MAX)
            argp_error(state,
                       "at most %d networks here; block the others by "
                       "commands",
                       BLOCK_OPTIONS_MAX);
        if (cidr_parse(argument, &options->blocked[options->blocked_count++],
                       why) < 0)
            argp_error(state, "%s", why);
        return 0;
    case 'l':
        options->limited = true;
        if (read_limit(argument, &options->rate, &options->burst) < 0)
            argp_error(state,
                       "%s: a limit is RATE or RATE,BURST; RATE is 0 to %d, "
                       "BURST 1 to %d",
                       argument, FILTER_LIMIT_MAX, FILTER_LIMIT_MAX);
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one interface, please");
        options->interface = argument;
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num == 0)
            argp_error(state, "which interface?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_list[] = {
    {"block", 'b', "NETWORK", 0,
     "Drop what comes from this network, as 10.0.0.0/8; may be given often", 0},
    {"limit", 'l', "RATE[,BURST]", 0,
     "Let each source send so many packets a second, and so many at once", 0},
    {0},
};

static const struct argp arguments = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "INTERFACE",
    .doc = "Count the packets that come in on an interface, and drop some of "
           "them, before anything else sees them.\vWhile it runs it takes "
           "commands from its standard input: block NETWORK, unblock NETWORK, "
           "limit RATE [BURST] (0: no limit), show, quit.",
};

/* ---- What runs ---- */

struct running {
    struct xdp_filter *filter;
    const struct options *options;
    struct screen *screen; /* NULL: plain lines */
    char title[64];
    char answer[ANSWER_BYTES];
    struct traffic_row rows[FILTER_TRAFFIC_ROWS_MAX];
    struct screen_view view;
    struct timespec start;
    char command[COMMAND_BYTES_MAX]; /* what has come of the next line */
    size_t command_len;
    bool over;
};

static __u64 ns_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (__u64)(now.tv_sec - start->tv_sec) * 1000000000 +
           (__u64)now.tv_nsec - (__u64)start->tv_nsec;
}

/* A row that has counted nothing, as FILTER_OTHERS may be, is not shown. */
static int leave_out_empty(struct traffic_row *rows, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (rows[i].count.packets > 0)
            rows[kept++] = rows[i];
    return kept;
}

/* What is not written yet counts nothing. */
static void look(struct running *r)
{
    struct screen_view *view = &r->view;
    view->title = r->title;
    view->answer = r->answer;
    view->rows = r->rows;
    view->ns = ns_since(&r->start);
    int count = xdp_filter_traffic(r->filter, r->rows, FILTER_TRAFFIC_ROWS_MAX);
    view->row_count = leave_out_empty(r->rows, count);
    if (xdp_filter_verdicts(r->filter, view->verdicts) < 0)
        memset(view->verdicts, 0, sizeof view->verdicts);
}

/* Once a second. Plain lines are written only when something has come. */
static void tell(struct running *r)
{
    struct screen_view before = r->view;
    look(r);
    if (r->screen != NULL) {
        screen_draw(r->screen, &r->view);
    } else if (memcmp(before.verdicts, r->view.verdicts,
                      sizeof before.verdicts) != 0) {
        printf("%llu s: ", r->view.ns / 1000000000);
        screen_print_verdicts(stdout, &r->view);
    }
}

/* ---- Commands ---- */

static void block(struct running *r, const char *text, bool unblock)
{
    struct network network;
    char name[CIDR_TEXT_BYTES];

    if (*text == '\0') {
        snprintf(r->answer, ANSWER_BYTES, "%s which network? As 10.0.0.0/8",
                 unblock ? "unblock" : "block");
        return;
    }
    if (cidr_parse(text, &network, r->answer) < 0)
        return;
    int err = unblock ? xdp_filter_unblock(r->filter, &network)
                      : xdp_filter_block(r->filter, &network);
    cidr_text(&network, name);
    if (err == -ENOENT)
        snprintf(r->answer, ANSWER_BYTES, "%s is not blocked", name);
    else if (err < 0)
        snprintf(r->answer, ANSWER_BYTES, "cannot %s %s: %s",
                 unblock ? "unblock" : "block", name, strerror(-err));
    else
        snprintf(r->answer, ANSWER_BYTES, "%s %s",
                 unblock ? "unblocked" : "blocked", name);
}

static void limit(struct running *r, const char *text)
{
    __u32 rate, burst;
    if (read_limit(text, &rate, &burst) < 0) {
        snprintf(r->answer, ANSWER_BYTES,
                 "limit RATE [BURST]; RATE is 0 to %d, BURST 1 to %d",
                 FILTER_LIMIT_MAX, FILTER_LIMIT_MAX);
        return;
    }
    int err = xdp_filter_limit(r->filter, rate, burst);
    if (err < 0)
        snprintf(r->answer, ANSWER_BYTES, "cannot limit: %s", strerror(-err));
    else if (rate == 0)
        snprintf(r->answer, ANSWER_BYTES, "no limit");
    else
        snprintf(r->answer, ANSWER_BYTES,
                 "limited to %u packets a second from each source, %u at once",
                 rate, burst);
}

/* In a terminal the table is there anyway. */
static void show(struct running *r)
{
    look(r);
    if (r->screen != NULL)
        return;
    screen_print_rows(stdout, &r->view);
    printf("total: ");
    screen_print_verdicts(stdout, &r->view);
}

/* What stands behind the word, if the line begins with it; else NULL. */
static const char *behind(const char *line, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(line, word, len) != 0 || (line[len] != ' ' && line[len] != 0))
        return NULL;
    return line + len + strspn(line + len, " ");
}

static void obey(struct running *r, const char *line)
{
    const char *rest;
    r->answer[0] = '\0';
    if (*line == '\0')
        return;
    if ((rest = behind(line, "block")) != NULL)
        block(r, rest, false);
    else if ((rest = behind(line, "unblock")) != NULL)
        block(r, rest, true);
    else if ((rest = behind(line, "limit")) != NULL)
        limit(r, rest);
    else if (behind(line, "show") != NULL)
        show(r);
    else if (behind(line, "quit") != NULL)
        r->over = true;
    else
        snprintf(r->answer, ANSWER_BYTES,
                 "block NETWORK, unblock NETWORK, limit RATE [BURST], show, "
                 "quit");
}

static void obey_and_answer(struct running *r)
{
    while (r->command_len > 0 &&
           strchr(" \t\r", r->command[r->command_len - 1]) != NULL)
        r->command_len--;
    r->command[r->command_len] = '\0';
    r->command_len = 0;
    obey(r, r->command);
    if (r->screen != NULL) {
        screen_clear_prompt(r->screen);
        tell(r);
    } else if (r->answer[0] != '\0') {
        printf("%s\n", r->answer);
    }
}

/* Returns false at the end of standard input: then it runs on without. */
static bool read_commands(struct running *r)
{
    char text[256];
    ssize_t len = read(STDIN_FILENO, text, sizeof text);
    if (len <= 0)
        return len < 0 && errno == EINTR;
    for (ssize_t i = 0; i < len && !r->over; i++) {
        if (text[i] == '\n')
            obey_and_answer(r);
        else if (r->command_len < COMMAND_BYTES_MAX - 1)
            r->command[r->command_len++] = text[i];
    }
    return true;
}

/* ---- Start and end ---- */

static int fail(const char *what, int err)
{
    fprintf(stderr, "xdp-filter: %s: %s%s\n", what, strerror(-err),
            err == -EPERM ? " (sudo?)" : "");
    return err;
}

static const char *mode_of(const char *interface)
{
    LIBBPF_OPTS(bpf_xdp_query_opts, query);
    int index = (int)if_nametoindex(interface);
    if (bpf_xdp_query(index, 0, &query) < 0)
        return "unknown";
    return query.attach_mode == XDP_ATTACHED_DRV   ? "native"
           : query.attach_mode == XDP_ATTACHED_SKB ? "generic"
                                                   : "not at all";
}

/* The list and the limit stand before the first packet comes. */
static int begin(struct running *r)
{
    const struct options *options = r->options;
    char what[120];
    int err = xdp_filter_open(&r->filter);
    if (err < 0)
        return fail("cannot load the filter", err);
    for (int i = 0; i < options->blocked_count && err == 0; i++)
        err = xdp_filter_block(r->filter, &options->blocked[i]);
    if (err < 0)
        return fail("cannot block", err);
    if (options->limited)
        err = xdp_filter_limit(r->filter, options->rate, options->burst);
    if (err < 0)
        return fail("cannot limit", err);

    err = xdp_filter_attach(r->filter, options->interface);
    snprintf(what, sizeof what, "cannot filter %.60s%s", options->interface,
             err == -EBUSY ? ", it has a program already" : "");
    if (err < 0)
        return fail(what, err);
    snprintf(r->title, sizeof r->title, "%s, %s", options->interface,
             mode_of(options->interface));
    printf("filtering %s\n", r->title);
    clock_gettime(CLOCK_MONOTONIC, &r->start);
    return 0;
}

/* A signal that is blocked makes a signalfd readable. */
static int open_signals(void)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    return signalfd(-1, &stop, SFD_CLOEXEC);
}

static int open_ticks(void)
{
    const struct itimerspec second = {{1, 0}, {1, 0}};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (fd >= 0)
        timerfd_settime(fd, 0, &second, NULL);
    return fd;
}

static void run(struct running *r, int signal_fd, int tick_fd)
{
    struct pollfd fds[] = {{.fd = signal_fd, .events = POLLIN},
                           {.fd = tick_fd, .events = POLLIN},
                           {.fd = STDIN_FILENO, .events = POLLIN}};
    __u64 ticks;

    if (isatty(STDOUT_FILENO))
        r->screen = screen_open(STDOUT_FILENO);
    if (r->screen != NULL)
        tell(r);
    while (!r->over) {
        if (poll(fds, 3, -1) < 0 && errno != EINTR)
            break;
        r->over = fds[0].revents != 0;
        if (fds[1].revents != 0 && read(tick_fd, &ticks, sizeof ticks) > 0)
            tell(r);
        if (fds[2].revents != 0 && !read_commands(r))
            fds[2].fd = -1;
    }
    screen_close(r->screen);
    look(r);
    printf("total: ");
    screen_print_verdicts(stdout, &r->view);
}

int main(int argc, char **argv)
{
    static struct running running;
    static struct options options;
    int signal_fd = open_signals(), tick_fd = open_ticks();

    argp_err_exit_status = 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (signal_fd < 0 || tick_fd < 0)
        return fail("cannot start", -errno) < 0;
    argp_parse(&arguments, argc, argv, 0, NULL, &options);

    running.options = &options;
    int err = begin(&running);
    if (err == 0)
        run(&running, signal_fd, tick_fd);
    xdp_filter_close(running.filter);
    close(signal_fd);
    close(tick_fd);
    return err < 0 ? 1 : 0;
}
