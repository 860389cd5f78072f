/*
 * main.c: given. Echoes a line that is typed, then ends the machine.
 */
#include "made_up_kernel.h"

void kernel_main(unsigned hart)
{
    char c, text[2] = "";

    (void)hart;
    made_up_print("made up> ");
    while ((c = made_up_read()) != '\r') {
        text[0] = c;
        made_up_print(text);
    }
    made_up_print("\r\n");
    made_up_end(made_up_count(3) == 6 ? 7 : 8);
}
