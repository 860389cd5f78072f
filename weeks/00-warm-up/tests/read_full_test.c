/* read_full_test.c: warm_read_full() under short counts, signals and errors. */
#include "steps.h"

#include "fault.h"
#include "lab.h"
#include "warm_up.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FILE_BYTES 5000
#define SIGNALS 3
#define BEFORE 4711 /* in *got: an error leaves it there */

static unsigned char file_data[FILE_BYTES];

/* A file of FILE_BYTES random bytes, open for reading. */
static int open_random_file(void)
{
    struct lab_random random;
    char path[4096];
    int fd;

    lab_random_init(&random, 1);
    lab_random_fill(&random, file_data, sizeof file_data);
    snprintf(path, sizeof path, "%s/data", lab_tmp());
    fd = (int)lab_sys(open(path, O_RDWR | O_CREAT | O_TRUNC, 0600));
    lab_equal(lab_sys(write(fd, file_data, sizeof file_data)), FILE_BYTES,
              "bytes written to the file of this test");
    lab_sys(lseek(fd, 0, SEEK_SET));
    return fd;
}

/* All of the file arrives, whatever was done to read(2) before. */
static void expect_whole_file(void)
{
    static unsigned char data[FILE_BYTES + 1];
    int fd = open_random_file();
    size_t got = 0;

    lab_note("read a file of %s bytes, asking for one more",
             lab_number(FILE_BYTES));
    lab_ok(warm_read_full(fd, data, sizeof data, &got));
    lab_same_bytes(data, got, file_data, sizeof file_data,
                   "what was read of the file");
    close(fd);
}

/* read(2) fails at once: its errno comes back, negated, and nothing else. */
STEP_TEST(an_error_of_read_is_returned)
{
    char data[16];
    size_t got = BEFORE;

    lab_note("read from descriptor -1");
    lab_error(warm_read_full(-1, data, sizeof data, &got), -EBADF);
    lab_note("read from a folder");
    int fd = (int)lab_sys(open("/", O_RDONLY | O_DIRECTORY));
    lab_error(warm_read_full(fd, data, sizeof data, &got), -EISDIR);
    lab_same_number(got, BEFORE, "*got, which an error leaves as it was");
    close(fd);
}

/* The end of the file ends the reading: *got says where that was. */
STEP_TEST(a_short_file_is_read_to_its_end)
{
    expect_whole_file();
}

/* No more than len bytes are taken: the next reader needs them. */
STEP_TEST(what_was_not_asked_for_stays)
{
    unsigned char data[200];
    int fd = open_random_file();
    size_t got = 0;

    for (size_t i = 0; i < 2; i++) {
        lab_note("read 200 bytes from byte %zu on", i * sizeof data);
        lab_ok(warm_read_full(fd, data, sizeof data, &got));
        lab_same_bytes(data, got, file_data + i * sizeof data, sizeof data,
                       "what was read of the file");
    }
    close(fd);
}

/* A short count is not the end of the file. */
STEP_TEST(short_counts_are_asked_again)
{
    lab_note("from now on read(2) brings 700 bytes at most");
    fault_cut_every(FAULT_INPUT, 1, 700);
    expect_whole_file();
}

/* A signal ends read(2) early, and the next one may do so again; that is no
 * error, and moves no byte. */
STEP_TEST(an_interrupted_read_is_asked_again)
{
    lab_note("the next %d calls of read(2) end with EINTR", SIGNALS);
    for (unsigned long k = 1; k <= SIGNALS; k++)
        fault_fail(FAULT_INPUT, k, EINTR);
    expect_whole_file();
    fault_reset();
    lab_note("from now on every other read(2) ends with EINTR, and the rest "
             "bring 700 bytes at most");
    fault_fail_every(FAULT_INPUT, 2, EINTR);
    fault_cut_every(FAULT_INPUT, 1, 700);
    expect_whole_file();
}

/* An error after some bytes is an error: half a record is none. */
STEP_TEST(an_error_in_the_middle_is_returned)
{
    unsigned char data[FILE_BYTES];
    int fd = open_random_file();
    size_t got = BEFORE;

    lab_note("read(2) brings 700 bytes at most, and the third one fails (EIO)");
    fault_cut_every(FAULT_INPUT, 1, 700);
    fault_fail(FAULT_INPUT, 3, EIO);
    lab_error(warm_read_full(fd, data, sizeof data, &got), -EIO);
    lab_same_number(got, BEFORE, "*got, which an error leaves as it was");
    close(fd);
}

void add_read_full_tests(void)
{
    lab_test(an_error_of_read_is_returned);
    lab_test(a_short_file_is_read_to_its_end);
    lab_test(what_was_not_asked_for_stays);
    lab_test(short_counts_are_asked_again);
    lab_test(an_interrupted_read_is_asked_again);
    lab_test(an_error_in_the_middle_is_returned);
}
