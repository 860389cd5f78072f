/*
 * qemu_debug.c: a machine under gdb, where a test program runs with --debug.
 *
 * QEMU waits at the first instruction. gdb is a child of the test and has its
 * terminal; the test itself goes on, without a limit of time, and types on the
 * console and expects what it always does. What gdb is told stands in a file.
 */
#include "qemu_internal.h"

#include "gdb_text.h"
#include "lab_internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const debuggers[] = {
    "gdb-multiarch", "riscv64-unknown-elf-gdb", "riscv64-elf-gdb"};

static pid_t debugger;

void machine_debug_socket(const struct machine *m, char path[200])
{
    snprintf(path, 200, "%s/gdb-%d", lab_tmp(), m->backing);
}

/* ---- What gdb is told ---- */

static const char script_format[] =
    "set pagination off\n"
    "set confirm off\n"
    "set architecture riscv:rv64\n"
    "target remote %s\n" GDB_UP_TO_THE_COURSE "%s"
    "tbreak %s\n"
    "continue\n";

/* Only a test's image has ktest in it. */
static const char failure_script[] =
    "break ktest_failed\n"
    "commands\n"
    "    silent\n"
    "    printf \"  %s\\n    expected  %s\\n    is        %s\\n\", what, "
    "expected, actual\n"
    "    python up_to_the_course()\n"
    "    frame\n"
    "end\n";

/* Where it stops first. */
static void first_stop(const struct machine *m, char *name, size_t size)
{
    uint64_t address;

    if (m->options.entry != NULL)
        snprintf(name, size, "%s", m->options.entry);
    else if (m->options.test != NULL)
        snprintf(name, size, "ktest_case_%s", m->options.test);
    else
        snprintf(name, size, "%s",
                 image_symbol(m->image, "start", &address) ? "start"
                                                           : "*0x80000000");
}

static void write_script(struct lab_where where, const struct machine *m,
                         const char *path)
{
    char socket[200], name[128];
    FILE *out = fopen(path, "we");

    if (out == NULL)
        lab_fail_at(where, "%s: %s", path, lab_errno_text(errno));
    machine_debug_socket(m, socket);
    first_stop(m, name, sizeof name);
    fprintf(out, script_format, socket,
            m->options.test != NULL ? failure_script : "", name);
    fclose(out);
}

/* ---- gdb itself ---- */

/* LAB_GDB stands in for it: a command, as a test of this has it. */
static const char *find_debugger(void)
{
    static char command[128];

    if (getenv("LAB_GDB") != NULL)
        return getenv("LAB_GDB");
    for (size_t i = 0; i < sizeof debuggers / sizeof *debuggers; i++) {
        snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1",
                 debuggers[i]);
        if (system(command) == 0)
            return debuggers[i];
    }
    return NULL;
}

/* The failure has been printed; whoever debugs may go on looking. */
static void await_debugger(void)
{
    int status;

    while (debugger > 0 && waitpid(debugger, &status, 0) == -1 &&
           errno == EINTR)
        continue;
    debugger = 0;
}

static _Noreturn void end_after_debugger(void)
{
    await_debugger();
    lab_tmp_remove(); /* nobody else is left to do it */
    _exit(1);
}

static _Noreturn void exec_debugger(const char *command, const char *script,
                                    const char *image)
{
    char line[1024];

    signal(SIGINT, SIG_DFL);
    snprintf(line, sizeof line, "exec %s -q -x '%s' '%s'", command, script,
             image);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

static void await_socket(struct lab_where where, const char *path)
{
    struct stat info;

    for (int tries = 0; stat(path, &info) == -1; tries++) {
        if (tries == 1000)
            lab_fail_at(where, "QEMU does not listen for gdb");
        usleep(10000);
    }
}

void machine_debug(struct lab_where where, struct machine *m)
{
    const char *command = find_debugger();
    char script[220], socket[200];

    if (command == NULL)
        lab_fail_at(where, "there is no gdb-multiarch here; grader/install "
                           "riscv brings it");
    snprintf(script, sizeof script, "%s/debug-%d.gdb", lab_tmp(), m->backing);
    write_script(where, m, script);
    machine_debug_socket(m, socket);
    await_socket(where, socket);
    lab_patience_ms = 1000000000;
    lab_when_debugged = end_after_debugger;
    signal(SIGINT, SIG_IGN); /* gdb's, not the test's */
    fflush(stdout);
    debugger = fork();
    if (debugger == 0)
        exec_debugger(command, script, m->image->path);
}

void machine_debug_end(void)
{
    await_debugger();
}

/* ---- Which machine ---- */

/* A test may start several; what passes is passed by. */
bool machine_passes(struct lab_where where, struct machine_options options)
{
    struct lab_shared *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 1;
    pid_t pid;

    memcpy(page, lab_page, sizeof *page);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        lab_page = page;
        lab_debugging = false;
        machine_run_at(where, options);
        _exit(0);
    }
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        continue;
    munmap(page, sizeof *page);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
