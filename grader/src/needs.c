/*
 * needs.c: try each thing that a step may need.
 *
 * What changes the process (a namespace, a mount) is tried in a child, which
 * ends with the errno of what did not work.
 */
#include "needs.h"

#include "course.h"
#include "files.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/io_uring.h>
#include <linux/kvm.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The oldest QEMU that the weeks were written on: Debian 12's, the first with
 * a timer of supervisor mode's own (Sstc). */
#define QEMU_MAJOR_MIN 7
#define QEMU_MINOR_MIN 2

/* What a probe found: both NULL where the need is met. Static or never
 * freed: there is one for each need. */
struct finding {
    const char *why;
    const char *command;
};

/* Run `attempt` in a child. Returns 0 or -errno, as it returned it. */
static int try_in_child(int (*attempt)(void))
{
    int status;

    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(-attempt() & 0xff);
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return -errno;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

static int number_in(const char *path)
{
    char *text = file_read(path, NULL);
    int number = text != NULL ? atoi(text) : 0;

    free(text);
    return number;
}

static struct finding cannot(const char *what, int err)
{
    return (struct finding){.why = text_format("%s: %s", what, strerror(-err))};
}

static const char *install_command(const char *kind)
{
    return text_format("%s/grader/install %s", course_dir(), kind);
}

/* ---- io_uring ---- */

/* Linux 6.0, which brought multishot receive, can be told by a flag that came
 * with it; receive itself is no new operation, so none can be asked for. */
#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif

static struct finding probe_io_uring(void)
{
    const char *const enable = "sudo sysctl kernel.io_uring_disabled=0";
    struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER};
    long ring = syscall(SYS_io_uring_setup, 4, &params);

    /* 1 lets root pass, and no one in the sandbox. */
    if (number_in("/proc/sys/kernel/io_uring_disabled") > 0) {
        if (ring >= 0)
            close((int)ring);
        return (struct finding){"kernel.io_uring_disabled forbids it", enable};
    }
    if (ring >= 0) {
        close((int)ring);
        return (struct finding){0};
    }
    if (errno == ENOSYS)
        return (struct finding){.why = "this kernel has no io_uring"};
    if (errno == EINVAL)
        return (struct finding){
            .why = "this kernel's io_uring is older than Linux 6.0"};
    if (errno == EPERM)
        return (struct finding){
            "a system call filter forbids it, as a container's does",
            "docker run --security-opt seccomp=unconfined …"};
    return cannot("io_uring_setup", -errno);
}

/* ---- bpf ---- */

/* Load `r0 = XDP_PASS; exit`. */
static int load_xdp(void)
{
    struct bpf_insn code[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attr = {
        .prog_type = BPF_PROG_TYPE_XDP,
        .insns = (uintptr_t)code,
        .insn_cnt = sizeof code / sizeof *code,
        .license = (uintptr_t) "GPL",
    };
    long program = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);

    if (program < 0)
        return -errno;
    close((int)program);
    return 0;
}

/* What EPERM means depends on who asks. */
static struct finding not_permitted(const char *capabilities)
{
    if (geteuid() != 0)
        return (struct finding){
            text_format("only root may (%s)", capabilities),
            text_format("sudo %s/grader/grade …", course_dir())};
    return (struct finding){
        .why =
            text_format("root lacks %s here, as in a container", capabilities)};
}

static struct finding probe_xdp(void)
{
    int err = load_xdp();

    if (err == -EPERM)
        return not_permitted("CAP_BPF, CAP_NET_ADMIN");
    if (err < 0)
        return cannot("loading an XDP program", err);
    return (struct finding){0};
}

/* A network namespace and a bpffs of our own, gone with the child. */
static int make_netns(void)
{
    if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("bpf", "/tmp", "bpf", 0, NULL) < 0)
        return -errno;
    return 0;
}

static struct finding probe_netns(void)
{
    struct finding xdp = probe_xdp();
    if (xdp.why != NULL)
        return xdp;

    int err = try_in_child(make_netns);
    if (err == -EPERM)
        return not_permitted("CAP_SYS_ADMIN");
    if (err < 0)
        return cannot("a network namespace with bpffs", err);
    return (struct finding){0};
}

/* ---- Devices ---- */

/* As the sandbox does it: without root, in a user namespace. */
static int make_tun(void)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int user = geteuid() == 0 ? 0 : CLONE_NEWUSER;

    if (unshare(user | CLONE_NEWNET) < 0)
        return -errno;
    int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    int err = tun < 0 || ioctl(tun, TUNSETIFF, &request) < 0 ? -errno : 0;
    if (tun >= 0)
        close(tun);
    return err;
}

static struct finding probe_tun(void)
{
    if (access("/dev/net/tun", F_OK) < 0)
        return (struct finding){"there is no /dev/net/tun",
                                "sudo modprobe tun"};
    if (access("/dev/net/tun", R_OK | W_OK) < 0)
        return (struct finding){"/dev/net/tun is closed to you",
                                "sudo chmod 666 /dev/net/tun"};

    int err = try_in_child(make_tun);
    if (err < 0)
        return cannot("a tun device in a namespace", err);
    return (struct finding){0};
}

static const char *kvm_command(void)
{
    char *cpus = file_read("/proc/cpuinfo", NULL);
    const char *command = NULL;

    if (cpus != NULL && strstr(cpus, " vmx") != NULL)
        command = "sudo modprobe kvm_intel";
    else if (cpus != NULL && strstr(cpus, " svm") != NULL)
        command = "sudo modprobe kvm_amd";
    free(cpus);
    return command;
}

static struct finding probe_kvm(void)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    if (kvm < 0 && errno == ENOENT) {
        const char *command = kvm_command();
        return (struct finding){
            command != NULL ? "there is no /dev/kvm"
                            : "this machine has no virtualization to give",
            command};
    }
    if (kvm < 0 && errno == EACCES)
        return (struct finding){"/dev/kvm is closed to you",
                                "sudo usermod -aG kvm $USER  (then log in)"};
    if (kvm < 0)
        return cannot("/dev/kvm", -errno);

    int version = ioctl(kvm, KVM_GET_API_VERSION, 0);
    close(kvm);
    if (version != KVM_API_VERSION)
        return (struct finding){.why = "/dev/kvm is not KVM"};
    return (struct finding){0};
}

/* ---- QEMU ---- */

static struct finding probe_qemu(void)
{
    const char *const argv[] = {"qemu-system-riscv64", "--version", NULL};
    struct process_request request = {
        .argv = argv, .keep_fd = -1, .timeout_ms = 20000};
    struct process_result result;
    int major = 0, minor = 0;

    if (process_run(&request, &result) < 0)
        return (struct finding){"there is no qemu-system-riscv64",
                                install_command("riscv")};
    if (process_succeeded(&result) &&
        sscanf(result.output, "QEMU emulator version %d.%d", &major, &minor) !=
            2)
        major = 0;
    process_result_release(&result);
    if (major > QEMU_MAJOR_MIN ||
        (major == QEMU_MAJOR_MIN && minor >= QEMU_MINOR_MIN))
        return (struct finding){0};
    return (struct finding){
        text_format("QEMU is at version %d.%d, the weeks want %d.%d", major,
                    minor, QEMU_MAJOR_MIN, QEMU_MINOR_MIN),
        install_command("riscv")};
}

/* ---- All of them ---- */

static const struct {
    struct finding (*probe)(void);
    const char *meaning;
} needs[NEEDS] = {
    {probe_io_uring, "the kernel has it, and no policy forbids it"},
    {probe_xdp, "may load XDP programs"},
    {probe_netns, "may make network namespaces and mount bpffs"},
    {probe_tun, "may make a tun device in a namespace"},
    {probe_kvm, "may use /dev/kvm"},
    {probe_qemu, "QEMU runs RISC-V systems"},
};

static int need_index(enum need need)
{
    return ffs((int)need) - 1;
}

static char *copy(const char *text)
{
    return text != NULL ? text_format("%s", text) : NULL;
}

char *command_as_root(char *command)
{
    static const char sudo[] = "sudo ";
    bool root = geteuid() == 0;
    char *plain = command, *from = command, *whole;

    if (!command || strncmp(command, sudo, strlen(sudo)) != 0 ||
        (!root && process_exists("sudo")))
        return command;
    while (*from) {
        if ((from == command || from[-1] == '\n') &&
            strncmp(from, sudo, strlen(sudo)) == 0)
            from += strlen(sudo);
        *plain++ = *from++;
    }
    *plain = '\0';
    whole = text_format("%s%s", root ? "" : "as root:\n", command);
    free(command);
    return whole;
}

bool need_probe(enum need need, char **why, char **command)
{
    static struct finding findings[NEEDS];
    static bool probed[NEEDS];
    int index = need_index(need);

    if (!probed[index])
        findings[index] = needs[index].probe();
    probed[index] = true;
    if (why != NULL)
        *why = copy(findings[index].why);
    if (command != NULL)
        *command = command_as_root(copy(findings[index].command));
    return findings[index].why == NULL;
}

const char *need_meaning(enum need need)
{
    return needs[need_index(need)].meaning;
}
