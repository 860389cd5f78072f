/*
 * build.c: see build.h; build_make.c runs make.
 */
#include "build.h"

#include "course.h"
#include "files.h"
#include "workspace_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int prepare(struct build *build, const struct build_request *request,
                   int depth);

/* ---- Staging ---- */

static int stage_file(const char *from, const char *to, const char *name)
{
    char *source = path_join(from, name), *target = path_join(to, name);
    size_t len;
    char *text = file_read(source, &len);
    int err = text == NULL ? -errno : file_update(target, text, len);
    if (text == NULL)
        complain("%s: %s", source, strerror(-err));
    else if (err < 0)
        complain_write(target, err);
    free(text);
    free(source);
    free(target);
    return err < 0 ? err : 0;
}

static bool is_listed(const struct manifest *m, const char *name)
{
    for (unsigned i = 0; i < m->yours_count; i++)
        if (strcmp(m->yours[i], name) == 0)
            return true;
    return false;
}

/* What an earlier manifest listed must not be found by the compiler. */
static void remove_unlisted(const struct manifest *m, const char *src)
{
    char **names;
    int count = dir_list(src, &names);
    for (int i = 0; i < count; i++) {
        char *path = path_join(src, names[i]);
        if (!is_listed(m, names[i]))
            unlink(path);
        free(path);
    }
    if (count >= 0)
        names_free(names, count);
}

static int stage(const struct week *week, const char *from, const char *dir)
{
    char *src = path_join(dir, "src");
    int err = dir_make(src);
    if (err < 0)
        complain_write(src, err);
    for (unsigned i = 0; err == 0 && i < week->manifest.yours_count; i++)
        err = stage_file(from, src, week->manifest.yours[i]);
    if (err == 0)
        remove_unlisted(&week->manifest, src);
    free(src);
    return err;
}

/* ---- config.mk ---- */

static void put_list(FILE *out, const char *name, char *const *list,
                     unsigned count)
{
    fprintf(out, "%s :=", name);
    for (unsigned i = 0; i < count; i++)
        fprintf(out, " %s", list[i]);
    fputc('\n', out);
}

/* In the manifest's order. */
static void put_all_steps(FILE *out, const struct manifest *m)
{
    fputs("STEPS :=", out);
    for (unsigned i = 0; i < m->step_count; i++)
        fprintf(out, " %s", m->steps[i].name);
    fputc('\n', out);
}

static void put_steps(FILE *out, const struct manifest *m, enum sanitizer s)
{
    fprintf(out, "STEPS_%s :=", sanitizer_name(s));
    for (unsigned i = 0; i < m->step_count; i++)
        if (m->steps[i].sanitizer == s)
            fprintf(out, " %s", m->steps[i].name);
    fputc('\n', out);
}

static void put_uses(FILE *out, const struct build *build, bool as_program)
{
    fputs(as_program ? "PROGRAMS :=" : "USES :=", out);
    for (unsigned i = 0; i < build->use_count; i++)
        if (build->uses[i].as_program == as_program)
            fprintf(out, " %s=%s", build->uses[i].name, build->uses[i].dir);
    fputc('\n', out);
}

/* "xdp_bench.c" is the main file of bench/xdp_bench. */
char *build_bench_name(const struct manifest *manifest)
{
    const char *run = manifest->bench->run;
    return text_format("%.*s", (int)strlen(run) - 2, run);
}

static void put_bench(FILE *out, const struct manifest *m)
{
    if (m->bench == NULL || m->bench->load != LOAD_OWN)
        return;
    char *name = build_bench_name(m);
    fprintf(out, "BENCH := %s\n", name);
    free(name);
}

static int write_config(const struct build *build, const char *path)
{
    const struct manifest *m = &build->week->manifest;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    fprintf(out,
            "# Written by grade from week.yaml; what is changed here is lost.\n"
            "COURSE := %s\nWEEK := %s\nKIND := %s\n",
            course_dir(), build->week->name, kind_name(m->kind));
    put_list(out, "YOURS", m->yours, m->yours_count);
    put_list(out, "GIVEN", m->given, m->given_count);
    fprintf(out, "PROGRAM := %s\n", m->program != NULL ? m->program : "");
    put_list(out, "CALLS", m->calls, m->calls_count);
    put_list(out, "LIBS", m->libs, m->libs_count);
    fprintf(out, "DEFINES := %s\n", build->plain ? "-DPLAIN" : "");
    put_bench(out, m);
    put_uses(out, build, false);
    put_uses(out, build, true);
    put_all_steps(out, m);
    for (int s = 0; s < SANITIZERS; s++)
        put_steps(out, m, (enum sanitizer)s);
    fclose(out);
    int err = file_update(path, text, len);
    if (err < 0)
        complain_write(path, err);
    free(text);
    return err < 0 ? err : 0;
}

/* ---- Used weeks ---- */

/* "06-wal=DIR" in the list, if it names this week: DIR. */
static const char *override_of(const char *const *use, const char *week)
{
    const char *found = NULL;
    for (; use != NULL && *use != NULL; use++) {
        const char *equals = strchr(*use, '=');
        if (equals == NULL)
            continue;
        char *text = text_format("%.*s", (int)(equals - *use), *use);
        char *step = NULL, *name = course_resolve(text, &step);
        if (name != NULL && strcmp(name, week) == 0)
            found = equals + 1;
        free(text);
        free(step);
        free(name);
    }
    return found;
}

static char *mine(const struct workspace *workspace, const char *week)
{
    return workspace == NULL ? NULL : path_join(workspace->dir, week);
}

/* Whose sources: fills origin and from. */
static int choose_origin(struct used_week *used,
                         const struct build_request *request,
                         const struct week *week)
{
    const char *choice = override_of(request->use, week->name);
    used->origin = ORIGIN_REFERENCE;
    if (choice == NULL && request->workspace != NULL)
        used->origin =
            workspace_use(request->workspace, week->name, &used->from);
    else if (choice != NULL && strcmp(choice, "mine") == 0)
        used->origin = ORIGIN_MINE;
    else if (choice != NULL && strcmp(choice, "reference") != 0) {
        used->origin = ORIGIN_DIR;
        used->from = workspace_module_dir(week, choice);
    }
    if (used->origin == ORIGIN_MINE && used->from == NULL)
        used->from = mine(request->workspace, week->name);
    if (used->origin == ORIGIN_REFERENCE) {
        free(used->from);
        used->from = text_format("%s", week->solution);
    }
    return used->from == NULL ? -EINVAL : 0;
}

/* A name for a folder, so that two members' modules are built apart. */
static unsigned long path_number(const char *path)
{
    unsigned long hash = 5381;
    for (; *path != '\0'; path++)
        hash = hash * 33 + (unsigned char)*path;
    return hash;
}

static char *used_dir(const struct used_week *used, const char *state)
{
    const char *origin =
        used->origin == ORIGIN_REFERENCE ? "reference" : "mine";
    if (used->origin == ORIGIN_DIR)
        return text_format("%s/build/%s/%lx", state, used->name,
                           path_number(used->from));
    return text_format("%s/build/%s/%s", state, used->name, origin);
}

/* A week may be used both ways: its module is linked, its program is run. */
static bool is_used(const struct build *build, const struct used_week *used)
{
    for (unsigned i = 0; i < build->use_count; i++)
        if (strcmp(build->uses[i].name, used->name) == 0 &&
            build->uses[i].as_program == used->as_program)
            return true;
    return false;
}

static int add_use(struct build *build, struct used_week *used)
{
    if (is_used(build, used))
        return 0;
    if (build->use_count == USES_MAX) {
        complain("%s: over %d used weeks", build->week->name, USES_MAX);
        return -EINVAL;
    }
    build->uses[build->use_count++] = *used;
    *used = (struct used_week){0}; /* ownership moved to the build */
    return 0;
}

static void used_week_release(struct used_week *used)
{
    free(used->name);
    free(used->from);
    free(used->dir);
}

/* What a used module uses itself is linked as well; what a used program uses
 * is its own matter. */
static int add_uses_of(struct build *build, struct build *inner)
{
    int err = 0;
    for (unsigned i = 0; err == 0 && i < inner->use_count; i++)
        if (!inner->uses[i].as_program)
            err = add_use(build, &inner->uses[i]);
    return err;
}

static int prepare_use(struct build *build, const struct build_request *request,
                       const char *name, bool as_program, int depth)
{
    struct week week;
    struct build inner = {0};
    struct used_week used = {.as_program = as_program};
    int err = week_load(&week, course_dir(), name);
    if (err < 0)
        return err;
    used.name = text_format("%s", week.name);
    err = choose_origin(&used, request, &week);
    if (err == 0) {
        struct build_request sub = *request;
        used.dir = used_dir(&used, request->state);
        sub.week = &week;
        sub.plain = false;
        sub.from = used.from;
        sub.dir = used.dir;
        sub.test_dir = NULL;
        err = prepare(&inner, &sub, depth + 1);
    }
    if (err == 0 && !as_program)
        err = add_uses_of(build, &inner);
    if (err == 0)
        err = add_use(build, &used);
    used_week_release(&used);
    build_release(&inner);
    week_release(&week);
    return err;
}

static int prepare_uses(struct build *build,
                        const struct build_request *request, int depth)
{
    const struct manifest *m = &request->week->manifest;
    int err = 0;
    if (depth > USES_MAX) {
        complain("%s: weeks use each other in a circle", request->week->name);
        return -EINVAL;
    }
    for (unsigned i = 0; err == 0 && i < m->uses_count; i++)
        err = prepare_use(build, request, m->uses[i], false, depth);
    for (unsigned i = 0; err == 0 && i < m->uses_programs_count; i++)
        err = prepare_use(build, request, m->uses_programs[i], true, depth);
    return err;
}

/* ---- The public functions ---- */

/* make splits its words at spaces, and nothing escapes them everywhere. */
static int check_path(const char *path)
{
    if (strpbrk(path, " \t#$:=") == NULL)
        return 0;
    complain("%s: make can't build in a path with a space or one of # $ : =; "
             "move the folder",
             path);
    return -EINVAL;
}

static int prepare(struct build *build, const struct build_request *request,
                   int depth)
{
    *build = (struct build){
        .week = request->week,
        .from = text_format("%s", request->from),
        .dir = text_format("%s", request->dir),
        .test_dir = text_format(
            "%s", request->test_dir != NULL ? request->test_dir : request->dir),
        .strict = request->strict,
        .plain = request->plain,
    };
    char *config = path_join(request->dir, "config.mk");
    int err = check_path(request->dir);
    if (err == 0)
        err = prepare_uses(build, request, depth);
    if (err == 0)
        err = stage(request->week, request->from, request->dir);
    if (err == 0)
        err = write_config(build, config);
    free(config);
    return err;
}

/* Each choice names a week that there is. */
static int check_choices(const char *const *use)
{
    int err = 0;
    for (; err == 0 && use != NULL && *use != NULL; use++) {
        char *text = text_format("%.*s", (int)strcspn(*use, "="), *use);
        char *step = NULL, *name = course_resolve(text, &step);
        err = name == NULL ? -EINVAL : 0;
        free(text);
        free(step);
        free(name);
    }
    return err;
}

int build_prepare(struct build *build, const struct build_request *request)
{
    const char *course = course_dir();
    *build = (struct build){0};
    if (course == NULL || check_path(course) < 0 ||
        check_choices(request->use) < 0)
        return -EINVAL;
    return prepare(build, request, 0);
}

void build_release(struct build *build)
{
    for (unsigned i = 0; i < build->use_count; i++)
        used_week_release(&build->uses[i]);
    free(build->from);
    free(build->dir);
    free(build->test_dir);
    *build = (struct build){0};
}

/* Is it named already, as the other kind of use? */
static bool is_repeated(const struct build *build, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (strcmp(build->uses[i].name, build->uses[index].name) == 0)
            return true;
    return false;
}

char *build_used_text(const struct build *build)
{
    char *text = NULL;
    for (unsigned i = 0; i < build->use_count; i++) {
        const struct used_week *used = &build->uses[i];
        if (is_repeated(build, i))
            continue;
        const char *whose = used->origin == ORIGIN_REFERENCE ? "reference"
                            : used->origin == ORIGIN_MINE    ? "your"
                                                             : used->from;
        char *longer = text_format("%s%s%s %s", text != NULL ? text : "",
                                   text != NULL ? ", " : "", whose, used->name);
        free(text);
        text = longer;
    }
    return text;
}

int build_write_member_config(const struct workspace *workspace,
                              const struct week *week)
{
    char *from = workspace_week_dir(workspace, week);
    char *state = path_join(from, ".grade");
    char *path = path_join(state, "config.mk");
    struct build_request request = {
        .week = week,
        .from = from,
        .state = workspace->state,
        .workspace = workspace,
    };
    struct build build = {.week = week};
    int err = dir_make(state);
    if (err < 0)
        complain("%s: %s", state, strerror(-err));
    if (err == 0)
        err = prepare_uses(&build, &request, 0);
    if (err == 0)
        err = write_config(&build, path);
    build_release(&build);
    free(path);
    free(state);
    free(from);
    return err;
}
