/*
 * machine.c: see machine.h.
 */
#include "machine.h"

#include "course.h"
#include "files.h"
#include "needs.h"
#include "process.h"
#include "sandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LOOK_MS 60000
/* Over this many bits of random address the sanitizers of gcc 12 and 13 do
 * not find the room they need. */
#define RANDOM_BITS_MAX 28

/* Ubuntu 24.04 gives user namespaces only to programs with a profile. */
static const char apparmor_profile[] =
    "sudo tee /etc/apparmor.d/bwrap <<'END'\n"
    "abi <abi/4.0>,\n"
    "include <tunables/global>\n"
    "profile bwrap /usr/bin/bwrap flags=(unconfined) {\n"
    "  userns,\n"
    "  include if exists <local/bwrap>\n"
    "}\n"
    "END\n"
    "sudo apparmor_parser -r /etc/apparmor.d/bwrap";

void machine_finding_release(struct machine_finding *finding)
{
    free(finding->what);
    free(finding->command);
    *finding = (struct machine_finding){0};
}

/* ---- Findings ---- */

static struct machine_finding found(enum machine_state state, char *what,
                                    char *command)
{
    return (struct machine_finding){state, what, command_as_root(command)};
}

static struct machine_finding fine(const char *what)
{
    return found(MACHINE_FINE, text_format("%s", what), NULL);
}

static char *install(const char *kind)
{
    return text_format("%s/grader/install %s", course_dir(), kind);
}

/* ---- Programs ---- */

/* What `argv` prints if it ends well, owned by the caller; NULL otherwise. */
static char *output_of(const char *const argv[])
{
    struct process_request request = {
        .argv = argv, .keep_fd = -1, .timeout_ms = LOOK_MS};
    struct process_result result;
    char *output = NULL;

    if (process_run(&request, &result) < 0)
        return NULL;
    if (process_succeeded(&result))
        output = text_format("%s", result.output);
    process_result_release(&result);
    return output;
}

/* "GNU gdb (Debian 13.1-3) 13.1" ends in its version, as most do; and so does
 * "valgrind-3.19.0". */
static struct machine_finding look_for(const char *program, const char *kind)
{
    char *output = output_of((const char *const[]){program, "--version", NULL});
    if (output == NULL)
        return found(MACHINE_LACKS, text_format("there is no %s", program),
                     install(kind));

    output[strcspn(output, "\n")] = '\0';
    char *last = strrchr(output, ' ');
    last = last != NULL ? last + 1 : output;
    struct machine_finding finding = fine(last + strcspn(last, "0123456789"));
    free(output);
    return finding;
}

static struct machine_finding look_git(void)
{
    return look_for("git", "grade");
}

static struct machine_finding look_make(void)
{
    return look_for("make", "grade");
}

static struct machine_finding look_compiler(void)
{
    return look_for("cc", "grade");
}

static struct machine_finding look_gdb(void)
{
    return look_for("gdb", "host");
}

static struct machine_finding look_strace(void)
{
    return look_for("strace", "host");
}

static struct machine_finding look_valgrind(void)
{
    return look_for("valgrind", "host");
}

/* The first of these that is here; what only kernels want is no great lack. */
static struct machine_finding look_for_kernels(const char *const *names,
                                               const char *what)
{
    for (; *names != NULL; names++)
        if (process_exists(*names))
            return look_for(*names, "riscv");
    return found(
        MACHINE_LESS,
        text_format("there is no %s; weeks of kind riscv want it", what),
        install("riscv"));
}

static struct machine_finding look_riscv_gcc(void)
{
    static const char *const names[] = {"riscv64-unknown-elf-gcc",
                                        "riscv64-elf-gcc",
                                        "riscv64-linux-gnu-gcc", NULL};
    return look_for_kernels(names, "riscv64 gcc");
}

static struct machine_finding look_riscv_gdb(void)
{
    static const char *const names[] = {
        "gdb-multiarch", "riscv64-unknown-elf-gdb", "riscv64-elf-gdb", NULL};
    return look_for_kernels(names, "gdb-multiarch");
}

/* ---- Small programs, compiled and run ---- */

enum trial { TRIAL_WORKS, TRIAL_BUILD_FAILS, TRIAL_RUN_FAILS };

/* Compile `text` with these flags in a folder of its own and run it, behind
 * `runner` if that is not NULL. */
static enum trial try_program(const char *text, const char *flags,
                              const char *runner)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = text_format("%s/doctor-XXXXXX", tmp != NULL ? tmp : "/tmp");
    enum trial trial = TRIAL_BUILD_FAILS;

    if (mkdtemp(dir) == NULL) {
        free(dir);
        return trial;
    }
    process_remove_at_end(dir);
    char *source = path_join(dir, "try.c");
    char *build = text_format("cc -x c %s/try.c -o %s/try %s", dir, dir, flags);
    char *run = text_format("%s %s/try", runner != NULL ? runner : "", dir);
    if (file_write_atomic(source, text, strlen(text)) == 0) {
        char *said = output_of((const char *const[]){"sh", "-c", build, NULL});
        if (said != NULL)
            trial = TRIAL_RUN_FAILS;
        free(said);
    }
    if (trial == TRIAL_RUN_FAILS) {
        char *said = output_of((const char *const[]){"sh", "-c", run, NULL});
        if (said != NULL)
            trial = TRIAL_WORKS;
        free(said);
    }
    dir_remove(dir);
    free(source);
    free(build);
    free(run);
    free(dir);
    return trial;
}

static int random_bits(void)
{
    char *text = file_read("/proc/sys/vm/mmap_rnd_bits", NULL);
    int bits = text != NULL ? atoi(text) : 0;
    free(text);
    return bits;
}

/* The grader switches random addresses off for what it runs; a member's own
 * make does not. */
static struct machine_finding look_sanitizer(const char *flag)
{
    static const char text[] = "int main(void) { return 0; }\n";

    switch (try_program(text, flag, NULL)) {
    case TRIAL_WORKS:
        return found(MACHINE_FINE, NULL, NULL);
    case TRIAL_BUILD_FAILS:
        return found(MACHINE_LACKS,
                     text_format("cc %s does not link a program", flag),
                     install("grade"));
    case TRIAL_RUN_FAILS:
        break;
    }
    if (try_program(text, flag, "setarch -R") != TRIAL_WORKS)
        return found(MACHINE_LACKS,
                     text_format("a program of cc %s does not start", flag),
                     NULL);
    return found(
        MACHINE_LESS,
        text_format("works for the grader; your own make needs fewer random "
                    "bits in addresses (vm.mmap_rnd_bits is %d)",
                    random_bits()),
        text_format("sudo sysctl vm.mmap_rnd_bits=%d", RANDOM_BITS_MAX));
}

static struct machine_finding look_address(void)
{
    return look_sanitizer("-fsanitize=address,undefined");
}

static struct machine_finding look_thread(void)
{
    return look_sanitizer("-fsanitize=thread");
}

static struct machine_finding look_check(void)
{
    static const char text[] =
        "#include <check.h>\n"
        "int main(void)\n"
        "{\n"
        "    return srunner_create(suite_create(\"try\")) == 0;\n"
        "}\n";

    if (try_program(text, "-lcheck -lsubunit -lm -lrt -pthread", NULL) !=
        TRIAL_WORKS)
        return found(MACHINE_LACKS,
                     text_format("a program with libcheck does not build"),
                     install("grade"));
    return found(MACHINE_FINE, NULL, NULL);
}

/* ---- Where steps run ---- */

static bool number_is(const char *path, int number)
{
    char *text = file_read(path, NULL);
    bool is = text != NULL && atoi(text) == number;
    free(text);
    return is;
}

/* The command that gives bubblewrap its namespaces, or NULL. */
static char *namespaces_command(void)
{
    if (!process_exists("bwrap"))
        return install("grade");
    if (geteuid() != 0 &&
        number_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1))
        return text_format("%s", apparmor_profile);
    if (number_is("/proc/sys/kernel/unprivileged_userns_clone", 0))
        return text_format("sudo sysctl kernel.unprivileged_userns_clone=1");
    if (number_is("/proc/sys/user/max_user_namespaces", 0))
        return text_format("sudo sysctl user.max_user_namespaces=15000");
    return NULL;
}

static struct machine_finding look_namespaces(void)
{
    const char *why;

    if (sandbox_has_namespaces(&why))
        return fine("by bubblewrap: each step runs apart");

    char *command = namespaces_command();
    const char *who = command != NULL && strstr(command, "/apparmor.d/") != NULL
                          ? "AppArmor keeps them from bubblewrap; "
                          : "";
    return found(MACHINE_LESS,
                 text_format("none: %s%s%ssteps run as process groups instead, "
                             "and share your network and files",
                             who, why, *why != '\0' ? "; " : ""),
                 command);
}

static struct machine_finding look_tmp(void)
{
    const char *tmp = getenv("TMPDIR");
    struct statvfs mounted;

    if (tmp == NULL)
        tmp = "/tmp";
    if (access(tmp, W_OK | X_OK) < 0 || statvfs(tmp, &mounted) < 0)
        return found(MACHINE_LACKS, text_format("%s: %s", tmp, strerror(errno)),
                     text_format("export TMPDIR=$HOME"));
    if (mounted.f_flag & ST_NOEXEC)
        return found(MACHINE_LACKS,
                     text_format("%s is mounted noexec, and programs that are "
                                 "tried there do not start",
                                 tmp),
                     text_format("export TMPDIR=$HOME"));
    return fine(tmp);
}

/* As a step will see it: in a network of its own where there is one. */
static struct machine_finding look_ipv6(void)
{
    static const char *const apart[] = {
        "bwrap",         "--dev-bind",         "/",      "/",
        "--unshare-pid", "--unshare-net",      "--proc", "/proc",
        "cat",           "/proc/net/if_inet6", NULL};
    static const char *const here[] = {"cat", "/proc/net/if_inet6", NULL};
    char *addresses = output_of(sandbox_has_namespaces(NULL) ? apart : here);
    bool has = addresses != NULL &&
               strstr(addresses, "00000000000000000000000000000001") != NULL;

    free(addresses);
    if (has)
        return fine("::1");
    return found(MACHINE_LESS,
                 text_format("loopback has no ::1; tests of IPv6 can't run"),
                 text_format("sudo sysctl net.ipv6.conf.all.disable_ipv6=0 "
                             "net.ipv6.conf.lo.disable_ipv6=0"));
}

/* ---- The tools of the handouts ---- */

static struct machine_finding look_nc(void)
{
    char *help =
        output_of((const char *const[]){"sh", "-c", "nc -h 2>&1 || :", NULL});
    bool is_openbsd = help != NULL && strstr(help, "OpenBSD") != NULL;

    free(help);
    if (is_openbsd)
        return fine("OpenBSD's");
    if (!process_exists("nc"))
        return found(MACHINE_LACKS, text_format("there is no nc"),
                     install("host"));
    return found(MACHINE_LESS,
                 text_format("another netcat than OpenBSD's, which the "
                             "handouts use; its options differ"),
                 install("host"));
}

/* Images for containers are made without the pages. */
static struct machine_finding look_man(void)
{
    char *page =
        output_of((const char *const[]){"man", "-w", "2", "accept", NULL});
    bool has = page != NULL;

    free(page);
    if (has)
        return found(MACHINE_FINE, NULL, NULL);
    if (!process_exists("man") || access("/etc/dpkg/dpkg.cfg.d", F_OK) < 0)
        return found(MACHINE_LACKS, text_format("man 2 accept finds no page"),
                     install("grade"));
    return found(MACHINE_LACKS,
                 text_format("man 2 accept finds no page; perhaps this "
                             "system leaves them out (/etc/dpkg/dpkg.cfg.d)"),
                 text_format("sudo apt-get install --reinstall manpages-dev"));
}

/* Where the core of a program that crashed is. */
static char *core_place(const char *pattern)
{
    if (strstr(pattern, "systemd-coredump") != NULL)
        return text_format("systemd keeps them: coredumpctl gdb");
    if (strstr(pattern, "apport") != NULL)
        return text_format("Ubuntu's apport takes them; it writes `core` "
                           "beside the program for what no package brought");
    if (*pattern == '|')
        return text_format("piped to %s", pattern + 1);
    return text_format("a crash leaves `%s`%s", pattern,
                       *pattern == '/' ? "" : " where the program ran");
}

static struct machine_finding look_cores(void)
{
    struct rlimit limit = {0};
    char *pattern = file_read("/proc/sys/kernel/core_pattern", NULL);
    if (pattern == NULL)
        return found(MACHINE_LESS, text_format("no core_pattern"), NULL);

    pattern[strcspn(pattern, "\n")] = '\0';
    char *place = core_place(pattern);
    getrlimit(RLIMIT_CORE, &limit);
    free(pattern);
    if (limit.rlim_cur > 0 || strncmp(place, "systemd", 7) == 0)
        return found(MACHINE_FINE, place, NULL);

    char *what = text_format("off in this shell; %s", place);
    free(place);
    return found(MACHINE_LESS, what, text_format("ulimit -c unlimited"));
}

const struct machine_look machine_core[] = {
    {"git", look_git},
    {"make", look_make},
    {"compiler", look_compiler},
    {"address sanitizer", look_address},
    {"thread sanitizer", look_thread},
    {"libcheck", look_check},
    {"temporary folder", look_tmp},
    {"namespaces", look_namespaces},
    {"IPv6", look_ipv6},
};
const size_t machine_core_count = sizeof machine_core / sizeof *machine_core;

const struct machine_look machine_tools[] = {
    {"gdb", look_gdb},
    {"strace", look_strace},
    {"valgrind", look_valgrind},
    {"nc", look_nc},
    {"man pages", look_man},
    {"core files", look_cores},
    {"riscv64 gcc", look_riscv_gcc},
    {"gdb-multiarch", look_riscv_gdb},
};
const size_t machine_tools_count = sizeof machine_tools / sizeof *machine_tools;
