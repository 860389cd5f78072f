/*
 * proc_test.c: the claims of proc.h on starting, talking and ending.
 * proc_watch_test.c has descriptors, threads and leaks.
 */
#include "failing.h"
#include "fault.h"
#include "proc.h"

#include <fcntl.h>
#include <poll.h>

static struct proc p;

static void start_shell(const char *script)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    proc_start(&p, argv);
}

/* A function that does nothing until it is killed. */
static int sleep_on(void *unused)
{
    (void)unused;
    while (pause() == -1)
        continue;
    return 0;
}

/* A line of /proc/PID/status, without its name: "0000000000000000". */
static const char *status_line(pid_t pid, const char *name)
{
    static char line[256];
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *status = fopen(path, "r");
    lab_check(status != NULL, "%s can be read", path);
    while (fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            break;
    fclose(status);
    line[strcspn(line, "\n")] = '\0';
    return line + strlen(name) + 2;
}

/* ---- Starting a program ---- */

/* At a terminal a program writes its lines one by one, and they come as they
 * were written; its end is seen. */
STEP_TEST(a_program_may_have_a_terminal)
{
    const char *argv[] = {"/bin/sh", "-c",
                          "test -t 1 && echo yes; read word; echo $word", NULL};
    proc_start_at_terminal(&p, argv);
    lab_same_text(proc_expect_line(&p), "yes", "whether it has a terminal");
    lab_equal(write(p.in, "no\n", 3), 3, "bytes written");
    lab_same_text(proc_expect_line(&p), "no", "its second line");
    proc_expect_no_more_output(&p);
    proc_expect_exit(&p, 0);
    proc_expect_no_more_output(&p);
    proc_release(&p);
}

/* Number 0 is free in it. */
STEP_TEST(a_program_may_have_no_input)
{
    const char *argv[] = {"/bin/sh", "-c", "test -e /proc/self/fd/0 || echo no",
                          NULL};
    proc_start_without_input(&p, argv);
    lab_same_text(proc_expect_line(&p), "no", "whether it has a descriptor 0");
    proc_expect_exit(&p, 0);
    proc_release(&p);
}

static void more_output(void)
{
    start_shell("echo one; echo two; echo three");
    proc_expect_line(&p);
    proc_wait(&p);
    FAILS(proc_expect_no_more_output(&p));
}

static void output_of_a_silent_program(void)
{
    start_shell("echo one");
    proc_wait(&p);
    FAILS(proc_expect_no_more_output(&p));
}

/* What it writes beside the lines that were taken is told. */
STEP_TEST(output_that_goes_on_is_told)
{
    failing(more_output, "what sh writes to its standard output",
            "no more than that line",
            "it goes on:\n      | two\n      | three");
    failing(output_of_a_silent_program, "what sh writes to its standard output",
            "nothing", "it goes on:\n      | one");
}

/* It gets its arguments, and says what it has to say. */
STEP_TEST(a_program_gets_its_arguments)
{
    const char *argv[] = {"/bin/sh", "-c", "echo \"$0 $1\"", "a b", "", NULL};
    proc_start(&p, argv);
    lab_same_text(p.name, "sh", "its name");
    lab_same_text(proc_expect_line(&p), "a b ", "its line");
    proc_expect_exit(&p, 0);
    proc_release(&p);
}

/* A name without a slash is looked for in PATH. */
STEP_TEST(a_program_is_found_by_name)
{
    const char *argv[] = {"echo", "hello", NULL};
    proc_start(&p, argv);
    lab_same_text(proc_expect_line(&p), "hello", "its line");
    proc_expect_exit(&p, 0);
}

static void start_what_is_not_there(void)
{
    const char *argv[] = {"/nowhere/echo", NULL};
    FAILS(proc_start(&p, argv));
}
static void start_what_is_no_program(void)
{
    const char *argv[] = {"/dev/null", NULL};
    FAILS(proc_start(&p, argv));
}

STEP_TEST(a_program_that_cannot_be_started_is_told)
{
    failing(start_what_is_not_there,
            "/nowhere/echo cannot be started: ENOENT (No such file", "", "");
    failing(start_what_is_no_program,
            "/dev/null cannot be started: EACCES (Permission denied)", "", "");
}

/* As bits, but for 32 and 33, which are glibc's own: what make starts ignores
 * them, and no program can change that. */
static unsigned long long signals_ignored(pid_t pid)
{
    return strtoull(status_line(pid, "SigIgn"), NULL, 16) & ~(3ull << 31);
}

/* Only descriptors 0, 1 and 2; default signals; an empty mask. */
STEP_TEST(a_program_starts_clean)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    lab_check(fcntl(0, F_DUPFD, 50) >= 50, "the test has more descriptors");
    start_shell("exec sleep 1000");
    lab_until(strcmp(status_line(p.pid, "Name"), "sleep") == 0, "it sleeps");
    proc_until_fds(&p, 3); /* once its libraries are loaded */
    lab_equal(signals_ignored(p.pid), 0, "ignored signals");
    lab_same_text(status_line(p.pid, "SigBlk"), "0000000000000000",
                  "blocked signals");
    proc_release(&p);
}

/* Its standard input is a pipe of the test's, closed by the test. */
STEP_TEST(input_is_written_and_closed)
{
    const char *argv[] = {"cat", NULL};
    proc_start(&p, argv);
    lab_equal(write(p.in, "hello\nworld\n", 12), 12, "bytes written");
    lab_same_text(proc_expect_line(&p), "hello", "the first line");
    proc_expect_alive(&p);
    proc_close_input(&p);
    proc_close_input(&p);
    proc_expect_exit(&p, 0);
    lab_same_text(proc_expect_line(&p), "world", "a line after its end");
}

/* ---- Calling a function ---- */

static int give_back(void *result)
{
    return *(int *)result;
}

/* 0 or more is exit status 0; an error is 1, and named. */
STEP_TEST(a_result_becomes_an_exit_status)
{
    int results[] = {0, 7, -EPIPE};
    for (int i = 0; i < 3; i++) {
        proc_call(&p, "server", give_back, &results[i]);
        proc_expect_exit(&p, results[i] < 0);
        lab_same_text(p.err_text,
                      results[i] < 0 ? "server returned -EPIPE (Broken pipe)\n"
                                     : "",
                      "its standard error");
        proc_release(&p);
    }
}

/* What the test had printed and not flushed comes out once, the test's. */
STEP_TEST(output_of_the_test_is_not_repeated)
{
    int zero = 0;
    lab_sys(dup2((int)lab_sys(open("/dev/null", O_WRONLY)), STDOUT_FILENO));
    printf("not flushed");
    proc_call(&p, "server", give_back, &zero);
    proc_expect_exit(&p, 0);
    lab_equal(p.out_len, 0, "bytes that the server wrote");
}

static void ignore(int number)
{
    (void)number;
}

/* The test's handlers, libcheck's among them, and its mask are not inherited:
 * SIGTERM ends the server and nobody else. */
STEP_TEST(a_function_has_default_signals)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, ignore);
    proc_call(&p, "server", sleep_on, NULL);
    lab_same_text(status_line(p.pid, "SigBlk"), "0000000000000000",
                  "blocked signals");
    lab_equal(signals_ignored(p.pid), 0, "ignored signals");
    proc_signal(&p, SIGTERM);
    lab_equal(proc_wait(&p), SIGTERM, "its wait status");
}

static int write_to_closed_pipe(void *unused)
{
    int ends[2];
    (void)unused;
    if (pipe(ends) == -1 || close(ends[0]) == -1)
        return -errno;
    return write(ends[1], "x", 1) == 1;
}

static void die_by_sigpipe(void)
{
    proc_call(&p, "server", write_to_closed_pipe, NULL);
    FAILS(proc_expect_exit(&p, 0));
}

STEP_TEST(death_by_sigpipe_is_seen)
{
    failing(die_by_sigpipe, "how server ends", "exit status 0",
            "killed by SIGPIPE (Broken pipe)");
}

static int crash(void *unused)
{
    (void)unused;
    return raise(SIGSEGV);
}

static void crash_in_a_process(void)
{
    proc_call(&p, "server", crash, NULL);
    FAILS(proc_expect_exit(&p, 0));
}

/* A sanitizer's handler of SIGSEGV stays. */
STEP_TEST(a_crash_is_reported_by_the_sanitizer)
{
#ifndef __SANITIZE_ADDRESS__
    lab_cannot_run("this build has no AddressSanitizer", "make SAN=address");
#endif
    failing(crash_in_a_process, "how server ends", "exit status 0",
            "exit status ");
}

static int copy_input(void *unused)
{
    char data[64];
    ssize_t n;
    (void)unused;
    while ((n = read(0, data, sizeof data)) > 0)
        if (write(1, data, (size_t)n) != n)
            return -errno;
    return 0;
}

/* No process holds another's pipes open. */
STEP_TEST(a_function_holds_no_pipe_of_others)
{
    struct proc other;
    proc_call(&p, "copy", copy_input, NULL);
    proc_call(&other, "other", sleep_on, NULL);
    proc_close_input(&p);
    proc_expect_exit(&p, 0);
    proc_release(&other);
    proc_release(&p);
}

static int fail_an_expectation(void *unused)
{
    (void)unused;
    lab_equal(1, 2, "one");
    return 0;
}

static void wait_for_failed_expectation(void)
{
    proc_call(&p, "server", fail_an_expectation, NULL);
    proc_wait(&p);
}

/* An expectation that fails in it fails the test. */
STEP_TEST(an_expectation_in_it_counts)
{
    int status;
    const struct lab_shared *page =
        failing_page(wait_for_failed_expectation, &status);
    lab_equal(page->failure.ready, 1, "a failure is there");
    lab_same_text(page->failure.what, "one", "what failed");
}

/* ---- Lines ---- */

/* Lines come one by one, however they were written. */
STEP_TEST(lines_come_one_by_one)
{
    start_shell("printf 'one\\n\\ntwo\\nth'; printf 'ree\\n'");
    lab_same_text(proc_expect_line(&p), "one", "line 1");
    lab_same_text(proc_expect_line(&p), "", "line 2");
    lab_same_text(proc_expect_line(&p), "two", "line 3");
    lab_same_text(proc_expect_line(&p), "three", "line 4");
    lab_same_text(p.out_text, "one\n\ntwo\nthree\n", "all it wrote");
    proc_expect_exit(&p, 0);
}

static void line_of_a_program_that_ends(void)
{
    start_shell("echo one; printf tw; echo wrong >&2; exit 3");
    lab_same_text(proc_expect_line(&p), "one", "the first line");
    FAILS(proc_expect_line(&p));
}
static void line_of_a_silent_program(void)
{
    proc_call(&p, "server", sleep_on, NULL);
    FAILS_AFTER(200, proc_expect_line(&p));
}
static void line_of_a_program_that_closes_its_output(void)
{
    start_shell("exec >&-; exec sleep 1000");
    FAILS_AFTER(200, proc_expect_line(&p));
}
static void line_of_a_flood(void)
{
    start_shell("exec cat /dev/zero");
    FAILS(proc_expect_line(&p));
}

STEP_TEST(a_missing_line_is_told)
{
    failing(line_of_a_program_that_ends,
            "sh writes a line to its standard output", "a line",
            "2 bytes without a newline, then exit status 3\n      | wrong");
    failing(line_of_a_silent_program, "server writes a line", "a line",
            "0 bytes without a newline, then nothing more for 0.2 s");
    failing(line_of_a_program_that_closes_its_output, "sh writes a line",
            "a line", "0 bytes without a newline, then nothing more");
    failing(line_of_a_flood, "sh writes a line", "a line",
            "65,536 bytes without a newline");
}

/* Who waits for standard output reads standard error too: a full pipe there
 * blocks nobody. What is over the limit is cut. */
STEP_TEST(both_streams_are_drained)
{
    start_shell("head -c 300000 /dev/zero | tr '\\0' e >&2; echo done; "
                "head -c 300000 /dev/zero | tr '\\0' o");
    lab_same_text(proc_expect_line(&p), "done", "its line");
    proc_expect_exit(&p, 0);
    lab_equal(p.err_len, PROC_OUTPUT_BYTES_MAX, "bytes of standard error");
    lab_equal(p.out_len, PROC_OUTPUT_BYTES_MAX, "bytes of standard output");
    lab_equal(strlen(p.err_text), p.err_len, "the text's length");
    lab_equal(p.err_text[p.err_len - 1], 'e', "its last byte");
}

/* ---- The end ---- */

static void exit_with_3(void)
{
    start_shell("echo no such port >&2; exit 3");
    FAILS(proc_expect_exit(&p, 0));
}
static void end_that_never_comes(void)
{
    proc_call(&p, "server", sleep_on, NULL);
    FAILS_AFTER(200, proc_expect_exit(&p, 0));
}
static void alive_after_its_end(void)
{
    start_shell("kill -KILL $$");
    proc_wait(&p);
    FAILS(proc_expect_alive(&p));
}
/* It is a zombie by then, which nobody has reaped. */
static void alive_as_a_zombie(void)
{
    siginfo_t info;
    start_shell("exit 4");
    lab_sys(waitid(P_PID, (id_t)p.pid, &info, WEXITED | WNOWAIT));
    FAILS(proc_expect_alive(&p));
}
static void signal_after_its_end(void)
{
    start_shell("exit 0");
    proc_wait(&p);
    FAILS(proc_signal(&p, SIGTERM));
}

STEP_TEST(ends_are_told)
{
    failing(exit_with_3, "how sh ends", "exit status 0",
            "exit status 3\n      | no such port");
    failing(end_that_never_comes, "the end of server", "it ends",
            "it runs on, and was silent for 0.2 s");
    failing(alive_after_its_end, "sh is running", "it runs",
            "killed by SIGKILL (Killed)");
    failing(alive_as_a_zombie, "sh is running", "it runs", "exit status 4");
    failing(signal_after_its_end, "sh gets SIGTERM after its end was seen", "",
            "");
}

/* A process that the program left behind holds the pipes: the wait is for the
 * program alone. */
STEP_TEST(wait_is_for_the_process_alone)
{
    start_shell("sleep 1000 & echo $!");
    pid_t left = atoi(proc_expect_line(&p));
    proc_expect_exit(&p, 0);
    kill(left, SIGKILL);
}

/* What it wrote is kept, also where it ended before the test looked. */
STEP_TEST(last_words_are_kept)
{
    siginfo_t info;
    start_shell("echo last; echo words >&2");
    lab_sys(waitid(P_PID, (id_t)p.pid, &info, WEXITED | WNOWAIT));
    proc_expect_exit(&p, 0);
    lab_same_text(p.out_text, "last\n", "its standard output");
    lab_same_text(p.err_text, "words\n", "its standard error");
}

/* proc_wait gives the wait status, as often as it is asked. */
STEP_TEST(wait_gives_the_status_again)
{
    start_shell("exit 5");
    lab_equal(WEXITSTATUS(proc_wait(&p)), 5, "the exit status");
    lab_equal(WEXITSTATUS(proc_wait(&p)), 5, "the exit status, once more");
    lab_equal(p.pid, 0, "the process, reaped");
}

/* Killed, killed again, released, released again. */
STEP_TEST(kill_and_release_may_be_repeated)
{
    proc_call(&p, "server", sleep_on, NULL);
    pid_t pid = p.pid;
    proc_kill(&p);
    lab_equal(p.status, SIGKILL, "its wait status");
    lab_equal(kill(pid, 0), -1, "it is gone");
    proc_kill(&p);
    proc_release(&p);
    proc_release(&p);
    lab_equal(p.pid, 0, "the process");
}

static int open_fds(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

/* A process costs the test nothing once it is released. */
STEP_TEST(release_leaves_no_descriptor)
{
    int before = open_fds();
    for (int i = 0; i < 10; i++) {
        proc_call(&p, "server", sleep_on, NULL);
        lab_equal(open_fds(), before + 3, "descriptors while it runs");
        proc_release(&p);
        start_shell("exit 0");
        proc_release(&p);
    }
    lab_equal(open_fds(), before, "descriptors");
}

static void start_too_many(void)
{
    static struct proc many[65];
    for (int i = 0; i < 64; i++)
        proc_call(&many[i], "server", sleep_on, NULL);
    FAILS(proc_call(&many[64], "server", sleep_on, NULL));
}

STEP_TEST(too_many_processes_are_told)
{
    failing(start_too_many, "64 processes were started and not released", "",
            "");
}

/* Whoever started it, and however often. */
STEP_TEST(kill_all_leaves_none)
{
    struct proc other;
    proc_call(&p, "server", sleep_on, NULL);
    proc_call(&other, "other", sleep_on, NULL);
    proc_kill_all();
    lab_equal(waitpid(-1, NULL, WNOHANG), -1, "children that are left");
    proc_kill_all();
}

/* ---- Death with the test ---- */

static int life[2]; /* a pipe that ends when nobody holds it any more */

/* A test that starts a function and a program, and is then killed. */
static void start_both_and_wait(void)
{
    struct proc program;
    const char *argv[] = {"sh", "-c", "exec sleep 1000", NULL};
    proc_call(&p, "server", sleep_on, NULL);
    proc_start(&program, argv);
    lab_sys(write(life[1], &program.pid, sizeof program.pid));
    close(life[1]);
    pause();
}

/* SIGKILL for the test is SIGKILL for what it started. */
STEP_TEST(processes_die_with_the_test)
{
    pid_t program;
    lab_sys(pipe(life));
    pid_t test = (pid_t)lab_sys(fork());
    if (test == 0)
        start_both_and_wait();
    close(life[1]);
    lab_equal(read(life[0], &program, sizeof program), sizeof program,
              "the program's pid arrives");
    lab_sys(kill(test, SIGKILL));
    lab_sys(waitpid(test, NULL, 0));
    /* The function held the other end of the pipe; the program closed it. */
    struct pollfd end = {.fd = life[0], .events = POLLIN};
    lab_equal(poll(&end, 1, LAB_PATIENCE_MS), 1, "the function has ended");
    lab_until(kill(program, 0) == -1 || status_line(program, "State")[0] == 'Z',
              "the program ends");
}

/* ---- The transcript ---- */

STEP_TEST(every_call_is_a_line)
{
    const char *argv[] = {"/bin/echo", "a", "b", NULL};
    char text[512] = "";
    proc_start(&p, argv);
    proc_expect_line(&p);
    proc_expect_exit(&p, 0);
    proc_release(&p);
    proc_call(&p, "server", sleep_on, NULL);
    proc_signal(&p, SIGTERM);
    proc_wait(&p);
    memcpy(text, lab_page->transcript, lab_page->transcript_len);
    lab_same_text(text,
                  "starts echo a b\n"
                  "reads a line that echo writes\n"
                  "waits for the end of echo\n"
                  "starts server in a process of its own\n"
                  "sends SIGTERM to server\n"
                  "waits for the end of server\n",
                  "the transcript");
}

/* What is noted can be pasted to a shell; the week's program goes by where a
 * member's own make puts it. */
STEP_TEST(a_command_is_noted_as_one_types_it)
{
    char program[512], text[512] = "";
    snprintf(program, sizeof program, "%s", lab_program("echo"));
    const char *argv[] = {"sh", "-c", ": \"$0\" 'a' <&-", program, "", NULL};
    proc_start(&p, argv);
    proc_release(&p);
    memcpy(text, lab_page->transcript, lab_page->transcript_len);
    lab_same_text(text,
                  "starts sh -c ': \"$0\" '\\''a'\\'' <&-' "
                  ".grade/make/address/echo ''\n",
                  "the transcript");
}

int main(int argc, char **argv)
{
    lab_step("program");
    lab_test(a_program_gets_its_arguments);
    lab_test(a_program_may_have_a_terminal);
    lab_test(a_program_may_have_no_input);
    lab_test(output_that_goes_on_is_told);
    lab_test(a_program_is_found_by_name);
    lab_test(a_program_that_cannot_be_started_is_told);
    lab_test(a_program_starts_clean);
    lab_test(input_is_written_and_closed);
    lab_step("function");
    lab_test(a_result_becomes_an_exit_status);
    lab_test(output_of_the_test_is_not_repeated);
    lab_test(a_function_has_default_signals);
    lab_test(death_by_sigpipe_is_seen);
    lab_test(a_crash_is_reported_by_the_sanitizer);
    lab_test(a_function_holds_no_pipe_of_others);
    lab_test(an_expectation_in_it_counts);
    lab_step("lines");
    lab_test(lines_come_one_by_one);
    lab_test(a_missing_line_is_told);
    lab_test(both_streams_are_drained);
    lab_step("end");
    lab_test(ends_are_told);
    lab_test(wait_is_for_the_process_alone);
    lab_test(last_words_are_kept);
    lab_test(wait_gives_the_status_again);
    lab_test(kill_and_release_may_be_repeated);
    lab_test(release_leaves_no_descriptor);
    lab_test(too_many_processes_are_told);
    lab_test(kill_all_leaves_none);
    lab_step("death");
    lab_test(processes_die_with_the_test);
    lab_step("transcript");
    lab_test(every_call_is_a_line);
    lab_test(a_command_is_noted_as_one_types_it);
    return lab_main(argc, argv);
}
