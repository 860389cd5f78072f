/*
 * gdb_text.h: what grade debug and a machine under gdb tell gdb alike. Part of
 * a format for printf.
 */
#ifndef GDB_TEXT_H
#define GDB_TEXT_H

/* The course's frames of a failed check are above the line that is meant. */
#define GDB_UP_TO_THE_COURSE                                                \
    "python\n"                                                              \
    "import os\n"                                                           \
    "def up_to_the_course():\n"                                             \
    "    frame = gdb.newest_frame()\n"                                      \
    "    while frame:\n"                                                    \
    "        table = frame.find_sal().symtab\n"                             \
    "        path = table.fullname() if table else ''\n"                    \
    "        if os.path.exists(path) and '/grader/harness/' not in path:\n" \
    "            frame.select()\n"                                          \
    "            return\n"                                                  \
    "        frame = frame.older()\n"                                       \
    "end\n"

#endif
