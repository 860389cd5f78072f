/*
 * vm_commands.h: given. What `vm` can do in the monitor.
 */
#ifndef VM_COMMANDS_H
#define VM_COMMANDS_H

#include "monitor.h"

extern const struct monitor_command vm_commands[];
extern const size_t vm_command_count;

#endif
