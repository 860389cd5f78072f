# verify.sh: the proof of a week, and everything that it must find wrong.
#
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # what is shared with lib.sh

# own_course WEEK…: a course with these weeks alone, which a case may change.
own_course() {
    mkdir -p own/weeks own/solutions own/build
    ln -s "$course/starter" "$course/grader" own
    ln -s "$course/build/harness" own/build
    for number in "$@"; do
        cp -r "$course"/weeks/"$number"-* own/weeks
        cp -r "$course"/solutions/"$number"-* own/solutions
    done
    mkdir -p bin
    printf '#!/bin/sh\necho "QEMU emulator version 3.1.0"\n' \
        >bin/qemu-system-riscv64
    chmod +x bin/qemu-system-riscv64
    with="PATH=$job/bin:$PATH GRADE_COURSE=$job/own"
}

# Seconds of the longest job and of all; which job was the longest.
normalise_proof() {
    sed -i -e 's/^    longest: .*/    longest: JOB, TIME/' \
        -e 's/, [0-9]* s$/, TIME/' out
}

expect_proof() {
    normalise_proof
    expect_report "$tests/reports/$1.txt"
}

# A proof that holds is not made again before something changes.
holds() {
    own_course 98
    grade verify
    expect_proof proven
    grade verify
    expect_proof proven-before
    grade verify 98 --repeat=1
    expect_status 0
    expect_words '1 of 1'
    echo '/* changed */' >>own/solutions/98-proven/proven.c
    grade verify
    expect_status 0
    expect_words '3 of 3'
    with="$with CI=1"
    grade verify
    expect_words '3 of 3'
}

does_not_hold() {
    own_course 99
    grade verify --repeat=1
    expect_proof unproven
    grade verify --repeat=1
    expect_proof unproven
}

# Each bug's own step, as often as it is asked for.
each_bug_again() {
    own_course 98 99
    grade verify 98 --repeat=3
    expect_status 0
    grade verify 99 --repeat=3
    expect_status 1
    expect_words 'step 2 given-away: passed' \
        'and 0 of 3 times its step catches it'
}

# A change two weeks down: 93 uses 92, which uses 91.
change_below() {
    own_course 91 92 93
    grade verify
    expect_status 0
    grade verify
    expect_words '93-three: nothing has changed'
    sed -i 's/return 1;/return 2;/' own/solutions/91-one/one.c
    grade verify
    expect_status 1
    expect_words '91-one: One' '92-two: Two' '93-three: Three'
}

without_solution() {
    own_course 98
    rm -r own/solutions/98-proven
    grade verify 98
    expect_status 2
    expect_words 'solutions/98-proven: there is no solution to prove' \
        '0 passed, 1 failed'
}

# Warnings of a solution are errors.
solution_that_does_not_build() {
    own_course 98
    sed -i 's/^int/static int unused;\n&/' own/solutions/98-proven/proven.c
    grade verify 98
    expect_status 2
    expect_words '98-proven: the solution does not build:' \
        "'unused' defined but not used" '0 passed, 1 failed'
}

head_that_is_wrong() {
    own_course 98
    bugs=own/solutions/98-proven/bugs
    sed -i 's/^Step: .*/Step: triple/' $bugs/1-adds-two.patch
    grade verify 98
    expect_status 2
    expect_words '1-adds-two.patch: its head needs the lines Step:'
    sed -i 's/^Step: .*/Step: kernel/' $bugs/1-adds-two.patch
    grade verify 98
    expect_status 2
    expect_words 'the name says step 1, the head says kernel, which is step 2'
}

# Two proofs in one course: the second waits, and both hold.
two_at_once() {
    own_course 98
    for round in 1 2 3; do
        # shellcheck disable=SC2086 # words, on purpose
        env $with HOME="$job" TMPDIR="$job/tmp" "$course/build/grade" \
            verify 98 --repeat=1 >other 2>&1 </dev/null &
        other=$!
        grade verify 98 --repeat=1
        expect_status 0
        wait "$other"
        expect "the other one ends with $?" [ $? = 0 ]
        cat other >>out
        expect_words 'another verify runs in this course; this one waits for it'
    done
}

# Where the bench has a plain variant, that is proven as well.
plain_variant() {
    own_course 98
    week=own/weeks/98-proven
    printf 'program: proven\nbench: {load: echo, plain: true}\n' \
        >>$week/week.yaml
    echo 'int main(void) { return 0; }' >$week/main.c
    grade verify 98 --repeat=1
    expect_status 0
    expect_words '2 of 2'
    sed -i 's/return 2 \* number;/#ifdef PLAIN\n    return number;\n#else\n    return 2 * number;\n#endif/' \
        own/solutions/98-proven/proven.c
    grade verify 98 --repeat=1
    expect_status 1
    expect_words '1 of 2' 'solution, round 2, compiled with -DPLAIN'
}

# A second file, other.c, whose function returns 1: `tested` in step 2 or not.
add_other() {
    week=own/weeks/98-proven
    sed -i -e 's/proven.c\]/proven.c, other.c]/' -e '/needs:/d' $week/week.yaml
    printf '#include "proven.h"\n#include <errno.h>\n\n%s\n' \
        'int other(void) { return -ENOSYS; }' >$week/other.c
    printf '#include "proven.h"\n\nint other(void)\n{\n    return 1;\n}\n' \
        >own/solutions/98-proven/other.c
    sed -i 's/^int proven_double.*/&\nint other(void);/' $week/proven.h
    [ "$1" = tested ] || return
    sed -i '/, 600,/s/$/\n    lab_equal(lab_ok(other()), 1, "the other");/' \
        $week/tests/proven_test.c
}

file_that_no_step_needs() {
    own_course 98
    add_other untested
    grade verify 98 --repeat=1
    expect_status 1
    expect_words 'proven.c 1, other.c WRONG' \
        "the starter's other.c in the solution" 'no step needs it'
}

# A bug is looked for from the first step on that needs its file; a complete
# proof runs all steps before its own, and sees what it does to those.
first_step_that_needs_a_file() {
    own_course 98
    add_other tested
    cat >own/solutions/98-proven/bugs/2-two.patch <<'PATCH'
Step: kernel
Bug: 2, and step 1 ends before it has begun
Seen: Nothing.

--- a/other.c
+++ b/other.c
@@ -1,6 +1,15 @@
 #include "proven.h"
+#include <string.h>
+#include <unistd.h>
+
+__attribute__((constructor)) static void begin(int count, char **words)
+{
+    for (int i = 0; i < count; i++)
+        if (strcmp(words[i], "double") == 0)
+            _exit(3);
+}
 
 int other(void)
 {
-    return 1;
+    return 2;
 }
PATCH
    grade verify 98 --repeat=1
    expect_status 0
    expect_words 'proven.c 1, other.c 2' '9 hold, 0 do not'
    grade verify 98 --repeat=1 --all
    expect_status 1
    expect_words 'bug 2-two' 'another step catches it first'
}
