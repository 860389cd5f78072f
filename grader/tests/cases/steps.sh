# steps.sh: steps of every kind, exit statuses, and the forms of a report.
# 94-steps has a step of each kind; a made-up qemu is here or is not.
#
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # what is shared with lib.sh

steps=work/94-steps/steps.c
more=work/94-steps/more.c

# qemu VERSION: what the need of step 4 finds first in PATH.
qemu() {
    mkdir -p bin
    printf '#!/bin/sh\necho "QEMU emulator version %s"\n' "$1" \
        >bin/qemu-system-riscv64
    chmod +x bin/qemu-system-riscv64
    with="PATH=$job/bin:$PATH"
}

# fail FUNCTION: it returns an error from now on.
fail() {
    sed -i "/^int step_$1(/,/^}/s/return .*/return -1;/" $steps $more
}

# A stretch step that fails does not fail the week.
stretch() {
    qemu 9.0.0
    lay solved:94
    grade 94
    expect_status 0
    fail extra
    grade 94
    expect_report "$tests/reports/stretch.txt"
    grade 94.extra
    expect_status 1
}

# What a step needs is not here: neither passed nor failed.
needs() {
    qemu 3.1.0
    lay solved:94
    grade 94
    expect_report "$tests/reports/cannot-run.txt"
    grade 94.kernel
    expect_status 3
    grade 94.first
    expect_status 0
}

# A failed step blocks those that would only repeat its failure; asked for by
# name, they run.
after() {
    qemu 9.0.0
    lay solved:94
    fail first
    grade 94
    expect_report "$tests/reports/stops.txt"
    grade 94 --all
    expect_report "$tests/reports/blocked.txt"
    grade 94.second
    expect_status 0
}

# The limit of open files is the manifest's, not the default.
files() {
    lay solved:94
    grade 94.files
    expect_status 0
}

# The maintainers' mistakes are the grader's fault, or wrong usage.
mistakes() {
    lay 95 96
    grade 95
    expect_report "$tests/reports/broken.txt"
    grade 96
    expect_status 4
    expect_words \
        '96-unbuildable does not build, and that is no fault of yours' \
        'unbuildable_test.c:7' 'a_test_that_nobody_wrote'
    grade start 97
    expect_report "$tests/reports/untested.txt"
}

# A call outside the contract ends the build, by name.
calls() {
    lay solved:94
    sed -i 's/^int step_first/#include <stdio.h>\n&/' $steps
    sed -i '/^int step_first/,/^}/s/return 0;/return fopen("x", "r") == 0;/' \
        $steps
    sed -i 's/^int step_files/#include <signal.h>\n&/' $more
    sed -i 's/close(fds/kill(1, 0), &/' $more
    grade 94
    expect_report "$tests/reports/calls.txt"
}

# Cleanup handlers are threads' own business: what their macros call is pure.
cleanup_handlers() {
    lay solved:94
    sed -i 's/^int step_first/#include <pthread.h>\n#include <stdlib.h>\n&/' \
        $steps
    sed -i '/^int step_first/,/^}/s/return 0;/pthread_cleanup_push(free, 0);\n    pthread_cleanup_pop(1);\n    &/' \
        $steps
    grade 94.first
    expect_status 0
    expect 'a cleanup handler is there' grep -q cleanup_push $steps
}

# gcc's own words, with the member's file, and nothing of make's.
compile_error() {
    lay solved:94
    sed -i 's/return number;/return numbr;/' $more
    grade 94
    expect_status 1
    expect_words 'it does not compile' 'more.c: In function' \
        "more.c:26:12: error: 'numbr' undeclared" 'return numbr;'
    expect_no_words 'make: ***' "$job"
    grade 94 --format=json
    expect_status 1
}

# A missing function is the linker's to tell, and the member's to mend. Every
# form says so.
missing_function() {
    lay solved:94
    sed -i '/^const char \*step_word/,$d' $more
    grade 94
    expect_status 1
    expect_words 'it does not link: ' ' uses step_word, which is nowhere' \
        "undefined reference to \`step_word'"
    expect_no_words "$job" 'collect2' 'does not compile' 'in function'
    for form in json junit tap github; do
        grade 94 --format="$form"
        expect_words ' uses step_word, which is nowhere defined'
        expect_no_words 'does not compile'
    done
    grade ask 94
    expect_words '**94** does not link: '
}

# So is a name that was mistyped; gcc's guess at what was meant is shown.
mistyped_name() {
    lay solved:94
    sed -i 's/^int step_files/int step_twice(void)\n{\n    return step_frst();\n}\n\n&/' \
        $more
    grade 94
    expect_status 1
    expect_words 'it does not link: more.c uses step_frst, which is nowhere' \
        "implicit declaration of function 'step_frst'" \
        ": undefined reference to \`step_frst'"
    expect_no_words 'calls step_frst' "$job"
}

# Members speak many languages; what the compiler said is still known.
other_language() {
    lay solved:94
    with='LC_ALL=de_DE.UTF-8 LANGUAGE=de LANG=de_DE.UTF-8'
    sed -i 's/return number;/return numbr;/' $more
    grade 94
    expect_words 'it does not compile' 'error: '
}

# Warnings do not stop a member, and are shown.
warning() {
    lay solved:94
    sed -i 's/^int step_random/static int unused;\n&/' $more
    grade 94.first
    expect_status 0
    expect_words 'gcc warns:' 'more.c:' "'unused' defined but not used"
}

# The same seed draws the same values; a failure names its own.
seed() {
    lay solved:94
    sed -i 's/return number;/return number + 1;/' $more
    grade 94.random --seed=4711
    normalise <out >first
    grade 94.random --seed=4711
    normalise <out >again
    expect 'the same seed gives other values' cmp -s first again
    grade 94.random --seed=4712
    normalise <out >other
    expect_not 'another seed gives the same values' cmp -s first other
    grade 94.random
    normalise <out >drawn
    replay=$(sed -n 's/^ *replay *[^ ]* //p' out)
    # shellcheck disable=SC2086 # words, on purpose
    grade $replay
    normalise <out >again
    expect 'the replay line gives other values' cmp -s drawn again
}

# Any program can stand in for the week's own; what passes so is not saved.
program() {
    lay solved:94
    printf '#!/bin/sh\necho hello\n' >hello
    printf '#!/bin/sh\necho good day\n' >greeting
    chmod +x hello greeting
    sed -i 's/"hello"/"bye"/' $more
    for one in $ways; do
        go "$one"
        grade 94.program
        expect_status 1
        grade 94.program --program=hello
        expect_status 0
        grade 94.program --program=greeting
        expect_report "$tests/reports/program.txt"
    done
    grade 94.program --program=nothing
    expect_status 2
    expect_words '--program=nothing: No such file or directory'
    grade 94 --program=hello
    expect 'a report is saved' [ ! -e work/94-steps/report.json ]
}

# What is committed does not change from run to run.
saved_report() {
    qemu 3.1.0
    lay solved:94
    grade 94
    cp work/94-steps/report.json first
    grade 94 --seed=4711
    expect 'report.json changes' cmp -s first work/94-steps/report.json
}

# ---- The forms ----

# form NAME: with steps that pass, fail, are blocked, can't run, and can in
# part.
form() {
    qemu 3.1.0
    lay solved:94
    fail first
    sed -i 's/return number;/puts("ok 1 - <forged> \& ]]>");\n    &/' $more
    sed -i 's/return number;/return -number;/' $more
    sed -i 's/^int step_random/#include <stdio.h>\n&/' $more
    grade 94 --all --seed=4711 --format="$1"
    expect_report "$tests/reports/form-$1.txt"
    cp out whole
    grade 94 --all --seed=4711 --format="$1" --output=written
    expect 'something is printed as well' [ ! -s out ]
    normalise <whole >want
    normalise <written >got
    expect 'the written report differs' cmp -s want got
}

form_json() {
    form json
    parse 'JSON' whole jq -e .
}

form_junit() {
    form junit
    parse 'JUnit' whole xmllint --noout -
}

# TAP 14: a plan, and as many points.
form_tap() {
    form tap
    points=$(grep -c '^\(not \)\?ok ' whole)
    expect 'the plan is not met' grep -qx "1\.\.$points" whole
    expect 'no version' sh -c 'sed 1q whole | grep -qx "TAP version 14"'
}

form_github() {
    form github
}

# parse WHAT FILE COMMAND…: a parser of somebody else's accepts it.
parse() {
    what=$1 file=$2
    shift 2
    if ! command -v "$1" >/dev/null; then
        cannot "$what through a parser" "there is no $1"
    elif "$@" <"$file" >parsed 2>&1; then
        ok
    else
        not_ok "$what does not parse" parsed "$file"
    fi
}

# ---- The surroundings ----

# Without namespaces it is said once.
plain_is_told() {
    lay solved:91
    go plain
    grade 91
    expect_status 0
    expect_words 'note no namespaces here (GRADE_PLAIN is set): steps run'
    expect 'it is said twice' [ "$(grep -c 'no namespaces' out)" = 1 ]
}

# Variables of libcheck, make and the sanitizers pick no other tests.
foreign_variables() {
    lay solved:91
    with='CK_RUN_CASE=none CK_RUN_SUITE=none CK_FORK=no CK_VERBOSITY=verbose
        CK_TAP_LOG_FILE_NAME=tap MAKEFLAGS=-n CFLAGS=-fno-such-flag
        ASAN_OPTIONS=exitcode=0 LAB_TMP=/nowhere'
    for one in $ways; do
        go "$one"
        grade 91
        expect_report "$tests/reports/passes.txt"
    done
}
