/*
 * ktest_block.h: what a tested kernel, the machine-mode part below it and the
 * host say to each other. All three include it; the assembler too.
 *
 *     0x80000000  MEMORY: the kernel's, 128 MiB
 *     0x88000000  KTEST_HOME: the machine-mode part, ktest_machine.elf
 *     0x88100000  KTEST_BLOCK: struct ktest_block
 *     0x88200000  where QEMU puts its device tree
 *     0x88400000  the end of what this QEMU has
 *
 * No kernel knows of anything above MEMORY_END, and supervisor mode cannot
 * reach it: physical memory protection forbids it. So nothing that a kernel
 * does to memory changes a verdict.
 *
 * From the kernel to the machine-mode part goes an ecall whose a7 is KTEST_CALL
 * plus one of the numbers below. Everything travels in registers, text too, 40
 * bytes at a time: that works on any stack and with any page table.
 */
#ifndef KTEST_BLOCK_H
#define KTEST_BLOCK_H

#define KTEST_HOME 0x88000000
#define KTEST_HOME_BYTES 0x400000
#define KTEST_BLOCK 0x88100000
#define KTEST_MEMORY_MB                                  \
    132 /* of QEMU's machine; the kernel has 128 of them \
         */

/* Two more than the course's kernels have stacks for: those are to park. */
#define KTEST_HARTS_MAX 6

/* So far behind stvec, a trap vector has not saved what it needs. */
#define KTEST_VECTOR_BYTES 64

/* What register x-number holds where a kernel is entered, but for a0. */
#define KTEST_JUNK(number) (0xdead000000000000 + (number))

/* An ecall with this in a7, but for its last byte, is for ktest. */
#define KTEST_CALL 0x6b746500
#define KTEST_CALL_TEXT 0       /* a0 bytes, in a1 to a5: more of a text */
#define KTEST_CALL_NOTE 1       /* the text is a line of the transcript */
#define KTEST_CALL_FIELD 2      /* the text is the a0-th of the failure's */
#define KTEST_CALL_FAIL 3       /* a0: the line. Does not return */
#define KTEST_CALL_PASS 4       /* does not return */
#define KTEST_CALL_GET 5        /* a0: enum ktest_value, a1: index; gives it */
#define KTEST_CALL_CATCH 6      /* as setjmp; then 1 after a trap */
#define KTEST_CALL_RELEASE 7    /* traps are the kernel's again */
#define KTEST_CALL_HARTS 8      /* a0, a1, a2: entry, function, argument */
#define KTEST_CALL_HART_END 9   /* a hart has returned from it */
#define KTEST_CALL_UNWRITTEN 10 /* the text is what is not written yet */
#define KTEST_CALL_DEVICE 11    /* a0: enum ktest_device_call */
#define KTEST_CALL_LIMIT 12     /* a0: milliseconds of the machine's time */
#define KTEST_CALL_ENDING 13    /* a0: how the kernel is to end the machine */
#define KTEST_CALL_HOST 14      /* the text, a0, a1: for the host to look at */

#ifndef __ASSEMBLER__

#include <stdint.h>

#define KTEST_MAGIC 0x317473657474656bu
#define KTEST_ARGUMENTS 6
#define KTEST_TEXT_BYTES 512
#define KTEST_TRANSCRIPT_BYTES 16384

enum ktest_value {
    KTEST_TEST,     /* the case to run */
    KTEST_HART,     /* which hart asks */
    KTEST_HARTS,    /* how many there are */
    KTEST_SEED,     /* the run's */
    KTEST_ARGUMENT, /* the index-th */
    KTEST_RUNNING,  /* harts that are still inside KTEST_CALL_HARTS */
    KTEST_TRAP,     /* the index-th value of the trap that was caught */
    KTEST_COUNT,    /* instructions of the kernel's up to now */
};

/* KTEST_CALL_DEVICE: a0 is the call, a1 and a2 are its arguments. */
enum ktest_device_call {
    KTEST_DEVICE_WATCH,
    KTEST_DEVICE_COUNT,
    KTEST_DEVICE_FORGET,
    KTEST_DEVICE_ACCESS_INFO, /* bytes, store << 8, hart << 16 */
    KTEST_DEVICE_ACCESS_ADDRESS,
    KTEST_DEVICE_ACCESS_VALUE,
    KTEST_DEVICE_UART_BUSY,
    KTEST_DEVICE_UART_SENT, /* the index-th byte; -1: there is none */
    KTEST_DEVICE_UART_LOST,
    KTEST_DEVICE_UART_RECEIVE, /* byte, errors */
    KTEST_DEVICE_UART_WAITING,
    KTEST_DEVICE_UART_REGISTER,
    KTEST_DEVICE_PLIC_LINE, /* irq, level */
    KTEST_DEVICE_PLIC_IN_SERVICE,
    KTEST_DEVICE_PLIC_WRONG,
};

/* ktest_block.flags */
#define KTEST_ALL_HARTS 1u /* all enter the kernel, as after a reset */
#define KTEST_NO_LIMIT 2u  /* of time: somebody debugs */

enum ktest_result {
    KTEST_NONE = 0, /* the machine ended before anything was said */
    KTEST_PASSED,
    KTEST_FAILED,
    KTEST_NOT_WRITTEN, /* todo(): text[KTEST_WHAT] is not written yet */
    KTEST_HUNG,        /* no end in the machine's time that it has */
    KTEST_TRAPS,       /* the same trap, again and again */
    KTEST_ENDED,       /* the kernel ended the machine, `ended` says how */
    KTEST_NO_VECTOR,   /* a trap, and no code where stvec points */
    KTEST_BOOTED,      /* a second time */
    KTEST_BROKEN,      /* the machine-mode part itself trapped */
};

enum ktest_text {
    KTEST_FILE,
    KTEST_WHAT,
    KTEST_EXPECTED,
    KTEST_ACTUAL,
    KTEST_TEXTS
};

/* A hart, as it was when the machine-mode part took over for the last time. */
struct ktest_hart_state {
    uint64_t seen; /* 0: it was not in the kernel */
    uint64_t pc, ra, sp, fp;
    uint64_t mode; /* 0 user, 1 supervisor */
    uint64_t cause, epc, value, vector, satp;
    uint64_t traps; /* that came while it was watched at the end */
};

struct ktest_block {
    /* written by the host before the start */
    uint64_t magic;
    uint64_t token;
    uint64_t entry; /* where the kernel is entered */
    uint64_t test;  /* the case */
    uint64_t seed;
    uint64_t limit_ticks; /* of mtime, 10 MHz; 0: none */
    uint64_t arguments[KTEST_ARGUMENTS];
    uint32_t harts;
    uint32_t flags;
    uint32_t exit_code; /* of QEMU, when this run came to its end */
    uint32_t reserved;

    /* written by the machine-mode part */
    uint64_t passed_token; /* token, when the case passed */
    uint32_t result;       /* enum ktest_result */
    uint32_t boots;
    uint32_t by_hart; /* that came to the result */
    uint32_t line;
    uint32_t ended; /* what the kernel wrote to the test device */
    uint32_t transcript_len;
    uint32_t asked;    /* how often the host was, */
    uint32_t answered; /* which the host writes when it has looked */
    uint64_t question[2], answer;
    char what[KTEST_TEXT_BYTES];
    struct ktest_hart_state hart[KTEST_HARTS_MAX];
    char text[KTEST_TEXTS][KTEST_TEXT_BYTES];
    char transcript[KTEST_TRANSCRIPT_BYTES];
};

_Static_assert(sizeof(struct ktest_block) % 8 == 0, "layout of the block");

#endif
#endif
