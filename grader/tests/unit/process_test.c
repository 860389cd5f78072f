/*
 * process_test.c: running programs, and ending them whole (process.h).
 */
#include "scratch.h"

#include <signal.h>
#include <sys/wait.h>

/* Of the last run; released before the next. */
static struct process_result result;

/* Run a line of shell; the other fields of the request as given. */
static int run_with(struct process_request request, const char *line)
{
    const char *argv[] = {"sh", "-c", line, NULL};

    process_result_release(&result);
    request.argv = argv;
    if (request.keep_fd == 0)
        request.keep_fd = -1;
    return process_run(&request, &result);
}

static void run(const char *line)
{
    ck_assert_int_eq(run_with((struct process_request){0}, line), 0);
}

/* The process id that a shell wrote into a file. */
static pid_t pid_in(const char *name)
{
    char *text = NULL;
    pid_t pid;

    for (int i = 0; i < 1000 && !(text && strchr(text, '\n')); i++) {
        free(text);
        text = file_read(at(name), NULL);
        if (!text || !strchr(text, '\n'))
            usleep(10000);
    }
    ck_assert_msg(text != NULL, "no process wrote %s", name);
    pid = (pid_t)atoi(text);
    free(text);
    ck_assert_int_gt(pid, 0);
    return pid;
}

/* ---- Running ---- */

START_TEST(output_of_both_streams_comes_in_order)
{
    run("echo one; echo two >&2; echo three");
    ck_assert(process_succeeded(&result));
    ck_assert_str_eq(result.output, "one\ntwo\nthree\n");
    ck_assert_uint_eq(result.output_len, 14);
}
END_TEST

START_TEST(the_wait_status_tells_exit_from_signal)
{
    run("exit 7");
    ck_assert(WIFEXITED(result.status));
    ck_assert_int_eq(WEXITSTATUS(result.status), 7);
    ck_assert(!process_succeeded(&result));
    run("kill -SEGV $$");
    ck_assert(WIFSIGNALED(result.status));
    ck_assert_int_eq(WTERMSIG(result.status), SIGSEGV);
}
END_TEST

START_TEST(what_cannot_be_started_is_an_error)
{
    const char *none[] = {"no-such-program", NULL};
    const char *folder[] = {"/", NULL};
    struct process_request request = {.argv = none, .keep_fd = -1};

    ck_assert_int_eq(process_run(&request, &result), -ENOENT);
    request.argv = folder;
    ck_assert_int_eq(process_run(&request, &result), -EACCES);
    ck_assert_int_eq(
        run_with((struct process_request){.dir = at("none")}, "true"), -ENOENT);
}
END_TEST

START_TEST(folder_and_environment_are_as_asked)
{
    const char *env[] = {"GREETING=hello", NULL};

    ck_assert_int_eq(
        run_with((struct process_request){.dir = scratch, .env = env},
                 "echo $GREETING; pwd"),
        0);
    ck_assert_str_eq(result.output, keep(text_format("hello\n%s\n", scratch)));
    ck_assert_ptr_null(getenv("GREETING")); /* not in our own */
}
END_TEST

START_TEST(standard_input_is_empty)
{
    run("cat; echo end");
    ck_assert_str_eq(result.output, "end\n");
}
END_TEST

/* Only 0 to 2 and keep_fd, whatever our caller left open; 3 is ls's own. */
START_TEST(no_descriptor_leaks)
{
    int careless = dup(0), kept = fcntl(0, F_DUPFD, 20);

    ck_assert_int_eq(run_with((struct process_request){.keep_fd = kept},
                              "exec ls /proc/self/fd"),
                     0);
    ck_assert_str_eq(result.output,
                     keep(text_format("0\n1\n2\n%d\n3\n", kept)));
    close(careless);
    close(kept);
}
END_TEST

START_TEST(the_signal_mask_is_neither_changed_nor_inherited_blocked)
{
    sigset_t mask;

    /* Not through a shell: that would clear the mask. */
    const char *argv[] = {"grep", "SigBlk", "/proc/self/status", NULL};
    struct process_request request = {.argv = argv, .keep_fd = -1};

    ck_assert_int_eq(process_run(&request, &result), 0);
    ck_assert_str_eq(result.output, "SigBlk:\t0000000000000000\n");
    sigprocmask(SIG_BLOCK, NULL, &mask);
    ck_assert_int_eq(sigismember(&mask, SIGINT), 0);
    ck_assert_int_eq(sigismember(&mask, SIGCHLD), 0);
}
END_TEST

/* ---- Ending it whole ---- */

#define LEAVE_CHILD "sleep 1000 & echo $! > pid; "

START_TEST(over_its_time_the_whole_group_is_ended)
{
    ck_assert_int_eq(
        run_with((struct process_request){.dir = scratch, .timeout_ms = 300},
                 LEAVE_CHILD "wait"),
        0);
    ck_assert(result.timed_out);
    ck_assert(!process_succeeded(&result));
    goes(pid_in("pid"));
}
END_TEST

START_TEST(over_its_output_it_is_ended_and_the_first_part_kept)
{
    ck_assert_int_eq(
        run_with((struct process_request){.output_bytes_max = 10000}, "yes"),
        0);
    ck_assert(result.output_cut);
    ck_assert(!process_succeeded(&result));
    ck_assert_uint_eq(result.output_len, 10000);
    ck_assert_int_eq(memcmp(result.output, "y\ny\n", 4), 0);
}
END_TEST

START_TEST(output_up_to_the_limit_is_not_cut)
{
    ck_assert_int_eq(run_with((struct process_request){.output_bytes_max = 10},
                              "echo 9characte"),
                     0);
    ck_assert(!result.output_cut);
    ck_assert_uint_eq(result.output_len, 10);
}
END_TEST

START_TEST(what_it_left_in_its_group_is_ended)
{
    ck_assert_int_eq(
        run_with((struct process_request){.dir = scratch}, LEAVE_CHILD "true"),
        0);
    goes(pid_in("pid"));
}
END_TEST

/* A daemon keeps the pipe open; its end is not waited for. */
START_TEST(a_daemon_that_holds_the_output_is_not_waited_for)
{
    ck_assert_int_eq(run_with((struct process_request){.dir = scratch},
                              "setsid sh -c 'echo $$ > pid; exec sleep 1000' &"
                              "until [ -s pid ]; do :; done; echo done"),
                     0);
    ck_assert_str_eq(result.output, "done\n");
    kill(pid_in("pid"), SIGKILL);
}
END_TEST

/* ---- Signals to us ---- */

/* A process as grade is: guarded, with a folder to remove, running a line. */
static pid_t start_guarded(const char *line)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    process_guard();
    dir_make(at("half-made"));
    process_remove_at_end(at("half-made"));
    run_with((struct process_request){.dir = scratch}, line);
    _exit(0);
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

START_TEST(a_signal_ends_the_child_cleans_up_and_ends_us_by_itself)
{
    pid_t us = start_guarded("echo $$ > pid; exec sleep 1000");
    pid_t child = pid_in("pid");
    int status;

    kill(us, signals[_i]);
    ck_assert_int_eq(waitpid(us, &status, 0), us);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), signals[_i]);
    goes(child);
    ck_assert(!path_exists(at("half-made")));
    ck_assert(path_exists(scratch)); /* that is its parent's to remove */
}
END_TEST

/* make removes a half-built file on SIGINT; so the child gets that first. */
START_TEST(the_child_gets_the_same_signal_and_may_clean_up)
{
    pid_t us = start_guarded("trap 'echo cleaned > note; exit' INT;"
                             "echo $$ > pid; while :; do sleep 0.01; done");
    int status;

    pid_in("pid");
    kill(us, SIGINT);
    ck_assert_int_eq(waitpid(us, &status, 0), us);
    holds("note", "cleaned\n");
}
END_TEST

START_TEST(a_child_that_ignores_the_signal_is_killed_after_a_while)
{
    pid_t us = start_guarded("trap '' INT; echo $$ > pid;"
                             "while :; do sleep 0.01; done");
    pid_t child = pid_in("pid");
    int status;

    kill(us, SIGINT);
    ck_assert_int_eq(waitpid(us, &status, 0), us);
    ck_assert(WIFSIGNALED(status));
    goes(child);
}
END_TEST

START_TEST(the_child_dies_with_us_even_by_sigkill)
{
    pid_t us = start_guarded("echo $$ > pid; exec sleep 1000");
    pid_t child = pid_in("pid");

    kill(us, SIGKILL);
    waitpid(us, NULL, 0);
    goes(child);
}
END_TEST

/* Started by nohup, or in the background of a script. */
START_TEST(an_ignored_signal_stays_ignored)
{
    signal(SIGHUP, SIG_IGN);
    process_guard();
    raise(SIGHUP);
    ck_assert(!process_interrupted());
}
END_TEST

START_TEST(at_a_normal_end_folders_are_removed_too)
{
    pid_t pid = fork();

    if (pid == 0) {
        dir_make(at("temporary/inner"));
        process_remove_at_end(at("temporary"));
        exit(0);
    }
    waitpid(pid, NULL, 0);
    ck_assert(!path_exists(at("temporary")));
    ck_assert(path_exists(scratch));
}
END_TEST

/* ---- PATH ---- */

START_TEST(a_program_is_found_in_path_if_it_can_be_run)
{
    put("bin/tool", "#!/bin/sh\n");
    setenv("PATH", at("bin"), 1);
    ck_assert(!process_exists("tool"));
    chmod(at("bin/tool"), 0755);
    ck_assert(process_exists("tool"));
    ck_assert(!process_exists("bin"));
    dir_make(at("bin/folder"));
    ck_assert(!process_exists("folder"));
    ck_assert(process_exists(at("bin/tool")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("process");
    TCase *tc = add_case(suite, "running");

    tcase_add_test(tc, output_of_both_streams_comes_in_order);
    tcase_add_test(tc, the_wait_status_tells_exit_from_signal);
    tcase_add_test(tc, what_cannot_be_started_is_an_error);
    tcase_add_test(tc, folder_and_environment_are_as_asked);
    tcase_add_test(tc, standard_input_is_empty);
    tcase_add_test(tc, no_descriptor_leaks);
    tcase_add_test(tc,
                   the_signal_mask_is_neither_changed_nor_inherited_blocked);
    tc = add_case(suite, "ending it whole");
    tcase_add_test(tc, over_its_time_the_whole_group_is_ended);
    tcase_add_test(tc, over_its_output_it_is_ended_and_the_first_part_kept);
    tcase_add_test(tc, output_up_to_the_limit_is_not_cut);
    tcase_add_test(tc, what_it_left_in_its_group_is_ended);
    tcase_add_test(tc, a_daemon_that_holds_the_output_is_not_waited_for);
    tc = add_case(suite, "signals to us");
    tcase_add_loop_test(
        tc, a_signal_ends_the_child_cleans_up_and_ends_us_by_itself, 0, 3);
    tcase_add_test(tc, the_child_gets_the_same_signal_and_may_clean_up);
    tcase_add_test(tc, a_child_that_ignores_the_signal_is_killed_after_a_while);
    tcase_add_test(tc, the_child_dies_with_us_even_by_sigkill);
    tcase_add_test(tc, an_ignored_signal_stays_ignored);
    tcase_add_test(tc, at_a_normal_end_folders_are_removed_too);
    tc = add_case(suite, "PATH");
    tcase_add_test(tc, a_program_is_found_in_path_if_it_can_be_run);
    return run_suite(suite);
}
