/*
 * bpf_internal.h: what the files of bpf.h and netns.h share; not for tests.
 */
#ifndef BPF_LAB_INTERNAL_H
#define BPF_LAB_INTERNAL_H

#include "bpf.h"

/* The bits of /usr/include/linux/capability.h that are asked for. */
enum { BPF_LAB_NET_ADMIN = 12, BPF_LAB_SYS_ADMIN = 21, BPF_LAB_BPF = 39 };

/* May this process do what wants this capability here? */
bool bpf_lab_may(int capability);

/* End the test as not run, since only root may; with the command. */
_Noreturn void bpf_lab_only_root(const char *capabilities);

#endif
