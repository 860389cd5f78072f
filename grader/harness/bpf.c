/*
 * bpf.c: objects for the kernel: where they are, loading them, and telling why
 * the kernel refuses one.
 */
#include "bpf_internal.h"
#include "proc_internal.h"
#include "verifier_log.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#define TELL_BYTES 2048
#define SAID_LINES 4 /* of libbpf, where the verifier said nothing */

/* ---- Who may ---- */

bool bpf_lab_may(int capability)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};

    if (syscall(SYS_capget, &head, data) < 0)
        return false;
    return data[capability / 32].effective >> capability % 32 & 1;
}

void bpf_lab_only_root(const char *capabilities)
{
    char why[160];

    snprintf(why, sizeof why, "only root may (%s)", capabilities);
    lab_cannot_run(why, "sudo make test");
}

static void need_bpf(void)
{
    if (!bpf_lab_may(BPF_LAB_BPF) && !bpf_lab_may(BPF_LAB_SYS_ADMIN))
        bpf_lab_only_root("CAP_BPF, CAP_NET_ADMIN");
}

/* ---- What libbpf says ---- */

/* All that it has said since bpf_lab_listen(). Never freed: it is the test's
 * for as long as the test runs. */
static char *said;
static size_t said_len;

static int keep(enum libbpf_print_level level, const char *format, va_list args)
{
    char *text;
    int len;

    if (level == LIBBPF_DEBUG || (len = vasprintf(&text, format, args)) < 0)
        return 0;
    char *longer = realloc(said, said_len + (size_t)len + 1);
    if (longer != NULL) {
        memcpy(longer + said_len, text, (size_t)len + 1);
        said = longer;
        said_len += (size_t)len;
    }
    free(text);
    return len;
}

void bpf_lab_listen(void)
{
    free(said);
    said = NULL;
    said_len = 0;
    libbpf_set_print(keep);
}

/* The last lines that libbpf said. */
static const char *last_words(void)
{
    const char *at = said + said_len;

    for (int lines = 0; at > said; at--)
        if (at[-1] == '\n' && at < said + said_len && ++lines == SAID_LINES)
            break;
    return at;
}

/* "-EACCES (Permission denied)" and why. */
static void describe(int result, char *text, size_t size)
{
    struct verifier_refusal refusal;
    char words[TELL_BYTES] = "";
    int len = snprintf(text, size, "-%s", lab_errno_text(result));

    if (said == NULL)
        return;
    if (verifier_log_cut(said, &refusal)) {
        snprintf(text + len, size - (size_t)len,
                 ": the verifier refuses the program '%s'", refusal.program);
        verifier_log_tell(&refusal, words, sizeof words);
        proc_append_lines(text, size, words);
    } else {
        proc_append_lines(text, size, last_words());
    }
}

/* Without rights there is nothing to be said of the code. */
static void need_rights(int result)
{
    if (result == -EPERM)
        need_bpf();
}

int bpf_lab_ok_at(struct lab_where where, int result, const char *call)
{
    char is[TELL_BYTES];

    need_rights(result);
    if (result >= 0 || result == -ENOSYS || said == NULL)
        return lab_ok_at(where, result, call);
    describe(result, is, sizeof is);
    lab_differ_at(where, call, "no error", is);
}

/* ---- Objects ---- */

/* They lie where the programs do, and under no other name there. */
const char *bpf_lab_object_path(const char *name)
{
    static char path[PATH_MAX];
    char file[128];

    snprintf(file, sizeof file, "%s.bpf.o", name);
    snprintf(path, sizeof path, "%s", lab_program(file));
    return path;
}

struct bpf_object *bpf_lab_open_at(struct lab_where where, const char *name)
{
    const char *path = bpf_lab_object_path(name);
    struct bpf_object *object;
    char sentence[256], is[TELL_BYTES];

    bpf_lab_listen();
    if (access(path, R_OK) < 0)
        lab_fail_at(where, "there is no %s.bpf.o: %s", name,
                    lab_errno_text(errno));
    object = bpf_object__open(path);
    if (object != NULL)
        return object;
    snprintf(sentence, sizeof sentence, "libbpf opens %s.bpf.o", name);
    describe(-errno, is, sizeof is);
    lab_differ_at(where, sentence, "no error", is);
}

void bpf_lab_load_at(struct lab_where where, struct bpf_object *object)
{
    char is[TELL_BYTES];
    int err;

    bpf_lab_listen();
    err = bpf_object__load(object);
    if (err >= 0)
        return;
    need_rights(err);
    describe(err, is, sizeof is);
    lab_differ_at(where, "the object is loaded into the kernel", "no error",
                  is);
}

int bpf_lab_program_at(struct lab_where where, struct bpf_object *object,
                       const char *name)
{
    struct bpf_program *program =
        bpf_object__find_program_by_name(object, name);

    if (program == NULL)
        lab_fail_at(where, "the object has no program '%s'", name);
    if (bpf_program__fd(program) < 0)
        lab_fail_at(where, "the program '%s' is not loaded", name);
    return bpf_program__fd(program);
}
