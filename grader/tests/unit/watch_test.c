/*
 * watch_test.c: what wakes `grade watch`, what it then does, and that the
 * terminal is as it was (watcher.h).
 */
#include "scratch.h"

#include "living.h"

#include "watcher.h"

#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>

static char *yours[] = {"wal.c", "wal_index.c"};
static const struct manifest manifest = {.yours = yours, .yours_count = 2};
static struct watcher watcher;
static char key;

/* ---- Helpers ---- */

static void watch_folder(int terminal)
{
    ck_assert_int_eq(dir_make(at("week")), 0);
    ck_assert_int_eq(watcher_open(&watcher, at("week"), &manifest, terminal),
                     0);
}

/* As an editor that opens the file and writes it. */
static void write_plainly(const char *name, const char *text)
{
    FILE *file = fopen(at(name), "we");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/* As an editor that writes beside it and renames. */
static void write_beside(const char *name, const char *beside)
{
    write_plainly(beside, "int new;\n");
    ck_assert_int_eq(rename(at(beside), at(name)), 0);
}

static bool gives_single_keys(int fd)
{
    struct termios modes;

    ck_assert_int_eq(tcgetattr(fd, &modes), 0);
    return !(modes.c_lflag & ICANON) && !(modes.c_lflag & ECHO);
}

static void same_modes(int master, const struct termios *before)
{
    struct termios after;

    ck_assert_int_eq(tcgetattr(master, &after), 0);
    ck_assert_uint_eq(after.c_lflag, before->c_lflag);
    ck_assert_uint_eq(after.c_iflag, before->c_iflag);
    ck_assert_int_eq(memcmp(after.c_cc, before->c_cc, sizeof after.c_cc), 0);
}

/* In a process beside us: once the terminal hands out single keys, that is,
 * once watcher_next waits, type these. */
static pid_t type_when_waiting(int master, const char *keys)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    while (!gives_single_keys(master))
        usleep(1000);
    _exit(write(master, keys, strlen(keys)) == (ssize_t)strlen(keys) ? 0 : 1);
}

static void ended_well(pid_t pid)
{
    int status;
    pid_t ended;

    do /* the signal that is sent may come in here */
        ended = waitpid(pid, &status, 0);
    while (ended < 0 && errno == EINTR);
    ck_assert_int_eq(ended, pid);
    ck_assert_int_eq(status, 0);
}

static int terminal_pair(int *master)
{
    int slave;

    ck_assert_int_eq(openpty(master, &slave, NULL, NULL, NULL), 0);
    return slave;
}

/* ---- What wakes it ---- */

START_TEST(a_plain_write_is_a_save)
{
    watch_folder(-1);
    write_plainly("week/wal.c", "int x;\n");
    ck_assert_int_eq(watcher_next(&watcher, &key), WATCHER_SAVED);
}
END_TEST

START_TEST(a_rename_is_a_save)
{
    watch_folder(-1);
    write_beside("week/wal_index.c", "week/4913");
    ck_assert_int_eq(watcher_next(&watcher, &key), WATCHER_SAVED);
}
END_TEST

/* Swap files, backups, objects and the grader's own report are none: the key
 * that was typed after them comes first. */
START_TEST(other_files_are_no_saves)
{
    int master, slave = terminal_pair(&master);

    watch_folder(slave);
    write_plainly("week/.wal.c.swp", "x");
    write_plainly("week/wal.c~", "x");
    write_beside("week/report.json", "week/.report.json.new");
    pid_t typist = type_when_waiting(master, "x");
    ck_assert_int_eq(watcher_next(&watcher, &key), WATCHER_KEY);
    ck_assert_int_eq(key, 'x');
    ended_well(typist);
}
END_TEST

/* Several saves at once are one. */
START_TEST(a_burst_is_one_save)
{
    int master, slave = terminal_pair(&master);

    watch_folder(slave);
    for (int i = 0; i < 5; i++) {
        write_plainly("week/wal.c", "int x;\n");
        write_beside("week/wal_index.c", "week/4913");
    }
    ck_assert_int_eq(watcher_next(&watcher, &key), WATCHER_SAVED);
    pid_t typist = type_when_waiting(master, "x");
    ck_assert_int_eq(watcher_next(&watcher, &key), WATCHER_KEY);
    ended_well(typist);
}
END_TEST

/* What is saved while nobody waits, as during a run, is not lost. */
START_TEST(a_save_during_a_run_comes_next)
{
    watch_folder(-1);
    write_plainly("week/wal.c", "int x;\n");
    ck_assert_int_eq(watcher_next(&watcher, &key), WATCHER_SAVED);
    write_plainly("week/wal.c", "int y;\n");
    ck_assert_int_eq(watcher_next(&watcher, &key), WATCHER_SAVED);
}
END_TEST

START_TEST(a_folder_that_goes_ends_it)
{
    watch_folder(-1);
    ck_assert_int_eq(rmdir(at("week")), 0);
    ck_assert_int_eq(watcher_next(&watcher, &key), WATCHER_GONE);
}
END_TEST

START_TEST(a_folder_that_is_not_there)
{
    ck_assert_int_eq(watcher_open(&watcher, at("week"), &manifest, -1),
                     -ENOENT);
    put("file", "x");
    ck_assert_int_eq(watcher_open(&watcher, at("file"), &manifest, -1),
                     -ENOTDIR);
}
END_TEST

/* Whether it comes before the wait or into it. */
START_TEST(a_signal_ends_it)
{
    int master, slave = terminal_pair(&master);

    process_guard();
    watch_folder(slave);
    pid_t parent = getpid(), other = fork();
    if (other == 0) {
        while (_i == 1 && !gives_single_keys(master))
            usleep(1000);
        _exit(kill(parent, SIGTERM));
    }
    if (_i == 0)
        ended_well(other);
    ck_assert_int_eq(watcher_next(&watcher, &key), WATCHER_ENDED);
    ck_assert(!gives_single_keys(slave));
    if (_i == 1)
        ended_well(other);
}
END_TEST

/* ---- The terminal ---- */

START_TEST(the_terminal_is_as_it_was)
{
    int master, slave = terminal_pair(&master);
    struct termios before;

    ck_assert_int_eq(tcgetattr(slave, &before), 0);
    watch_folder(slave);
    pid_t typist = type_when_waiting(master, "n");
    ck_assert_int_eq(watcher_next(&watcher, &key), WATCHER_KEY);
    ck_assert_int_eq(key, 'n');
    same_modes(slave, &before);
    ended_well(typist);
}
END_TEST

/* Ctrl-D is q, and so is a terminal that went away. */
START_TEST(the_end_of_input_is_q)
{
    int master, slave = terminal_pair(&master);

    watch_folder(slave);
    pid_t typist = type_when_waiting(master, "\004");
    ck_assert_int_eq(watcher_next(&watcher, &key), WATCHER_KEY);
    ck_assert_int_eq(key, 'q');
    ended_well(typist);
    close(master);
    ck_assert_int_eq(watcher_next(&watcher, &key), WATCHER_KEY);
    ck_assert_int_eq(key, 'q');
}
END_TEST

/* ---- The command ---- */

static char seen[1 << 18]; /* all that `grade watch` has written so far */
static size_t seen_len;

static void exec_watch(void)
{
    char *program = path_join(real_course, "build/grade");

    setenv("GRADE_COURSE", at("course"), 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TERM", "xterm", 1);
    ck_assert_int_eq(chdir(at("work")), 0);
    execl(program, "grade", "watch", "05", NULL);
    _exit(127);
}

/* Read on until the text stands in what came since the last call. */
static void until(int fd, const char *text)
{
    size_t from = seen_len;
    ssize_t count;

    while (!strstr(seen + from, text)) {
        count = read(fd, seen + seen_len, sizeof seen - 1 - seen_len);
        ck_assert_msg(count > 0, "no \"%s\" in:\n%s", text, seen + from);
        seen_len += (size_t)count;
        seen[seen_len] = '\0';
    }
}

static int wait_for(pid_t pid)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Without a terminal it prints, a report after each save, until a signal. */
START_TEST(without_a_terminal_it_prints)
{
    int out[2];
    pid_t pid;

    put_living_course();
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        dup2(null, 0);
        dup2(out[1], 1);
        exec_watch();
    }
    close(out[1]);
    until(out[0], "watching 05-sum\n");
    ck_assert_ptr_nonnull(strstr(seen, "✗  1  add"));
    put("work/05-sum/sum.c", SUM_HALF);
    until(out[0], "watching 05-sum\n");
    ck_assert_ptr_nonnull(strstr(seen, "✗  2  negative"));
    put("work/05-sum/sum.c", SUM_SOLUTION);
    until(out[0], "watching 05-sum\n");
    ck_assert_ptr_nonnull(strstr(seen, "Week 05 is yours"));
    ck_assert_ptr_null(strchr(seen, '\033'));
    kill(pid, SIGTERM);
    ck_assert_int_eq(wait_for(pid), 128 + SIGTERM);
    ck_assert(path_exists(at("work/05-sum/report.json")));
}
END_TEST

static pid_t watch_on_terminal(int *master, struct termios *before)
{
    pid_t pid;

    put_living_course();
    pid = forkpty(master, NULL, NULL, NULL);
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        exec_watch();
    ck_assert_int_eq(tcgetattr(*master, before), 0);
    return pid;
}

static void type(int master, const char *keys)
{
    ck_assert_int_eq(write(master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* n looks at the next failing step, h tells its hint, q ends with the status
 * of the last grading. */
START_TEST(the_keys)
{
    struct termios before;
    int master;
    pid_t pid = watch_on_terminal(&master, &before);

    until(master, "quit");
    ck_assert_ptr_nonnull(strstr(seen, "add 2 and 2"));
    type(master, "h");
    until(master, "quit");
    ck_assert_ptr_nonnull(strstr(seen, "addition"));
    type(master, "n");
    until(master, "quit");
    ck_assert_ptr_nonnull(strstr(seen, "add -2 and 1"));
    type(master, "x"); /* no key of ours */
    until(master, "quit");
    type(master, "q");
    ck_assert_int_eq(wait_for(pid), 1);
    same_modes(master, &before);
    close(master);
}
END_TEST

/* The step in hand alone is graded after a save, until it passes. */
START_TEST(the_step_in_hand_comes_first)
{
    struct termios before;
    int master;
    pid_t pid = watch_on_terminal(&master, &before);

    until(master, "quit");
    put("work/05-sum/sum.c", SUM_HALF);
    until(master, "quit");
    ck_assert_ptr_nonnull(strstr(seen, "1 of 2 core steps passed"));
    size_t from = seen_len;
    put("work/05-sum/sum.c", "#include \"sum.h\"\n"
                             "int sum(int a, int b) { return -a - b; }\n");
    until(master, "quit");
    ck_assert_ptr_nonnull(strstr(seen + from, "negative"));
    ck_assert_ptr_null(strstr(seen + from, "1  add"));
    from = seen_len;
    put("work/05-sum/sum.c", SUM_SOLUTION);
    until(master, "quit");
    ck_assert_ptr_nonnull(strstr(seen + from, "Week 05 is yours"));
    type(master, "q");
    ck_assert_int_eq(wait_for(pid), 0);
    close(master);
}
END_TEST

/* A step before the one in hand that fails too is told in a line. */
START_TEST(a_step_before_the_one_in_hand)
{
    struct termios before;
    int master;
    pid_t pid = watch_on_terminal(&master, &before);

    until(master, "quit");
    put("work/05-sum/sum.c", SUM_HALF);
    until(master, "quit");
    size_t from = seen_len;
    put("work/05-sum/sum.c", SUM_STARTER);
    until(master, "quit");
    ck_assert_ptr_nonnull(strstr(seen + from, "2  negative"));
    ck_assert_ptr_nonnull(
        strstr(seen + from, "Step 1, add, fails too: `./grade 05.1`."));
    type(master, "q");
    ck_assert_int_eq(wait_for(pid), 1);
    close(master);
}
END_TEST

/* Ctrl-C ends it, by the signal, with the terminal as it was. */
START_TEST(ctrl_c_mends_the_terminal)
{
    struct termios before;
    int master;
    pid_t pid = watch_on_terminal(&master, &before);

    until(master, "quit");
    type(master, "\003");
    ck_assert_int_eq(wait_for(pid), 128 + SIGINT);
    same_modes(master, &before);
    close(master);
}
END_TEST

/* As a shell with job control: the watch runs in a group of its own in front.
 * When it stops, look at the terminal, and bring it back. Ends with its exit
 * status, or 99 if the terminal was not as it was, 98 if it never stopped. */
static _Noreturn void act_as_shell(void)
{
    struct termios before, stopped;
    bool has_stopped = false;
    pid_t pid;
    int status;

    tcgetattr(0, &before);
    signal(SIGTTOU, SIG_IGN);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        signal(SIGTTOU, SIG_DFL);
        exec_watch();
    }
    while (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status)) {
        has_stopped = true;
        tcgetattr(0, &stopped);
        if (stopped.c_lflag != before.c_lflag)
            _exit(99);
        kill(-pid, SIGCONT);
    }
    _exit(!has_stopped ? 98 : WEXITSTATUS(status));
}

/* Ctrl-Z stops it with the terminal as it was; brought back, it goes on. */
START_TEST(ctrl_z_mends_the_terminal)
{
    int master;
    pid_t pid;

    put_living_course();
    pid = forkpty(&master, NULL, NULL, NULL);
    if (pid == 0)
        act_as_shell();
    until(master, "quit");
    type(master, "\032");
    until(master, "quit");
    type(master, "q");
    ck_assert_int_eq(wait_for(pid), 1);
    close(master);
}
END_TEST

static void add_watcher_tests(TCase *tc)
{
    tcase_add_test(tc, a_plain_write_is_a_save);
    tcase_add_test(tc, a_rename_is_a_save);
    tcase_add_test(tc, other_files_are_no_saves);
    tcase_add_test(tc, a_burst_is_one_save);
    tcase_add_test(tc, a_save_during_a_run_comes_next);
    tcase_add_test(tc, a_folder_that_goes_ends_it);
    tcase_add_test(tc, a_folder_that_is_not_there);
    tcase_add_loop_test(tc, a_signal_ends_it, 0, 2);
    tcase_add_test(tc, the_terminal_is_as_it_was);
    tcase_add_test(tc, the_end_of_input_is_q);
}

int main(void)
{
    Suite *suite = suite_create("watch");
    TCase *tc;

    if (!living_course())
        return EXIT_FAILURE;
    add_watcher_tests(add_case(suite, "watcher"));
    tc = add_case(suite, "command");
    tcase_set_timeout(tc, 180);
    tcase_add_test(tc, without_a_terminal_it_prints);
    tcase_add_test(tc, the_keys);
    tcase_add_test(tc, the_step_in_hand_comes_first);
    tcase_add_test(tc, a_step_before_the_one_in_hand);
    tcase_add_test(tc, ctrl_c_mends_the_terminal);
    tcase_add_test(tc, ctrl_z_mends_the_terminal);
    return run_suite(suite);
}
