/*
 * space.h: an address space: what a program sees of memory.
 *
 *     USER_START                                                    USER_END
 *     |  [ text ][ data ]      [ heap          ]    guard [    <-- stack ]  |
 *
 * It has regions: ranges in which the program may have pages, and with which
 * rights. The pages come later, each when it is first touched: then the machine
 * raises a page fault, and space_fault() gives one. None comes before its own
 * touch, but in step 8, with a region that asks for large ones.
 *
 * A page that is mapped between USER_START and USER_END is owned by the space,
 * whoever mapped it.
 */
#ifndef SPACE_H
#define SPACE_H

#include "param.h"
#include "sv39.h"
#include "trap.h"

#include <stddef.h>
#include <stdint.h>

/* Root entries 64 to 255. */
#define USER_START UINT64_C(0x1000000000)
#define USER_END UINT64_C(0x4000000000)

#define SPACE_REGIONS_MAX 16

/* Flags of a region: SV39_R, SV39_W, SV39_X, and these. */

/* A stack: the page below it stays empty, so that one that grows too far meets
 * it, and nothing else. */
#define SPACE_STACK (UINT64_C(1) << 16)
/* Step 8: where it fits, a fault is answered with 2 MiB at once. Before that it
 * changes nothing. */
#define SPACE_LARGE (UINT64_C(1) << 17)

/* From the trap to sret, without what page_fill() takes: grade bench. */
#define SPACE_FAULT_INSTRUCTIONS_MAX 400

struct space_region {
    uint64_t begin, end; /* [begin, end) */
    uint64_t flags;
};

struct space {
    uint64_t *root;
    size_t region_count;
    struct space_region regions[SPACE_REGIONS_MAX];
};

/*
 * An empty space that shares the kernel's addresses. Release with
 * space_release().
 * Returns 0.
 * Errors: -ENOMEM.
 */
int space_init(struct space *space);

/*
 * All its pages lose an owner, all its tables are free. No hart may be using
 * it. All zeros, and a space that was released, are allowed.
 */
void space_release(struct space *space);

/* Given: what space_add() takes for a region. */
static inline bool space_is_region(uint64_t begin, uint64_t end, uint64_t flags)
{
    return (begin | end) % PAGE_BYTES == 0 && begin < end &&
           begin >= USER_START && end <= USER_END &&
           !(flags & (SV39_U | SV39_G)) &&
           sv39_are_flags(flags & ~(SPACE_STACK | SPACE_LARGE));
}

/*
 * From now on the program may use [begin, end).
 *   flags   R, W, X as for sv39_map, and SPACE_STACK, SPACE_LARGE
 * Returns 0.
 * Errors, after which nothing has changed: -EINVAL begin or end is no multiple
 * of PAGE_BYTES, the range is empty or not between USER_START and USER_END, or
 * the flags are not as above; -EEXIST it shares a page with another region, or
 * one of the two is a stack and the other has the page below it; -ENOBUFS there
 * are SPACE_REGIONS_MAX regions. If both hold, either is right.
 */
int space_add(struct space *space, uint64_t begin, uint64_t end,
              uint64_t flags);

/*
 * The program wants to touch address and can't: give it a page, of zeros, with
 * its region's rights and U. Without G: in other spaces there is something
 * else.
 * Returns 0: it can be done now.
 * Errors: -EFAULT no region allows that, be there a page or not; or the page is
 * there and its own rights do not: the program is at fault; -ENOMEM there is no
 * page: it is not.
 */
int space_fault(struct space *space, uint64_t address, enum sv39_kind kind);

/*
 * Copy out of the program's memory, or into it, on its behalf: where the
 * program could not load, or store, the kernel does not either. Pages that
 * are missing are given. The space need not be the hart's.
 *   at   an address of the program's: any number at all
 * Returns 0.
 * Errors: -EFAULT not all of it can be loaded, or stored; a part may have been
 * copied. -ENOMEM.
 */
int space_read(struct space *space, void *to, uint64_t at, size_t len);
int space_write(struct space *space, uint64_t at, const void *from, size_t len);

/*
 * What the kernel does for a program. Called with the space entered (satp is
 * SV39_SATP(space->root)), after each ecall (sepc is behind it already) and
 * after each interrupt (trap_dispatch() was called already): frame->scause says
 * which.
 * Returns 0: the program goes on, with what is in frame; else it has ended.
 */
typedef int space_serve(struct space *space, struct trap_frame *frame,
                        void *context);

/*
 * Run a program in its space until it ends. Afterwards the hart is in the
 * kernel's own space.
 *
 * An interrupt ends user mode, and not the program. Its handler is called once,
 * with interrupts off as always (trap.h). When serve is called, and when this
 * returns, they are on or off as they were for the caller.
 *   frame    where it begins (user.h); on return, where it was
 *   serve    above; context is handed to it
 * Returns what serve returned.
 * Errors: -EFAULT it did what it has no right to: frame's scause, sepc and
 * stval say what, where, and with which address; -ENOMEM there was no page for
 * it.
 */
int space_run(struct space *space, struct trap_frame *frame, space_serve *serve,
              void *context);

#endif
