/*
 * screen.h: what xdp-filter has counted, as a table that is redrawn in a
 * terminal, and as plain lines. Given.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include "filter_maps.h"

#include <stdio.h>

/* What there is to see at one moment. */
struct screen_view {
    const char *title;  /* "eth0, native" */
    const char *answer; /* to the last command; "": none */
    __u64 ns;           /* since the start */
    __u64 verdicts[FILTER_VERDICTS];
    struct traffic_row *rows; /* borrowed for the call, which sorts them */
    int row_count;
};

struct screen;

/*
 * Take a terminal's screen, and give it back as it was.
 *   fd   a terminal; borrowed until screen_close()
 * Returns NULL if there is no memory.
 */
struct screen *screen_open(int fd);
void screen_close(struct screen *screen);

/* Draw it: rates are those since the last time. What is being typed in the
 * terminal's prompt stays there. */
void screen_draw(struct screen *screen, const struct screen_view *view);

/* The prompt is to be empty again: a command was typed. */
void screen_clear_prompt(struct screen *screen);

/* "passed 12, broken 0, blocked 3, limited 0" */
void screen_print_verdicts(FILE *out, const struct screen_view *view);

/* A line a row, as "IPv4 TCP port 443: 12 packets, 1400 bytes". */
void screen_print_rows(FILE *out, const struct screen_view *view);

#endif
