/*
 * run.c: see run.h. A run is: a shared page, a folder, a command line in a
 * sandbox, and the verdict over what they hold afterwards.
 */
#include "run.h"

#include "course.h"
#include "files.h"
#include "needs.h"
#include "sandbox.h"
#include "verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

/* The watcher inside ends a step at its limit; this is for a watcher that
 * the tested code has ended. */
#define BACKSTOP_MS 10000

static uint32_t draw_exit_code(uint64_t random)
{
    uint32_t code = 2 + (uint32_t)(random % 126);
    /* 66 and 77 are the sanitizers' own */
    return code == 66 || code == 77 ? code + 1 : code;
}

static struct lab_shared *make_page(uint64_t seed, int *fd)
{
    uint64_t random[2];
    *fd = memfd_create("lab", 0);
    if (*fd < 0 || ftruncate(*fd, sizeof(struct lab_shared)) < 0)
        return NULL;
    struct lab_shared *page =
        mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (page == MAP_FAILED ||
        getrandom(random, sizeof random, 0) != sizeof random)
        return NULL;
    page->magic = LAB_SHARED_MAGIC;
    page->exit_code = draw_exit_code(random[0]);
    page->token = random[1];
    page->seed = seed;
    page->current = -1;
    return page;
}

static void broken(struct outcome *outcome, const char *what, int error)
{
    outcome->verdict = VERDICT_BROKEN;
    outcome->what = text_format("%s: %s", what, strerror(error));
}

static int run_in(const struct run_request *request, struct lab_shared *page,
                  struct sandbox_request *sandbox, struct outcome *outcome)
{
    struct sandbox_command command;
    struct process_result result;
    int err = sandbox_prepare(sandbox, &command);
    if (err < 0) {
        sandbox_command_release(&command);
        return err;
    }
    char *tests_dir = path_join(sandbox->run_dir, "tmp");
    struct process_request process = {
        .argv = (const char *const *)command.argv,
        .env = (const char *const *)command.env,
        .dir = tests_dir, /* what is written to a bare name lands here */
        .timeout_ms = request->step->seconds * 1000 + BACKSTOP_MS,
        .keep_fd = sandbox->page_fd,
        .output_bytes_max = SANDBOX_OUTPUT_BYTES_MAX,
        .end_orphans = true,
    };
    err = process_run(&process, &result);
    if (err == 0) {
        char *san = path_join(sandbox->run_dir, "san");
        struct evidence evidence = {page,
                                    &result,
                                    san,
                                    &request->build->week->manifest,
                                    SANDBOX_MEMORY_MB,
                                    SANDBOX_OUTPUT_BYTES_MAX >> 20};
        outcome->seconds = result.seconds;
        verdict_reach(&evidence, outcome);
        free(san);
        process_result_release(&result);
    }
    sandbox_command_release(&command);
    free(tests_dir);
    return err;
}

static bool has_needs(const struct step *step, struct outcome *outcome)
{
    for (unsigned i = 0; i < NEEDS; i++) {
        enum need need = (enum need)(1u << i);
        if (!(step->needs & need))
            continue;
        if (need_probe(need, &outcome->why, &outcome->command))
            continue;
        outcome->verdict = VERDICT_CANNOT_RUN;
        return false;
    }
    return true;
}

int run_step(const struct run_request *request, struct outcome *outcome)
{
    const struct step *step = request->step;
    const struct week *week = request->build->week;
    char *bin = path_join(request->build->dir, sanitizer_name(step->sanitizer));
    struct lab_shared *page = NULL;
    char *run_dir = NULL;
    int fd = -1, err = 0;

    *outcome = (struct outcome){.step = step, .seed = request->seed};
    if (!has_needs(step, outcome))
        goto out;
    page = make_page(request->seed, &fd);
    run_dir = sandbox_run_dir();
    if (page == NULL || run_dir == NULL) {
        err = -errno;
        broken(outcome, page == NULL ? "memfd" : "a folder in /tmp", errno);
        goto out;
    }
    struct sandbox_request sandbox = {
        .step = step,
        .bin_dir = bin,
        .run_dir = run_dir,
        .page_fd = fd,
        .program = request->program,
        .program_name = week->manifest.program,
    };
    err = run_in(request, page, &sandbox, outcome);
    if (err < 0)
        broken(outcome, "the sandbox", -err);
out:
    if (page != NULL && page != MAP_FAILED)
        munmap(page, sizeof *page);
    if (fd >= 0)
        close(fd);
    sandbox_run_dir_remove(run_dir);
    free(bin);
    return err;
}
