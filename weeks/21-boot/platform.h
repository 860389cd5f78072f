/*
 * platform.h: where everything is on QEMU's machine `virt`, and which line
 * tells the interrupt controller of it. Also read by the assembler.
 *
 * Source: `qemu-system-riscv64 -M virt,dumpdtb=virt.dtb`, hw/riscv/virt.c.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

/* What ends the machine: power.h. */
#define PLATFORM_TEST 0x00100000

/* One word a hart, in which 1 wakes it: machine.S, ipi_send(). */
#define PLATFORM_CLINT 0x02000000
#define PLATFORM_CLINT_BYTES 0x10000

/* The interrupt controller, and how many lines it has: 1 to 95. */
#define PLATFORM_PLIC 0x0c000000
#define PLATFORM_PLIC_BYTES 0x600000
#define PLATFORM_IRQ_COUNT 96

/* The serial line: a 16550, one byte a register. */
#define PLATFORM_UART0 0x10000000
#define PLATFORM_UART0_BYTES 0x1000
#define PLATFORM_UART0_IRQ 10
#define PLATFORM_UART0_CLOCK_HZ 3686400

/* Eight places for virtio devices, each with a line of its own: 1, 2, … */
#define PLATFORM_VIRTIO 0x10001000
#define PLATFORM_VIRTIO_BYTES 0x1000
#define PLATFORM_VIRTIO_COUNT 8
#define PLATFORM_VIRTIO_IRQ 1

#define PLATFORM_MEMORY 0x80000000
#define PLATFORM_MEMORY_BYTES 0x08000000
#define PLATFORM_MEMORY_END (PLATFORM_MEMORY + PLATFORM_MEMORY_BYTES)

/* rdtime counts so many in a second. */
#define PLATFORM_TIME_HZ 10000000

#endif
