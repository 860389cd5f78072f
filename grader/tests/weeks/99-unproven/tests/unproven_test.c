/* unproven_test.c: the tests of a made-up week. */
#include "lab.h"
#include "unproven.h"

STEP_TEST(sound_is_one)
{
    lab_equal(lab_ok(unproven_sound()), 1, "the value of sound");
}

STEP_TEST(given_away_is_two)
{
    lab_equal(lab_ok(unproven_given_away()), 2, "the value of given away");
}

STEP_TEST(unsolved_is_three)
{
    lab_equal(lab_ok(unproven_unsolved()), 3, "the value of unsolved");
}

STEP_TEST(silent_is_four)
{
    lab_equal(lab_ok(unproven_silent()), 4, "the value of silent");
}

int main(int argc, char **argv)
{
    lab_step("sound");
    lab_test(sound_is_one);
    lab_step("given-away");
    lab_test(given_away_is_two);
    lab_step("unsolved");
    lab_test(unsolved_is_three);
    lab_step("silent");
    lab_test(silent_is_four);
    return lab_main(argc, argv);
}
