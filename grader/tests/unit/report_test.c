/*
 * report_test.c: what the reports say, to the letter (grader/tests/golden),
 * what they never do, and report.json.
 *
 * After a wanted change of a report, `GOLDEN=write build/test/unit/report_test`
 * writes the golden files anew; git diff then shows what changed.
 */
#include "clean.h"
#include "files.h"
#include "report.h"
#include "samples.h"

#include <check.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char golden_dir[4096]; /* absolute: the tests stand in `here` */
static char here[] = "/tmp/report-test-XXXXXX";
static char *workspace; /* HERE/work */
static struct week_outcome outcome;

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(here));
    ck_assert_int_eq(chdir(here), 0);
    workspace = path_join(here, "work");
    ck_assert_int_eq(dir_make(workspace), 0);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    unsetenv("GITHUB_STEP_SUMMARY");
}

static void tear_down(void)
{
    week_outcome_release(&outcome);
    dir_remove(here);
    free(workspace);
}

/* ---- The samples ---- */

struct week_outcome sample_passed(const char *dir)
{
    return sample_outcome(dir, 7);
}

struct week_outcome sample_stretch_left(const char *dir)
{
    return sample_outcome(dir, 6);
}

static const struct {
    const char *name;
    struct week_outcome (*make)(const char *workspace);
} samples[] = {
    {"passed", sample_passed},
    {"stretch-left", sample_stretch_left},
    {"failed", sample_failed},
    {"race", sample_race},
    {"compile-error", sample_compile_error},
    {"link-error", sample_link_error},
    {"refused-call", sample_refused_call},
    {"all-failed", sample_all_failed},
    {"stretch-failed", sample_stretch_failed},
    {"cannot-run", sample_cannot_run},
    {"broken", sample_broken},
    {"one-step", sample_one_step},
};
#define SAMPLES ((int)(sizeof samples / sizeof *samples))

static char *drawn(enum report_format format, const struct week_outcome *o)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    ck_assert_ptr_nonnull(out);
    report_write(format, out, o);
    fclose(out);
    return text;
}

static char *drawn_sample(enum report_format format, int i)
{
    week_outcome_release(&outcome);
    outcome = samples[i].make(workspace);
    return drawn(format, &outcome);
}

static void compare(const char *name, const char *text)
{
    char *path = path_join(golden_dir, name);
    const char *how = getenv("GOLDEN");
    char *golden;

    if (how && strcmp(how, "write") == 0)
        ck_assert_int_eq(file_write_atomic(path, text, strlen(text)), 0);
    golden = file_read(path, NULL);
    ck_assert_msg(golden != NULL, "%s: %s", path, strerror(errno));
    ck_assert_msg(strcmp(golden, text) == 0, "%s differs from:\n%s", name,
                  text);
    free(golden);
    free(path);
}

/* ---- Text ---- */

START_TEST(text_is_as_it_was_designed)
{
    char *name = text_format("%s.txt", samples[_i].name);
    char *text = drawn_sample(REPORT_TEXT, _i);

    compare(name, text);
    free(text);
    free(name);
}
END_TEST

/* Without a UTF-8 locale every byte is ASCII. */
START_TEST(text_is_ascii_where_the_locale_is)
{
    char *text;

    setenv("LC_ALL", "C", 1);
    for (int i = 0; i < SAMPLES; i++) {
        text = drawn_sample(REPORT_TEXT, i);
        for (char *at = text; *at; at++)
            ck_assert_msg(isascii((unsigned char)*at), "%s: %s",
                          samples[i].name, at);
        if (strcmp(samples[i].name, "race") == 0)
            compare("race-ascii.txt", text);
        free(text);
    }
}
END_TEST

/* A locale that is not installed here still says what the terminal shows. */
START_TEST(a_locale_that_is_not_installed)
{
    char *text;

    setenv("LC_ALL", "xx_YY.utf8", 1);
    outcome = sample_failed(workspace);
    text = drawn(REPORT_TEXT, &outcome);
    ck_assert_ptr_nonnull(strstr(text, "✗  3  echo-one"));
    free(text);
    setenv("LC_ALL", "xx_YY", 1);
    text = drawn(REPORT_TEXT, &outcome);
    ck_assert_ptr_nonnull(strstr(text, "x  3  echo-one"));
    free(text);
}
END_TEST

/* The live report, drawn step by step, is the whole one. */
START_TEST(live_text_is_the_same)
{
    char *live = NULL, *whole = drawn_sample(REPORT_TEXT, _i);
    size_t len;
    FILE *out = open_memstream(&live, &len);

    report_text_begin(out, &outcome);
    for (unsigned i = 0; i < SAMPLE_STEPS; i++) {
        if (outcome.steps[i].verdict == VERDICT_NONE)
            continue;
        report_text_running(out, &sample_steps[i]);
        report_text_step(out, &outcome, &outcome.steps[i]);
    }
    report_text_end(out, &outcome);
    fclose(out);
    ck_assert_str_eq(live, whole);
    free(live);
    free(whole);
}
END_TEST

/* All that was cut from a long transcript is where the report says. */
START_TEST(the_log_holds_what_the_report_cuts)
{
    char *log, *text;

    outcome = sample_race(workspace);
    text = drawn(REPORT_TEXT, &outcome);
    ck_assert_ptr_nonnull(
        strstr(text, "…  40 earlier lines: "
                     "work/.grade/log/01-tcp-echo/many-clients.txt\n"));
    log = file_read("work/.grade/log/01-tcp-echo/many-clients.txt", NULL);
    ck_assert_ptr_nonnull(log);
    ck_assert_int_eq(strncmp(log, outcome.steps[4].transcript,
                             strlen(outcome.steps[4].transcript)),
                     0);
    ck_assert_ptr_nonnull(strstr(log, outcome.steps[4].output));
    free(log);
    free(text);
}
END_TEST

/* The words that one line was left out would take its place. */
START_TEST(one_line_is_not_left_out)
{
    char *text, *end;

    outcome = sample_race(workspace);
    end = outcome.steps[4].transcript;
    for (int i = 0; i < 16; i++)
        end = strchr(end, '\n') + 1;
    *end = '\0';
    text = drawn(REPORT_TEXT, &outcome);
    ck_assert_ptr_nonnull(strstr(text, "  1  client 1 sends 512 bytes\n"));
    ck_assert_ptr_null(
        strstr(text, "client 16 sends 512 bytes\n") == NULL ? text : NULL);
    free(text);
}
END_TEST

/* A sanitizer's sentence is broken at the width, its frames stay lines. */
START_TEST(a_long_line_of_a_sanitizer_is_broken)
{
    char *text;

    outcome = sample_race(workspace);
    free(outcome.steps[4].sanitizer);
    outcome.steps[4].sanitizer =
        strdup("As if synchronized via sleep: the write that this read races "
               "with came first\n"
               "    serve                    echo.c:42\n");
    text = drawn(REPORT_TEXT, &outcome);
    ck_assert_ptr_nonnull(
        strstr(text, "       sanitizer  As if synchronized via sleep: the "
                     "write that this read races\n"
                     "                  with came first\n"
                     "                      serve                    "
                     "echo.c:42\n"));
    free(text);
}
END_TEST

/* A log that can't be written is not named. */
START_TEST(a_log_that_is_not_there_is_not_named)
{
    char *text;

    outcome = sample_race("/proc/no-such-folder");
    text = drawn(REPORT_TEXT, &outcome);
    ck_assert_ptr_nonnull(strstr(text, "…  40 earlier lines\n"));
    free(text);
}
END_TEST

/* ---- A terminal ---- */

/* What a terminal of this width gets to see of a step that runs, then fails. */
static char *on_terminal(unsigned short columns)
{
    struct winsize size = {.ws_row = 50, .ws_col = columns};
    static char seen[65536];
    size_t len = 0;
    ssize_t count;
    int master, slave;
    FILE *out;

    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, &size), 0);
    out = fdopen(slave, "w");
    outcome = sample_failed(workspace);
    report_text_begin(out, &outcome);
    report_text_running(out, &sample_steps[2]);
    report_text_step(out, &outcome, &outcome.steps[2]);
    report_text_end(out, &outcome);
    fclose(out);
    while (len < sizeof seen - 1 &&
           (count = read(master, seen + len, sizeof seen - 1 - len)) > 0)
        len += (size_t)count;
    seen[len] = '\0';
    close(master);
    return seen;
}

START_TEST(a_terminal_gets_colour)
{
    char *seen = on_terminal(80);

    ck_assert_ptr_nonnull(strstr(seen, "\033[31mfailed"));
    ck_assert_ptr_nonnull(strstr(seen, "\r\033[K"));
}
END_TEST

START_TEST(no_color_takes_colour_away)
{
    setenv("NO_COLOR", "1", 1);
    char *seen = on_terminal(80);

    ck_assert_ptr_null(strstr(seen, "\033[31m"));
    ck_assert_ptr_null(strstr(seen, "m\033"));
    ck_assert_ptr_nonnull(strstr(seen, "failed"));
}
END_TEST

START_TEST(a_dumb_terminal_gets_plain_text)
{
    setenv("TERM", "dumb", 1);
    ck_assert_ptr_null(strchr(on_terminal(80), '\033'));
}
END_TEST

/* Sentences are broken at the width of a narrow terminal. */
START_TEST(sentences_fit_a_narrow_terminal)
{
    setenv("TERM", "dumb", 1);
    char *rest = on_terminal(50), *line;

    while ((line = strsep(&rest, "\n")) != NULL)
        ck_assert_msg(text_width(line, strcspn(line, "\r")) <= 50, "%s", line);
}
END_TEST

/* ---- What no format does ---- */

static const enum report_format formats[] = {
    REPORT_TEXT, REPORT_JSON, REPORT_JUNIT, REPORT_TAP, REPORT_GITHUB,
};

/* A control character of the member's never gets through. */
START_TEST(no_format_lets_control_characters_through)
{
    for (int i = 0; i < SAMPLES; i++) {
        char *text = drawn_sample(formats[_i], i);

        for (char *at = text; *at; at++)
            ck_assert_msg(!iscntrl((unsigned char)*at) || *at == '\n', "%s",
                          at);
        ck_assert_ptr_null(strstr(text, "\xe2\x80\xae"));
        ck_assert_ptr_null(strchr(text, '\xff'));
        free(text);
    }
}
END_TEST

/* ---- JSON ---- */

static const char *const json_keys[] = {
    "format",      "week",        "passed", "status", "built_on",
    "build_error", "build_words", "notes",  "steps",
};
static const char *const json_step_keys[] = {
    "number", "name",   "title",      "stretch", "verdict", "seconds",
    "seed",   "replay", "blocked_by", "tests",   "failure", "cannot_run",
};

static void check_keys(const json_t *json, const char *const keys[],
                       size_t count)
{
    const char *key;
    json_t *value;
    size_t i = 0;

    json_object_foreach((json_t *)json, key, value)
    {
        ck_assert_uint_lt(i, count);
        ck_assert_str_eq(key, keys[i++]);
    }
    ck_assert_uint_eq(i, count);
}

/* It is JSON, with all keys, in their order, whatever happened. */
START_TEST(json_is_valid_and_complete)
{
    char *text = drawn_sample(REPORT_JSON, _i);
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    json_t *step;
    size_t index;

    ck_assert_msg(json != NULL, "line %d: %s", error.line, error.text);
    check_keys(json, json_keys, sizeof json_keys / sizeof *json_keys);
    json_array_foreach(json_object_get(json, "steps"), index, step) check_keys(
        step, json_step_keys, sizeof json_step_keys / sizeof *json_step_keys);
    ck_assert_uint_eq(index, outcome.whole_week ? SAMPLE_STEPS : 1);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "status")),
                     week_outcome_status(&outcome));
    json_decref(json);
    free(text);
}
END_TEST

START_TEST(json_keeps_every_bit_of_a_seed)
{
    char *text;

    outcome = sample_race(workspace);
    text = drawn(REPORT_JSON, &outcome);
    compare("race.json", text);
    ck_assert_ptr_nonnull(strstr(text, "\"seed\": \"18446744073709551615\""));
    free(text);
}
END_TEST

/* ---- JUnit ---- */

static int run_checker(const char *path)
{
    pid_t pid = fork();
    int status;

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        execlp("xmllint", "xmllint", "--noout", path, NULL);
        execlp("python3", "python3", "-c",
               "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])", path,
               NULL);
        _exit(99);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(junit_is_well_formed_xml)
{
    char *text = drawn_sample(REPORT_JUNIT, _i);
    int status;

    ck_assert_int_eq(file_write_atomic("r.xml", text, strlen(text)), 0);
    status = run_checker("r.xml");
    if (status == 99)
        puts("cannot run: JUnit: neither xmllint nor python3 is here");
    else
        ck_assert_int_eq(status, 0);
    free(text);
}
END_TEST

static int count_of(const char *text, const char *what)
{
    int count = 0;

    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        count++;
    return count;
}

/* The counts of the suite are those of its elements. */
START_TEST(junit_counts_what_it_holds)
{
    char *text = drawn_sample(REPORT_JUNIT, _i);
    char counts[128];

    snprintf(counts, sizeof counts,
             "tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\"",
             count_of(text, "<testcase"), count_of(text, "<failure"),
             count_of(text, "<error"), count_of(text, "<skipped"));
    ck_assert_int_eq(count_of(text, counts), 2);
    free(text);
}
END_TEST

START_TEST(junit_escapes_what_xml_reserves)
{
    char *text;

    outcome = sample_race(workspace);
    text = drawn(REPORT_JUNIT, &outcome);
    compare("race.xml", text);
    ck_assert_ptr_nonnull(
        strstr(text, "]]&gt; &amp; &lt;b&gt; &quot;quoted&quot;"));
    free(text);
}
END_TEST

/* ---- TAP ---- */

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* Every line is a plan, a test point with the next number, a comment, a bail
 * out, or indented; and the plan counts the test points. */
START_TEST(tap_follows_its_grammar)
{
    char *text = drawn_sample(REPORT_TAP, _i), *rest = text, *line;
    int planned = -1, points = 0, number;
    bool bailed = false;

    ck_assert_str_eq(strsep(&rest, "\n"), "TAP version 14");
    while ((line = strsep(&rest, "\n")) != NULL && rest) {
        if (sscanf(line, "1..%d", &planned) == 1)
            continue;
        if (sscanf(line, "ok %d - ", &number) == 1 ||
            sscanf(line, "not ok %d - ", &number) == 1)
            ck_assert_int_eq(number, ++points);
        else if (begins(line, "Bail out!"))
            bailed = true;
        else
            ck_assert_msg(*line == '\0' || begins(line, "  ") || *line == '#',
                          "%s", line);
    }
    ck_assert_int_eq(bailed, outcome.build_error != NULL);
    ck_assert_int_eq(planned, bailed ? (int)SAMPLE_STEPS : points);
    free(text);
}
END_TEST

START_TEST(tap_says_why)
{
    char *text;

    outcome = sample_race(workspace);
    text = drawn(REPORT_TAP, &outcome);
    compare("race.tap", text);
    free(text);
    week_outcome_release(&outcome);
    outcome = sample_cannot_run(workspace);
    text = drawn(REPORT_TAP, &outcome);
    compare("cannot-run.tap", text);
    free(text);
}
END_TEST

/* What was graded before the compiler refused stands before the bail out. */
START_TEST(tap_keeps_what_ran_before_a_compile_error)
{
    char *text;

    outcome = sample_outcome(workspace, 2);
    outcome.build_error = strdup("it does not compile");
    outcome.build_words = strdup("echo.c:1:1: error: no\n");
    text = drawn(REPORT_TAP, &outcome);
    ck_assert_str_eq(text, "TAP version 14\n1..7\n"
                           "ok 1 - hello\nok 2 - listen\n"
                           "# echo.c:1:1: error: no\n"
                           "Bail out! it does not compile\n");
    free(text);
}
END_TEST

/* A '#' in a reason would begin a directive. */
START_TEST(tap_escapes_its_own_marks)
{
    char *text;

    outcome = sample_cannot_run(workspace);
    free(outcome.steps[4].why);
    outcome.steps[4].why = strdup("issue #1 \\ 2");
    text = drawn(REPORT_TAP, &outcome);
    ck_assert_ptr_nonnull(
        strstr(text, "# SKIP cannot run: issue \\#1 \\\\ 2\n"));
    free(text);
}
END_TEST

/* ---- GitHub ---- */

/* All of the report stands between the two lines that switch commands off. */
START_TEST(github_gives_no_commands_from_the_log)
{
    char *text = drawn_sample(REPORT_GITHUB, _i), *end;
    char token[64], again[80];

    ck_assert_int_eq(sscanf(text, "::stop-commands::%60s", token), 1);
    snprintf(again, sizeof again, "\n::%s::\n", token);
    end = strstr(text, again);
    ck_assert_ptr_nonnull(end);
    ck_assert_ptr_null(strstr(end + 1, "Week 01"));
    free(text);
}
END_TEST

/* The annotations alone. */
static char *annotations(void)
{
    char *text = drawn(REPORT_GITHUB, &outcome), token[64], *end, *rest;

    ck_assert_int_eq(sscanf(text, "::stop-commands::%60s", token), 1);
    end = strstr(strchr(text, '\n'), token);
    ck_assert_ptr_nonnull(end);
    rest = text_format("%s", strchr(end, '\n') + 1);
    free(text);
    return rest;
}

/* At the member's line where a report names one. */
START_TEST(github_annotates_the_members_line)
{
    char *text;

    outcome = sample_race(workspace);
    text = annotations();
    ck_assert_str_eq(text, "::error file=01-tcp-echo/echo.c,line=88,"
                           "title=step 01.5 many-clients%3A failed::"
                           "ThreadSanitizer found a data race in your code\n");
    free(text);
    week_outcome_release(&outcome);
    outcome = sample_compile_error(workspace);
    text = annotations();
    ck_assert_str_eq(text, "::error file=01-tcp-echo/echo.c,line=12,"
                           "title=it does not compile::‘fd’ undeclared (first "
                           "use in this function)\n");
    free(text);
    week_outcome_release(&outcome);
    outcome = sample_refused_call(workspace);
    text = annotations();
    ck_assert_str_eq(text, "::error file=01-tcp-echo/echo.c,line=88,"
                           "title=it does not build::echo.c:88: calls "
                           "splice(), which week 01 does not allow\n");
    free(text);
    week_outcome_release(&outcome);
    outcome = sample_link_error(workspace);
    text = annotations();
    ck_assert_str_eq(text, "::error file=01-tcp-echo/echo.c,line=88,"
                           "title=it does not build::it does not link: echo.c "
                           "uses serve_on, which is nowhere defined\n");
    free(text);
}
END_TEST

START_TEST(github_escapes_what_the_runner_reserves)
{
    char *text;

    outcome = sample_failed(workspace);
    free(outcome.steps[2].what);
    outcome.steps[2].what = strdup("100% of it\n::error::forged");
    text = annotations();
    ck_assert_str_eq(text,
                     "::error file=01-tcp-echo/echo.c,line=1,"
                     "title=step 01.3 echo-one%3A failed::100%25 of it "
                     "::error::forged (expected \"hello\\n\", is \"hell\") "
                     "[tests/echo_test.c:112]\n");
    free(text);
}
END_TEST

/* The summary is added to what the file holds; no text closes its fence. */
START_TEST(github_summary)
{
    char *text;

    setenv("GITHUB_STEP_SUMMARY", "summary.md", 1);
    ck_assert_int_eq(file_write_atomic("summary.md", "before\n", 7), 0);
    outcome = sample_failed(workspace);
    free(outcome.steps[2].actual);
    outcome.steps[2].actual = strdup("```` | <b>");
    free(drawn(REPORT_GITHUB, &outcome));
    text = file_read("summary.md", NULL);
    ck_assert_ptr_nonnull(text);
    compare("summary.md", text);
    free(text);
}
END_TEST

/* What does not build is told as the text report tells it. */
START_TEST(github_summary_of_what_does_not_build)
{
    char *text;

    setenv("GITHUB_STEP_SUMMARY", "summary.md", 1);
    outcome = sample_link_error(workspace);
    free(drawn(REPORT_GITHUB, &outcome));
    text = file_read("summary.md", NULL);
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(
        strstr(text, "It does not build:\n\n```\nit does not link: echo.c"));
    free(text);
}
END_TEST

/* Who asks for all failures gets each of them. */
START_TEST(github_summary_of_all_failures)
{
    char *text;

    setenv("GITHUB_STEP_SUMMARY", "summary.md", 1);
    outcome = sample_all_failed(workspace);
    free(drawn(REPORT_GITHUB, &outcome));
    text = file_read("summary.md", NULL);
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(count_of(text, "\n       replay "), 3);
    free(text);
}
END_TEST

/* ---- Names of commands and files ---- */

static void check_way_in(const char *from, const char *expected)
{
    ck_assert_int_eq(dir_make(from), 0);
    ck_assert_int_eq(chdir(from), 0);
    char *way_in = report_way_in(workspace);
    ck_assert_str_eq(way_in, expected);
    ck_assert_int_eq(chdir(here), 0);
    free(way_in);
}

START_TEST(the_way_in_is_as_one_types_it_here)
{
    char *far = text_format("%s/grade", workspace);

    check_way_in(".", "work/grade");
    check_way_in("work", "./grade");
    check_way_in("work/01-tcp-echo", "../grade");
    check_way_in("work/01-tcp-echo/tests", "../../grade");
    check_way_in("workshop", "../work/grade");
    check_way_in("a/b/c/d/e/f/g/h/i/j/k/l/m/n/o", far);
    check_way_in("/", far);
    free(far);
}
END_TEST

/* A folder with a space in its name can be pasted to a shell. */
START_TEST(the_way_in_is_quoted)
{
    char *dir = path_join(here, "my work");
    char *way_in = report_way_in(dir);

    ck_assert_str_eq(way_in, "'my work/grade'");
    free(way_in);
    free(dir);
}
END_TEST

START_TEST(formats_have_names)
{
    enum report_format format;

    ck_assert_int_eq(report_format_parse("junit", &format), 0);
    ck_assert_int_eq(format, REPORT_JUNIT);
    ck_assert_int_eq(report_format_parse("text", &format), 0);
    ck_assert_int_eq(format, REPORT_TEXT);
    ck_assert_int_eq(report_format_parse("", &format), -EINVAL);
    ck_assert_int_eq(report_format_parse("jUnit", &format), -EINVAL);
}
END_TEST

/* ---- report.json ---- */

static void write_text(const char *path, const char *text)
{
    ck_assert_int_eq(file_write_atomic(path, text, strlen(text)), 0);
}

/* The made-up week on disk, and the member's folder. */
static void lay_week(void)
{
    ck_assert_int_eq(dir_make("weeks/01-tcp-echo/tests"), 0);
    ck_assert_int_eq(dir_make("mine"), 0);
    write_text("weeks/01-tcp-echo/echo.h", "int echo(void);\n");
    write_text("weeks/01-tcp-echo/echo.c", "starter\n");
    write_text("weeks/01-tcp-echo/main.c", "int main(void) {}\n");
    write_text("weeks/01-tcp-echo/tests/echo_test.c", "tests\n");
    write_text("mine/echo.c", "mine\n");
}

START_TEST(report_json_is_the_same_from_run_to_run)
{
    struct stat first, second;
    char *text, *again;

    lay_week();
    outcome = sample_failed(workspace);
    ck_assert_int_eq(report_save("mine", &outcome), 0);
    text = file_read("mine/report.json", NULL);
    compare("report.json", text);
    ck_assert_int_eq(stat("mine/report.json", &first), 0);
    outcome.steps[2].seed++;
    outcome.steps[2].seconds++;
    ck_assert_int_eq(report_save("mine", &outcome), 0);
    again = file_read("mine/report.json", NULL);
    ck_assert_str_eq(again, text);
    ck_assert_int_eq(stat("mine/report.json", &second), 0);
    ck_assert_uint_eq(first.st_ino, second.st_ino);
    free(again);
    free(text);
}
END_TEST

START_TEST(report_json_comes_back)
{
    struct saved_report saved;

    lay_week();
    ck_assert_int_eq(report_load("mine", &sample_week, &saved), 0);
    ck_assert(!saved.exists && !saved.damaged);
    outcome = sample_failed(workspace);
    ck_assert_int_eq(report_save("mine", &outcome), 0);
    ck_assert_int_eq(report_load("mine", &sample_week, &saved), 0);
    ck_assert(saved.exists && !saved.damaged && !saved.passed);
    ck_assert_uint_eq(saved.passed_steps, 2);
    ck_assert_uint_eq(saved.core_steps, 6);
    for (unsigned i = 0; i < SAMPLE_STEPS; i++)
        ck_assert_int_eq(saved.verdicts[i], outcome.steps[i].verdict);
}
END_TEST

/* Each hash follows its own files, and those alone. */
START_TEST(three_hashes_for_three_hands)
{
    char files[3][65], contract[3][65], tests[3][65];

    lay_week();
    ck_assert_int_eq(
        report_hashes("mine", &sample_week, files[0], contract[0], tests[0]),
        0);
    write_text("mine/echo.c", "mended\n");
    write_text("weeks/01-tcp-echo/echo.c", "another starter\n");
    ck_assert_int_eq(
        report_hashes("mine", &sample_week, files[1], contract[1], tests[1]),
        0);
    ck_assert_str_ne(files[0], files[1]);
    ck_assert_str_eq(contract[0], contract[1]);
    ck_assert_str_eq(tests[0], tests[1]);
    write_text("weeks/01-tcp-echo/echo.h", "int echo(int fd);\n");
    write_text("weeks/01-tcp-echo/tests/echo_test.c", "more tests\n");
    ck_assert_int_eq(
        report_hashes("mine", &sample_week, files[2], contract[2], tests[2]),
        0);
    ck_assert_str_eq(files[1], files[2]);
    ck_assert_str_ne(contract[1], contract[2]);
    ck_assert_str_ne(tests[1], tests[2]);
}
END_TEST

static const char *const damages[] = {
    "",
    "{",
    "[]",
    "null",
    "{\"week\": \"01-tcp-echo\"}",
    "{\"passed\": 1, \"steps\": {}, \"hashes\": {}}",
    "{\"passed\": true, \"steps\": {}, \"hashes\": {\"files\": \"12\"}}",
    "\xff\xfe\x01",
};

/* A damaged one is told, and replaced. */
START_TEST(a_damaged_report_json_is_replaced)
{
    struct saved_report saved;

    lay_week();
    write_text("mine/report.json", damages[_i]);
    ck_assert_int_eq(report_load("mine", &sample_week, &saved), 0);
    ck_assert(saved.exists && saved.damaged && !saved.passed);
    ck_assert_uint_eq(saved.core_steps, 6);
    ck_assert_ptr_nonnull(freopen("told", "w", stderr));
    outcome = sample_failed(workspace);
    ck_assert_int_eq(report_save("mine", &outcome), 0);
    fflush(stderr);
    char *told = file_read("told", NULL);
    ck_assert_str_eq(
        told, "grade: mine/report.json was damaged; this run replaces it\n");
    ck_assert_int_eq(report_load("mine", &sample_week, &saved), 0);
    ck_assert(saved.exists && !saved.damaged);
    free(told);
}
END_TEST

/* What can't be written is an error, and nothing else is touched. */
START_TEST(a_report_json_that_cannot_be_written)
{
    lay_week();
    ck_assert_int_eq(dir_make("mine/report.json"), 0);
    outcome = sample_failed(workspace);
    ck_assert_int_lt(report_save("mine", &outcome), 0);
    ck_assert(path_is_dir("mine/report.json"));
    ck_assert_int_lt(report_save("nowhere", &outcome), 0);
    ck_assert(!path_exists("nowhere"));
}
END_TEST

static void add_tests(TCase *tcase)
{
    int damaged = sizeof damages / sizeof *damages;

    tcase_add_loop_test(tcase, text_is_as_it_was_designed, 0, SAMPLES);
    tcase_add_test(tcase, text_is_ascii_where_the_locale_is);
    tcase_add_test(tcase, a_locale_that_is_not_installed);
    tcase_add_loop_test(tcase, live_text_is_the_same, 0, SAMPLES);
    tcase_add_test(tcase, the_log_holds_what_the_report_cuts);
    tcase_add_test(tcase, a_log_that_is_not_there_is_not_named);
    tcase_add_test(tcase, one_line_is_not_left_out);
    tcase_add_test(tcase, a_long_line_of_a_sanitizer_is_broken);
    tcase_add_test(tcase, a_terminal_gets_colour);
    tcase_add_test(tcase, no_color_takes_colour_away);
    tcase_add_test(tcase, a_dumb_terminal_gets_plain_text);
    tcase_add_test(tcase, sentences_fit_a_narrow_terminal);
    tcase_add_loop_test(tcase, no_format_lets_control_characters_through, 0, 5);
    tcase_add_loop_test(tcase, json_is_valid_and_complete, 0, SAMPLES);
    tcase_add_test(tcase, json_keeps_every_bit_of_a_seed);
    tcase_add_loop_test(tcase, junit_is_well_formed_xml, 0, SAMPLES);
    tcase_add_loop_test(tcase, junit_counts_what_it_holds, 0, SAMPLES);
    tcase_add_test(tcase, junit_escapes_what_xml_reserves);
    tcase_add_loop_test(tcase, tap_follows_its_grammar, 0, SAMPLES);
    tcase_add_test(tcase, tap_says_why);
    tcase_add_test(tcase, tap_keeps_what_ran_before_a_compile_error);
    tcase_add_test(tcase, tap_escapes_its_own_marks);
    tcase_add_loop_test(tcase, github_gives_no_commands_from_the_log, 0,
                        SAMPLES);
    tcase_add_test(tcase, github_annotates_the_members_line);
    tcase_add_test(tcase, github_escapes_what_the_runner_reserves);
    tcase_add_test(tcase, github_summary);
    tcase_add_test(tcase, github_summary_of_what_does_not_build);
    tcase_add_test(tcase, github_summary_of_all_failures);
    tcase_add_test(tcase, the_way_in_is_as_one_types_it_here);
    tcase_add_test(tcase, the_way_in_is_quoted);
    tcase_add_test(tcase, formats_have_names);
    tcase_add_test(tcase, report_json_is_the_same_from_run_to_run);
    tcase_add_test(tcase, report_json_comes_back);
    tcase_add_test(tcase, three_hashes_for_three_hands);
    tcase_add_loop_test(tcase, a_damaged_report_json_is_replaced, 0, damaged);
    tcase_add_test(tcase, a_report_json_that_cannot_be_written);
}

/* Run from the top of the course, as `make test` does. */
int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tcase = tcase_create("report");
    SRunner *runner = srunner_create(suite);
    int failed;

    if (!realpath("grader/tests/golden", golden_dir)) {
        perror("grader/tests/golden");
        return 2;
    }
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    add_tests(tcase);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
