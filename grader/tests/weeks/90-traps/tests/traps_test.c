/*
 * traps_test.c: one claim, "trap() returns 7", made in several ways.
 */
#include "lab.h"
#include "proc.h"
#include "traps.h"

#include <sys/wait.h>
#include <unistd.h>

static void expect_seven(void)
{
    lab_note("the test calls trap()");
    lab_equal(lab_ok(trap(0)), 7, "what trap() returns");
}

/* The contract's only sentence. */
STEP_TEST(trap_returns_seven)
{
    expect_seven();
}

/* A first failure ends the step: this one is reached by good code alone. */
STEP_TEST(trap_returns_seven_again)
{
    expect_seven();
}

static int serve(void *argument)
{
    (void)argument;
    trap(0);
    return 0;
}

/* The test looks at nothing but the server's end, and not at its status: a
 * sanitizer's report in that process is all there is to see. */
STEP_TEST(server_comes_to_its_end)
{
    struct proc server;
    proc_call(&server, "the server", serve, NULL);
    proc_wait(&server);
    proc_release(&server);
}

/* Its status is looked at too: where a sanitizer ended it, that is what the
 * report has to say, and not the number. */
STEP_TEST(server_ends_well)
{
    struct proc server;
    proc_call(&server, "the server", serve, NULL);
    proc_expect_exit(&server, 0);
    proc_release(&server);
}

/* An expectation in a process that the test forked counts, though the test
 * does not look at how that process ended. */
STEP_TEST(child_gets_seven)
{
    lab_note("the test forks, and its child calls trap()");
    pid_t child = (pid_t)lab_sys(fork());
    if (child == 0) {
        lab_equal(trap(0), 7, "what trap() returns in the child");
        _exit(0);
    }
    lab_sys(waitpid(child, NULL, 0));
}

int main(int argc, char **argv)
{
    lab_step("call");
    lab_test(trap_returns_seven);
    lab_test(trap_returns_seven_again);
    lab_step("plain");
    lab_test(trap_returns_seven);
    lab_step("race");
    lab_test(trap_returns_seven);
    lab_step("limit");
    lab_test(trap_returns_seven);
    lab_step("server");
    lab_test(server_comes_to_its_end);
    lab_step("watched");
    lab_test(server_ends_well);
    lab_step("child");
    lab_test(child_gets_seven);
    return lab_main(argc, argv);
}
