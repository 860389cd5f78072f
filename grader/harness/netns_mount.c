/*
 * netns_mount.c: mounts that are the test's alone, and go with it.
 */
#include "netns_internal.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

void netns_own_mounts(struct lab_where where)
{
    static bool done;

    if (done)
        return;
    /* Private first: nothing of this must reach the machine's own mounts. */
    if (unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        lab_fail_at(where, "no mount namespace can be made: %s",
                    lab_errno_text(errno));
    /* The sandbox covers it with a copy that is read-only. Where nothing covers
     * it this fails, and nothing has to be done. */
    umount2("/proc/sys", MNT_DETACH);
    done = true;
}

const char *netns_bpffs(void)
{
    static char path[PATH_MAX];

    if (path[0] != '\0')
        return path;
    if (!bpf_lab_may(BPF_LAB_SYS_ADMIN))
        bpf_lab_only_root("CAP_SYS_ADMIN");
    netns_own_mounts(LAB_HERE);
    snprintf(path, sizeof path, "%s/bpf", lab_tmp());
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        lab_fail("%s can't be made: %s", path, lab_errno_text(errno));
    if (mount("bpf", path, "bpf", 0, NULL) < 0)
        lab_fail("bpffs can't be mounted on %s: %s", path,
                 lab_errno_text(errno));
    return path;
}
