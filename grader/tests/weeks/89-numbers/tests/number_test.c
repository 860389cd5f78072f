/* number_test.c: the seed says which 16 of the numbers are tried. */
#include "lab.h"
#include "number.h"

static void expect_seven(int index)
{
    int number = 16 * (int)(lab_seed() - 1) + index;
    lab_note("the number is %d", number);
    lab_equal(number_seven(number), 7, "what number_seven() returns");
}

STEP_TEST(number_0_is_no_way_out)
{
    expect_seven(0);
}

STEP_TEST(number_1_is_no_way_out)
{
    expect_seven(1);
}

STEP_TEST(number_2_is_no_way_out)
{
    expect_seven(2);
}

STEP_TEST(number_3_is_no_way_out)
{
    expect_seven(3);
}

STEP_TEST(number_4_is_no_way_out)
{
    expect_seven(4);
}

STEP_TEST(number_5_is_no_way_out)
{
    expect_seven(5);
}

STEP_TEST(number_6_is_no_way_out)
{
    expect_seven(6);
}

STEP_TEST(number_7_is_no_way_out)
{
    expect_seven(7);
}

STEP_TEST(number_8_is_no_way_out)
{
    expect_seven(8);
}

STEP_TEST(number_9_is_no_way_out)
{
    expect_seven(9);
}

STEP_TEST(number_10_is_no_way_out)
{
    expect_seven(10);
}

STEP_TEST(number_11_is_no_way_out)
{
    expect_seven(11);
}

STEP_TEST(number_12_is_no_way_out)
{
    expect_seven(12);
}

STEP_TEST(number_13_is_no_way_out)
{
    expect_seven(13);
}

STEP_TEST(number_14_is_no_way_out)
{
    expect_seven(14);
}

STEP_TEST(number_15_is_no_way_out)
{
    expect_seven(15);
}

int main(int argc, char **argv)
{
    lab_step("number-0");
    lab_test(number_0_is_no_way_out);
    lab_step("number-1");
    lab_test(number_1_is_no_way_out);
    lab_step("number-2");
    lab_test(number_2_is_no_way_out);
    lab_step("number-3");
    lab_test(number_3_is_no_way_out);
    lab_step("number-4");
    lab_test(number_4_is_no_way_out);
    lab_step("number-5");
    lab_test(number_5_is_no_way_out);
    lab_step("number-6");
    lab_test(number_6_is_no_way_out);
    lab_step("number-7");
    lab_test(number_7_is_no_way_out);
    lab_step("number-8");
    lab_test(number_8_is_no_way_out);
    lab_step("number-9");
    lab_test(number_9_is_no_way_out);
    lab_step("number-10");
    lab_test(number_10_is_no_way_out);
    lab_step("number-11");
    lab_test(number_11_is_no_way_out);
    lab_step("number-12");
    lab_test(number_12_is_no_way_out);
    lab_step("number-13");
    lab_test(number_13_is_no_way_out);
    lab_step("number-14");
    lab_test(number_14_is_no_way_out);
    lab_step("number-15");
    lab_test(number_15_is_no_way_out);
    return lab_main(argc, argv);
}
