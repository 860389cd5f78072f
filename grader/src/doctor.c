/*
 * doctor.c: `grade doctor`, what this machine can run, what it can't, and the
 * command that enables each.
 *
 *     To grade any week
 *     ✓  compiler           12.2.0
 *     –  namespaces         none: …
 *                           sudo sysctl …
 */
#include "commands.h"
#include "course.h"
#include "files.h"
#include "machine.h"
#include "needs.h"
#include "pen.h"

#include <stdlib.h>

#define NAME_COLUMNS 18
#define TEXT_COLUMN (5 + NAME_COLUMNS + 2)

static const struct {
    enum ink ink;
    const char *(*mark)(const struct pen *pen);
} states[] = {
    [MACHINE_FINE] = {INK_GOOD, pen_mark_good},
    [MACHINE_LESS] = {INK_ODD, pen_mark_odd},
    [MACHINE_LACKS] = {INK_BAD, pen_mark_bad},
};

static void write_row(struct pen *pen, const char *name,
                      const struct machine_finding *finding)
{
    bool fine = finding->state == MACHINE_FINE;
    const char *what = finding->what != NULL ? finding->what : "works";

    pen_write(pen, states[finding->state].ink, "  %s",
              states[finding->state].mark(pen));
    pen_write(pen, INK_PLAIN, "  %-*s  ", NAME_COLUMNS, name);
    pen_sentence(pen, fine ? INK_FAINT : INK_PLAIN, TEXT_COLUMN, what);
    if (finding->command != NULL)
        pen_lines(pen, INK_STRONG, TEXT_COLUMN, finding->command);
}

static void write_heading(struct pen *pen, const char *heading)
{
    pen_write(pen, INK_STRONG, "\n  %s\n", heading);
}

/* Returns how many of them are lacking. */
static int write_looks(struct pen *pen, const struct machine_look *looks,
                       size_t count)
{
    int lacking = 0;

    for (size_t i = 0; i < count; i++) {
        struct machine_finding finding = looks[i].look();
        lacking += finding.state == MACHINE_LACKS;
        write_row(pen, looks[i].name, &finding);
        fflush(pen->out);
        machine_finding_release(&finding);
    }
    return lacking;
}

/* A need that is not met stops only the steps that name it. */
static void write_needs(struct pen *pen)
{
    for (int i = 0; i < NEEDS; i++) {
        enum need need = (enum need)(1 << i);
        struct machine_finding finding = {0};
        if (need_probe(need, &finding.what, &finding.command))
            finding.what = text_format("%s", need_meaning(need));
        else
            finding.state = MACHINE_LESS;
        write_row(pen, need_name(need), &finding);
        machine_finding_release(&finding);
    }
}

int command_doctor(const struct options *options)
{
    struct pen pen;

    if (options->word_count > 0) {
        complain("doctor takes no words; it looks at this machine");
        return EXIT_USAGE;
    }
    pen_init(&pen, stdout);
    write_heading(&pen, "To grade any week");
    int lacking = write_looks(&pen, machine_core, machine_core_count);
    write_heading(&pen, "To work with");
    write_looks(&pen, machine_tools, machine_tools_count);
    write_heading(&pen, "For the steps that name it among their needs");
    write_needs(&pen);

    fputc('\n', pen.out);
    pen_write(&pen, INK_PLAIN, "  ");
    pen_sentence(&pen, lacking == 0 ? INK_GOOD : INK_BAD, 2,
                 lacking == 0
                     ? "The core of the course can be graded here."
                     : "Nothing can be graded here until the first table has "
                       "no such mark; the lines below each mend it.");
    return lacking == 0 ? EXIT_PASSES : EXIT_CANNOT;
}
