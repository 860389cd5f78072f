/*
 * ipi.h: given. Wake another hart.
 */
#ifndef IPI_H
#define IPI_H

/*
 * Make the software interrupt (INTERRUPT_SOFTWARE) of a hart pending; what was
 * stored before is seen by whoever it wakes. The handler there clears the bit
 * SIE_SOFTWARE of sip itself.
 */
void ipi_send(unsigned hart);

#endif
