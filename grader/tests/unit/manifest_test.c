/*
 * manifest_test.c: week.yaml is read, and each mistake in it is one line with
 * its place (manifest.h).
 */
#include "scratch.h"

#include "manifest.h"

static struct week week;

static int load(const char *name)
{
    int err;

    listen_to_stderr();
    err = week_load(&week, at("course"), name);
    stop_listening();
    return err;
}

/* ---- What is read ---- */

START_TEST(every_key_is_read)
{
    const struct manifest *m = &week.manifest;
    const struct step *recover;

    put("course/weeks/06-wal/week.yaml",
        WAL_MANIFEST "sundays: 2\n"
                     "uses_programs: [01-echo]\n"
                     "calls: [openat, pwrite]\n"
                     "libs: [uring]\n"
                     "reading:\n"
                     "  - text: A format\n"
                     "    url: https://example.org/format\n"
                     "  - text: A book\n");
    ck_assert_int_eq(load("06-wal"), 0);
    ck_assert_str_eq(week.name, "06-wal");
    ck_assert_int_eq(week.number, 6);
    ck_assert_str_eq(week.dir, at("course/weeks/06-wal"));
    ck_assert_str_eq(week.solution, at("course/solutions/06-wal"));
    ck_assert_str_eq(m->title, "A write-ahead log");
    ck_assert_str_eq(m->track, "storage");
    ck_assert_int_eq(m->kind, KIND_HOST);
    ck_assert_int_eq(m->sundays, 2);
    ck_assert_int_eq(m->hours, 8);
    ck_assert_uint_eq(m->yours_count, 1);
    ck_assert_str_eq(m->yours[0], "wal.c");
    ck_assert_str_eq(m->given[0], "crc.c");
    ck_assert_str_eq(m->uses[0], "01-echo");
    ck_assert_str_eq(m->uses_programs[0], "01-echo");
    ck_assert_uint_eq(m->calls_count, 2);
    ck_assert_str_eq(m->calls[1], "pwrite");
    ck_assert_uint_eq(m->libs_count, 1);
    ck_assert_str_eq(m->libs[0], "uring");
    ck_assert_str_eq(m->reading[0].url, "https://example.org/format");
    ck_assert_ptr_null(m->reading[1].url);
    ck_assert_ptr_null(m->program);
    ck_assert_uint_eq(m->step_count, 3);
    recover = &m->steps[1];
    ck_assert_int_eq(recover->number, 2);
    ck_assert_int_eq(recover->minutes, 30);
    ck_assert_str_eq(recover->after[0], "append");
    ck_assert_int_eq(recover->seconds, 5);
    ck_assert_uint_eq(recover->needs, NEED_IO_URING | NEED_KVM);
    ck_assert_int_eq(recover->sanitizer, SANITIZER_THREAD);
    ck_assert(!recover->stretch);
    ck_assert(m->steps[2].stretch);
    ck_assert_int_eq(m->steps[2].files, 1024);
    ck_assert_str_eq(m->steps[0].hints[1], "the idea");
    week_release(&week);
}
END_TEST

START_TEST(what_is_left_out_has_its_default)
{
    const struct step *hello;

    ck_assert_int_eq(load("01-echo"), 0);
    hello = &week.manifest.steps[0];
    ck_assert_int_eq(week.manifest.kind, KIND_HOST);
    ck_assert_int_eq(week.manifest.sundays, 1);
    ck_assert_int_eq(hello->seconds, 10);
    ck_assert_int_eq(hello->files, 256);
    ck_assert_int_eq(hello->sanitizer, SANITIZER_ADDRESS);
    ck_assert_uint_eq(hello->needs, 0);
    ck_assert_uint_eq(hello->hint_count, 0);
    ck_assert(!hello->stretch);
    week_release(&week);
}
END_TEST

START_TEST(a_step_is_found_by_number_and_by_name)
{
    ck_assert_int_eq(load("06-wal"), 0);
    ck_assert_ptr_eq(week_step(&week, "2"), &week.manifest.steps[1]);
    ck_assert_ptr_eq(week_step(&week, "recover"), &week.manifest.steps[1]);
    ck_assert_ptr_null(week_step(&week, "0"));
    ck_assert_ptr_null(week_step(&week, "4"));
    ck_assert_ptr_null(week_step(&week, "02"));
    ck_assert_ptr_null(week_step(&week, "recov"));
    week_release(&week);
}
END_TEST

START_TEST(names_are_those_of_the_manifest)
{
    ck_assert_str_eq(sanitizer_name(SANITIZER_NONE), "none");
    ck_assert_str_eq(kind_name(KIND_RISCV), "riscv");
    ck_assert_str_eq(need_name(NEED_QEMU), "qemu-riscv64");
}
END_TEST

/* ---- What is refused ---- */

/* Replace the first `from` in the manifest of 06-wal; say this. */
static const struct {
    const char *from, *to, *told;
} mistakes[] = {
    /* keys */
    {"minutes: 30", "minute: 30",
     "week.yaml:15: unknown key 'minute' (did you mean 'minutes'?)"},
    {"hours: 8", "houers: 8",
     "week.yaml:4: unknown key 'houers' (did you mean 'hours'?)"},
    {"hours: 8", "hours: 8\nreading: [{text: a, ulr: b}]",
     "week.yaml:5: unknown key 'ulr' (did you mean 'url'?)"},
    {"hours: 8", "colour: red", "week.yaml:4: unknown key 'colour'\n"},
    {"hours: 8\n", "", "week.yaml: key 'hours' is missing"},
    {"    minutes: 30\n", "", "week.yaml:13: key 'minutes' is missing"},
    {"hours: 8", "hours: 8\nhours: 9", "week.yaml:5: key 'hours' stands twice"},
    /* values */
    {"hours: 8", "hours: eight",
     "week.yaml:4: 'hours' is a number, not 'eight'"},
    {"hours: 8", "hours: 0", "week.yaml:4: 'hours' is 0; it must be from 1"},
    {"minutes: 30", "minutes: -3", "week.yaml:15: 'minutes' is -3"},
    {"seconds: 5", "seconds: 5000", "week.yaml:17: 'seconds' is 5000"},
    {"files: 1024", "files: 999999", "week.yaml:24: 'files' is 999999"},
    {"kind: host", "kind: hots",
     "week.yaml:3: 'kind' cannot be 'hots', only host, bpf, riscv (did you "
     "mean 'host'?)"},
    {"sanitizer: thread", "sanitizer: tread",
     "week.yaml:19: 'sanitizer' cannot be 'tread'"},
    {"kvm]", "kvn]", "week.yaml:18: 'needs' cannot be 'kvn'"},
    {"stretch: true", "stretch: maybe",
     "week.yaml:23: 'stretch' cannot be 'maybe', only true, false"},
    /* shapes */
    {"yours: [wal.c]", "yours: wal.c", "week.yaml:5: 'yours' is a list"},
    {"yours: [wal.c]", "yours: []", "week.yaml:5: 'yours' is empty"},
    {"[a nudge", "[a: nudge", "week.yaml:12: 'hints' is text here"},
    {"title: A w", "title: A: w", "week.yaml:1: text with ': ' in it"},
    {"yours: [wal.c]", "yours: [wal.c",
     "week.yaml:5: this is no YAML: did "
     "not find expected ',' or ']'"},
    /* files */
    {"yours: [wal.c]", "yours: [wall.c]",
     "week.yaml:5: there is no file 'wall.c' in weeks/06-wal"},
    {"yours: [wal.c]", "yours: [../06-wal/wal.c]",
     "week.yaml:5: '../06-wal/wal.c' is no plain file name"},
    {"given: [crc.c]", "given: [wal.c]",
     "week.yaml:6: 'wal.c' is in both yours and given"},
    {"given: [crc.c]", "program: wal",
     "week.yaml:6: a program is built from main.c, which is not there"},
    /* other weeks */
    {"uses: [01-echo]", "uses: [02-echo]",
     "week.yaml:7: uses: there is no week '02-echo'"},
    {"uses: [01-echo]", "uses: [1]", "week.yaml:7: uses: there is no week '1'"},
    {"uses: [01-echo]", "uses: [06-wal]",
     "week.yaml:7: uses: '06-wal' is no earlier week"},
    {"uses: [01-echo]", "uses_programs: [09-none]",
     "week.yaml:7: uses_programs: there is no week '09-none'"},
    /* steps */
    {"after: [append]", "after: [apend]",
     "week.yaml:16: after: there is no step 'apend'"},
    {"after: [append]", "after: [group]",
     "week.yaml:16: after: step 'group' does not come before 'recover'"},
    {"after: [append]", "after: [recover]",
     "week.yaml:16: after: step 'recover' does not come before 'recover'"},
    {"minutes: 40", "minutes: 40\n    stretch: true",
     "week.yaml:17: after: 'append' is a stretch step"},
    {"name: recover", "name: append",
     "week.yaml:13: two steps are named 'append'"},
    {"name: recover", "name: Recover", "week.yaml:13: step name 'Recover'"},
    {"name: recover", "name: 2", "week.yaml:13: step name '2'"},
    /* steps and tests */
    {"name: group", "name: grouped",
     "tests/wal_test.c:6: lab_step(\"group\"): week.yaml has no such step (did "
     "you mean 'grouped'?)"},
    {"files: 1024",
     "files: 1024\n  - name: more\n    title: More\n    minutes: 20",
     "week.yaml:25: step 'more' has no lab_step(\"more\") in tests/*.c"},
};

/* A copy of the text with the first `from` replaced. */
static char *replaced(const char *text, const char *from, const char *to)
{
    const char *found = strstr(text, from);

    ck_assert_ptr_nonnull(found);
    return keep(text_format("%.*s%s%s", (int)(found - text), text, to,
                            found + strlen(from)));
}

START_TEST(a_mistake_is_one_line_with_its_place)
{
    put("course/weeks/06-wal/week.yaml",
        replaced(WAL_MANIFEST, mistakes[_i].from, mistakes[_i].to));
    ck_assert_int_eq(load("06-wal"), -EINVAL);
    heard_one_line();
    heard_text(mistakes[_i].told);
    ck_assert_int_eq(strncmp(heard, "weeks/06-wal/", 13), 0);
}
END_TEST

static const struct {
    const char *text, *told;
} wholes[] = {
    {"", "week.yaml:1: the manifest is empty"},
    {"hello\n", "is made of keys and values"},
    {"\ttitle: x\n", "this is no YAML"},
    {"title: \x01\n", "this is no YAML"},
};

START_TEST(what_is_no_manifest_at_all_is_one_line)
{
    put("course/weeks/06-wal/week.yaml", wholes[_i].text);
    ck_assert_int_eq(load("06-wal"), -EINVAL);
    heard_one_line();
    heard_text(wholes[_i].told);
}
END_TEST

START_TEST(a_missing_manifest_is_one_line)
{
    unlink(at("course/weeks/06-wal/week.yaml"));
    ck_assert_int_eq(load("06-wal"), -EINVAL);
    heard_one_line();
    heard_text("weeks/06-wal/week.yaml: cannot be read: No such file");
}
END_TEST

START_TEST(a_manifest_that_is_a_folder_is_one_line)
{
    unlink(at("course/weeks/06-wal/week.yaml"));
    ck_assert_int_eq(dir_make(at("course/weeks/06-wal/week.yaml")), 0);
    ck_assert_int_eq(load("06-wal"), -EINVAL);
    heard_one_line();
    heard_text("Is a directory");
}
END_TEST

/* A quote or a comment sign inside of a string or a constant ends nothing. */
START_TEST(steps_are_found_between_strings_and_comments)
{
    put("course/weeks/01-echo/tests/echo_test.c",
        "// lab_step(\"line\")\n"
        "/* \" */ int c = '\"'; /* lab_step(\"block\") */\n"
        "const char *url = \"http://x\"; const char *s = \"/* \\\" \";\n"
        "not_lab_step(\"other\");\n"
        "lab_step(\n    \"hello\");\n");
    ck_assert_int_eq(load("01-echo"), 0);
    ck_assert_str_eq(heard, "");
    week_release(&week);
}
END_TEST

static void set_up(void)
{
    scratch_begin();
    put_course();
}

int main(void)
{
    Suite *suite = suite_create("manifest");
    TCase *tc = tcase_create("manifest");

    tcase_add_checked_fixture(tc, set_up, NULL);
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, every_key_is_read);
    tcase_add_test(tc, what_is_left_out_has_its_default);
    tcase_add_test(tc, a_step_is_found_by_number_and_by_name);
    tcase_add_test(tc, names_are_those_of_the_manifest);
    tcase_add_loop_test(tc, a_mistake_is_one_line_with_its_place, 0,
                        sizeof(mistakes) / sizeof(mistakes[0]));
    tcase_add_loop_test(tc, what_is_no_manifest_at_all_is_one_line, 0,
                        sizeof(wholes) / sizeof(wholes[0]));
    tcase_add_test(tc, a_missing_manifest_is_one_line);
    tcase_add_test(tc, a_manifest_that_is_a_folder_is_one_line);
    tcase_add_test(tc, steps_are_found_between_strings_and_comments);
    return run_suite(suite);
}
