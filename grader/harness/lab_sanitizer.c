/*
 * lab_sanitizer.c: the folder where sanitizers leave their reports.
 */
#include "lab_internal.h"

#include <dirent.h>
#include <stdlib.h>

bool lab_has_reports(void)
{
    const char *folder = getenv(LAB_REPORTS);
    DIR *reports = folder != NULL ? opendir(folder) : NULL;
    bool found = false;

    for (struct dirent *e; reports != NULL && (e = readdir(reports)) != NULL;)
        found = found || e->d_name[0] != '.';
    if (reports != NULL)
        closedir(reports);
    return found;
}
