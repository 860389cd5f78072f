/*
 * sandbox.c: see sandbox.h.
 *
 * Inside, whatever the paths outside are:
 *     /tmp/lab/waiter    grade-waiter
 *     /tmp/lab/bin       the test program, the week's programs and its objects
 *                        for the kernel, read-only
 *     /tmp/lab/run       the run's folder: san/, tmp/
 *     /tmp/lab/instead   the folder of --program, read-only
 * So a checkout below a closed home folder, or below /tmp, works as well.
 */
#include "sandbox.h"

#include "course.h"
#include "files.h"
#include "process.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Users without a name, far above those that a system gives out. */
#define UID_FIRST 1900000000u
#define UID_COUNT 100000000u

static const char *waiter_path(void)
{
    static char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 16);
    path[len < 0 ? 0 : len] = '\0';
    char *slash = strrchr(path, '/');
    strcpy(slash != NULL ? slash + 1 : path, "grade-waiter");
    return path;
}

static void word(struct sandbox_command *command, const char *text)
{
    if (command->argc + 1 < SANDBOX_WORDS_MAX)
        command->argv[command->argc++] = text_format("%s", text);
}

static void words(struct sandbox_command *command, const char *const *list)
{
    for (; *list != NULL; list++)
        word(command, *list);
}

static void variable(struct sandbox_command *command, char *name_and_value)
{
    if (command->envc + 1 < SANDBOX_WORDS_MAX)
        command->env[command->envc++] = name_and_value;
}

/* ---- Namespaces ---- */

static const char *const namespaces[] = {"--unshare-pid",
                                         "--unshare-net",
                                         "--unshare-ipc",
                                         "--unshare-uts",
                                         "--ro-bind",
                                         "/",
                                         "/",
                                         "--dev",
                                         "/dev",
                                         "--proc",
                                         "/proc",
                                         "--perms",
                                         "1777",
                                         "--tmpfs",
                                         "/tmp",
                                         "--cap-drop",
                                         "ALL",
                                         "--die-with-parent",
                                         NULL};

/* For the waiter alone, to start its child as a user without rights, and to
 * look at that one's memory; what it starts has none of them. */
static const char *const waiter_capabilities[] = {
    "--cap-add", "CAP_SETUID",     "--cap-add", "CAP_SETGID",
    "--cap-add", "CAP_SYS_PTRACE", NULL};

static const char *const bpf_capabilities[] = {
    "--cap-add", "CAP_BPF",     "--cap-add", "CAP_NET_ADMIN",
    "--cap-add", "CAP_PERFMON", NULL};

static bool probe_namespaces(char *why, size_t size)
{
    const char *argv[40] = {"bwrap"};
    int argc = 1;
    struct process_result result;

    if (getenv("GRADE_PLAIN") != NULL) {
        snprintf(why, size, "GRADE_PLAIN is set");
        return false;
    }
    for (int i = 0; namespaces[i] != NULL; i++)
        argv[argc++] = namespaces[i];
    argv[argc++] = "/bin/true";
    struct process_request request = {
        .argv = argv, .keep_fd = -1, .timeout_ms = 20000};
    if (process_run(&request, &result) < 0) {
        snprintf(why, size, "bubblewrap is not installed");
        return false;
    }
    bool works = process_succeeded(&result);
    snprintf(why, size, "%.*s", (int)strcspn(result.output, "\n"),
             result.output);
    process_result_release(&result);
    return works;
}

bool sandbox_has_namespaces(const char **why)
{
    static char reason[256];
    static enum { UNKNOWN, YES, NO } state;
    if (state == UNKNOWN)
        state = probe_namespaces(reason, sizeof reason) ? YES : NO;
    if (why != NULL)
        *why = reason;
    return state == YES;
}

/* ---- The run's folder ---- */

char *sandbox_run_dir(void)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = text_format("%s/grade-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL) {
        int error = errno;
        free(dir);
        errno = error;
        return NULL;
    }
    process_remove_at_end(dir);
    chmod(dir, 0755);
    char *san = path_join(dir, "san"), *tests = path_join(dir, "tmp");
    mkdir(san, 0777);
    mkdir(tests, 0777);
    chmod(san, 01777); /* the umask may have taken rights away */
    chmod(tests, 01777);
    free(san);
    free(tests);
    return dir;
}

void sandbox_run_dir_remove(char *dir)
{
    if (dir != NULL)
        dir_remove(dir);
    free(dir);
}

/* ---- The command ---- */

/* What is freed is written over: the kernel may still read from there, and no
 * sanitizer sees that. */
static void set_sanitizers(struct sandbox_command *command, const char *run)
{
    variable(command,
             text_format("ASAN_OPTIONS=exitcode=77:log_path=%s/san/"
                         "asan:color=never:detect_stack_use_after_return=1:"
                         "strict_string_checks=1:max_free_fill_size=1048576",
                         run));
    variable(command, text_format("UBSAN_OPTIONS=print_stacktrace=1:log_path="
                                  "%s/san/ubsan:color=never",
                                  run));
    variable(command, text_format("TSAN_OPTIONS=exitcode=66:log_path=%s/san/"
                                  "tsan:color=never:second_deadlock_stack=1",
                                  run));
}

static void set_environment(struct sandbox_command *command,
                            const struct sandbox_request *request,
                            const char *bin, const char *run)
{
    variable(command, text_format("LAB_SHARED_FD=%d", request->page_fd));
    variable(command, text_format("LAB_PROGRAMS=%s", bin));
    variable(command, text_format("LAB_TMP=%s/tmp", run));
    variable(command, text_format("LAB_REPORTS=%s/san", run));
    variable(command, text_format("HOME=%s/tmp", run));
    variable(command, text_format("PATH=/usr/local/bin:/usr/bin:/bin:"
                                  "/usr/local/sbin:/usr/sbin:/sbin"));
    variable(command, text_format("LC_ALL=C.UTF-8"));
    set_sanitizers(command, run);
}

/* Run by root, a step that needs nothing runs as a user of its own, drawn
 * afresh. -1: it runs as whom we are. */
static long step_uid(const struct step *step)
{
    unsigned random = 0;
    if (geteuid() != 0 || step->needs != 0)
        return -1;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = 0;
    return (long)(UID_FIRST + random % UID_COUNT);
}

/* The waiter and what it starts. */
static void add_waiter(struct sandbox_command *command,
                       const struct sandbox_request *request,
                       const char *const paths[2], bool alone)
{
    char *list[] = {text_format("%s", paths[0]),
                    text_format("%d", request->step->seconds * 1000),
                    text_format("%d", request->step->files),
                    text_format("%d", SANDBOX_MEMORY_MB),
                    text_format("%ld", step_uid(request->step)),
                    text_format("%s", alone ? "namespace" : "plain"),
                    text_format("%s/test", paths[1]),
                    text_format("--step"),
                    text_format("%s", request->step->name)};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        word(command, list[i]);
        free(list[i]);
    }
}

static void add_device(struct sandbox_command *command, const char *path)
{
    word(command, "--dev-bind");
    word(command, path);
    word(command, path);
}

static void add_needs(struct sandbox_command *command, unsigned needs)
{
    if (geteuid() == 0 && needs == 0)
        words(command, waiter_capabilities);
    if (needs & (NEED_XDP | NEED_NETNS))
        words(command, bpf_capabilities);
    /* Sockets of packets, as ping and tcpdump have, are such a step's too. */
    if (needs & NEED_NETNS)
        words(command, (const char *const[]){"--cap-add", "CAP_SYS_ADMIN",
                                             "--cap-add", "CAP_NET_RAW", NULL});
    if (needs & NEED_TUN) {
        words(command,
              (const char *const[]){"--cap-add", "CAP_NET_ADMIN", NULL});
        add_device(command, "/dev/net/tun");
    }
    if (needs & NEED_KVM)
        add_device(command, "/dev/kvm");
}

static void add_bind(struct sandbox_command *command, const char *how,
                     const char *from, const char *to)
{
    word(command, how);
    word(command, from);
    word(command, to);
}

static void prepare_namespaces(const struct sandbox_request *request,
                               struct sandbox_command *command)
{
    word(command, "bwrap");
    words(command, namespaces);
    add_needs(command, request->step->needs);
    words(command,
          (const char *const[]){"--perms", "0755", "--dir", "/tmp/lab", NULL});
    add_bind(command, "--ro-bind", waiter_path(), "/tmp/lab/waiter");
    add_bind(command, "--ro-bind", request->bin_dir, "/tmp/lab/bin");
    add_bind(command, "--bind", request->run_dir, "/tmp/lab/run");
    if (request->program != NULL) {
        char *folder = text_format("%s", request->program);
        char *name = text_format("%s", request->program);
        add_bind(command, "--ro-bind", dirname(folder), "/tmp/lab/instead");
        variable(command, text_format("LAB_PROGRAM_%s=/tmp/lab/instead/%s",
                                      request->program_name, basename(name)));
        free(folder);
        free(name);
    }
    word(command, "--chdir");
    word(command, "/tmp/lab/run/tmp");
    set_environment(command, request, "/tmp/lab/bin", "/tmp/lab/run");
    add_waiter(command, request,
               (const char *const[]){"/tmp/lab/waiter", "/tmp/lab/bin"}, true);
}

/* The waiter, and where the programs are. */
struct plain_paths {
    char *waiter, *bin;
};

/* Without a mount namespace the user that root hands the step to may not be
 * able to reach the programs, and objects for the kernel: give it copies. */
static int copy_programs(const struct plain_paths *from,
                         const struct plain_paths *to)
{
    static const char script[] =
        "cp -- \"$1\" \"$2\" && mkdir -- \"$4\" && find \"$3\" -maxdepth 1 "
        "-type f \\( -perm -u+x -o -name '*.bpf.o' \\) -exec cp -- {} \"$4\" "
        "\\;";
    const char *argv[] = {"sh",       "-c",      script,  "copy", from->waiter,
                          to->waiter, from->bin, to->bin, NULL};
    struct process_request request = {.argv = argv, .keep_fd = -1};
    struct process_result result;
    int err = process_run(&request, &result);
    if (err < 0)
        return err;
    bool copied = process_succeeded(&result);
    if (!copied)
        complain("can't copy programs: %s", result.output);
    process_result_release(&result);
    return copied ? 0 : -EIO;
}

static int prepare_plain(const struct sandbox_request *request,
                         struct sandbox_command *command)
{
    struct plain_paths here = {(char *)waiter_path(), (char *)request->bin_dir};
    struct plain_paths copies = {path_join(request->run_dir, "waiter"),
                                 path_join(request->run_dir, "bin")};
    bool other_user = step_uid(request->step) >= 0;
    const struct plain_paths *paths = other_user ? &copies : &here;
    int err = other_user ? copy_programs(&here, &copies) : 0;
    if (request->program != NULL)
        variable(command, text_format("LAB_PROGRAM_%s=%s",
                                      request->program_name, request->program));
    set_environment(command, request, paths->bin, request->run_dir);
    add_waiter(command, request,
               (const char *const[]){paths->waiter, paths->bin}, false);
    free(copies.waiter);
    free(copies.bin);
    return err;
}

int sandbox_prepare(const struct sandbox_request *request,
                    struct sandbox_command *command)
{
    *command = (struct sandbox_command){0};
    if (!sandbox_has_namespaces(NULL))
        return prepare_plain(request, command);
    prepare_namespaces(request, command);
    return 0;
}

void sandbox_command_release(struct sandbox_command *command)
{
    for (int i = 0; i < command->argc; i++)
        free(command->argv[i]);
    for (int i = 0; i < command->envc; i++)
        free(command->env[i]);
    *command = (struct sandbox_command){0};
}
