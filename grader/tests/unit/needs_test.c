/*
 * needs_test.c: what a probe says where the need is and is not met. Each test
 * is a process of its own (libcheck forks it), so that it can take rights away
 * from itself.
 */
#include "needs.h"

#include "files.h"

#include <check.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *why, *command;

static bool probe(enum need need)
{
    free(why);
    free(command);
    return need_probe(need, &why, &command);
}

/* From here on this system call of ours fails with EPERM. */
static void forbid(unsigned number)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof code / sizeof *code, code};

    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

/* PATH holds nothing but a QEMU that prints this version; NULL: none. */
static void only_qemu(const char *version)
{
    char dir[] = "/tmp/needs-test-XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(dir));
    setenv("PATH", dir, 1);
    if (version != NULL) {
        char *path = path_join(dir, "qemu-system-riscv64");
        char *script = text_format(
            "#!/bin/sh\necho 'QEMU emulator version %s'\n", version);
        ck_assert_int_eq(file_write_atomic(path, script, strlen(script)), 0);
        ck_assert_int_eq(chmod(path, 0755), 0);
        free(script);
        free(path);
    }
    probe(NEED_QEMU);
    ck_assert_int_eq(dir_remove(dir), 0);
}

/* A need is met, or there is a reason; never both, never neither. */
START_TEST(every_need_is_met_or_says_why)
{
    for (int i = 0; i < NEEDS; i++) {
        bool met = probe((enum need)(1 << i));
        ck_assert_int_eq(met, why == NULL);
        ck_assert(!met || command == NULL);
    }
}
END_TEST

/* A container's filter denies io_uring with EPERM. */
START_TEST(io_uring_behind_a_filter_is_not_met)
{
    forbid(SYS_io_uring_setup);
    ck_assert(!probe(NEED_IO_URING));
    ck_assert_ptr_nonnull(why);
}
END_TEST

/* What was found once is not tried again. */
START_TEST(an_answer_is_remembered)
{
    bool before = probe(NEED_IO_URING);
    forbid(SYS_io_uring_setup);
    ck_assert_int_eq(probe(NEED_IO_URING), before);
}
END_TEST

/* Where the kernel refuses bpf, so are the needs that begin with it. */
START_TEST(without_bpf_neither_xdp_nor_netns_is_met)
{
    forbid(SYS_bpf);
    ck_assert(!probe(NEED_XDP));
    ck_assert_ptr_nonnull(strstr(why, "CAP_BPF"));
    ck_assert(!probe(NEED_NETNS));
    ck_assert_ptr_nonnull(strstr(why, "CAP_BPF"));
}
END_TEST

START_TEST(a_missing_qemu_names_the_kind_to_install)
{
    only_qemu(NULL);
    ck_assert_str_eq(why, "there is no qemu-system-riscv64");
    ck_assert_ptr_nonnull(strstr(command, "grader/install riscv"));
}
END_TEST

START_TEST(an_old_qemu_is_not_enough)
{
    only_qemu("7.1.0 (Debian 1:7.1)");
    ck_assert_ptr_nonnull(strstr(why, "version 7.1, the weeks want 7.2"));
}
END_TEST

START_TEST(a_newer_qemu_is_enough)
{
    only_qemu("10.0.2");
    ck_assert_ptr_null(why);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("needs");
    TCase *tests = tcase_create("probes");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, every_need_is_met_or_says_why);
    tcase_add_test(tests, io_uring_behind_a_filter_is_not_met);
    tcase_add_test(tests, an_answer_is_remembered);
    tcase_add_test(tests, without_bpf_neither_xdp_nor_netns_is_met);
    tcase_add_test(tests, a_missing_qemu_names_the_kind_to_install);
    tcase_add_test(tests, an_old_qemu_is_not_enough);
    tcase_add_test(tests, a_newer_qemu_is_enough);
    tcase_set_timeout(tests, 60);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
