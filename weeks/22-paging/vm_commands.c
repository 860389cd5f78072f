/*
 * vm_commands.c: given. What `vm` can do in the monitor: look at tables, and
 * run programs. The space of the last program stays until the next one, to be
 * looked at.
 */
#include "vm_commands.h"

#include "kernel_map.h"
#include "kerrno.h"
#include "kprintf.h"
#include "kstring.h"
#include "page.h"
#include "programs.h"
#include "riscv.h"
#include "trap_text.h"

static struct space last; /* of the last program */

static int tell_no_program(void)
{
    printf("there is no program: vm run one\n");
    return 0;
}

/* ---- vm tree ---- */

static const char *const size_of_level[] = {"4 KiB", "2 MiB", "1 GiB"};

static const char *flags_text(uint64_t flags)
{
    static const char letters[] = "vrwxugad";
    static char text[sizeof letters];

    for (unsigned i = 0; i < sizeof letters - 1; i++)
        text[i] = flags >> i & 1 ? letters[i] : '-';
    return text;
}

static void show_line(const struct sv39_line *line, void *context)
{
    const uint64_t bytes = line->count * sv39_bytes(line->level);
    const uint64_t *from = context;

    if (line->address < *from)
        return;
    printf("%*s[%3u] ", (int)(2 * (SV39_LEVELS - 1 - line->level)), "",
           line->index);
    if (!sv39_is_leaf(line->flags))
        printf("table 0x%lx\n", line->physical);
    else
        printf("0x%lx to 0x%lx at 0x%lx %s, %u of %s\n", line->address,
               line->address + bytes - 1, line->physical,
               flags_text(line->flags), line->count,
               size_of_level[line->level]);
}

static int show_tree(int count, char **words)
{
    bool kernels = count == 2 || strcmp(words[2], "kernel") == 0;
    const uint64_t *root = kernels ? kernel_map_root() : last.root;
    uint64_t from = kernels ? 0 : USER_START; /* below, all are the same */

    if (count > 3 || (!kernels && strcmp(words[2], "program") != 0))
        return -EINVAL;
    if (root == NULL)
        return tell_no_program();
    printf("root 0x%lx\n", (uintptr_t)root);
    sv39_tree(root, show_line, &from);
    return 0;
}

/* ---- vm walk ---- */

static const char *const refusals[] = {
    [SV39_GRANTED] = "granted",       [SV39_NOT_CANONICAL] = "not canonical",
    [SV39_NOT_VALID] = "not valid",   [SV39_RESERVED] = "reserved",
    [SV39_NO_LEAF] = "no leaf",       [SV39_NOT_PERMITTED] = "not permitted",
    [SV39_MISALIGNED] = "misaligned",
};

static int kind_of(const char *word, enum sv39_kind *kind)
{
    static const char *const names[] = {"load", "store", "fetch"};

    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(word, names[i]) == 0) {
            *kind = (enum sv39_kind)i;
            return 0;
        }
    }
    return -EINVAL;
}

/* A program's address in its own table, any other in the kernel's. */
static int show_walk(int count, char **words)
{
    struct sv39_access access = {.kind = SV39_LOAD};
    struct sv39_translation found;
    unsigned long at;

    if (count < 3 || count > 4 || monitor_number(words[2], &at) < 0)
        return -EINVAL;
    if (count > 3 && kind_of(words[3], &access.kind) < 0)
        return -EINVAL;
    access.user = at >= USER_START && at < USER_END;
    const uint64_t *root = access.user ? last.root : kernel_map_root();
    if (root == NULL)
        return tell_no_program();
    int err = sv39_walk(root, at, access, &found);
    printf("%s: level %u, entry 0x%lx %s", refusals[found.refusal], found.level,
           found.entry, flags_text(found.entry));
    if (err == 0)
        printf(", at 0x%lx", found.physical);
    printf("\n");
    return 0;
}

/* ---- vm run ---- */

static void tell_fault(const struct trap_frame *frame)
{
    printf("ended: %s, address 0x%lx, at 0x%lx\n",
           trap_cause_text(frame->scause), frame->stval, frame->sepc);
}

static void tell_end(int end, const struct trap_frame *frame)
{
    if (end > 0)
        printf("ended with %d\n", end - 1);
    else if (end == -EFAULT)
        tell_fault(frame);
    else if (end == -EINTR)
        printf("ended: interrupted\n");
    else if (end == -ENOMEM)
        printf("ended: no memory\n");
    else
        printf("ended: no such call\n");
}

static int run_program(int count, char **words)
{
    const struct program *program = count > 2 ? program_find(words[2]) : NULL;
    unsigned long number = 0;
    bool large = count > 4;
    struct trap_frame frame;

    if (count < 3 || count > 5 ||
        (count > 3 && monitor_number(words[3], &number) < 0) ||
        (large && strcmp(words[4], "large") != 0))
        return -EINVAL;
    if (program == NULL)
        return -ENOENT;
    space_release(&last);
    int err = program_load(program, number, large, &last, &frame);
    if (err < 0)
        return err;
    tell_end(space_run(&last, &frame, program_serve, NULL), &frame);
    return 0;
}

/* ---- The others ---- */

static int show_pages(int count, char **words)
{
    (void)words;
    if (count > 2)
        return -EINVAL;
    printf("%zu pages free\n", page_count_free());
    return 0;
}

static int drop_space(int count, char **words)
{
    (void)words;
    if (count > 2)
        return -EINVAL;
    space_release(&last);
    return 0;
}

static int show_programs(int count, char **words)
{
    (void)words;
    if (count > 2)
        return -EINVAL;
    for (size_t i = 0; i < program_count; i++)
        printf("  %-6s %s\n", programs[i].name, programs[i].summary);
    return 0;
}

static const struct monitor_command parts[] = {
    {"tree", "[kernel|program]", "what stands in the tables", show_tree},
    {"walk", "ADDRESS [KIND]", "load, store or fetch: what would happen",
     show_walk},
    {"run", "PROGRAM [NUMBER [large]]", "run it in a space of its own",
     run_program},
    {"programs", "", "which ones there are", show_programs},
    {"pages", "", "how many are free", show_pages},
    {"drop", "", "the last program's space", drop_space},
};

static int run_part(const struct monitor_command *part, int count, char **words)
{
    int err = part->run(count, words);

    if (err != -EINVAL)
        return err;
    printf("usage: vm %s %s\n", part->name, part->usage);
    return 0;
}

static int run_vm(int count, char **words)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (count > 1 && strcmp(parts[i].name, words[1]) == 0)
            return run_part(&parts[i], count, words);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        printf("  vm %-8s %-24s %s\n", parts[i].name, parts[i].usage,
               parts[i].summary);
    return count > 1 ? -EINVAL : 0;
}

const struct monitor_command vm_commands[] = {
    {"vm", "[COMMAND]", "page tables, and programs; alone: its commands",
     run_vm},
};
const size_t vm_command_count = sizeof vm_commands / sizeof *vm_commands;
