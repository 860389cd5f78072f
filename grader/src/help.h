/*
 * help.h: the table of commands and options: what main.c takes, and what
 * `--help` says. A command's words and options stand here once.
 */
#ifndef HELP_H
#define HELP_H

#include "commands.h"

#include <argp.h>

/* One bit for each option, in a command's set. */
enum option_bit {
    OPTION_WORKSPACE = 1 << 0,
    OPTION_ALL = 1 << 1,
    OPTION_SEED = 1 << 2,
    OPTION_USE = 1 << 3,
    OPTION_PROGRAM = 1 << 4,
    OPTION_FORMAT = 1 << 5,
    OPTION_OUTPUT = 1 << 6,
    OPTION_ANYWAY = 1 << 7,
    OPTION_REPEAT = 1 << 8,
    OPTION_JOBS = 1 << 9,
    OPTION_RUNS = 1 << 10,
    OPTION_SECONDS = 1 << 11,
    OPTION_SCENE = 1 << 12,
};
#define OPTIONS 13

struct command {
    const char *name; /* "": grade itself */
    int (*run)(const struct options *options);
    const char *words; /* "WEEK[.STEP]" */
    int words_min, words_max;
    unsigned options; /* of enum option_bit */
    const char *summary;
    const char *help; /* paragraphs, an empty line between them */
};

/* Ended by a command without a run. The first is grade itself. */
extern const struct command commands[];

/* For argp; the key of option i is OPTION_KEY + i, its bit 1 << i. */
#define OPTION_KEY 256
extern const struct argp_option option_table[];

const struct command *command_find(const char *name); /* or NULL */

/* The name as it is typed: "work/grade hint". Release with free().
 *   way_in   how the grader is called from here (workspace_way_in()) */
char *command_typed(const struct command *command, const char *way_in);

/* Print the help of a command; of grade itself, the table of all. */
void help_print(const struct command *command, const char *way_in);

#endif
