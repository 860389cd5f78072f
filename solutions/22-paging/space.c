/*
 * space.c: what a program sees of memory, given when it is touched.
 *
 *  1. No two regions share a page, and the page below a stack is in none.
 *  2. A page between USER_START and USER_END is mapped there only once it was
 *     asked for, and is the space's until the end.
 *  3. Nothing that a program does or says makes the kernel touch what the
 *     program could not.
 */
#include "space.h"

#include "kernel_map.h"
#include "kerrno.h"
#include "kstring.h"
#include "page.h"
#include "riscv.h"
#include "user.h"

#define RIGHTS (SV39_R | SV39_W | SV39_X)

static void release_pages(uint64_t physical, uint64_t bytes)
{
    for (uint64_t at = physical; at < physical + bytes; at += PAGE_BYTES)
        page_free((void *)at);
}

int space_init(struct space *space)
{
    *space = (struct space){.root = kernel_map_new_root()};
    return space->root == NULL ? -ENOMEM : 0;
}

void space_release(struct space *space)
{
    if (space->root != NULL) {
        sv39_unmap(space->root, USER_START, USER_END - USER_START,
                   release_pages);
        page_free(space->root);
    }
    *space = (struct space){0};
}

/* ---- Regions ---- */

/* With the page below it, where that has to stay empty. */
static uint64_t begin_with_guard(const struct space_region *region)
{
    return region->flags & SPACE_STACK ? region->begin - PAGE_BYTES
                                       : region->begin;
}

static bool collide(const struct space_region *one,
                    const struct space_region *other)
{
    return begin_with_guard(one) < other->end &&
           begin_with_guard(other) < one->end;
}

int space_add(struct space *space, uint64_t begin, uint64_t end, uint64_t flags)
{
    const struct space_region region = {begin, end, flags};

    if (!space_is_region(begin, end, flags))
        return -EINVAL;
    for (size_t i = 0; i < space->region_count; i++)
        if (collide(&region, &space->regions[i]))
            return -EEXIST;
    if (space->region_count == SPACE_REGIONS_MAX)
        return -ENOBUFS;
    space->regions[space->region_count++] = region;
    return 0;
}

static const struct space_region *region_of(const struct space *space,
                                            uint64_t address)
{
    const struct space_region *region = space->regions;

    for (size_t i = 0; i < space->region_count; i++, region++)
        if (address - region->begin < region->end - region->begin)
            return region;
    return NULL;
}

/* ---- Pages on demand ---- */

static const uint64_t right_of[] = {
    [SV39_LOAD] = SV39_R, [SV39_STORE] = SV39_W, [SV39_FETCH] = SV39_X};

static int give(struct space *space, const struct space_region *region,
                uint64_t address, void *memory, uint64_t bytes)
{
    if (memory == NULL)
        return -ENOMEM;
    int err = sv39_map(space->root, address & -bytes, (uintptr_t)memory, bytes,
                       (region->flags & RIGHTS) | SV39_U);
    if (err < 0)
        release_pages((uintptr_t)memory, bytes);
    return err;
}

/* Step 8: if there is room for 2 MiB, in the region and in the table. */
static int give_block(struct space *space, const struct space_region *region,
                      uint64_t address)
{
    const struct sv39_access access = {.user = true};
    uint64_t begin = address & -(uint64_t)PAGE_BLOCK_BYTES;
    struct sv39_translation found;

    if (begin < region->begin || begin + PAGE_BLOCK_BYTES > region->end)
        return -E2BIG;
    sv39_walk(space->root, address, access, &found);
    if (found.refusal != SV39_NOT_VALID || found.level == 0)
        return -EEXIST;
    return give(space, region, address, page_alloc_block(), PAGE_BLOCK_BYTES);
}

/* No page could be given: if there is one already, its rights decide. */
static int look_again(struct space *space, uint64_t address,
                      enum sv39_kind kind, int err)
{
    const struct sv39_access access = {.kind = kind, .user = true};
    struct sv39_translation found;

    if (sv39_walk(space->root, address, access, &found) == 0)
        return 0;
    return found.refusal == SV39_NOT_PERMITTED ? -EFAULT : err;
}

/* Nearly always there is nothing yet. So a page is given first, and looked for
 * only where sv39_map() refuses it: a third fewer instructions. */
int space_fault(struct space *space, uint64_t address, enum sv39_kind kind)
{
    const struct space_region *region = region_of(space, address);
    int err = -E2BIG;

    if (region == NULL || !(region->flags & right_of[kind]))
        return -EFAULT;
    if (region->flags & SPACE_LARGE)
        err = give_block(space, region, address);
    if (err < 0)
        err = give(space, region, address, page_alloc_zeroed(), PAGE_BYTES);
    if (err < 0)
        err = look_again(space, address, kind, err);
    /* A hart may remember that there was nothing, too. */
    sfence_vma_page(address);
    return err;
}

/* ---- The program's memory, in the kernel's hands ---- */

/* Where the byte at `at` is, or would be as soon as the program touched it. */
static int locate(struct space *space, uint64_t at, enum sv39_kind kind,
                  void **out)
{
    const struct sv39_access access = {.kind = kind, .user = true};
    struct sv39_translation found;
    int err = sv39_walk(space->root, at, access, &found);

    if (err < 0)
        err = space_fault(space, at, kind);
    if (err == 0)
        err = sv39_walk(space->root, at, access, &found);
    *out = (void *)found.physical;
    return err;
}

static size_t rest_of_page(uint64_t at, size_t len)
{
    size_t rest = PAGE_BYTES - at % PAGE_BYTES;

    return rest < len ? rest : len;
}

int space_read(struct space *space, void *to, uint64_t at, size_t len)
{
    for (size_t done = 0, now; done < len; done += now) {
        void *place;
        int err = locate(space, at + done, SV39_LOAD, &place);
        if (err < 0)
            return err;
        now = rest_of_page(at + done, len - done);
        memcpy((char *)to + done, place, now);
    }
    return 0;
}

int space_write(struct space *space, uint64_t at, const void *from, size_t len)
{
    for (size_t done = 0, now; done < len; done += now) {
        void *place;
        int err = locate(space, at + done, SV39_STORE, &place);
        if (err < 0)
            return err;
        now = rest_of_page(at + done, len - done);
        memcpy(place, (const char *)from + done, now);
    }
    return 0;
}

/* ---- Running ---- */

static void enter(const struct space *space)
{
    sfence_vma_all();
    csr_write(satp, SV39_SATP(space->root));
    sfence_vma_all();
}

/* An interrupt that ends user mode is pending until its handler has run: were
 * interrupts let in before that, it would be handled a second time. */
static void run_to_next_trap(struct trap_frame *frame)
{
    bool on = interrupts_off();

    user_run(frame);
    if (frame->scause & CAUSE_INTERRUPT) {
        trap_dispatch(frame);
        interrupts_off(); /* a handler may have let others in */
    }
    interrupts_restore(on);
}

/* What the program wanted of the kernel, or what it did. */
static int answer(struct space *space, struct trap_frame *frame,
                  space_serve *serve, void *context)
{
    switch (frame->scause) {
    case EXCEPTION_LOAD_PAGE:
        return space_fault(space, frame->stval, SV39_LOAD);
    case EXCEPTION_STORE_PAGE:
        return space_fault(space, frame->stval, SV39_STORE);
    case EXCEPTION_INSTRUCTION_PAGE:
        return space_fault(space, frame->stval, SV39_FETCH);
    case EXCEPTION_ECALL_USER:
        frame->sepc += 4; /* ecall has no short form */
        return serve(space, frame, context);
    default:
        return frame->scause & CAUSE_INTERRUPT ? serve(space, frame, context)
                                               : -EFAULT;
    }
}

int space_run(struct space *space, struct trap_frame *frame, space_serve *serve,
              void *context)
{
    int end;

    enter(space);
    do {
        run_to_next_trap(frame);
        end = answer(space, frame, serve, context);
    } while (end == 0);
    kernel_map_enter();
    return end;
}
