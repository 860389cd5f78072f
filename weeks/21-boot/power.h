/*
 * power.h: given. The end of the machine.
 */
#ifndef POWER_H
#define POWER_H

/*
 * End the machine by its test device, for all harts; QEMU's exit status is
 * `status`, 0 to 255.
 */
_Noreturn void power_off(unsigned status);

#endif
