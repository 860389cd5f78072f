/*
 * commands.h: one function a command; main.c picks it. argv[0] is the
 * command's name, what follows are its own words. Each returns an exit status
 * (course.h).
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "report.h"

#include <stdint.h>

struct options {
    const char *workspace; /* --workspace */
    enum report_format format;
    const char *output;  /* --output */
    uint64_t seed;       /* --seed */
    bool all;            /* --all */
    bool anyway;         /* --anyway */
    const char *program; /* --program */
    const char *use[32]; /* --use, NULL-ended */
    int repeat;          /* --repeat, of verify */
    int jobs;            /* --jobs, of verify */
    int rounds;          /* --runs, of bench */
    double seconds;      /* --seconds, of bench */
    const char *scene;   /* --scene, of bench */
    char **words;        /* after the command */
    int word_count;
};

int command_grade(const struct options *options);   /* grade.c */
int command_start(const struct options *options);   /* start.c */
int command_watch(const struct options *options);   /* watch.c */
int command_hint(const struct options *options);    /* hint.c */
int command_ask(const struct options *options);     /* ask.c */
int command_debug(const struct options *options);   /* debug.c */
int command_show(const struct options *options);    /* show.c */
int command_drill(const struct options *options);   /* drill.c */
int command_use(const struct options *options);     /* use.c */
int command_list(const struct options *options);    /* list.c */
int command_status(const struct options *options);  /* list.c */
int command_interop(const struct options *options); /* interop.c */
int command_verify(const struct options *options);  /* verify.c */
int command_bench(const struct options *options);   /* bench.c */
int command_update(const struct options *options);  /* update.c */
int command_doctor(const struct options *options);  /* doctor.c */

#endif
