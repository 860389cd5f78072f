/*
 * workspace_test.c: the member's folder (workspace.h). What is theirs is never
 * written over, and each thing that may be wrong with it is one line.
 */
#include "git.h"
#include "workspace_scratch.h"

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
    tc = add(suite, "whose module");
    tcase_add_test(tc, by_default_it_is_mine_where_the_week_passed);
    tcase_add_test(tc, a_choice_is_saved_and_taken_back);
    tcase_add_test(tc, a_folder_is_a_week_of_files_or_a_workspace_with_one);
    tcase_add_test(tc, the_last_week_is_remembered);
    return run_suite(suite);
}
