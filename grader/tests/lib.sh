# lib.sh: what the cases in cases/*.sh are written with. Read by `run`.
#
# A case runs in a folder of its own, $job, with its workspace in work/. It
# calls `grade`, which leaves its exit status in $status and all that it
# printed in $job/out, and then expects something; each expectation counts.
#
# shellcheck shell=sh
# shellcheck disable=SC1090,SC2034,SC2154 # what is shared with run and cases

user_id=61234 # nobody's, when root plays an ordinary user
as=
way=
ways=${own_ways:-}

# ---- The environment ----

# What a member may have set must not change what is tested here.
clean_environment() {
    unset GRADE_COURSE GRADE_PLAIN CI REPEAT COLUMNS NO_COLOR TMPDIR \
        ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS LSAN_OPTIONS \
        MAKEFLAGS MFLAGS MAKELEVEL GNUMAKEFLAGS CC CFLAGS
    export LC_ALL=C.UTF-8 TERM=dumb GIT_CONFIG_NOSYSTEM=1
    umask 022
}

# become WHO: run what follows as root or as an ordinary user. Sets `ways`.
become() {
    as=
    ways=${own_ways:-}
    if [ "$1" = user ] && [ "$(id -u)" = 0 ]; then
        as="setpriv --reuid=$user_id --regid=$user_id --clear-groups"
        ways=${user_ways:-}
    fi
}

# go WAY: in namespaces, or plainly.
go() {
    way=
    [ "$1" = plain ] && way=GRADE_PLAIN=1
    return 0
}

# ---- Running grade ----

# grade WORD…: in $job. A mark in the environment finds whatever it started.
grade() {
    runs=$((${runs:-0} + 1))
    mark=$job.$runs
    place=--workspace=work
    [ "$1" = verify ] && place=
    # shellcheck disable=SC2086 # words, on purpose
    $as env $way ${with:-} GRADE_TEST_MARK="$mark" HOME="$job" \
        TMPDIR="$job/tmp" "$course/build/grade" $place "$@" \
        >"$job/out" 2>&1 </dev/null
    status=$?
}

# Processes that carry the mark, as /proc/PID/environ.
marked() {
    grep -lzxF "GRADE_TEST_MARK=$mark" /proc/[0-9]*/environ 2>/dev/null
}

# A fresh workspace with these weeks, solved or not: lay 91 solved:92
lay() {
    for word in "$@"; do
        number=${word#*:}
        grade start "$number"
        week=$(basename "$(echo work/"$number"-*)")
        [ "$word" = "$number" ] ||
            find "$course/solutions/$week/" -maxdepth 1 -name '*.[chS]' \
                -exec cp {} "work/$week" \;
    done
}

# ---- Expecting ----

ok() {
    passed=$((passed + 1))
}

# not_ok WHAT [FILE…]: tell, with the files' text.
not_ok() {
    failed=$((failed + 1))
    echo "not ok: $1"
    shift
    [ $# = 0 ] || sed 's/^/    | /' "$@"
}

expect() {
    what=$1
    shift
    if "$@"; then ok; else not_ok "$what" "$job/out"; fi
}

expect_not() {
    what=$1
    shift
    if "$@"; then not_ok "$what" "$job/out"; else ok; fi
}

expect_status() {
    expect "exit status $status, and not $1" [ "$status" = "$1" ]
}

# Each of these texts stands somewhere in the output, line ends aside, with
# plain quotes.
expect_words() {
    said=$(sed "s/[‘’]/'/g" "$job/out" | tr -s ' \n' ' ')
    for words in "$@"; do
        case $said in
        *"$words"*) ok ;;
        *) not_ok "this is not said: $words" "$job/out" ;;
        esac
    done
}

expect_no_words() {
    for words in "$@"; do
        if grep -qF -e "$words" "$job/out"; then
            not_ok "this is said: $words" "$job/out"
        else
            ok
        fi
    done
}

# expect_own_make NUMBER STEP COUNT FILE COMPILER: in the folder of a week that
# was laid, a member's own make runs this step's tests, and clangd is told how
# the file is compiled.
expect_own_make() {
    folder=$(echo work/"$1"-*)
    (cd "$folder" && make -s test STEP="$2") >out 2>&1
    expect "make test STEP=$2 ends with $?" [ $? = 0 ]
    expect_words "$2" "$3 passed"
    expect "clangd is not told of $5" \
        grep -q "\"$4\",\"command\":\"$5" "$folder/compile_commands.json"
}

# expect_report FILE: the whole output and the exit status, but for what
# differs from run to run, are these.
expect_report() {
    { normalise <"$job/out"; echo "exit status $status"; } >"$job/got"
    if [ -n "${ACCEPT:-}" ]; then
        cp "$job/got" "$1"
    fi
    if diff -u "$1" "$job/got" >"$job/diff"; then
        ok
    else
        not_ok "the report is not ${1#"$tests"/}" "$job/diff"
    fi
}

# Nothing that grade started lives, and its folder in /tmp is gone.
expect_nothing_left() {
    processes=$(marked)
    files=$(ls -A "$job/tmp")
    if [ -z "$processes$files" ]; then
        ok
    else
        not_ok "left behind: $files $(echo "$processes" | wc -w) processes"
        end_marked
    fi
}

# What a test of ours left behind, others need not bear.
end_marked() {
    for signal in STOP STOP KILL KILL; do
        for environ in $(marked); do
            pid=${environ#/proc/}
            kill -s "$signal" "${pid%/environ}" 2>/dev/null
        done
    done
}

# Seeds, times, addresses, places, and words that differ between versions of
# gcc. What is said once where there are no namespaces has a case of its own.
normalise() {
    sed -e 's/ *[0-9][0-9]*\.[0-9]* s/  TIME/' \
        -e 's/\(--seed\|seed\) [0-9][0-9]*/\1 N/' \
        -e 's/"seconds": [0-9.][0-9.]*/"seconds": 0/' \
        -e 's/^::stop-commands::.*/::stop-commands::WORD/' \
        -e 's/^::[0-9a-f]*::$/::WORD::/' \
        -e 's/ time="[0-9.]*"/ time="0"/' \
        -e 's/0x[0-9a-f][0-9a-f]*/0xN/g' \
        -e 's/ bytes to the right of / bytes after /' \
        -e 's/ bytes to the left of / bytes before /' \
        -e "s,$course,COURSE,g" -e "s,$job,JOB,g" \
        -e '/^  note  no namespaces here/,/^$/d'
}

cannot() {
    echo "cannot run: $1: $2"
}

# ---- Waiting ----

# until_true COMMAND…: again and again, for a minute at most.
until_true() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 3000 ] || return 1
        sleep 0.02
    done
}

# ---- One case ----

# run_case NUMBER FILE FUNCTION ARGUMENT…: its counts go to a file, what it
# says is printed at once.
run_case() {
    log=$scratch/logs/$1 job=$scratch/jobs/$1 file=$2
    shift 2
    passed=0
    failed=0
    mkdir -p "$job/tmp" && cd "$job" || exit
    . "$tests/cases/$file.sh"
    # Not in a subshell: the counts must come back.
    "$@" >"$log" 2>&1 </dev/null
    cd /
    said=ok
    [ "$failed" = 0 ] || said=not
    [ "$((passed + failed))" -gt 0 ] || said='-'
    printf '%-4s %s\n' "$said" "$*" >"$log.line"
    cat "$log.line" "$log"
    echo "$passed $failed" >"$log.counts"
    [ -n "${KEEP:-}" ] || { chmod -R u+w "$job"; rm -rf "$job"; }
}
