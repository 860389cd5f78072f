/*
 * living.h: a made-up course whose week can be built and graded, and the real
 * `grade` (build/grade) at work on it. Included after scratch.h.
 *
 * The week 05-sum asks for one function in three steps; starter, harness and
 * build folder are the course's own.
 */
#ifndef LIVING_H
#define LIVING_H

#include "scratch.h"

#include <sys/wait.h>

#define SUM_STARTER           \
    "#include \"sum.h\"\n"    \
    "#include <errno.h>\n"    \
    "int sum(int a, int b)\n" \
    "{\n"                     \
    "    (void)a;\n"          \
    "    (void)b;\n"          \
    "    return -ENOSYS;\n"   \
    "}\n"
/* `add` passes, `negative` does not. */
#define SUM_HALF               \
    "#include \"sum.h\"\n"     \
    "#include <stdlib.h>\n"    \
    "int sum(int a, int b)\n"  \
    "{\n"                      \
    "    return abs(a) + b;\n" \
    "}\n"
#define SUM_SOLUTION          \
    "#include \"sum.h\"\n"    \
    "int sum(int a, int b)\n" \
    "{\n"                     \
    "    return a + b;\n"     \
    "}\n"

#define SUM_MANIFEST                            \
    "title: A sum\n"                            \
    "track: start\n"                            \
    "kind: host\n"                              \
    "hours: 1\n"                                \
    "yours: [sum.c]\n"                          \
    "steps:\n"                                  \
    "  - name: add\n"                           \
    "    title: Add two numbers\n"              \
    "    minutes: 5\n"                          \
    "    seconds: 30\n"                         \
    "    sanitizer: none\n"                     \
    "    hints: [addition, use the plus]\n"     \
    "  - name: negative\n"                      \
    "    title: A number below zero counts\n"   \
    "    minutes: 5\n"                          \
    "    seconds: 30\n"                         \
    "    sanitizer: none\n"                     \
    "  - name: order\n"                         \
    "    title: Either number may come first\n" \
    "    minutes: 5\n"                          \
    "    seconds: 30\n"                         \
    "    sanitizer: none\n"                     \
    "    stretch: true\n"

#define SUM_TESTS                                         \
    "#include \"lab.h\"\n"                                \
    "#include \"sum.h\"\n"                                \
    "STEP_TEST(two_and_two_are_four)\n"                   \
    "{\n"                                                 \
    "    lab_note(\"add 2 and 2\");\n"                    \
    "    lab_equal(sum(2, 2), 4, \"2 and 2\");\n"         \
    "}\n"                                                 \
    "STEP_TEST(below_zero)\n"                             \
    "{\n"                                                 \
    "    lab_note(\"add -2 and 1\");\n"                   \
    "    lab_equal(sum(-2, 1), -1, \"-2 and 1\");\n"      \
    "}\n"                                                 \
    "STEP_TEST(either_way)\n"                             \
    "{\n"                                                 \
    "    lab_equal(sum(3, 5), sum(5, 3), \"5 and 3\");\n" \
    "}\n"                                                 \
    "int main(int argc, char **argv)\n"                   \
    "{\n"                                                 \
    "    lab_step(\"add\");\n"                            \
    "    lab_test(two_and_two_are_four);\n"               \
    "    lab_step(\"negative\");\n"                       \
    "    lab_test(below_zero);\n"                         \
    "    lab_step(\"order\");\n"                          \
    "    lab_test(either_way);\n"                         \
    "    return lab_main(argc, argv);\n"                  \
    "}\n"

/* The only known bug: the sign of the first number is lost. */
#define SUM_BUG                                          \
    "Step: negative\n"                                   \
    "Bug: the sign of the first number is lost\n"        \
    "Seen: debts are added to what one has\n"            \
    "\n"                                                 \
    "People write abs() where they mean the distance.\n" \
    "\n"                                                 \
    "diff --git a/sum.c b/sum.c\n"                       \
    "--- a/sum.c\n"                                      \
    "+++ b/sum.c\n"                                      \
    "@@ -1,5 +1,6 @@\n"                                  \
    " #include \"sum.h\"\n"                              \
    "+#include <stdlib.h>\n"                             \
    " int sum(int a, int b)\n"                           \
    " {\n"                                               \
    "-    return a + b;\n"                               \
    "+    return abs(a) + b;\n"                          \
    " }\n"
#define SUM_BUG_PATH "course/solutions/05-sum/bugs/2-sign-lost.patch"

static char real_course[4096]; /* set by living_course(), once in main */

static UNUSED bool living_course(void)
{
    if (realpath(".", real_course) && access("build/grade", X_OK) == 0)
        return true;
    fputs("run this from the top of the course, after `make`\n", stderr);
    return false;
}

static UNUSED void link_real(const char *name)
{
    char *target = keep(path_join(real_course, name));
    char *path = at(keep(text_format("course/%s", name)));

    ck_assert_int_eq(symlink(target, path), 0);
}

/* What a command did. */
struct ran {
    int status; /* exit status, or 128 and the signal */
    char *text; /* all that it printed; kept */
};

/* Run build/grade in the workspace. words: NULL-ended. */
static UNUSED struct ran grade_words(const char *const words[])
{
    const char *argv[16] = {keep(path_join(real_course, "build/grade"))};
    const char *env[] = {keep(text_format("GRADE_COURSE=%s", at("course"))),
                         "LC_ALL=C.UTF-8", "MAKEFLAGS=", NULL};
    struct process_request request = {
        .argv = argv, .dir = at("work"), .env = env, .keep_fd = -1};
    struct process_result result;
    struct ran ran;

    for (int i = 0; words[i]; i++)
        argv[i + 1] = words[i];
    ck_assert_int_eq(process_run(&request, &result), 0);
    ran.status = WIFEXITED(result.status) ? WEXITSTATUS(result.status)
                                          : 128 + WTERMSIG(result.status);
    ran.text = keep(result.output ? result.output : text_format("%s", ""));
    return ran;
}

#define grade(...) grade_words((const char *const[]){__VA_ARGS__, NULL})

static UNUSED void ran_with(struct ran ran, int status, const char *text)
{
    ck_assert_msg(ran.status == status, "status %d, not %d:\n%s", ran.status,
                  status, ran.text);
    ck_assert_msg(strstr(ran.text, text) != NULL, "no \"%s\" in:\n%s", text,
                  ran.text);
}

/* The course, and a workspace in which week 05 was started. */
static UNUSED void put_living_course(void)
{
    put("course/weeks/05-sum/week.yaml", SUM_MANIFEST);
    put("course/weeks/05-sum/sum.h", "int sum(int a, int b);\n");
    put("course/weeks/05-sum/sum.c", SUM_STARTER);
    put("course/weeks/05-sum/README.md", "# A sum\n");
    put("course/weeks/05-sum/tests/sum_test.c", SUM_TESTS);
    put("course/solutions/05-sum/sum.c", SUM_SOLUTION);
    put(SUM_BUG_PATH, SUM_BUG);
    link_real("starter");
    link_real("grader");
    link_real("build");
    ck_assert_int_eq(dir_make(at("work")), 0);
    ck_assert_int_eq(rmdir(at("work")), 0);
    ck_assert_int_eq(dir_make(at("other")), 0);
    char *argv_dir = at("work");
    const char *argv[] = {keep(path_join(real_course, "build/grade")),
                          "start",
                          "05",
                          "--workspace",
                          argv_dir,
                          NULL};
    const char *env[] = {keep(text_format("GRADE_COURSE=%s", at("course"))),
                         NULL};
    struct process_request request = {.argv = argv, .env = env, .keep_fd = -1};
    struct process_result result;

    ck_assert_int_eq(process_run(&request, &result), 0);
    ck_assert_msg(process_succeeded(&result), "%s", result.output);
    process_result_release(&result);
}

#endif
