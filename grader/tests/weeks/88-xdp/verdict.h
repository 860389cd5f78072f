/* verdict.h: the starter. */
#ifndef VERDICT_H
#define VERDICT_H

/* Packets of more than 100 bytes are dropped. */
static inline int verdict_is_dropped(unsigned long len)
{
    (void)len;
    return -38; /* ENOSYS */
}

#endif
