/*
 * main.c: the program `grade`: read the command line, run one command.
 *
 * argp takes the options wherever they stand and gathers the words; the first
 * word picks the command, if it names one. Which options a command has stands
 * in help.c.
 */
#include "commands.h"
#include "course.h"
#include "files.h"
#include "help.h"
#include "process.h"
#include "suggest.h"
#include "workspace.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMANDS_MAX 32
#define REPEAT_MAX 100000
#define JOBS_MAX 1024
#define RUNS_MAX 21 /* BENCH_ROUNDS_MAX, where two in three are dropped */
#define SECONDS_MIN 0.01
#define SECONDS_MAX 60
#define USE_MAX 31 /* and the NULL that ends them */
#define KEY_HELP (OPTION_KEY + OPTIONS)

/* argp's own words would name the program by a name that nobody types. */
static _Noreturn void refuse(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static _Noreturn void refuse(const char *format, ...)
{
    char *text;
    va_list values;

    va_start(values, format);
    if (vasprintf(&text, format, values) < 0)
        abort(); /* no memory for one line */
    va_end(values);
    complain("%s", text);
    exit(EXIT_USAGE);
}

struct line {
    struct options options;
    unsigned given; /* of enum option_bit */
    int use_count;
    bool help;
    FILE *unheard; /* where argp says whom to ask for help */
};

/* ---- Values of options ---- */

static uint64_t parse_seed(const char *text)
{
    char *end;
    unsigned long long seed;

    errno = 0;
    seed = strtoull(text, &end, 0);
    if (!isdigit((unsigned char)text[0]) || *end || errno || seed == 0)
        refuse("--seed=%s: a seed is a number from 1 on", text);
    return seed;
}

static int parse_count(const char *name, const char *text, int max)
{
    char *end;
    long count;

    errno = 0;
    count = strtol(text, &end, 10);
    if (end == text || *end || errno || count < 1 || count > max)
        refuse("--%s=%s: a number from 1 to %d is wanted", name, text, max);
    return (int)count;
}

static double parse_seconds(const char *text)
{
    char *end;
    double seconds = strtod(text, &end);

    if (end == text || *end || !(seconds >= SECONDS_MIN) ||
        seconds > SECONDS_MAX)
        refuse("--seconds=%s: a number from %g to %d is wanted", text,
               SECONDS_MIN, SECONDS_MAX);
    return seconds;
}

static void parse_use(struct line *line, char *text)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text || !equals[1])
        refuse("--use=%s: write WEEK=mine, WEEK=reference or "
               "WEEK=DIR",
               text);
    if (line->use_count == USE_MAX)
        refuse("--use: %d of them are the limit", USE_MAX);
    line->options.use[line->use_count++] = text;
}

/* ---- argp ---- */

static void take_option(int bit, char *text, struct line *line)
{
    struct options *o = &line->options;

    line->given |= (unsigned)bit;
    switch (bit) {
    case OPTION_WORKSPACE:
        o->workspace = text;
        break;
    case OPTION_ALL:
        o->all = true;
        break;
    case OPTION_SEED:
        o->seed = parse_seed(text);
        break;
    case OPTION_USE:
        parse_use(line, text);
        break;
    case OPTION_PROGRAM:
        o->program = text;
        break;
    case OPTION_FORMAT:
        if (report_format_parse(text, &o->format) < 0)
            refuse("--format=%s: there are text, json, junit, tap "
                   "and github",
                   text);
        break;
    case OPTION_OUTPUT:
        o->output = text;
        break;
    case OPTION_ANYWAY:
        o->anyway = true;
        break;
    case OPTION_REPEAT:
        o->repeat = parse_count("repeat", text, REPEAT_MAX);
        break;
    case OPTION_RUNS:
        o->rounds = parse_count("runs", text, RUNS_MAX);
        break;
    case OPTION_SECONDS:
        o->seconds = parse_seconds(text);
        break;
    case OPTION_SCENE:
        o->scene = text;
        break;
    case OPTION_JOBS:
        o->jobs = parse_count("jobs", text, JOBS_MAX);
        break;
    }
}

static error_t take(int key, char *text, struct argp_state *state)
{
    struct line *line = state->input;

    if (key >= OPTION_KEY && key < OPTION_KEY + OPTIONS) {
        take_option(1 << (key - OPTION_KEY), text, line);
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT:
        state->err_stream = line->unheard;
        return 0;
    case KEY_HELP:
    case '?':
    case 'h':
        line->help = true;
        return 0;
    case ARGP_KEY_ARG:
        line->options.words[line->options.word_count++] = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void parse(int argc, char **argv, struct line *line)
{
    struct argp_option options[OPTIONS + 4] = {0};
    struct argp argp = {.options = options, .parser = take};

    memcpy(options, option_table, OPTIONS * sizeof(options[0]));
    options[OPTIONS] = (struct argp_option){"help", KEY_HELP, NULL, 0, "", 0};
    options[OPTIONS + 1] =
        (struct argp_option){"usage", 'h', NULL, OPTION_ALIAS, "", 0};
    options[OPTIONS + 2] =
        (struct argp_option){NULL, '?', NULL, OPTION_ALIAS, "", 0};
    line->options.words = calloc((size_t)argc + 1, sizeof(char *));
    if (!line->options.words)
        abort();
    line->unheard = fopen("/dev/null", "we");
    if (!line->unheard)
        line->unheard = stderr;
    /* getopt has told what is wrong. */
    if (argp_parse(&argp, argc, argv, ARGP_NO_HELP | ARGP_NO_EXIT, NULL,
                   line) != 0)
        refuse("`--help` lists the options");
    if (line->unheard != stderr)
        fclose(line->unheard);
}

/* ---- Which command ---- */

static bool is_week(const char *word)
{
    char **names;
    int count = course_weeks(&names);
    size_t len = strcspn(word, ".");
    bool found = false;

    for (int i = 0; i < count; i++)
        found = found ||
                (strncmp(names[i] + 3, word, len) == 0 && !names[i][3 + len]);
    if (count >= 0)
        names_free(names, count);
    return found;
}

/* "strat" is neither a command nor a week. Words that look like a number or a
 * path are left to course_resolve(), which tells about weeks. */
static bool is_mistyped(const char *word, const struct options *o)
{
    const char *names[COMMANDS_MAX] = {NULL};
    char *suggestion, *way_in;
    int count = 0;

    if (!isalpha((unsigned char)word[0]) || strchr(word, '/') || is_week(word))
        return false;
    for (const struct command *c = commands + 1; c->run; c++)
        names[count++] = c->name;
    suggestion = did_you_mean(word, names);
    way_in = workspace_way_in(o->workspace);
    complain("there is no command and no week '%s'%s; `%s --help` lists the "
             "commands, `%s list` the weeks",
             word, suggestion, way_in, way_in);
    free(way_in);
    free(suggestion);
    return true;
}

/* Take the command's name off the words. NULL after telling. */
static const struct command *pick(struct line *line)
{
    struct options *o = &line->options;
    const struct command *command;

    if (o->word_count > 0 && strcmp(o->words[0], "help") == 0) {
        line->help = true;
        o->words++;
        o->word_count--;
    }
    if (o->word_count == 0)
        return &commands[0];
    command = o->words[0][0] ? command_find(o->words[0]) : NULL;
    if (command) {
        o->words++;
        o->word_count--;
        return command;
    }
    return is_mistyped(o->words[0], o) ? NULL : &commands[0];
}

/* Are the words and options those that the command takes? */
static bool is_fit(const struct command *command, const struct line *line)
{
    int words = line->options.word_count;

    return !(line->given & ~command->options) && words >= command->words_min &&
           (command->words_max < 0 || words <= command->words_max);
}

/* Why they are not; release with free().
 *   typed   the command, as it is called from here */
static char *misfit(const struct command *command, const struct line *line,
                    const char *typed)
{
    const struct options *o = &line->options;
    unsigned foreign = line->given & ~command->options;

    if (foreign)
        return text_format("`%s` has no option --%s; `%s --help` lists those "
                           "it has",
                           typed, option_table[__builtin_ctz(foreign)].name,
                           typed);
    if (o->word_count < command->words_min)
        return text_format("a word is missing: %s %s", typed, command->words);
    return text_format("'%s' is a word too many: %s%s%s",
                       o->words[command->words_max], typed,
                       *command->words ? " " : "", command->words);
}

static void complain_misfit(const struct command *command,
                            const struct line *line)
{
    char *way_in = workspace_way_in(line->options.workspace);
    char *typed = command_typed(command, way_in);
    char *why = misfit(command, line, typed);

    complain("%s", why);
    free(why);
    free(typed);
    free(way_in);
}

static void help(const struct command *command, const struct line *line)
{
    char *way_in = workspace_way_in(line->options.workspace);

    help_print(command, way_in);
    free(way_in);
}

/* ---- Running it ---- */

/* Descriptors 0 to 2 are there, so that no file of ours becomes one. */
static void open_standard_files(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= 2 && fcntl(fd, F_SETFD, 0) == 0);
    if (fd > 2)
        close(fd);
}

/* Text that never arrived (a full disk) is not a success. */
static int end(int status)
{
    if (process_interrupted())
        process_end_by_signal();
    if (fflush(stdout) != 0 || ferror(stdout)) {
        complain("standard output: %s", strerror(errno));
        return EXIT_GRADER;
    }
    return status;
}

int main(int argc, char **argv)
{
    static char name[] = "grade";
    struct line line = {0};
    const struct command *command;

    open_standard_files();
    process_guard();
    if (argc > 0)
        argv[0] = name;
    parse(argc, argv, &line);
    command = pick(&line);
    if (!command)
        return EXIT_USAGE;
    if (line.help) {
        help(command, &line);
        return end(EXIT_PASSES);
    }
    if (!is_fit(command, &line)) {
        complain_misfit(command, &line);
        return EXIT_USAGE;
    }
    return end(command->run(&line.options));
}
