/*
 * qemu_internal.h: what the files of qemu.h share; not for tests.
 */
#ifndef QEMU_INTERNAL_H
#define QEMU_INTERNAL_H

#include "kernel/ktest_block.h"
#include "qemu.h"

/* ---- qemu_image.c: ELF files ---- */

struct machine_image {
    char *path;
    const unsigned char *data; /* the file, mapped */
    size_t len;
};

/* The image stays until the end of the test, which owns it. */
struct machine_image *image_open(struct lab_where where, const char *path);
void image_close(struct machine_image *image);

/* Write its segments into the machine's memory. clear_bss: and zeros where the
 * file has no bytes for them. */
void image_load(struct lab_where where, const struct machine_image *image,
                unsigned char *memory, bool clear_bss);

/* The machine-mode part, which is linked into the test program. */
void image_load_machine_part(unsigned char *memory);

/* The address of a symbol. False: there is none. */
bool image_symbol(const struct machine_image *image, const char *name,
                  uint64_t *address);

/* The function that an address lies in; NULL: none. offset: how far. */
const char *image_function(const struct machine_image *image, uint64_t address,
                           uint64_t *offset);

/* ---- qemu_place.c ---- */

const char *image_place(const struct machine_image *image, uint64_t address);

/* ---- qemu_result.c ---- */

#define MACHINE_BLOCK(m) \
    ((struct ktest_block *)((m)->memory + (KTEST_BLOCK - MACHINE_MEMORY)))

/* Take over what its kernel test has noted since the last time. */
void machine_take_notes(struct machine *m);

/* The machine has ended, or ought to have: take over its notes, and fail if it
 * failed. */
void machine_take_result(struct lab_where where, struct machine *m);

/* ---- qemu_monitor.c ---- */

/* The name of its socket, an abstract one. */
void machine_monitor_name(const struct machine *m, char name[64]);

/* "; it is: hart 0 in walk(), sv39.c:57", or nothing if QEMU does not answer.
 * Borrowed until the next call. */
const char *machine_where_text(struct machine *m);

/*
 * Is a hart at its trap vector, whose first instruction can't be fetched? Then
 * it executes none any more, and where time is counted in instructions the
 * machine's own clock will never end it. True: that is its kernel test's
 * result, written where the machine would write it.
 */
bool machine_stands_still(struct machine *m);

/* ---- qemu_debug.c ---- */

/* The socket that QEMU listens on for gdb; start gdb; wait for its end. */
void machine_debug_socket(const struct machine *m, char path[200]);
void machine_debug(struct lab_where where, struct machine *m);
void machine_debug_end(void);

/* Whether it passes, tried in a process of its own. */
bool machine_passes(struct lab_where where, struct machine_options options);

/* ---- qemu.c ---- */

/* Wait until QEMU has ended, and reap it. False: it did not. */
bool machine_await_end(struct machine *m, int patience_ms);

#endif
