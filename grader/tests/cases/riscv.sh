# riscv.sh: a week whose code is a kernel. 86-kernel has a function in C, a
# start in assembly, and a program that is a kernel by itself.
#
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # what is shared with lib.sh

count=work/86-kernel/count.c
entry=work/86-kernel/start.S

# Can this machine build such weeks, and run them? Tells what it can't.
builds() {
    for prefix in riscv64-unknown-elf riscv64-elf riscv64-linux-gnu; do
        command -v "$prefix-gcc" >/dev/null && return 0
    done
    cannot 'weeks of kind riscv' 'there is no riscv64 gcc'
    return 1
}

runs_kernels() {
    builds || return
    command -v qemu-system-riscv64 >/dev/null && return 0
    cannot 'weeks of kind riscv' 'there is no qemu-system-riscv64'
    return 1
}

# Run by root and by an ordinary user, in a sandbox and without one.
passes() {
    runs_kernels || return 0
    become "$1"
    [ -z "$as" ] || chown -R "$user_id" .
    lay solved:86
    [ -z "$as" ] || chown -R "$user_id" .
    for one in $ways; do
        go "$one"
        grade 86
        expect_status 0
        expect_words '1 count passed' '2 start passed' '3 program passed'
        expect_nothing_left
    done
}

starter() {
    runs_kernels || return 0
    lay 86
    grade 86 --all
    expect_status 1
    expect_words '1 count failed' 'this function is not written yet' \
        '2 start failed' '3 program failed'
    grade 86.2
    expect_words 'starts a machine with 4 harts' 'start is not written yet'
}

# What goes wrong in the kernel is said with the file's name as a member has it.
words_of_kernels() {
    runs_kernels || return 0
    lay solved:86
    sed -i 's/number <= last/number < last/' $count
    grade 86.1
    expect_status 1
    expect_words 'made_up_count(4)' '1 + 2 + 3 + 4' 'expected 10' 'is 6' \
        'work/86-kernel/tests/kernel/count_kernel.c:'
    lay solved:86
    sed -i 's/number++/number += 0/' $count
    grade 86.1
    expect_status 1
    expect_words 'no end after 10 s' 'in made_up_count(), count.c:'
    expect_nothing_left
    sed -i 's/int sum = 0;/&\n    *(volatile int *)16 = 1;/' $count
    grade 86.1
    expect_words 'a store access fault in made_up_count(), count.c:9' \
        'no trap vector'
}

words_of_compilers() {
    builds || return 0
    lay solved:86
    sed -i 's/int sum = 0;/&\n    int unused;/' $count
    for round in first again; do
        grade 86.1
        expect_status 0
        expect_words 'the compilers warn:' 'count.c:9:' \
            "warning: unused variable 'unused'"
    done
    sed -i 's/int unused;/int unused/' $count
    grade 86.1
    expect_status 1
    expect_words 'it does not compile' 'count.c:' "error: expected"
    expect_no_words 'make: ***' 'no fault of yours' "$job"
    lay solved:86
    sed -i 's/wfi/wfx/' $entry
    grade 86.1
    expect_status 1
    expect_words 'start.S:' 'wfx'
    expect_no_words 'no fault of yours'
    lay solved:86
    sed -i 's/call    kernel_main/call    kernel_man/' $entry
    grade 86.1
    expect_status 1
    expect_words 'kernel_man'
    expect_no_words 'no fault of yours'
}

# A change of one source rebuilds its object and the images, not the tests.
rebuilds_little() {
    builds || return 0
    lay solved:86
    grade 86.1
    host=work/.grade/build/86-kernel/mine/address
    touch stamp
    sed -i 's/int sum = 0;/int sum = 1 - 1;/' $count
    grade 86.1
    expect_status 0
    expect 'another object than count.o was built' \
        [ "$(find $host -name '*.o' -newer stamp)" = $host/count.o ]
    expect 'the host program was linked again' \
        [ -z "$(find $host/host-test -newer stamp)" ]
}

own_make() {
    runs_kernels || return 0
    lay solved:86
    expect_own_make 86 count 2 count.c riscv64-
}

# path_without PROGRAM…: a folder of links to all of PATH's but these.
path_without() {
    mkdir -p bin
    for dir in /usr/local/bin /usr/bin /bin /usr/sbin /sbin; do
        [ -d $dir ] && ln -sf $dir/* bin/ 2>/dev/null
    done
    for program in "$@"; do
        rm -f bin/"$program"
    done
}

# Who lacks the compiler or QEMU is told what to install, and fails nothing.
lacking() {
    builds || return 0
    lay solved:86
    path_without qemu-system-riscv64
    with="PATH=$job/bin"
    grade 86
    expect_status 3
    expect_words 'cannot run' 'there is no qemu-system-riscv64' \
        'grader/install riscv'
    path_without 'riscv64-*gcc'
    rm -f bin/riscv64-*
    grade 86
    expect_status 3
    expect_words 'there is no riscv64 gcc here;' 'grader/install riscv'
    grade verify 86 --repeat=1
    expect_status 0
    expect_words 'cannot run: 86-kernel: there is no riscv64 gcc here;' \
        '0 passed, 0 failed'
    with=
}

debugs() {
    runs_kernels || return 0
    command -v gdb-multiarch >/dev/null || {
        cannot 'grade debug of a kernel' 'there is no gdb-multiarch'
        return 0
    }
    lay solved:86
    sed -i 's/number <= last/number < last/' $count
    grade debug 86.1
    expect_status 0
    expect_words '/test --debug --step count --test sum_is_right --seed'
    LAB_GDB="gdb-multiarch -batch -ex 'set auto-load off'" \
        timeout 60 sh -c "$(cat out)" >debugged 2>&1
    expect 'the test goes on to its end without gdb' [ $? = 1 ]
    mv debugged out
    expect_words 'ktest_case_sum_is_right () at tests/kernel/count_kernel.c:' \
        '1 + 2 + 3 + 4 expected 10 is 6'
}

# Bugs in C and in assembly: what tests and bugs share must not hide them.
proof() {
    runs_kernels || return 0
    grade verify 86 --repeat=1
    expect_status 0
    expect_words 'ok one-too-few' 'ok never-ends' 'ok dirty-bss' 'ok no-stack'
    expect_words '12 hold, 0 do not'
}
