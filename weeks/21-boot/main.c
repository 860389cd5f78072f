/*
 * main.c: given. The kernel of week 21: it comes up, and listens.
 */
#include "boot.h"
#include "device_tree.h"
#include "harts.h"
#include "kprintf.h"
#include "monitor.h"
#include "param.h"
#include "probe.h"
#include "riscv.h"
#include "spinlock.h"

#define COUNT_EACH 100000
#define COUNT_EACH_MAX 10000000 /* nobody can stop it */

static unsigned machine_harts; /* of those that have a stack */
static struct spinlock lock;
static unsigned long counter;
static unsigned done;
static unsigned long count_each;

/* What each hart does: count, in turns with all others. */
static void count_up(unsigned hart)
{
    (void)hart;
    for (unsigned long i = 0; i < count_each; i++) {
        bool interrupts = spinlock_acquire(&lock);

        counter++;
        spinlock_release(&lock, interrupts);
    }
    __atomic_add_fetch(&done, 1, __ATOMIC_RELEASE);
}

static int run_harts(int count, char **words)
{
    unsigned long each = COUNT_EACH;
    int err = 0;

    if (count > 1)
        err = monitor_number(words[1], &each);
    if (err == 0 && each > COUNT_EACH_MAX) {
        printf("harts: each counts to %d at most\n", COUNT_EACH_MAX);
        return 0;
    }
    count_each = each;
    if (err == 0)
        err = harts_start(machine_harts, count_up);
    if (err < 0)
        return err;
    count_up(hart_id());
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < machine_harts)
        ;
    printf("%u hart%s counted to %lu\n", machine_harts,
           machine_harts == 1 ? "" : "s", counter);
    return 0;
}

static const struct monitor_command commands[] = {
    {"harts", "[COUNT]", "all of them count together (stretch)", run_harts},
};

void kernel_main(unsigned hart, const void *device_tree)
{
    unsigned there_are;

    kernel_init();
    trap_set_handler(EXCEPTION_LOAD_ACCESS, probe_trap, NULL);
    trap_set_handler(EXCEPTION_STORE_ACCESS, probe_trap, NULL);
    there_are = device_tree_harts(device_tree);
    machine_harts = there_are < HARTS_MAX ? there_are : HARTS_MAX;
    printf("\nhart %u of %u is up, %d ticks a second; `help` helps\n", hart,
           there_are, TICK_HZ);
    if (there_are > machine_harts)
        printf("there are stacks for %u harts; the others stay parked\n",
               machine_harts);
    monitor_run(commands, sizeof commands / sizeof *commands);
}
