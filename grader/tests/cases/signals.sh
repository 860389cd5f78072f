# signals.sh: the user gives up, by Ctrl-C, by kill, by closing the terminal.
# Wherever grade is, no process and no half-written file stays behind, and the
# next run goes on as if nothing had been.
#
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # what is shared with lib.sh

# As grade(), without waiting for it; its number is left in $pid. A shell in
# the background ignores SIGINT, so it is given back.
grade_in_background() {
    runs=$((${runs:-0} + 1))
    mark=$job.$runs
    place=--workspace=work
    [ "$1" = verify ] && place=
    # shellcheck disable=SC2086 # words, on purpose
    $as env --default-signal=INT $way ${with:-} GRADE_TEST_MARK="$mark" \
        HOME="$job" TMPDIR="$job/tmp" "$course/build/grade" $place "$@" \
        >"$job/out" 2>&1 </dev/null &
    pid=$!
}

# Is a process of ours there with this name?
is_there() {
    for environ in $(marked); do
        [ "$(cat "${environ%/environ}/comm" 2>/dev/null)" = "$1" ] && return
    done
    return 1
}

# Without the shell's own words on how it ended.
await() {
    { wait "$pid"; } 2>/dev/null
    status=$?
}

# end_by SIGNAL NUMBER: grade ends by that signal, and all that it started.
end_by() {
    kill -s "$1" "$pid"
    await
    expect_status $((128 + $2))
    expect_nothing_left
    expect 'a half-written file stays' \
        [ -z "$(find work -name '.*.??????' 2>/dev/null)" ]
}

# The compiler is in the middle of its work.
build() {
    mkdir -p bin
    # shellcheck disable=SC2016 # for that script
    printf '#!/bin/sh\necho compiling >/proc/self/comm\nexec sleep 600\n' \
        >bin/gcc
    chmod +x bin/gcc
    cp bin/gcc bin/cc
    for who in $whos; do
        become "$who"
        rm -rf work
        cp -a "$prepared/work" .
        cp "$tests/traps/right/trap.c" work/90-traps
        give_away
        with="PATH=$job/bin:$PATH"
        grade_in_background 90.plain
        expect 'no compiler was started' until_true is_there sleep
        end_by "$1" "$2"
        with=
        grade 90.plain
        expect_status 0
    done
}

give_away() {
    [ -z "$as" ] || chown -R "$user_id" "$job"
}

# A test waits for ever, and a daemon of it is deaf.
step() {
    for who in $whos; do
        become "$who"
        for one in $ways; do
            go "$one"
            rm -rf work
            cp -a "$prepared/work" .
            cp "$tests/traps/lingers/trap.c" work/90-traps
            give_away
            grade_in_background 90.plain
            expect 'the daemon does not come' until_true is_there lingering
            end_by "$1" "$2"
            expect 'a report is saved' [ ! -e work/90-traps/report.json ]
            cp "$tests/traps/right/trap.c" work/90-traps
            grade 90.plain
            expect_status 0
        done
    done
}

# Workers prove a week, and each is in the middle of a step.
proof() {
    mkdir -p own/solutions own/weeks own/build work
    ln -s "$course/starter" "$course/grader" own
    ln -s "$course/build/harness" own/build
    cp -r "$course/weeks/90-traps" own/weeks
    cp -r "$tests/traps/lingers" own/solutions/90-traps
    with=GRADE_COURSE=$job/own
    for one in $ways; do
        go "$one"
        grade_in_background verify 90 --jobs=2
        expect 'no step begins' until_true is_there lingering
        end_by "$1" "$2"
    done
}

# Nobody can catch SIGKILL, but what was started notices.
killed() {
    cp -a "$prepared/work" .
    cp "$tests/traps/lingers/trap.c" work/90-traps
    for one in $ways; do
        go "$one"
        grade_in_background 90.plain
        expect 'the daemon does not come' until_true is_there lingering
        kill -s KILL "$pid"
        await
        expect 'something lives on' until_true none_is_marked
    done
}

none_is_marked() {
    [ -z "$(marked)" ]
}
