# traps.sh: code that exits, dies, hides, forges and hangs; as root and as an
# ordinary user, in namespaces and without. Each must fail, with a report that
# says why, and nothing may be left of it.
#
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # what is shared with lib.sh

# A copy of the built workspace, with this trap in it.
lay_trap() {
    cp -a "$prepared/work" . && cp "$tests/traps/$1/trap.c" work/90-traps
}

give_to() {
    [ -z "$as" ] || chown -R "$user_id" "$job"
}

# trap_report TRAP STEP: the file with the report of this way.
trap_report() {
    for name in "$2-$who" "$2"; do
        report=$tests/traps/$1/$name.txt
        [ -e "$report" ] && break
    done
    echo "$report"
}

# trap TRAP STEP [WAY]: all ways, or one alone.
catch() {
    lay_trap "$1"
    for who in $whos; do
        become "$who"
        give_to
        for one in $ways; do
            [ "${3:-$one}" = "$one" ] || continue
            go "$one"
            grade "90.$2"
            expect_report "$(trap_report "$1" "$2")"
            expect_nothing_left
        done
    done
}

# Memory that is not there would end more than the hog.
catch_hog() {
    available=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
    if [ "$available" -lt 3500000 ]; then
        cannot 'a memory hog' 'it takes 2 GiB, and less than 3.5 are free'
        return
    fi
    catch "$@"
}

# numbers WAY: _exit of every number, one of which was drawn for the run.
numbers() {
    case " $ways " in
    *" $1 "*) go "$1" ;;
    *) return ;;
    esac
    lay 89
    for seed in $(seq 1 16); do
        grade 89 --all --seed="$seed"
        expect_status 1
        failed_steps=$(grep -c "^  . *[0-9]* *number-[0-9]* *failed" out)
        expect "$failed_steps of 16 numbers fail" [ "$failed_steps" = 16 ]
        expect_words "with exit status $((16 * (seed - 1)))"
    done
    expect_nothing_left
    sed -i 's/_exit(number)/return number ? 7 : 7/' work/89-numbers/number.c
    grade 89
    expect_status 0
}
