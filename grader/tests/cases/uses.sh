# uses.sh: weeks that build on others. 93-three uses 92-two, which uses
# 91-one; and it runs the program of 91-one.
#
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # what is shared with lib.sh

one=work/91-one/one.c
two=work/92-two/two.c

# Whoever missed the other weeks builds on the reference's; a week that passes
# is used from then on.
defaults() {
    lay 91 92 solved:93
    grade 93
    expect_report "$tests/reports/uses-reference.txt"
    lay solved:91
    grade 91
    expect_status 0
    grade 93
    expect_report "$tests/reports/uses-mine.txt"
}

# Two weeks down, the member's module is wrong, and its own test says so.
blame_nearest() {
    lay solved:91 92 solved:93
    sed -i 's/return 1;/return 4;/' $one
    grade 93
    expect_status 0
    grade use 91 mine
    expect_status 0
    grade 93
    expect_report "$tests/reports/blame-nearest.txt"
    grade use 91 reference
    grade 93
    expect_status 0
}

# No test of its own week shows what is wrong with it.
blame_untested() {
    lay solved:91 92 solved:93
    sed -i 's/return ++count;/return count + 1;/' $one
    grade 91
    expect_status 0
    grade 93
    expect_report "$tests/reports/blame-untested.txt"
}

# Either alone is enough to fail.
blame_both() {
    lay solved:91 solved:92 solved:93
    sed -i 's/return 1;/return 4;/' $one
    sed -i 's/+ 1;/+ 5;/' $two
    grade use 91 mine
    grade use 92 mine
    grade 93
    expect_report "$tests/reports/blame-both.txt"
}

# What fails is the member's own week: nobody else is blamed.
blame_nobody() {
    lay solved:91 solved:92 solved:93
    sed -i 's/two_value() + 1/two_value() + 2/' work/93-three/three.c
    grade 93 --use=91=mine --use=92=mine
    expect_status 1
    expect_no_words 'blame' 'passes with'
}

# Right as a module, wrong as a program: a program can know that it is alone.
blame_program() {
    lay solved:91 92 solved:93
    {
        echo 'int two_value(void) __attribute__((weak));'
        sed 's/return 1;/return two_value != 0 ? 1 : 5;/' \
            "$course/solutions/91-one/one.c"
    } >$one
    grade use 91 mine
    grade 93
    expect_report "$tests/reports/blame-program.txt"
}

# Another member's week: once, or from now on; their workspace, or a folder.
folders() {
    lay 91 92 solved:93
    mkdir theirs
    cp -r work/91-one theirs
    cp "$course/solutions/91-one/one.c" theirs/91-one
    grade 93 --use=91=theirs
    expect_status 0
    expect_words "built on $job/theirs/91-one 91-one, reference 92-two"
    sed -i 's/return 1;/return 4;/' theirs/91-one/one.c
    grade 93 --use=one=theirs/91-one
    expect_status 1
    expect_words "fails with $job/theirs/91-one 91-one, passes with the" \
        "--use=one=theirs/91-one"
    grade use 91 theirs/91-one
    grade 93
    expect_status 1
    expect_words "fails with $job/theirs/91-one 91-one"
    grade 93 --use=91=reference
    expect_status 0
}

# A choice that can't be.
wrong_folders() {
    lay 91 92 solved:93
    mkdir empty
    grade 93 --use=91=empty
    expect_status 2
    expect_words 'empty: no one.c is there, which 91-one is made of'
    grade 93 --use=91=nowhere
    expect_status 2
    expect_words 'nowhere: No such file or directory'
    grade 93 --use=77=mine
    expect_status 2
    expect_words "there is no week '77'"
}

# gcc's words name the file of the used week.
used_code_that_does_not_compile() {
    lay solved:91 92 solved:93
    echo 'int broken' >>$one
    grade 93 --use=91=mine
    expect_status 1
    expect_words 'it does not compile' 'one.c:' 'error: expected'
    expect_no_words 'make: ***' 'make[1]'
}

# The member's own make knows the steps of its week, not those of used ones.
own_make() {
    lay 91 92 solved:93
    step=$(sed -n 's/^  - name: //p' "$course/weeks/93-three/week.yaml" |
        sed -n 2p)
    (cd work/93-three && make -s test STEP="$step" SEED=4711) >out 2>&1
    expect "make test STEP=$step ends with $?" [ $? = 0 ]
    expect_words "$step" '1 passed'
}
