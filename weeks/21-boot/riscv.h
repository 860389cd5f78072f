/*
 * riscv.h: the instructions that C has no words for: control registers, wfi,
 * fences. Also read by the assembler, for the bits.
 *
 * Source: The RISC-V Instruction Set Manual, Volume II: Privileged
 * Architecture, chapter "Supervisor-Level ISA".
 */
#ifndef RISCV_H
#define RISCV_H

/* sstatus: interrupts on; were on before the trap; trapped from S-mode. */
#define SSTATUS_SIE (1 << 1)
#define SSTATUS_SPIE (1 << 5)
#define SSTATUS_SPP (1 << 8)
#define SSTATUS_SUM (1 << 18)
#define SSTATUS_MXR (1 << 19)

/* sie, sip: one bit for each interrupt below. */
#define SIE_SOFTWARE (1 << INTERRUPT_SOFTWARE)
#define SIE_TIMER (1 << INTERRUPT_TIMER)
#define SIE_EXTERNAL (1 << INTERRUPT_EXTERNAL)

/* scause: this bit and one of these … */
#define CAUSE_INTERRUPT (1 << 63)
#define INTERRUPT_SOFTWARE 1
#define INTERRUPT_TIMER 5
#define INTERRUPT_EXTERNAL 9

/* … or one of these. */
#define EXCEPTION_INSTRUCTION_MISALIGNED 0
#define EXCEPTION_INSTRUCTION_ACCESS 1
#define EXCEPTION_ILLEGAL_INSTRUCTION 2
#define EXCEPTION_BREAKPOINT 3
#define EXCEPTION_LOAD_MISALIGNED 4
#define EXCEPTION_LOAD_ACCESS 5
#define EXCEPTION_STORE_MISALIGNED 6
#define EXCEPTION_STORE_ACCESS 7
#define EXCEPTION_ECALL_USER 8
#define EXCEPTION_ECALL_SUPERVISOR 9
#define EXCEPTION_INSTRUCTION_PAGE 12
#define EXCEPTION_LOAD_PAGE 13
#define EXCEPTION_STORE_PAGE 15

/* stimecmp (Sstc) by its number: older assemblers do not know its name. */
#define CSR_STIMECMP 0x14d

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

#undef CAUSE_INTERRUPT
#define CAUSE_INTERRUPT (UINT64_C(1) << 63)

/* csr_read(sepc), csr_write(sepc, value); and single bits of one. */
#define csr_read(name)                                                   \
    ({                                                                   \
        uint64_t csr_value_;                                             \
        asm volatile("csrr %0, " #name : "=r"(csr_value_) : : "memory"); \
        csr_value_;                                                      \
    })
#define csr_write(name, value) \
    asm volatile("csrw " #name ", %0" : : "rK"((uint64_t)(value)) : "memory")
#define csr_set(name, bits) \
    asm volatile("csrs " #name ", %0" : : "rK"((uint64_t)(bits)) : "memory")
#define csr_clear(name, bits) \
    asm volatile("csrc " #name ", %0" : : "rK"((uint64_t)(bits)) : "memory")

static inline void stimecmp_write(uint64_t deadline)
{
    asm volatile("csrw %0, %1" : : "i"(CSR_STIMECMP), "r"(deadline) : "memory");
}

/* The hart that runs this: start has put its number into tp. */
static inline unsigned hart_id(void)
{
    uint64_t id;

    asm volatile("mv %0, tp" : "=r"(id));
    return (unsigned)id;
}

static inline uint64_t time_read(void)
{
    return csr_read(time);
}

/* Interrupts of this hart. _off() says whether they were on before. */
static inline void interrupts_on(void)
{
    csr_set(sstatus, SSTATUS_SIE);
}

static inline bool interrupts_off(void)
{
    uint64_t before;

    asm volatile("csrrci %0, sstatus, %1"
                 : "=r"(before)
                 : "i"(SSTATUS_SIE)
                 : "memory");
    return before & SSTATUS_SIE;
}

static inline void interrupts_restore(bool on)
{
    if (on)
        interrupts_on();
}

/*
 * Stop until an interrupt of those in sie is pending; whether sstatus lets it
 * in does not matter. It may also return for no reason.
 */
static inline void wait_for_interrupt(void)
{
    asm volatile("wfi" : : : "memory");
}

/* All that was read and written before, devices too, before all that follows.
 */
static inline void fence_all(void)
{
    asm volatile("fence iorw, iorw" : : : "memory");
}

/* Forget what the hart remembers of page tables: all of it, or of one page. */
static inline void sfence_vma_all(void)
{
    asm volatile("sfence.vma" : : : "memory");
}

static inline void sfence_vma_page(uintptr_t address)
{
    asm volatile("sfence.vma %0, zero" : : "r"(address) : "memory");
}

/* Registers of devices: each access happens, once, and as wide as it says. */
static inline uint8_t mmio_read8(uintptr_t address)
{
    return *(volatile uint8_t *)address;
}

static inline void mmio_write8(uintptr_t address, uint8_t value)
{
    *(volatile uint8_t *)address = value;
}

static inline uint32_t mmio_read32(uintptr_t address)
{
    return *(volatile uint32_t *)address;
}

static inline void mmio_write32(uintptr_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

#endif
#endif
