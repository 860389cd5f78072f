/*
 * probe.S: given. Two functions of which one instruction each may trap; and
 * where they go on then.
 */
#include "kerrno.h"

    .text
    .globl probe_read8, probe_write8, probe_failed
    .type probe_read8, @function
probe_read8:
    lbu a0, 0(a0)
    ret
    .size probe_read8, . - probe_read8

    .type probe_write8, @function
probe_write8:
    sb a1, 0(a0)
    li a0, 0
    ret
    .size probe_write8, . - probe_write8

    .type probe_failed, @function
probe_failed:
    li a0, -EFAULT
    ret
    .size probe_failed, . - probe_failed
