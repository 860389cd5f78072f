/*
 * sandbox.h: the command line that runs a step's test program apart.
 *
 * Two ways, chosen once a run of the grader:
 *   namespaces  bubblewrap: new pid, net, mount, ipc and uts namespaces with
 *               only loopback, the system read-only, a private /tmp, no
 *               capabilities but those of the step's needs
 *   plain       no namespaces here (a container, a hardened kernel): process
 *               groups and a subreaper; the network and the files are shared
 * Both run grade-waiter, which sets the limits and starts the program. Run by
 * root, a step without needs runs as a user of its own.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "manifest.h"

#include <stdbool.h>

#define SANDBOX_MEMORY_MB 2048
#define SANDBOX_OUTPUT_BYTES_MAX (16u << 20)
#define SANDBOX_WORDS_MAX 128

struct sandbox_request {
    const struct step *step;
    const char *bin_dir;      /* test and programs */
    const char *run_dir;      /* made by sandbox_run_dir() */
    int page_fd;              /* lab_shared.h */
    const char *program;      /* --program: absolute path, or NULL */
    const char *program_name; /* the week's program, where program is set */
};

/* A command line and its environment; what it points to is its own. */
struct sandbox_command {
    char *argv[SANDBOX_WORDS_MAX];
    char *env[SANDBOX_WORDS_MAX];
    int argc, envc;
};

/* Whether namespaces work here. GRADE_PLAIN=1 in the environment says no, for
 * tests of the plain way.
 *   why   out, may be NULL: what bubblewrap said; borrowed */
bool sandbox_has_namespaces(const char **why);

/*
 * A folder for one run, with san/ (sanitizer reports) and tmp/ (LAB_TMP),
 * writable by whom the step runs as; removed at the end of the program at the
 * latest. NULL with errno set. Release with sandbox_run_dir_remove().
 */
char *sandbox_run_dir(void);
void sandbox_run_dir_remove(char *dir);

/* Put the command together. 0 or -errno after telling. */
int sandbox_prepare(const struct sandbox_request *request,
                    struct sandbox_command *command);
void sandbox_command_release(struct sandbox_command *command);

#endif
