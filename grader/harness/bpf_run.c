/*
 * bpf_run.c: packets through a program (BPF_PROG_TEST_RUN), and what is left in
 * the kernel.
 */
#include "bpf_internal.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define FRAME_BYTES_MIN 14

/* ---- Packets through a program ---- */

const char *bpf_verdict_text(int verdict)
{
    static const char *const names[] = {"XDP_ABORTED", "XDP_DROP", "XDP_PASS",
                                        "XDP_TX", "XDP_REDIRECT"};
    static _Thread_local char text[32];

    if (verdict >= 0 && verdict < (int)(sizeof names / sizeof *names))
        return names[verdict];
    snprintf(text, sizeof text, "verdict %d", verdict);
    return text;
}

void bpf_lab_run_quietly_at(struct lab_where where, int program,
                            const struct packet *packet,
                            struct bpf_answer *answer)
{
    LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet->bytes,
                .data_size_in = (__u32)packet->len,
                .data_out = answer->packet.bytes,
                .data_size_out = PACKET_BYTES_MAX, .repeat = 1);

    if (packet->len < FRAME_BYTES_MIN)
        lab_fail_at(where,
                    "a frame of %s can't be sent through a program: it takes "
                    "none under %d",
                    lab_count((intmax_t)packet->len, "byte"), FRAME_BYTES_MIN);
    int err = bpf_prog_test_run_opts(program, &run);
    if (err == -ENOSPC)
        lab_fail_at(where, "the program made the packet %s long, over %s",
                    lab_count(run.data_size_out, "byte"),
                    lab_number(PACKET_BYTES_MAX));
    if (err < 0)
        lab_fail_at(where, "BPF_PROG_TEST_RUN of descriptor %d: -%s", program,
                    lab_errno_text(err));
    answer->verdict = (int)run.retval;
    answer->packet.len = run.data_size_out;
}

void bpf_lab_run_at(struct lab_where where, int program,
                    const struct packet *packet, struct bpf_answer *answer)
{
    bpf_lab_run_quietly_at(where, program, packet, answer);
    lab_note("%s, comes in: %s", packet_text(packet),
             bpf_verdict_text(answer->verdict));
}

void bpf_lab_expect_at(struct lab_where where, int program,
                       const struct packet *packet, int verdict,
                       const char *format, ...)
{
    struct bpf_answer answer;
    char message[512], should[32];
    va_list args;

    bpf_lab_run_at(where, program, packet, &answer);
    if (answer.verdict == verdict)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    snprintf(should, sizeof should, "%s", bpf_verdict_text(verdict));
    lab_differ_at(where, message, should, bpf_verdict_text(answer.verdict));
}

/* ---- What is left in the kernel ---- */

/* Does a line of the text begin so? */
static bool has_line(const char *text, const char *beginning)
{
    const char *found = strstr(text, beginning);

    while (found != NULL && found > text && found[-1] != '\n')
        found = strstr(found + 1, beginning);
    return found != NULL;
}

static void count_one(const char *text, struct bpf_left *left)
{
    if (has_line(text, "link_type:"))
        left->links++;
    else if (has_line(text, "map_type:"))
        left->maps++;
    else if (has_line(text, "prog_type:"))
        left->programs++;
}

void bpf_lab_count(struct bpf_left *left)
{
    DIR *dir = opendir("/proc/self/fdinfo");
    const struct dirent *entry;

    *left = (struct bpf_left){0};
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char text[1024];
        int fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
        ssize_t len = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
        text[len < 0 ? 0 : len] = '\0';
        count_one(text, left);
        if (fd >= 0)
            close(fd);
    }
    if (dir != NULL)
        closedir(dir);
}

unsigned bpf_lab_attached(const char *interface)
{
    unsigned index = if_nametoindex(interface);
    __u32 id = 0;

    if (index == 0 || bpf_xdp_query_id((int)index, 0, &id) < 0)
        return 0;
    return id;
}

/* ---- Processors ---- */

/* Those that the process had when it was first asked. */
static const cpu_set_t *processors(void)
{
    static cpu_set_t set;
    static bool asked;

    if (!asked)
        sched_getaffinity(0, sizeof set, &set);
    asked = true;
    return &set;
}

int bpf_lab_processors(void)
{
    return CPU_COUNT(processors());
}

void bpf_lab_run_on(int index)
{
    const cpu_set_t *set = processors();
    cpu_set_t one;
    int processor = 0;

    for (int left = index; processor < CPU_SETSIZE; processor++)
        if (CPU_ISSET(processor, set) && left-- == 0)
            break;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    lab_sys(sched_setaffinity(0, sizeof one, &one));
}
