/*
 * ktest_machine_count.c: how many instructions the kernel has executed.
 *
 * minstret counts those of machine mode, too; ktest_machine.S adds up what lies
 * between its looks at minstret at a trap's begin and end, and how many traps
 * there were, as some of its instructions lie outside of the two.
 */
#include "ktest_machine.h"

/* Those in ktest_machine.S before the first look and after the second. */
#define OUTSIDE 84

struct {
    uint64_t counted, traps;
} ktest_left_out;

static uint64_t unit;

/* How far minstret goes for one instruction: some versions of QEMU count
 * nanoseconds of the machine there. */
void ktest_count_start(void)
{
    uint64_t from = csr_read("minstret");

    __asm__ volatile(".rept 63\nnop\n.endr" : : : "memory");
    unit = (csr_read("minstret") - from) / 64;
}

uint64_t ktest_count(void)
{
    if (unit == 0)
        return 0;
    return (csr_read("minstret") - ktest_left_out.counted) / unit -
           ktest_left_out.traps * OUTSIDE;
}
