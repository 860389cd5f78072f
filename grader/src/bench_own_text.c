/*
 * bench_own_text.c: the report of a bench with `load: own` for a reader: a
 * heading for each scene, a row for each program that has a figure in it.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define NAME_COLUMNS 18

/* "41.5", "980", "5,512,345": three figures at least. */
static const char *value_text(double value)
{
    static char text[48];
    char digits[32];
    size_t len, out = 0;

    if (value < 1000) {
        snprintf(text, sizeof text, "%.*f", value < 1 ? 3 : value < 100, value);
        return text;
    }
    len = (size_t)snprintf(digits, sizeof digits, "%.0f", value);
    for (size_t i = 0; i < len && out < sizeof text - 2; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            text[out++] = ',';
        text[out++] = digits[i];
    }
    text[out] = '\0';
    return text;
}

static void put_heading(struct pen *pen, const struct bench_scene *scene)
{
    char *text = NULL;

    if (asprintf(&text, "%s; %s, %s is better", scene->title, scene->unit,
                 scene->less ? "less" : "more") < 0)
        abort();
    pen_write(pen, INK_STRONG, "\n%s\n", scene->name);
    pen_write(pen, INK_PLAIN, "  ");
    pen_sentence(pen, INK_FAINT, 2, text);
    free(text);
}

static void put_words(struct pen *pen, enum ink ink, const char *words,
                      const char *command)
{
    char *text = NULL;

    if (asprintf(&text, "%.200s%s%s%s", words, command ? ": `" : "",
                 command ? command : "", command ? "`" : "") < 0)
        abort();
    pen_sentence(pen, ink, NAME_COLUMNS + 5, text);
    free(text);
}

static void put_row(struct pen *pen, const struct bench *bench,
                    const struct bench_run *run, unsigned program)
{
    const struct bench_cannot *cannot = &run->cannot[program];
    struct summary sum = turns_sum_up(
        run->turns[program], run->turns[bench->reference], run->rounds);

    pen_write(pen, INK_PLAIN, "  ");
    pen_write(pen, program == 0 ? INK_STRONG : INK_PLAIN, "%-*s",
              NAME_COLUMNS + 1, bench->programs[program].name);
    if (cannot->why) {
        pen_write(pen, INK_PLAIN, "  ");
        put_words(pen, INK_ODD, cannot->why, cannot->command);
    } else if (sum.good > 0) {
        pen_write(pen, INK_PLAIN, "%14s", value_text(sum.rate));
        if (program == bench->reference)
            pen_write(pen, INK_PLAIN, "  %-17s", "1");
        else
            bench_text_ratio(pen, &sum, run->scene.less);
        pen_write(pen, INK_PLAIN, " %5u\n", sum.good);
    } else if (run->failure[program]) {
        pen_write(pen, INK_PLAIN, "  ");
        put_words(pen, INK_BAD, run->failure[program], NULL);
    } else {
        pen_write(pen, INK_ODD, "  no turn counts: the machine was busy\n");
    }
}

void bench_own_text_write(FILE *out, const struct bench *bench)
{
    struct pen pen;

    pen_init(&pen, out);
    bench_text_machine(&pen, bench);
    pen_write(&pen, INK_PLAIN, "  load before %.2f; %u turns of %g s each\n\n",
              bench->machine.load_before, bench->rounds, bench->seconds);
    pen_write(&pen, INK_FAINT, "  %-*s%14s  %-17s %5s\n", NAME_COLUMNS + 1, "",
              "", "x reference", "turns");
    for (unsigned r = 0; r < bench->run_count; r++) {
        put_heading(&pen, &bench->runs[r].scene);
        for (unsigned i = 0; i < bench->program_count; i++)
            if (bench->programs[i].command && !bench->runs[r].cannot[i].apart)
                put_row(&pen, bench, &bench->runs[r], i);
    }
    fputc('\n', out);
    pen_write(&pen, INK_PLAIN, "  ");
    pen_sentence(&pen, INK_FAINT, 2,
                 "Medians of the turns. x reference: turn by turn against the "
                 "reference's next to it; half of the turns lie within the "
                 "range.");
    bench_text_foot(&pen, bench);
}
