/*
 * screen.c: see screen.h. Terminals understand the sequences of ECMA-48
 * (console_codes(4)); nothing else is needed here.
 *
 * From the top: the title, what became of the packets, the rows of traffic with
 * the most packets, the answer to the last command, and a prompt. Below it an
 * empty line stays, so that Enter does not scroll.
 */
#include "screen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LINES_USUAL 24
#define LINES_LEAST 14

/* As wide as the table is; where there is less, the lines are cut. */
#define COLUMNS_USUAL 80
#define CLOCK_COLUMNS 12

/* The last lines of the screen: an empty one, answer, prompt, an empty one. */
#define LINES_BELOW 4

#define OTHER_SCREEN "\033[?1049h"
#define OWN_SCREEN "\033[?1049l"
#define SAVE_CURSOR "\0337"
#define RESTORE_CURSOR "\0338"
#define CLEAR_TO_LINE_END "\033[K"
#define CUT_LINES "\033[?7l" /* in place of going on in the next */
#define WRAP_LINES "\033[?7h"
#define BOLD "\033[1m"
#define DIM "\033[2m"
#define INVERSE "\033[7m"
#define PLAIN "\033[0m"

struct screen {
    int fd;
    int lines;              /* of the terminal; 0 until it was drawn */
    struct screen_view old; /* what was drawn last; no title, no answer */
    struct traffic_row old_rows[FILTER_TRAFFIC_ROWS_MAX];
};

/* ---- Numbers ---- */

/* Eight of them may be in use at the same time. */
static char *text_buffer(void)
{
    static char buffers[8][32];
    static unsigned next;
    return buffers[next++ % 8];
}

/* "1,234,567" */
static const char *grouped(__u64 number)
{
    char *text = text_buffer();
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", number);
    char *at = text;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}

/* "512 B", "1.4 KiB", "38.0 MiB" */
static const char *in_bytes(double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    char *text = text_buffer();
    int unit = 0;
    for (; bytes >= 1023.95 && unit < 4; unit++)
        bytes /= 1024;
    snprintf(text, 32, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return text;
}

/* ---- Words ---- */

static const char *const verdict_words[FILTER_VERDICTS] = {
    [FILTER_PASSED] = "passed",
    [FILTER_BROKEN] = "broken",
    [FILTER_BLOCKED] = "blocked",
    [FILTER_LIMITED] = "limited",
};

static bool is_others(const struct traffic_key *key)
{
    const struct traffic_key others = FILTER_OTHERS;
    return memcmp(key, &others, sizeof others) == 0;
}

static const char *version_word(const struct traffic_key *key)
{
    if (is_others(key))
        return "others";
    return key->version == 4 ? "IPv4" : key->version == 6 ? "IPv6" : "no IP";
}

static const char *protocol_word(const struct traffic_key *key)
{
    if (is_others(key) || key->version == 0)
        return "";
    switch (key->protocol) {
    case IPPROTO_ICMP:
        return "ICMP";
    case IPPROTO_IGMP:
        return "IGMP";
    case IPPROTO_TCP:
        return "TCP";
    case IPPROTO_UDP:
        return "UDP";
    case IPPROTO_GRE:
        return "GRE";
    case IPPROTO_ESP:
        return "ESP";
    case IPPROTO_ICMPV6:
        return "ICMPv6";
    default: {
        char *text = text_buffer();
        snprintf(text, 32, "protocol %d", key->protocol);
        return text;
    }
    }
}

static const char *port_word(const struct traffic_key *key)
{
    char *text = text_buffer();
    text[0] = '\0';
    if (key->port != 0 && !is_others(key))
        snprintf(text, 32, "%d", ntohs(key->port));
    return text;
}

/* ---- Order ---- */

static int by_packets(const void *a, const void *b)
{
    const struct traffic_row *one = a, *other = b;
    if (one->count.packets != other->count.packets)
        return one->count.packets < other->count.packets ? 1 : -1;
    return memcmp(&one->key, &other->key, sizeof one->key);
}

static int by_key(const void *a, const void *b)
{
    const struct traffic_row *one = a, *other = b;
    return memcmp(&one->key, &other->key, sizeof one->key);
}

static void sort_rows(const struct screen_view *view,
                      int (*order)(const void *, const void *))
{
    qsort(view->rows, (size_t)view->row_count, sizeof *view->rows, order);
}

/* ---- Plain lines ---- */

void screen_print_verdicts(FILE *out, const struct screen_view *view)
{
    for (int i = 0; i < FILTER_VERDICTS; i++)
        fprintf(out, "%s%s %llu", i > 0 ? ", " : "", verdict_words[i],
                view->verdicts[i]);
    fprintf(out, "\n");
}

void screen_print_rows(FILE *out, const struct screen_view *view)
{
    sort_rows(view, by_packets);
    for (int i = 0; i < view->row_count; i++) {
        const struct traffic_row *row = &view->rows[i];
        const char *protocol = protocol_word(&row->key);
        const char *port = port_word(&row->key);
        fprintf(out, "%s%s%s%s%s: %llu %s, %llu bytes\n",
                version_word(&row->key), *protocol ? " " : "", protocol,
                *port ? " port " : "", port, row->count.packets,
                row->count.packets == 1 ? "packet" : "packets",
                row->count.bytes);
    }
}

/* ---- The screen ---- */

struct screen *screen_open(int fd)
{
    struct screen *screen = calloc(1, sizeof *screen);
    if (screen != NULL)
        screen->fd = fd;
    return screen;
}

/* The sequences and the text go out in one write, so that the terminal shows
 * no half of a picture. */
static void send_to_terminal(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t sent = write(fd, text, len);
        if (sent <= 0)
            return; /* a terminal that is gone shows nothing */
        text += sent;
        len -= (size_t)sent;
    }
}

void screen_close(struct screen *screen)
{
    if (screen != NULL && screen->lines > 0)
        send_to_terminal(screen->fd, OWN_SCREEN, strlen(OWN_SCREEN));
    free(screen);
}

static int lines_of(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
        return LINES_USUAL;
    return size.ws_row < LINES_LEAST ? LINES_LEAST : size.ws_row;
}

static int columns_of(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col < CLOCK_COLUMNS ||
        size.ws_col > COLUMNS_USUAL)
        return COLUMNS_USUAL;
    return size.ws_col;
}

static void go_to_line(FILE *out, int line)
{
    fprintf(out, "\033[%d;1H" CLEAR_TO_LINE_END, line);
}

static void draw_prompt(FILE *out, int lines)
{
    go_to_line(out, lines - 1);
    fprintf(out, " " BOLD "> " PLAIN);
}

void screen_clear_prompt(struct screen *screen)
{
    char text[64];
    FILE *out = fmemopen(text, sizeof text, "w");
    if (out == NULL || screen->lines == 0)
        return;
    go_to_line(out, screen->lines);
    draw_prompt(out, screen->lines);
    long len = ftell(out);
    fclose(out);
    send_to_terminal(screen->fd, text, (size_t)len);
}

/* What was drawn of this row the last time; NULL if it was not there. */
static const struct traffic_row *old_row(const struct screen *screen,
                                         const struct traffic_row *row)
{
    return bsearch(row, screen->old_rows, (size_t)screen->old.row_count,
                   sizeof *row, by_key);
}

/* How many a second, when `count` came in these nanoseconds. */
static double a_second(__u64 count, __u64 ns)
{
    return ns > 0 ? (double)count * 1e9 / (double)ns : 0;
}

static void draw_title(FILE *out, const struct screen_view *view, int columns)
{
    unsigned seconds = (unsigned)(view->ns / 1000000000);
    char title[80], clock[32];
    snprintf(title, sizeof title, " xdp-filter  %s", view->title);
    snprintf(clock, sizeof clock, "%02u:%02u:%02u ", seconds / 3600,
             seconds / 60 % 60, seconds % 60);
    go_to_line(out, 1);
    columns -= CLOCK_COLUMNS;
    fprintf(out, INVERSE "%-*.*s%*s" PLAIN, columns, columns, title,
            CLOCK_COLUMNS, clock);
}

static int draw_verdicts(FILE *out, const struct screen *screen,
                         const struct screen_view *view, __u64 ns)
{
    int line = 3;
    for (int i = 0; i < FILTER_VERDICTS; i++, line++) {
        double rate = a_second(view->verdicts[i] - screen->old.verdicts[i], ns);
        go_to_line(out, line);
        fprintf(out, "   %-10s %18s %14s/s", verdict_words[i],
                grouped(view->verdicts[i]), grouped((__u64)(rate + 0.5)));
    }
    return line;
}

static void draw_row(FILE *out, const struct screen *screen,
                     const struct traffic_row *row, __u64 ns)
{
    const struct traffic_row *old = old_row(screen, row);
    struct traffic_count before =
        old != NULL ? old->count : (struct traffic_count){0};
    double packets = a_second(row->count.packets - before.packets, ns);
    double bytes = a_second(row->count.bytes - before.bytes, ns);

    fprintf(out, "   %-6s %-12s %5s %14s %9s/s %10s %10s/s",
            version_word(&row->key), protocol_word(&row->key),
            port_word(&row->key), grouped(row->count.packets),
            grouped((__u64)(packets + 0.5)), in_bytes((double)row->count.bytes),
            in_bytes(bytes));
}

/* From this line on, as many as there is room for. */
static void draw_rows(FILE *out, const struct screen *screen,
                      const struct screen_view *view, __u64 ns, int line)
{
    int end = screen->lines - LINES_BELOW; /* the line for what is left out */
    int shown = 0;

    go_to_line(out, line++);
    fprintf(out, DIM "   %-6s %-12s %5s %14s %11s %10s %12s" PLAIN, "", "",
            "port", "packets", "", "bytes", "");
    for (; line < end; line++) {
        go_to_line(out, line);
        if (shown < view->row_count)
            draw_row(out, screen, &view->rows[shown++], ns);
    }
    go_to_line(out, end);
    if (shown < view->row_count)
        fprintf(out, DIM "   and %d more" PLAIN, view->row_count - shown);
}

static void draw(FILE *out, struct screen *screen,
                 const struct screen_view *view)
{
    __u64 ns = screen->old.ns != 0 ? view->ns - screen->old.ns : 0;
    int lines = lines_of(screen->fd);
    bool anew = lines != screen->lines;

    if (anew)
        fprintf(out, OTHER_SCREEN "\033[2J");
    screen->lines = lines;
    fprintf(out, SAVE_CURSOR CUT_LINES);
    draw_title(out, view, columns_of(screen->fd));
    sort_rows(view, by_packets);
    int line = draw_verdicts(out, screen, view, ns);
    draw_rows(out, screen, view, ns, line + 1);
    go_to_line(out, lines - 2);
    fprintf(out, "   %.76s", view->answer);
    fprintf(out, WRAP_LINES RESTORE_CURSOR);
    if (anew)
        draw_prompt(out, lines);
}

void screen_draw(struct screen *screen, const struct screen_view *view)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return;
    draw(out, screen, view);
    fclose(out);
    send_to_terminal(screen->fd, text, len);
    free(text);

    sort_rows(view, by_key);
    memcpy(screen->old_rows, view->rows,
           (size_t)view->row_count * sizeof *view->rows);
    screen->old = *view;
    screen->old.rows = screen->old_rows;
}
