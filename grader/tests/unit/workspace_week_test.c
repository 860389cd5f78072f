/*
 * workspace_week_test.c: what lies in the workspace for a week, and what is
 * wrong with the member's files (workspace.h). What is theirs is never written
 * over.
 */
#include "git.h"
#include "workspace_scratch.h"

/* ---- Starting a week ---- */

START_TEST(the_week_is_laid_out)
{
    started();
    holds("course/work/06-wal/wal.c", "int wal(void);\n");
    links_to("course/work/06-wal/wal.h", "../../weeks/06-wal/wal.h");
    links_to("course/work/06-wal/crc.c", "../../weeks/06-wal/crc.c");
    links_to("course/work/06-wal/README.md", "../../weeks/06-wal/README.md");
    links_to("course/work/06-wal/tests", "../../weeks/06-wal/tests");
    links_to("course/work/06-wal/Makefile", "../../starter/week.mk");
    holds("course/work/06-wal/wal.h", "int wal(void);\n");
    /* It holds the hints. */
    ck_assert(!path_exists(at("course/work/06-wal/week.yaml")));
    ck_assert(path_exists(at("course/work/06-wal/.grade/config.mk")));
    ck_assert_str_eq(keep(workspace_last_week(&w)), "06-wal");
}
END_TEST

START_TEST(git_sees_only_what_is_the_members)
{
    started();
    put("course/work/06-wal/report.json", "{}");
    put("course/work/06-wal/.grade/log", "x");
    const char *const arguments[] = {"add", "--all", NULL};
    const char *const list[] = {"-c", "core.pager=cat", "ls-files", "06-wal",
                                NULL};
    ck_assert(git_run(w.dir, arguments));
    ck_assert_str_eq(keep(git_line(w.dir, list)), "06-wal/report.json");
    unlink(at("course/work/06-wal/report.json"));
    ck_assert(git_run(w.dir, arguments));
    ck_assert_str_eq(keep(git_line(w.dir, list)), "06-wal/wal.c");
}
END_TEST

START_TEST(the_starter_is_a_commit_and_edits_are_not)
{
    const char *const subjects[] = {"log", "-1", "--format=%s", NULL};
    const char *const status[] = {"status", "--porcelain", "06-wal", NULL};
    put("config", "[user]\n name = A Member\n email = member@example.org\n");
    started();
    dir_remove(at("course/work"));
    setenv("GIT_CONFIG_GLOBAL", at("config"), 1);
    ck_assert_int_eq(create(), 0);
    ck_assert_int_eq(start(), 0);
    ck_assert_str_eq(keep(git_line(w.dir, subjects)), "06-wal: the starter");
    ck_assert_ptr_null(git_line(w.dir, status));
    put("course/work/06-wal/wal.c", "my work");
    ck_assert_int_eq(start(), 0);
    ck_assert_str_eq(keep(git_line(w.dir, status)), " M 06-wal/wal.c");
}
END_TEST

START_TEST(starting_twice_keeps_every_edit)
{
    started();
    put("course/work/06-wal/wal.c", "my work");
    put("course/work/06-wal/notes.txt", "my notes");
    put("course/weeks/06-wal/wal.c", "a new starter");
    ck_assert_int_eq(start(), 0);
    holds("course/work/06-wal/wal.c", "my work");
    holds("course/work/06-wal/notes.txt", "my notes");
    /* Even an empty one is theirs; a deleted one is brought back. */
    put("course/work/06-wal/wal.c", "");
    ck_assert_int_eq(start(), 0);
    holds("course/work/06-wal/wal.c", "");
    unlink(at("course/work/06-wal/wal.c"));
    ck_assert_int_eq(start(), 0);
    holds("course/work/06-wal/wal.c", "a new starter");
}
END_TEST

START_TEST(links_are_mended)
{
    started();
    unlink(at("course/work/06-wal/wal.h"));
    unlink(at("course/work/06-wal/tests"));
    ck_assert_int_eq(
        symlink("/old/course/tests", at("course/work/06-wal/tests")), 0);
    put("course/weeks/06-wal/extra.h", "new");
    ck_assert_int_eq(mend(), 0);
    ck_assert_str_eq(heard, "");
    links_to("course/work/06-wal/wal.h", "../../weeks/06-wal/wal.h");
    links_to("course/work/06-wal/tests", "../../weeks/06-wal/tests");
    links_to("course/work/06-wal/extra.h", "../../weeks/06-wal/extra.h");
    /* What the course drops goes; another link of the member's stays. */
    unlink(at("course/weeks/06-wal/extra.h"));
    ck_assert_int_eq(symlink("nowhere", at("course/work/06-wal/own")), 0);
    ck_assert_int_eq(mend(), 0);
    ck_assert(!path_exists(at("course/work/06-wal/extra.h")));
    links_to("course/work/06-wal/own", "nowhere");
}
END_TEST

START_TEST(outside_of_the_course_links_are_absolute_and_follow_a_move)
{
    ck_assert_int_eq(find(at("mine")), -ENOENT);
    ck_assert_int_eq(create(), 0);
    ck_assert_int_eq(week_load(&week, course_dir(), "06-wal"), 0);
    ck_assert_int_eq(start(), 0);
    links_to("mine/06-wal/wal.h", at("course/weeks/06-wal/wal.h"));
    links_to("mine/grade", at("course/grader/grade"));
    week_release(&week);
    ck_assert_int_eq(rename(at("course"), at("moved")), 0);
    setenv("GRADE_COURSE", at("moved"), 1);
    ck_assert_int_eq(week_load(&week, course_dir(), "06-wal"), 0);
    ck_assert_int_eq(mend(), 0);
    links_to("mine/06-wal/wal.h", at("moved/weeks/06-wal/wal.h"));
    ck_assert_int_eq(create(), 0);
    links_to("mine/grade", at("moved/grader/grade"));
}
END_TEST

START_TEST(an_edited_copy_of_a_given_file_is_left_and_told)
{
    started();
    unlink(at("course/work/06-wal/wal.h"));
    put("course/work/06-wal/wal.h", "edited");
    ck_assert_int_eq(mend(), 0);
    heard_one_line();
    heard_text("06-wal/wal.h is a copy, no longer the link");
    holds("course/work/06-wal/wal.h", "edited");
    holds("course/weeks/06-wal/wal.h", "int wal(void);\n");
    /* One with the same text misleads nobody. */
    put("course/work/06-wal/wal.h", "int wal(void);\n");
    ck_assert_int_eq(mend(), 0);
    ck_assert_str_eq(heard, "");
}
END_TEST

START_TEST(a_gitignore_of_the_members_own_stays)
{
    started();
    put("course/work/06-wal/.gitignore", "mine\n");
    ck_assert_int_eq(start(), 0);
    holds("course/work/06-wal/.gitignore", "mine\n");
}
END_TEST

START_TEST(mending_a_week_that_was_not_started_is_enoent_without_a_word)
{
    started();
    week_release(&week);
    ck_assert_int_eq(week_load(&week, course_dir(), "01-echo"), 0);
    ck_assert_int_eq(mend(), -ENOENT);
    ck_assert_str_eq(heard, "");
    ck_assert(!path_exists(at("course/work/01-echo")));
}
END_TEST

/* Else starting a week would write where the link leads. */
START_TEST(nothing_is_written_through_a_link_out_of_the_workspace)
{
    started();
    ck_assert_int_eq(dir_remove(at("course/work/06-wal")), 0);
    ck_assert_int_eq(dir_make(at("elsewhere")), 0);
    ck_assert_int_eq(symlink(at("elsewhere"), at("course/work/06-wal")), 0);
    ck_assert_int_eq(start(), -EINVAL);
    heard_one_line();
    heard_text("is a symbolic link");
    ck_assert_int_eq(mend(), -EINVAL);
    ck_assert_int_eq(rmdir(at("elsewhere")), 0); /* still empty */
    /* A file that is a link is theirs; the starter does not go through it. */
    unlink(at("course/work/06-wal"));
    put("theirs", "kept");
    ck_assert_int_eq(dir_make(at("course/work/06-wal")), 0);
    ck_assert_int_eq(symlink(at("theirs"), at("course/work/06-wal/wal.c")), 0);
    ck_assert_int_eq(start(), 0);
    holds("theirs", "kept");
}
END_TEST

START_TEST(a_file_in_the_place_of_the_week_is_one_line)
{
    started();
    ck_assert_int_eq(dir_remove(at("course/work/06-wal")), 0);
    put("course/work/06-wal", "mine");
    ck_assert_int_eq(start(), -EINVAL);
    heard_one_line();
    heard_text("is no folder: move it away");
    holds("course/work/06-wal", "mine");
}
END_TEST

START_TEST(a_closed_week_folder_is_one_line_and_loses_nothing)
{
    become_ordinary();
    started();
    put("course/work/06-wal/wal.c", "my work");
    unlink(at("course/work/06-wal/wal.h"));
    chmod(at("course/work/06-wal"), 0555);
    ck_assert_int_eq(start(), -EACCES);
    heard_one_line();
    heard_text("Permission denied");
    holds("course/work/06-wal/wal.c", "my work");
    chmod(at("course/work/06-wal"), 0755);
    become_real();
}
END_TEST

START_TEST(a_full_disk_is_one_line_and_loses_nothing)
{
    static char filler[100000];

    ck_assert_int_eq(dir_make(at("disk")), 0);
    if (!mount_small_disk(at("disk"))) {
        printf("cannot run: a test of a full disk: no namespaces here\n");
        return;
    }
    memset(filler, 'x', sizeof(filler) - 1);
    put("disk/work/README.md", "mine");
    put("course/starter/member/large", filler);
    ck_assert_int_eq(find(at("disk/work")), -ENOENT);
    ck_assert_int_eq(create(), -ENOSPC);
    heard_one_line();
    heard_text("No space left on device; free some space");
    holds("disk/work/README.md", "mine");
    ck_assert_int_eq(find(at("disk/work")), -ENOENT); /* taken up later */
    umount(at("disk"));
}
END_TEST

/* ---- Checking the member's files ---- */

static void make_missing(const char *path)
{
    unlink(path);
}

static void make_empty(const char *path)
{
    file_write_atomic(path, "", 0);
}

static void make_binary(const char *path)
{
    file_write_atomic(path, "\177ELF\0\1", 6);
}

static void make_folder(const char *path)
{
    unlink(path);
    dir_make(path);
}

static void make_link_outside(const char *path)
{
    unlink(path);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
}

static void make_dangling(const char *path)
{
    unlink(path);
    ck_assert_int_eq(symlink("nowhere", path), 0);
}

static void make_fifo(const char *path)
{
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void make_large(const char *path)
{
    ck_assert_int_eq(truncate(path, FILE_BYTES_MAX + 1), 0);
}

static void make_closed(const char *path)
{
    become_ordinary();
    chmod(path, 0);
}

static const struct {
    void (*make)(const char *path);
    const char *told;
} faults[] = {
    {make_missing, "wal.c is not there; `"},
    {make_empty, "wal.c is empty; move it away, then `"},
    {make_binary, "wal.c is binary, no source text; move it away"},
    {make_folder, "wal.c is a folder; move it away"},
    {make_link_outside, "wal.c is a link that leads out of the workspace"},
    {make_dangling, "wal.c is a link that leads nowhere"},
    {make_fifo, "wal.c is no regular file"},
    {make_large, "wal.c is too large: over 4 MiB"},
    {make_closed, "wal.c cannot be read: permission denied"},
};

static int check(void)
{
    int err;

    listen_to_stderr();
    err = workspace_check_files(&w, &week);
    stop_listening();
    return err;
}

START_TEST(a_file_that_cannot_be_graded_is_one_line)
{
    started();
    faults[_i].make(at("course/work/06-wal/wal.c"));
    ck_assert_int_eq(check(), -EINVAL);
    heard_one_line();
    heard_text(faults[_i].told);
    heard_text("grade start 06` brings the starter's");
    become_real();
}
END_TEST

START_TEST(files_of_source_text_are_right)
{
    started();
    ck_assert_int_eq(check(), 0);
    /* A link within the workspace is the member's own way. */
    put("course/work/common/wal.c", "int wal;\n");
    unlink(at("course/work/06-wal/wal.c"));
    ck_assert_int_eq(symlink("../common/wal.c", at("course/work/06-wal/wal.c")),
                     0);
    ck_assert_int_eq(check(), 0);
    ck_assert_str_eq(heard, "");
}
END_TEST

START_TEST(a_week_that_was_not_started_is_one_line)
{
    started();
    dir_remove(at("course/work/06-wal"));
    ck_assert_int_eq(check(), -EINVAL);
    heard_one_line();
    heard_text("work/06-wal is not there; `");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workspace_week");
    TCase *tc = add(suite, "starting a week");

    tcase_add_test(tc, the_week_is_laid_out);
    tcase_add_test(tc, git_sees_only_what_is_the_members);
    tcase_add_test(tc, the_starter_is_a_commit_and_edits_are_not);
    tcase_add_test(tc, starting_twice_keeps_every_edit);
    tcase_add_test(tc, links_are_mended);
    tcase_add_test(tc,
                   outside_of_the_course_links_are_absolute_and_follow_a_move);
    tcase_add_test(tc, an_edited_copy_of_a_given_file_is_left_and_told);
    tcase_add_test(tc, a_gitignore_of_the_members_own_stays);
    tcase_add_test(
        tc, mending_a_week_that_was_not_started_is_enoent_without_a_word);
    tcase_add_test(tc, nothing_is_written_through_a_link_out_of_the_workspace);
    tcase_add_test(tc, a_file_in_the_place_of_the_week_is_one_line);
    tcase_add_test(tc, a_closed_week_folder_is_one_line_and_loses_nothing);
    tcase_add_test(tc, a_full_disk_is_one_line_and_loses_nothing);
    tc = add(suite, "checking the member's files");
    tcase_add_loop_test(tc, a_file_that_cannot_be_graded_is_one_line, 0,
                        sizeof(faults) / sizeof(faults[0]));
    tcase_add_test(tc, files_of_source_text_are_right);
    tcase_add_test(tc, a_week_that_was_not_started_is_one_line);
    return run_suite(suite);
}
