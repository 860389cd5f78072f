/*
 * workspace_test.c: the member's folder (workspace.h). What is theirs is never
 * written over, and each thing that may be wrong with it is one line.
 */
#include "scratch.h"

#include "course.h"
#include "git.h"
#include "workspace.h"

static struct workspace w;
static struct week week;

/* ---- Helpers ---- */

static int find(const char *given)
{
    int err;

    workspace_release(&w);
    listen_to_stderr();
    err = workspace_find(&w, given);
    stop_listening();
    return err;
}

static int create(void)
{
    int err;

    listen_to_stderr();
    err = workspace_create(&w);
    stop_listening();
    return err;
}

/* What start tells on standard output is not for the test's. */
static int start(void)
{
    int err, terminal = fcntl(1, F_DUPFD_CLOEXEC, 10);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    fflush(stdout);
    dup2(null, 1);
    listen_to_stderr();
    err = workspace_start(&w, &week);
    stop_listening();
    fflush(stdout);
    dup2(terminal, 1);
    close(terminal);
    close(null);
    return err;
}

static int mend(void)
{
    int err;

    listen_to_stderr();
    err = workspace_mend(&w, &week);
    stop_listening();
    return err;
}

/* A workspace in course/work, and in it the week 06-wal. */
static void started(void)
{
    ck_assert_int_eq(find(at("course/work")), -ENOENT);
    ck_assert_int_eq(create(), 0);
    ck_assert_int_eq(week_load(&week, course_dir(), "06-wal"), 0);
    ck_assert_int_eq(start(), 0);
    ck_assert_str_eq(heard, "");
}

static void links_to(const char *name, const char *target)
{
    char found[512] = {0};

    ck_assert_msg(readlink(at(name), found, sizeof(found) - 1) > 0, "%s: %s",
                  name, strerror(errno));
    ck_assert_str_eq(found, target);
}

/* The first line that git prints in the workspace; kept. */
static const char *git(const char *a, const char *b, const char *c)
{
    const char *const arguments[] = {a, b, c, NULL};
    char *line = git_line(w.dir, arguments);

    return line ? keep(line) : NULL;
}

/* ---- Finding it ---- */

START_TEST(it_is_the_given_one_or_the_one_around_or_work)
{
    started();
    /* around */
    ck_assert_int_eq(chdir(at("course/work/06-wal/.grade")), 0);
    ck_assert_int_eq(find(NULL), 0);
    ck_assert_str_eq(w.dir, at("course/work"));
    ck_assert_str_eq(w.state, at("course/work/.grade"));
    /* the usual one */
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(find(NULL), 0);
    ck_assert_str_eq(w.dir, at("course/work"));
    /* a given one */
    ck_assert_int_eq(chdir(scratch), 0);
    ck_assert_int_eq(find("mine/"), -ENOENT);
    ck_assert_str_eq(w.dir, at("mine"));
    ck_assert_str_eq(heard, "");
}
END_TEST

START_TEST(what_cannot_be_one_is_one_line)
{
    put("file", "x");
    ck_assert_int_eq(find(at("file")), -ENOTDIR);
    heard_one_line();
    heard_text("a workspace is a folder");
}
END_TEST

START_TEST(a_damaged_workspace_json_is_one_line_and_stays_as_it_is)
{
    started();
    put("course/work/workspace.json", "{\"course\": {},\n \"use\": {");
    ck_assert_int_eq(find(at("course/work")), -EINVAL);
    heard_one_line();
    heard_text("workspace.json:2: damaged: ");
    holds("course/work/workspace.json", "{\"course\": {},\n \"use\": {");
    put("course/work/workspace.json", "[]");
    ck_assert_int_eq(find(at("course/work")), -EINVAL);
    heard_one_line();
}
END_TEST

START_TEST(a_state_folder_that_is_a_link_is_refused)
{
    started();
    ck_assert_int_eq(dir_remove(at("course/work/.grade")), 0);
    ck_assert_int_eq(symlink(scratch, at("course/work/.grade")), 0);
    ck_assert_int_eq(find(at("course/work")), -ENOTDIR);
    heard_one_line();
}
END_TEST

/* ---- Creating it ---- */

START_TEST(it_is_made_from_the_template)
{
    ck_assert_int_eq(find(at("course/work")), -ENOENT);
    ck_assert_int_eq(create(), 0);
    ck_assert_str_eq(heard, "");
    holds("course/work/README.md", "# My workspace\n");
    holds("course/work/.vscode/settings.json", "{}\n");
    links_to("course/work/grade", "../grader/grade");
    holds("course/work/workspace.json", "{\n"
                                        "  \"course\": {\n"
                                        "    \"commit\": null,\n"
                                        "    \"url\": null\n"
                                        "  },\n"
                                        "  \"use\": {}\n"
                                        "}\n");
    ck_assert(git_is_top(w.dir));
    ck_assert_int_eq(find(at("course/work")), 0);
}
END_TEST

START_TEST(what_the_member_made_of_the_template_stays)
{
    started();
    put("course/work/README.md", "mine");
    unlink(at("course/work/.vscode/settings.json"));
    ck_assert_int_eq(create(), 0);
    holds("course/work/README.md", "mine");
    ck_assert(!path_exists(at("course/work/.vscode/settings.json")));
}
END_TEST

START_TEST(a_creation_that_was_interrupted_is_taken_up)
{
    put("course/work/README.md", "half way, and edited since");
    ck_assert_int_eq(find(at("course/work")), -ENOENT);
    ck_assert_int_eq(create(), 0);
    holds("course/work/README.md", "half way, and edited since");
    ck_assert_int_eq(find(at("course/work")), 0);
}
END_TEST

START_TEST(none_is_made_among_other_files)
{
    put("home/letters.txt", "x");
    ck_assert_int_eq(find(at("home")), -ENOENT);
    ck_assert_int_eq(create(), -ENOTEMPTY);
    heard_one_line();
    heard_text("name an empty folder, or a new one");
    ck_assert(!path_exists(at("home/README.md")));
}
END_TEST

START_TEST(it_is_committed_only_where_git_knows_the_member)
{
    started();
    ck_assert_ptr_null(git("rev-parse", "HEAD", NULL));
    dir_remove(at("course/work"));
    put("config", "[user]\n name = A Member\n email = member@example.org\n"
                  "[commit]\n gpgsign = true\n");
    setenv("GIT_CONFIG_GLOBAL", at("config"), 1);
    ck_assert_int_eq(create(), 0);
    ck_assert_str_eq(git("log", "--format=%an: %s", NULL),
                     "A Member: A workspace for the course");
    ck_assert_ptr_null(git("status", "--porcelain", NULL));
}
END_TEST

START_TEST(without_git_it_is_made_too)
{
    setenv("PATH", at("empty"), 1);
    ck_assert_int_eq(find(at("course/work")), -ENOENT);
    ck_assert_int_eq(create(), 0);
    ck_assert_str_eq(heard, "");
    ck_assert_int_eq(find(at("course/work")), 0);
}
END_TEST

START_TEST(it_notes_which_course_it_goes_with)
{
    const char *const init[] = {"init", "-q", NULL};
    const char *const remote[] = {"remote", "add", "origin",
                                  "https://example.org/course", NULL};
    const char *const commit[] = {"-c",
                                  "user.name=x",
                                  "-c",
                                  "user.email=x",
                                  "commit",
                                  "-q",
                                  "--allow-empty",
                                  "-m",
                                  "x",
                                  NULL};
    const char *const head[] = {"rev-parse", "HEAD", NULL};

    started();
    put("course/work/workspace.json",
        "{\"use\": {\"06-wal\": \"mine\"}, \"own\": [1]}");
    ck_assert(git_run(course_dir(), init));
    ck_assert(git_run(course_dir(), remote));
    ck_assert(git_run(course_dir(), commit));
    ck_assert_int_eq(workspace_note_course(&w), 0);
    holds("course/work/workspace.json",
          keep(text_format("{\n"
                           "  \"course\": {\n"
                           "    \"commit\": \"%s\",\n"
                           "    \"url\": \"https://example.org/course\"\n"
                           "  },\n"
                           "  \"own\": [\n"
                           "    1\n"
                           "  ],\n"
                           "  \"use\": {\n"
                           "    \"06-wal\": \"mine\"\n"
                           "  }\n"
                           "}\n",
                           keep(git_line(course_dir(), head)))));
}
END_TEST

START_TEST(where_nothing_may_be_written_is_one_line)
{
    become_ordinary();
    ck_assert_int_eq(dir_make(at("closed")), 0);
    chmod(at("closed"), 0555);
    ck_assert_int_eq(find(at("closed/work")), -ENOENT);
    ck_assert_int_eq(create(), -EACCES);
    heard_one_line();
    heard_text("make the folder writable for you");
    ck_assert_int_eq(find(at("closed")), -ENOENT);
    ck_assert_int_eq(create(), -EACCES);
    heard_one_line();
    become_real();
}
END_TEST

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

/* ---- Whose module ---- */

static const char *dir_used;

static enum origin use_of(const char *name)
{
    char *dir;
    enum origin origin = workspace_use(&w, name, &dir);

    dir_used = dir ? keep(dir) : NULL;
    return origin;
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define REPORT(passed)                                                       \
    "{\"week\": \"06-wal\", \"passed\": " passed                             \
    ", \"steps\": {\"append\": \"passed\"}, \"hashes\": {\"files\": \"" HASH \
    "\", \"contract\": \"" HASH "\", \"tests\": \"" HASH "\"}}"

START_TEST(by_default_it_is_mine_where_the_week_passed)
{
    started();
    ck_assert_int_eq(use_of("06-wal"), ORIGIN_REFERENCE);
    ck_assert_ptr_null(dir_used);
    put("course/work/06-wal/report.json", REPORT("false"));
    ck_assert_int_eq(use_of("06-wal"), ORIGIN_REFERENCE);
    put("course/work/06-wal/report.json", REPORT("true"));
    ck_assert_int_eq(use_of("06-wal"), ORIGIN_MINE);
    ck_assert_str_eq(dir_used, at("course/work/06-wal"));
    put("course/work/06-wal/report.json", "{\"passed\": tru");
    ck_assert_int_eq(use_of("06-wal"), ORIGIN_REFERENCE);
    ck_assert_int_eq(use_of("01-echo"), ORIGIN_REFERENCE);
}
END_TEST

START_TEST(a_choice_is_saved_and_taken_back)
{
    started();
    ck_assert_int_eq(workspace_use_set(&w, "06-wal", "mine"), 0);
    ck_assert_int_eq(use_of("06-wal"), ORIGIN_MINE);
    ck_assert(workspace_use_is_chosen(&w, "06-wal"));
    put("course/work/06-wal/report.json", REPORT("true"));
    ck_assert_int_eq(workspace_use_set(&w, "06-wal", "reference"), 0);
    ck_assert_int_eq(use_of("06-wal"), ORIGIN_REFERENCE);
    ck_assert_int_eq(workspace_use_set(&w, "06-wal", "/their/06-wal"), 0);
    ck_assert_int_eq(use_of("06-wal"), ORIGIN_DIR);
    ck_assert_str_eq(dir_used, "/their/06-wal");
    /* In the workspace it is saved so that a clone has it too. */
    ck_assert_int_eq(
        workspace_use_set(&w, "06-wal", at("course/work/old/06-wal")), 0);
    ck_assert_int_eq(use_of("06-wal"), ORIGIN_DIR);
    ck_assert_str_eq(dir_used, at("course/work/old/06-wal"));
    char *text = file_read(at("course/work/workspace.json"), NULL);
    ck_assert_ptr_nonnull(strstr(keep(text), "\"06-wal\": \"old/06-wal\""));
    ck_assert_int_eq(workspace_use_set(&w, "06-wal", NULL), 0);
    ck_assert_int_eq(use_of("06-wal"), ORIGIN_MINE);
    ck_assert(!workspace_use_is_chosen(&w, "06-wal"));
}
END_TEST

START_TEST(a_folder_is_a_week_of_files_or_a_workspace_with_one)
{
    started();
    put("their/06-wal/wal.c", "theirs");
    ck_assert_str_eq(keep(workspace_module_dir(&week, at("their"))),
                     at("their/06-wal"));
    ck_assert_str_eq(keep(workspace_module_dir(&week, at("their/06-wal"))),
                     at("their/06-wal"));
    listen_to_stderr();
    ck_assert_ptr_null(workspace_module_dir(&week, at("none")));
    stop_listening();
    heard_one_line();
    unlink(at("their/06-wal/wal.c"));
    listen_to_stderr();
    ck_assert_ptr_null(workspace_module_dir(&week, at("their")));
    stop_listening();
    heard_one_line();
    heard_text("no wal.c is there, which 06-wal is made of");
}
END_TEST

START_TEST(the_last_week_is_remembered)
{
    started();
    workspace_last_week_set(&w, "01-echo");
    ck_assert_str_eq(keep(workspace_last_week(&w)), "01-echo");
    unlink(at("course/work/.grade/last-week"));
    ck_assert_ptr_null(workspace_last_week(&w));
}
END_TEST

/* ---- main ---- */

/* No settings of whoever runs the tests. */
static void set_up(void)
{
    scratch_begin();
    put_course();
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_SYSTEM", "/dev/null", 1);
    unsetenv("GIT_AUTHOR_NAME");
    unsetenv("GIT_AUTHOR_EMAIL");
}

static void tear_down(void)
{
    workspace_release(&w);
    if (week.name)
        week_release(&week);
}

static TCase *add(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("workspace");
    TCase *tc = add(suite, "finding it");

    tcase_add_test(tc, it_is_the_given_one_or_the_one_around_or_work);
    tcase_add_test(tc, what_cannot_be_one_is_one_line);
    tcase_add_test(tc, a_damaged_workspace_json_is_one_line_and_stays_as_it_is);
    tcase_add_test(tc, a_state_folder_that_is_a_link_is_refused);
    tc = add(suite, "creating it");
    tcase_add_test(tc, it_is_made_from_the_template);
    tcase_add_test(tc, what_the_member_made_of_the_template_stays);
    tcase_add_test(tc, a_creation_that_was_interrupted_is_taken_up);
    tcase_add_test(tc, none_is_made_among_other_files);
    tcase_add_test(tc, it_is_committed_only_where_git_knows_the_member);
    tcase_add_test(tc, without_git_it_is_made_too);
    tcase_add_test(tc, it_notes_which_course_it_goes_with);
    tcase_add_test(tc, where_nothing_may_be_written_is_one_line);
    tc = add(suite, "starting a week");
    tcase_add_test(tc, the_week_is_laid_out);
    tcase_add_test(tc, git_sees_only_what_is_the_members);
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
    tc = add(suite, "whose module");
    tcase_add_test(tc, by_default_it_is_mine_where_the_week_passed);
    tcase_add_test(tc, a_choice_is_saved_and_taken_back);
    tcase_add_test(tc, a_folder_is_a_week_of_files_or_a_workspace_with_one);
    tcase_add_test(tc, the_last_week_is_remembered);
    return run_suite(suite);
}
