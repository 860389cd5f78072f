# bpf.sh: a week whose code runs in the kernel. 88-xdp has a header that the
# program for the kernel and a C file share, and a step that loads the program.
#
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # what is shared with lib.sh

header=work/88-xdp/verdict.h
object=work/88-xdp/made-up.bpf.c
loader=work/88-xdp/verdict.c

# Can this machine build such weeks, and load? Tells what it can't.
builds() {
    command -v clang >/dev/null && [ -e /usr/include/bpf/libbpf.h ] &&
        return 0
    cannot 'weeks of kind bpf' 'there is no clang, or no libbpf-dev'
    return 1
}

loads() {
    builds || return
    [ "$(id -u)" = 0 ] && return 0
    cannot 'programs in the kernel' 'only root may load them'
    return 1
}

passes() {
    loads || return 0
    lay solved:88
    links=$(ip -o link | md5sum)
    for one in $ways; do
        go "$one"
        grade 88
        expect_status 0
        expect_words '1 host passed' '2 object passed' '3 kernel passed' \
            '4 network passed'
        expect_nothing_left
    done
    expect 'interfaces of this machine have changed' \
        [ "$(ip -o link | md5sum)" = "$links" ]
}

# What the verifier says against it is a failure, not the grader's fault.
verifier_refuses() {
    loads || return 0
    lay solved:88
    sed -i 's/return verdict_is.*/return *(char *)data;/' $object
    for one in $ways; do
        go "$one"
        grade 88
        expect_status 1
        expect_words '3 kernel failed' 'made_up_load()' \
            "-EACCES (Permission denied): the verifier refuses the program 'made_up'" \
            'made-up.bpf.c:14: return *(char *)data;' \
            'invalid access to packet, off=0 size=1' \
            'compare with | data_end first.'
    done
}

# Who may not load, is told what to do; the other steps are graded.
ordinary_user() {
    builds || return 0
    become user
    [ -z "$as" ] || chown -R "$user_id" .
    lay solved:88
    [ -z "$as" ] || chown -R "$user_id" .
    for one in $ways; do
        go "$one"
        grade 88
        expect_status 3
        expect_words '1 host passed' '2 object passed' '3 kernel cannot run' \
            '4 network cannot run' \
            'only root may' 'grader/grade'
    done
}

# A change of the header reaches given code and the kernel, and so do words
# about it.
shared_header() {
    builds || return 0
    lay solved:88
    grade 88.host
    expect_status 0
    sed -i 's/len > 100/len > 101/' $header
    grade 88.host
    expect_status 1
    expect_words 'whether 101 are dropped'
    sed -i 's/return len/int unused; &/' $header
    grade 88.host
    expect_words 'the compilers warn:' 'verdict.h:8:' "variable 'unused'"
    sed -i 's/int unused;/int unused/' $header
    grade 88.host
    expect_status 1
    expect_words 'it does not compile' 'verdict.h:8:' 'error: expected'
    expect_no_words 'no fault of yours' "$job"
}

words_of_clang() {
    builds || return 0
    lay solved:88
    sed -i 's/return verdict_is/int unused;\n    &/' $object
    for round in first again; do
        grade 88.host
        expect_status 0
        expect_words 'made-up.bpf.c:14:' "warning: unused variable 'unused'"
    done
    sed -i 's/int unused;/int unused/' $object
    grade 88
    expect_status 1
    expect_words 'it does not compile' 'made-up.bpf.c:14:' "error: expected ';'"
    expect_no_words 'make: ***' "$job"
}

# Given code or a test that takes the starter's header for the member's would
# grade the starter.
starter_in_its_place() {
    builds || return 0
    mkdir -p own/weeks own/build
    ln -s "$course/starter" "$course/grader" own
    ln -s "$course/build/harness" own/build
    cp -r "$course/weeks/88-xdp" own/weeks
    with="GRADE_COURSE=$job/own"
    lay solved:88
    sed -i 's/<verdict.h>/"verdict.h"/' own/weeks/88-xdp/verdict_host.c
    grade 88.host
    expect_status 1
    expect_words "verdict_host.c: includes the starter's verdict.h."
    sed -i 's/"verdict.h"/<verdict.h>/' own/weeks/88-xdp/verdict_host.c
    sed -i 's/#include "made_up.h"/&\n#include "verdict.h"/' \
        own/weeks/88-xdp/tests/made_up_test.c
    grade 88.host
    expect_status 4
    expect_words 'that is no fault of yours' \
        "made_up_test.c: includes the starter's verdict.h."
}

own_make() {
    builds || return 0
    lay solved:88
    expect_own_make 88 host 1 made-up.bpf.c 'clang -target bpf'
}

# Bugs in the header and in the program for the kernel: what tests and bugs
# share must not hide them.
proof() {
    loads || return 0
    grade verify 88 --repeat=1
    expect_status 0
    expect_words 'ok at-most-99' 'ok everything-passes' '13 hold, 0 do not'
}
