/*
 * commands_test.c: what the commands around grading print: list, status, hint,
 * show, use, update, interop. Whole screens are compared, as a member sees
 * them from the course's folder, in plain ASCII.
 */
#include "workspace_scratch.h"

#include "commands.h"
#include "progress.h"
#include "report.h"

static char *printed; /* of the last command, on standard output */

/* Run a command with these words, and listen to both of its outputs. */
static int run(int (*command)(const struct options *), char *first,
               char *second)
{
    char *words[] = {first, second, NULL};
    struct options options = {
        .words = words,
        .word_count = first == NULL    ? 0
                      : second == NULL ? 1
                                       : 2,
    };
    int terminal = fcntl(1, F_DUPFD_CLOEXEC, 10);
    int paper =
        open(at(".printed"), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    int status;

    fflush(stdout);
    dup2(paper, 1);
    listen_to_stderr();
    status = command(&options);
    stop_listening();
    fflush(stdout);
    dup2(terminal, 1);
    close(terminal);
    close(paper);
    printed = keep(file_read(at(".printed"), NULL));
    return status;
}

static void prints(const char *text)
{
    ck_assert_str_eq(heard, "");
    ck_assert_str_eq(printed, text);
}

static void tells(const char *text)
{
    ck_assert_str_eq(printed, "");
    heard_one_line();
    heard_text(text);
}

/* report.json of 06-wal as grading leaves it, on the tests of now. */
static void put_report(const char *passed, const char *recover)
{
    char files[65], contract[65], tests[65];

    ck_assert_int_eq(
        report_hashes(at("course/work/06-wal"), &week, files, contract, tests),
        0);
    put("course/work/06-wal/report.json",
        keep(text_format("{\"week\": \"06-wal\", \"passed\": %s, \"steps\": "
                         "{\"append\": \"passed\", \"recover\": \"%s\"}, "
                         "\"hashes\": {\"files\": \"%s\", \"contract\": "
                         "\"%s\", \"tests\": \"%s\"}}",
                         passed, recover, files, contract, tests)));
}

static void in_course(void)
{
    started();
    ck_assert_int_eq(chdir(at("course")), 0);
}

/* ---- list and status ---- */

#define LIST(state)                                                         \
    "\n"                                                                    \
    "  network\n"                                                           \
    "    .  01  Echo                                      2 h  not begun\n" \
    "\n"                                                                    \
    "  storage\n" state "\n"                                                \
    "  + passed   > begun   . not begun\n\n"
#define WAL(mark, state)                                                      \
    "    " mark "  06  A write-ahead log                         8 h  " state \
    "\n"

START_TEST(list_shows_the_state_of_each_week)
{
    ck_assert_int_eq(chdir(at("course")), 0);
    ck_assert_int_eq(run(command_list, NULL, NULL), EXIT_PASSES);
    prints(LIST(WAL(".", "not begun")));
    in_course();
    run(command_list, NULL, NULL);
    prints(LIST(WAL(">", "begun")));
    put_report("false", "failed");
    run(command_list, NULL, NULL);
    prints(LIST(WAL(">", "1 of 2 steps")));
    put_report("true", "passed");
    run(command_list, NULL, NULL);
    prints(LIST(WAL("+", "passed")));
    put("course/weeks/06-wal/tests/more.h", "\n");
    run(command_list, NULL, NULL);
    prints(LIST(WAL("+", "passed on older tests")));
    put("course/work/06-wal/report.json", "{");
    run(command_list, NULL, NULL);
    prints(LIST(WAL(">", "report.json damaged")));
}
END_TEST

START_TEST(a_long_title_is_cut)
{
    char *title = "title: A log that is written ahead of all other things\n";

    put("course/weeks/06-wal/week.yaml",
        keep(text_format("%s%s", title, strchr(WAL_MANIFEST, '\n') + 1)));
    ck_assert_int_eq(run(command_list, NULL, NULL), EXIT_PASSES);
    ck_assert_ptr_nonnull(
        strstr(printed, "06  A log that is written ahead of all ...    8 h  "));
}
END_TEST

START_TEST(a_refused_manifest_is_told_and_the_others_are_listed)
{
    put("course/weeks/06-wal/week.yaml", "titel: x\n");
    ck_assert_int_eq(run(command_list, NULL, NULL), EXIT_USAGE);
    heard_one_line();
    heard_text("weeks/06-wal/week.yaml:1: unknown key 'titel'");
    ck_assert_ptr_nonnull(strstr(printed, "01  Echo"));
}
END_TEST

/* Not the first week that was left out, but the one after. */
START_TEST(next_is_the_week_after_the_last_one_worked_on)
{
    struct progress all[] = {
        {.week.name = "00-first", .state = PROGRESS_NOT_BEGUN},
        {.week.name = "01-second", .state = PROGRESS_PASSED},
        {.week.name = "02-third", .state = PROGRESS_PASSED_OLDER},
        {.week.name = "03-fourth", .state = PROGRESS_NOT_BEGUN},
    };

    ck_assert_ptr_eq(progress_next(all, 4, "01-second"), &all[3]);
    ck_assert_ptr_eq(progress_next(all, 3, "01-second"), &all[0]);
    ck_assert_ptr_eq(progress_next(all, 4, NULL), &all[0]);
    ck_assert_ptr_null(progress_next(all + 1, 2, "01-second"));
    all[1].state = PROGRESS_PART;
    ck_assert_ptr_eq(progress_next(all, 4, "01-second"), &all[1]);
    ck_assert_ptr_eq(progress_next(all, 4, NULL), &all[1]);
}
END_TEST

START_TEST(status_shows_where_one_is_and_the_next_step)
{
    in_course();
    put_report("false", "failed");
    ck_assert_int_eq(run(command_status, NULL, NULL), EXIT_PASSES);
    prints("\n"
           "  0 of 2 weeks passed, 0 of about 10 hours\n"
           "\n"
           "  network      . 01                                             0 "
           "of 1\n"
           "  storage      > 06                                             0 "
           "of 1\n"
           "\n"
           "  week 06      A write-ahead log\n"
           "               1 of 2 steps\n"
           "  next step    2  recover\n"
           "               Recover what append wrote (about 30 minutes)\n"
           "\n"
           "  work/grade 06 grades it, work/grade hint 06.2 gives a hint.\n"
           "\n");
    put_report("true", "passed");
    run(command_status, NULL, NULL);
    prints("\n"
           "  1 of 2 weeks passed, 8 of about 10 hours\n"
           "\n"
           "  network      . 01                                             0 "
           "of 1\n"
           "  storage      + 06                                             1 "
           "of 1\n"
           "\n"
           "  week 06      stretch: 3 group\n"
           "\n"
           "  week 01      Echo\n"
           "               not begun\n"
           "\n"
           "  work/grade start 01 lays it into your workspace.\n"
           "\n");
}
END_TEST

/* ---- hint ---- */

#define HINT_HEAD "\n  Step 1, append: Append a record\n\n"

START_TEST(hints_come_one_at_a_time)
{
    in_course();
    ck_assert_int_eq(run(command_hint, "06.1", NULL), EXIT_PASSES);
    prints(HINT_HEAD "   1  a nudge\n\n  1 more.\n\n");
    run(command_hint, "6.append", NULL);
    prints(HINT_HEAD "   1  a nudge\n   2  the idea\n\n  That was the last: "
                     "`work/grade ask 06.1` says what to bring to the "
                     "group.\n\n");
    run(command_hint, "06.1", NULL);
    prints(HINT_HEAD "   1  a nudge\n   2  the idea\n\n  That was the last: "
                     "`work/grade ask 06.1` says what to bring to the "
                     "group.\n\n");
}
END_TEST

START_TEST(a_hint_is_for_the_first_open_step_of_the_week_around)
{
    in_course();
    put_report("false", "failed");
    ck_assert_int_eq(chdir(at("course/work/06-wal")), 0);
    ck_assert_int_eq(run(command_hint, NULL, NULL), EXIT_PASSES);
    prints("Step 2, recover, has no hints.\n");
    put_report("true", "passed");
    ck_assert_int_eq(run(command_hint, NULL, NULL), EXIT_USAGE);
    tells("every core step of 06-wal passes; name a step, as in `../grade "
          "hint 06.1`");
    put_report("true", "failed");
    ck_assert_int_eq(run(command_hint, NULL, NULL), EXIT_PASSES);
    prints("Step 2, recover, has no hints.\n");
}
END_TEST

START_TEST(a_hint_for_what_is_not_there_is_one_line)
{
    in_course();
    ck_assert_int_eq(run(command_hint, "06.9", NULL), EXIT_USAGE);
    tells("06-wal has no step '9'; its steps are 1 (append) to 3 (group)");
    ck_assert_int_eq(run(command_hint, "06.apend", NULL), EXIT_USAGE);
    tells("06-wal has no step 'apend' (did you mean 'append'?)");
    ck_assert_int_eq(run(command_hint, "01", NULL), EXIT_USAGE);
    tells("01-echo is not in your workspace yet; `work/grade start 01`");
    dir_remove(at("course/work"));
    ck_assert_int_eq(run(command_hint, "06", NULL), EXIT_USAGE);
    tells("`build/grade start 06` lays it there");
    ck_assert_int_eq(run(command_hint, NULL, NULL), EXIT_USAGE);
    tells("which week? `build/grade list` shows them");
}
END_TEST

/* ---- show ---- */

START_TEST(the_solution_is_shown_once_the_week_passes)
{
    in_course();
    put("course/solutions/06-wal/wal.c", "int wal(void) { return 0; }\n");
    put_report("false", "failed");
    ck_assert_int_eq(run(command_show, "06", NULL), EXIT_FAILS);
    tells("06-wal does not pass yet (1 of 2 core steps)");
    put_report("true", "passed");
    ck_assert_int_eq(run(command_show, "06", NULL), EXIT_PASSES);
    ck_assert_str_eq(heard, "");
    ck_assert_ptr_nonnull(strstr(printed, "work/06-wal/wal.c"));
    ck_assert_ptr_nonnull(strstr(printed, "int wal(void) { return 0; }"));
    ck_assert_int_eq(run(command_show, "06", "crc.c"), EXIT_USAGE);
    tells("'crc.c' is no file that you write in 06-wal");
}
END_TEST

START_TEST(without_a_solution_or_a_file_show_is_one_line)
{
    in_course();
    put_report("true", "passed");
    ck_assert_int_eq(run(command_show, "06", NULL), EXIT_USAGE);
    tells("this course has no solution of 06-wal");
    put("course/solutions/06-wal/wal.c", "int wal(void) { return 0; }\n");
    unlink(at("course/work/06-wal/wal.c"));
    ck_assert_int_eq(run(command_show, "06", NULL), EXIT_USAGE);
    tells("wal.c is not there");
}
END_TEST

/* ---- use ---- */

#define CHOSEN                                                                \
    "  Later weeks build on that until you choose again; `work/grade use 06 " \
    "default`\n  goes back.\n"
#define BY_DEFAULT                                                           \
    "  Later weeks build on yours once its core steps pass, and on the refe" \
    "rence's\n  until then.\n"

START_TEST(use_tells_and_sets_whose_module)
{
    in_course();
    put("course/solutions/06-wal/wal.c", "int wal(void) { return 0; }\n");
    put("course/their/wal.c", "theirs\n");
    run(command_use, NULL, NULL);
    prints("\n"
           "  06-wal                reference  by default\n"
           "  Every other week: the reference's.\n"
           "\n"
           "  By default later weeks build on your module once its core steps "
           "pass, and on\n"
           "  the reference's until then. `work/grade use WEEK mine`, "
           "`reference` or a\n"
           "  folder chooses; `default` goes back.\n"
           "\n");
    ck_assert_int_eq(run(command_use, "06", "mine"), EXIT_PASSES);
    prints("  06-wal                mine\n" CHOSEN);
    ck_assert_int_eq(run(command_use, "06", "their"), EXIT_PASSES);
    prints("  06-wal                their\n" CHOSEN);
    ck_assert_int_eq(run(command_use, "06", "reference"), EXIT_PASSES);
    prints("  06-wal                reference\n" CHOSEN);
    ck_assert_int_eq(run(command_use, "06", "default"), EXIT_PASSES);
    prints("  06-wal                reference  by default\n" BY_DEFAULT);
    run(command_use, "06", NULL);
    prints("  06-wal                reference  by default\n" BY_DEFAULT);
}
END_TEST

START_TEST(a_choice_that_cannot_be_is_one_line_and_changes_nothing)
{
    in_course();
    ck_assert_int_eq(run(command_use, "06", "none"), EXIT_USAGE);
    tells("none: No such file or directory");
    ck_assert_int_eq(run(command_use, "06", "reference"), EXIT_USAGE);
    tells("06-wal has no reference in this course");
    ck_assert_int_eq(run(command_use, "01", "mine"), EXIT_USAGE);
    tells("work/01-echo is not there");
    ck_assert_int_eq(run(command_use, "01", "starter"), EXIT_USAGE);
    tells("starter: no echo.c is there, which 01-echo is made of");
    ck_assert(!workspace_use_is_chosen(&w, "06-wal"));
    ck_assert(!workspace_use_is_chosen(&w, "01-echo"));
}
END_TEST

/* ---- update and interop ---- */

START_TEST(update_says_what_changed_and_takes_no_pass_back)
{
    in_course();
    ck_assert_int_eq(run(command_update, NULL, NULL), EXIT_PASSES);
    prints("\n"
           "  06-wal                not graded yet\n"
           "\n"
           "  Nothing has changed in the weeks that you began.\n"
           "\n");
    put_report("true", "passed");
    run(command_update, NULL, NULL);
    ck_assert_ptr_nonnull(strstr(printed, "06-wal                unchanged\n"));
    put("course/weeks/06-wal/wal.h", "int wal(void); /* new */\n");
    put("course/weeks/06-wal/added.h", "int added;\n");
    run(command_update, NULL, NULL);
    prints("\n"
           "  06-wal                contract changed\n"
           "                        your pass stays, marked as earned on the "
           "older ones;\n"
           "                        `work/grade 06` grades on the new ones\n"
           "\n"
           "  Changed: 1 of the 1 weeks that you began.\n"
           "\n");
    /* and the new file is at hand */
    holds("course/work/06-wal/added.h", "int added;\n");
    char *report = file_read(at("course/work/06-wal/report.json"), NULL);
    ck_assert_ptr_nonnull(strstr(keep(report), "\"passed\": true"));
}
END_TEST

START_TEST(no_week_has_an_interop_step_yet)
{
    ck_assert_int_eq(run(command_interop, "06", "a"), EXIT_USAGE);
    tells("no week has an interop step yet");
    ck_assert_int_eq(run(command_interop, "07", "a"), EXIT_USAGE);
    tells("there is no week '07'");
}
END_TEST

static void set_up_commands(void)
{
    set_up();
    setenv("LC_ALL", "C", 1);
}

static TCase *add_commands(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, set_up_commands, tear_down);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("commands");
    TCase *tc = add_commands(suite, "list and status");

    tcase_add_test(tc, list_shows_the_state_of_each_week);
    tcase_add_test(tc, a_long_title_is_cut);
    tcase_add_test(tc, a_refused_manifest_is_told_and_the_others_are_listed);
    tcase_add_test(tc, next_is_the_week_after_the_last_one_worked_on);
    tcase_add_test(tc, status_shows_where_one_is_and_the_next_step);
    tc = add_commands(suite, "hint");
    tcase_add_test(tc, hints_come_one_at_a_time);
    tcase_add_test(tc, a_hint_is_for_the_first_open_step_of_the_week_around);
    tcase_add_test(tc, a_hint_for_what_is_not_there_is_one_line);
    tc = add_commands(suite, "show");
    tcase_add_test(tc, the_solution_is_shown_once_the_week_passes);
    tcase_add_test(tc, without_a_solution_or_a_file_show_is_one_line);
    tc = add_commands(suite, "use");
    tcase_add_test(tc, use_tells_and_sets_whose_module);
    tcase_add_test(tc, a_choice_that_cannot_be_is_one_line_and_changes_nothing);
    tc = add_commands(suite, "update and interop");
    tcase_add_test(tc, update_says_what_changed_and_takes_no_pass_back);
    tcase_add_test(tc, no_week_has_an_interop_step_yet);
    return run_suite(suite);
}
