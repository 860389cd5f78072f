/*
 * lab_sanitizer.c: the folder where sanitizers leave their reports.
 *
 * Each of gcc's sanitizers is a library with an output of its own. libubsan
 * takes log_path from UBSAN_OPTIONS and hands it to
 * __sanitizer_set_report_path(); but where libasan is loaded before it, that
 * name is libasan's, and libubsan's reports stay on standard error. So here its
 * own function is looked up in it by name.
 */
#include "lab_internal.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

void lab_keep_reports(void)
{
    static char path[512];
    const char *folder = getenv(LAB_REPORTS);
    void *libubsan = dlopen("libubsan.so.1", RTLD_LAZY | RTLD_NOLOAD);
    void (*set_path)(const char *) = NULL;

    /* POSIX's way from an object pointer to a function pointer. */
    if (libubsan != NULL)
        *(void **)&set_path = dlsym(libubsan, "__sanitizer_set_report_path");
    snprintf(path, sizeof path, "%s/ubsan", folder != NULL ? folder : "");
    if (folder != NULL && set_path != NULL)
        set_path(path);
}

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
