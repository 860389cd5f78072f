/*
 * help.c: see help.h.
 */
#include "help.h"

#include "files.h"
#include "pen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define GRADES (OPTION_SEED | OPTION_USE | OPTION_PROGRAM)

const struct argp_option option_table[] = {
    {"workspace", OPTION_KEY + 0, "DIR", 0,
     "the workspace, instead of the one around you or work/", 0},
    {"all", OPTION_KEY + 1, NULL, 0, "go on after a failing step", 0},
    {"seed", OPTION_KEY + 2, "N", 0, "draw the same random values again", 0},
    {"use", OPTION_KEY + 3, "WEEK=WHOSE", 0,
     "build on mine, reference or a folder, this once", 0},
    {"program", OPTION_KEY + 4, "FILE", 0,
     "any program in place of the week's own", 0},
    {"format", OPTION_KEY + 5, "FORMAT", 0, "text, json, junit, tap or github",
     0},
    {"output", OPTION_KEY + 6, "FILE", 0, "write the report to a file", 0},
    {"anyway", OPTION_KEY + 7, NULL, 0, "though it does not pass yet", 0},
    {"repeat", OPTION_KEY + 8, "N", 0,
     "rounds, and tries of each bug, with other seeds", 0},
    {"jobs", OPTION_KEY + 9, "N", 0, "how many at once", 0},
    {"runs", OPTION_KEY + 10, "N", 0, "good turns of each program (5)", 0},
    {"seconds", OPTION_KEY + 11, "S", 0, "of a turn (1)", 0},
    {"scene", OPTION_KEY + 12, "CxBxD", 0,
     "only these clients, bytes and messages in flight: 64x64x1,1024x64x1; or "
     "scenes by their names",
     0},
    {0},
};

const struct command commands[] = {
    {"", command_grade, "[WEEK[.STEP]]", 0, 1,
     OPTION_WORKSPACE | OPTION_ALL | GRADES | OPTION_FORMAT | OPTION_OUTPUT,
     "grade a week, one step, or the week in hand", NULL},
    {"start", command_start, "WEEK", 1, 1, OPTION_WORKSPACE,
     "lay a week into your workspace",
     "The first time, this makes the workspace: a git repository of your own, "
     "in work/ unless --workspace says otherwise.\n"
     "\n"
     "The files that you write are copied from the starter, if they are not "
     "there yet. The handout, the contract, the given code and the tests are "
     "links, which your git ignores.\n"
     "\n"
     "Do it again at any time: it mends links and never touches a file that "
     "you changed."},
    {"watch", command_watch, "[WEEK]", 0, 1,
     OPTION_WORKSPACE | OPTION_ALL | GRADES, "grade again at each save",
     "The first failing step is graded first, alone, so that you see at once "
     "whether your change helped; then the week."},
    {"hint", command_hint, "[WEEK[.STEP]]", 0, 1, OPTION_WORKSPACE,
     "the next hint of a step, one at a time",
     "Without a step: of the first that fails. Hints go from a nudge to nearly "
     "the code; those that you have seen are shown again above the next."},
    {"ask", command_ask, "[WEEK[.STEP]]", 0, 1, OPTION_WORKSPACE | GRADES,
     "what to paste in the group's channel when stuck",
     "The step, what the test did, your own frames, the seed and the line that "
     "replays it, within 2,000 characters."},
    {"debug", command_debug, "[WEEK[.STEP]]", 0, 1, OPTION_WORKSPACE | GRADES,
     "a step under gdb",
     "Without a step: the first that fails. With the seed of its last failure "
     "and without a time limit."},
    {"show", command_show, "WEEK [FILE]", 0, 2,
     OPTION_WORKSPACE | OPTION_ANYWAY, "the solution beside your code",
     "Once the week passes, or with --anyway: your file on the left, the "
     "solution's on the right, as wide as the terminal."},
    {"drill", command_drill, "[WEEK]", 0, 1,
     OPTION_WORKSPACE | OPTION_ANYWAY | OPTION_SEED,
     "an incident to solve against the clock",
     "The solution with one known bug, of which you are told only what a user "
     "would see. Find it in drill/ in your workspace and mend it there; the "
     "same command looks whether you have. --anyway gives up and tells.\n"
     "\n"
     "--seed picks the same bug for a whole group."},
    {"list", command_list, "", 0, 0, OPTION_WORKSPACE,
     "the weeks, and which of them pass",
     "A week that passed on tests that have changed since is marked; it stays "
     "passed."},
    {"status", command_status, "", 0, 0, OPTION_WORKSPACE,
     "how far you are, and what comes next", "One screen, track by track."},
    {"use", command_use, "[WEEK [mine|reference|DIR|default]]", 0, 2,
     OPTION_WORKSPACE, "whose module later weeks build on",
     "Without a choice it says whose they build on now. DIR is a folder with "
     "another member's files of that week, or their whole workspace; so one "
     "engine may be made of three people's weeks.\n"
     "\n"
     "The default is yours where the week passes, else the reference's."},
    {"update", command_update, "", 0, 0, OPTION_WORKSPACE,
     "what a git pull of the course changed",
     "For each week that you began: whether its contract or its tests are "
     "other than those of your last report. A pass is never taken back, only "
     "marked. Links are mended, and the workspace notes the course's commit."},
    {"doctor", command_doctor, "", 0, 0, OPTION_WORKSPACE,
     "what this machine can run",
     "And what it can't, with the command that enables each."},
    {"interop", command_interop, "WEEK DIR DIR...", 1, -1, OPTION_WORKSPACE,
     "members' programs against each other",
     "For weeks with a wire or file format of their own, which have a step "
     "named interop: every mix of the folders' programs."},
    {"bench", command_bench, "WEEK", 1, 1,
     OPTION_WORKSPACE | OPTION_RUNS | OPTION_SECONDS | OPTION_SCENE |
         OPTION_FORMAT | OPTION_OUTPUT,
     "how fast your program is, beside others",
     "Yours, the reference, the reference without what it does for speed "
     "alone, and what a user would pick instead, under the same load or by "
     "the same program that measures. They "
     "take turns, and only ratios within a round are trusted; a turn in which "
     "the machine was busy with something else is dropped. So leave the "
     "machine alone meanwhile: all scenes take some ten minutes.\n"
     "\n"
     "It draws a chart, .grade/bench/NN.svg in your workspace. `make bench "
     "WEEK=02` installs what the others need."},
    {"verify", command_verify, "[WEEK...]", 0, -1,
     OPTION_ALL | OPTION_REPEAT | OPTION_JOBS,
     "prove weeks: for who maintains them",
     "For every step: the starter fails it, the solution passes it, and every "
     "known bug is caught by exactly that step.\n"
     "\n"
     "A week of which nothing changed since its last proof is left out, unless "
     "it is named or --all is given. With --all, a bug has to pass every step "
     "before its own, not only those that need the file that it is in."},
    {0},
};

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->run; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

char *command_typed(const struct command *command, const char *way_in)
{
    return text_format("%s%s%s", way_in, *command->name ? " " : "",
                       command->name);
}

/* ---- Printing ---- */

#define TERM_COLUMNS 25 /* of a command or an option, with the gap after it */

/* "  hint [WEEK[.STEP]]   the next hint …" */
static void print_row(struct pen *pen, const char *term, const char *meaning)
{
    pen_write(pen, INK_STRONG, "  %-*s", TERM_COLUMNS, term);
    if (strlen(term) > TERM_COLUMNS - 2)
        pen_write(pen, INK_PLAIN, "\n%*s", TERM_COLUMNS + 2, "");
    pen_sentence(pen, INK_PLAIN, TERM_COLUMNS + 2, meaning);
}

static void print_heading(struct pen *pen, const char *heading)
{
    pen_write(pen, INK_FAINT, "\n%s\n", heading);
}

static void print_commands(struct pen *pen, const char *const names[])
{
    for (; *names; names++) {
        const struct command *c = command_find(*names);
        /* In the table only what names the week; the rest is in its help. */
        const char *words =
            strstr(c->words, "[mine") ? "[WEEK [WHOSE]]" : c->words;
        char *term = text_format("%s%s%s", c->name, *c->name ? " " : "", words);
        print_row(pen, term, c->summary);
        free(term);
    }
}

static const char *meaning_of(const struct command *command,
                              const struct argp_option *option)
{
    if (command->run == command_drill && strcmp(option->name, "anyway") == 0)
        return "give up, and be told what it was";
    return option->doc;
}

static void print_options(struct pen *pen, const struct command *command)
{
    print_heading(pen, "Options");
    for (int i = 0; option_table[i].name; i++) {
        const struct argp_option *option = &option_table[i];
        if (!(command->options & (1u << i)))
            continue;
        char *term =
            text_format("--%s%s%s", option->name, option->arg ? "=" : "",
                        option->arg ? option->arg : "");
        print_row(pen, term, meaning_of(command, option));
        free(term);
    }
    print_row(pen, "--help", "this text");
}

static void print_table(struct pen *pen, const char *way_in)
{
    static const char *const each_week[] = {
        "start", "", "watch", "hint", "ask", "debug", "show", "drill", NULL};
    static const char *const overview[] = {"list",   "status", "use",
                                           "update", "doctor", NULL};
    static const char *const together[] = {"bench", "interop", "verify", NULL};

    char *names = text_format(
        "A week is named 6, 06, 06-wal, wal or by its path; its third step "
        "06.3 or by its name, as in 06.recover. `%s COMMAND --help` tells more "
        "about a command.",
        way_in);

    pen_write(pen, INK_STRONG, "%s", way_in);
    pen_write(pen, INK_PLAIN, " [COMMAND] [WEEK[.STEP]] [OPTION...]\n");
    print_heading(pen, "Every week");
    print_commands(pen, each_week);
    print_heading(pen, "Where you are");
    print_commands(pen, overview);
    print_heading(pen, "With others, and for maintainers");
    print_commands(pen, together);
    print_options(pen, &commands[0]);
    fputc('\n', pen->out);
    pen_sentence(pen, INK_PLAIN, 0, names);
    free(names);
    fputc('\n', pen->out);
    pen_sentence(pen, INK_PLAIN, 0,
                 "Exit status: 0 every core step passes, 1 a step fails, 2 "
                 "wrong usage, 3 a step can't run here, 4 the grader's own "
                 "fault.");
}

static void print_paragraphs(struct pen *pen, const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t len = end ? (size_t)(end - text) : strlen(text);
        char *paragraph = text_format("%.*s", (int)len, text);
        pen_write(pen, INK_PLAIN, "\n  ");
        pen_sentence(pen, INK_PLAIN, 2, paragraph);
        free(paragraph);
        text += end ? len + 2 : len;
    }
}

void help_print(const struct command *command, const char *way_in)
{
    struct pen pen;

    pen_init(&pen, stdout);
    if (!*command->name) {
        print_table(&pen, way_in);
        return;
    }
    char *typed = command_typed(command, way_in);
    pen_write(&pen, INK_STRONG, "%s", typed);
    pen_write(&pen, INK_PLAIN, " %s%s[OPTION...]\n", command->words,
              *command->words ? " " : "");
    pen_write(&pen, INK_PLAIN, "\n  %c%s.\n", toupper(command->summary[0]),
              command->summary + 1);
    print_paragraphs(&pen, command->help);
    print_options(&pen, command);
    free(typed);
}
