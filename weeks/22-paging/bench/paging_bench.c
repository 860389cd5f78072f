/*
 * paging_bench.c: instructions of page tables, and how soon the prompt is
 * there.
 *
 * Instructions are counted by a kernel (bench/kernel/counts.c) that QEMU runs
 * with -icount: a count is the same in each run, whatever the machine has to
 * do. Milliseconds are the host's own.
 *
 * The kernels lie beside this program: counts.elf, one_character.elf, and the
 * week's program one folder above.
 */
#include "measure.h"

#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define QEMU "qemu-system-riscv64"
#define OUTPUT_BYTES_MAX 65536

extern char **environ;

struct run {
    pid_t pid;
    int output;
    size_t len;
    char text[OUTPUT_BYTES_MAX];
};

/* "NAME", beside this program. */
static void place_of(const char *name, char *path, size_t size)
{
    char self[4000] = "";

    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        self[0] = '\0';
    snprintf(path, size, "%s/%s", dirname(self), name);
}

static int start(struct run *run, const char *kernel, bool counts)
{
    char path[4096];
    int ends[2];
    posix_spawn_file_actions_t actions;
    const char *argv[] = {QEMU,
                          "-M",
                          "virt",
                          "-bios",
                          "none",
                          "-m",
                          "128",
                          "-display",
                          "none",
                          "-serial",
                          "stdio",
                          "-monitor",
                          "none",
                          "-kernel",
                          path,
                          counts ? "-icount" : NULL,
                          "shift=0,sleep=off",
                          NULL};

    place_of(kernel, path, sizeof path);
    if (pipe(ends) < 0)
        return -errno;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    int err =
        posix_spawnp(&run->pid, QEMU, &actions, NULL, (char **)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    run->output = ends[0];
    run->len = 0;
    run->text[0] = '\0';
    return -err;
}

/* Read until this text has come, or the end. */
static bool read_until(struct run *run, const char *text)
{
    while (text == NULL || strstr(run->text, text) == NULL) {
        ssize_t n = read(run->output, run->text + run->len,
                         sizeof run->text - 1 - run->len);
        if (n <= 0)
            return false;
        run->len += (size_t)n;
        run->text[run->len] = '\0';
    }
    return true;
}

static void finish(struct run *run)
{
    kill(run->pid, SIGKILL);
    waitpid(run->pid, NULL, 0);
    close(run->output);
}

static bool is_missing(struct measure *m)
{
    (void)m;
    return system("command -v " QEMU " >/dev/null") != 0;
}

static int cannot(void)
{
    return measure_cannot("there is no " QEMU, "grader/install riscv");
}

/* ---- Instructions ---- */

static int count(struct measure *m, const char *scene)
{
    static struct run run;
    char line[64];
    double value;

    if (!measure_is(m, ""))
        return measure_apart();
    if (is_missing(m))
        return cannot();
    int err = start(&run, "counts.elf", true);
    if (err < 0)
        return measure_failed(QEMU, err);
    read_until(&run, NULL); /* however long others keep us from running */
    finish(&run);
    snprintf(line, sizeof line, " %s %%lf", scene);
    for (const char *at = run.text; at != NULL; at = strchr(at + 1, '\n'))
        if (sscanf(at, line, &value) == 1)
            return measure_value(m, value);
    fputs(run.text, stderr);
    return measure_failed(scene, -EBADMSG);
}

#define COUNT(name, scene)                     \
    static int count_##name(struct measure *m) \
    {                                          \
        return count(m, scene);                \
    }                                          \
    _Static_assert(1, "")

COUNT(map, "map");
COUNT(unmap, "unmap");
COUNT(walk, "walk");
COUNT(fault, "fault");
COUNT(build, "build");
COUNT(drop, "drop");
COUNT(build_large, "build-large");
COUNT(drop_large, "drop-large");

/* ---- Boot ---- */

static int boot(struct measure *m)
{
    static struct run run;
    bool one = measure_is(m, "one_character");

    if (is_missing(m))
        return cannot();
    measure_begin(m);
    int64_t began = measure_now();
    int err = start(&run, one ? "one_character.elf" : "../vm", false);
    bool there = err == 0 && read_until(&run, one ? "!" : "> ");
    double ms = (double)(measure_now() - began) / 1e6;
    measure_end(m);
    if (err == 0)
        finish(&run);
    return there ? measure_value(m, ms) : measure_failed("boot", err);
}

static const struct measure_scene scenes[] = {
    {"map", "instructions", MEASURE_LESS, "one page more in a table", count_map,
     1},
    {"unmap", "instructions", MEASURE_LESS, "one page less", count_unmap, 1},
    {"walk", "instructions", MEASURE_LESS, "sv39_walk of a page", count_walk,
     1},
    {"fault", "instructions", MEASURE_LESS,
     "a page on demand: from the trap to sret, without its fill", count_fault,
     1},
    {"build", "thousand", MEASURE_LESS,
     "instructions for a space of 16 MiB, without fills", count_build, 1},
    {"drop", "thousand", MEASURE_LESS,
     "instructions to release it, without fills", count_drop, 1},
    {"build-large", "thousand", MEASURE_LESS,
     "the same with superpages (step 8)", count_build_large, 1},
    {"drop-large", "thousand", MEASURE_LESS, "to release it", count_drop_large,
     1},
    {"boot", "ms", MEASURE_LESS, "from QEMU's start to the prompt", boot, 1},
    {0},
};

int main(int argc, char **argv)
{
    return measure_main(argc, argv, scenes);
}
