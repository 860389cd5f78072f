/*
 * hints.c: see hints.h.
 */
#include "hints.h"

#include "memory.h"

unsigned hints_shown(const char *workspace, const struct week *week,
                     const struct step *step)
{
    uint64_t shown = memory_get(workspace, MEMORY_HINTS, week, step);

    return shown < step->hint_count ? (unsigned)shown : step->hint_count;
}

int hints_show(const char *workspace, const struct week *week,
               const struct step *step)
{
    unsigned shown = hints_shown(workspace, week, step);

    return memory_set(workspace, MEMORY_HINTS, week, step, shown + 1);
}
