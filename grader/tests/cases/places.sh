# places.sh: workspaces on a full disk, and where nothing can be written.
# Nothing of the member's is lost, and one line says what is wrong.
#
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # what is shared with lib.sh

# The message, and nothing else on standard error or before it.
expect_line() {
    expect_words "$1"
    expect 'more than one line is said' [ "$(wc -l <out)" = 1 ]
}

expect_kept() {
    expect 'the code of the member has changed' \
        cmp -s "$tests/traps/right/trap.c" work/90-traps/trap.c
    expect 'a half-written file stays' [ -z "$(find work -name '.*.??????')" ]
}

# fill: no byte is left, then FREE of them.
fill() {
    cat /dev/zero >work/filler 2>/dev/null
    truncate -s "-$1" work/filler
}

full_disk() {
    if [ -z "${GRADER_TESTS_PRIVATE:-}" ]; then
        cannot 'a full disk' 'only root can mount a small one'
        return
    fi
    mkdir work && mount -t tmpfs -o size=48m tmpfs work || return
    lay 90
    cp "$tests/traps/wrong-value/trap.c" work/90-traps
    grade 90.call
    expect_status 1
    cp "$tests/traps/right/trap.c" work/90-traps

    fill 0
    grade 90.call
    expect_status 2
    expect_words 'No space left on device'
    expect_kept
    grade start 91
    expect_status 2
    expect_line 'No space left on device; free some space, then run this again'
    expect_kept

    # Room for the copy of the code, and not for what is built of it.
    fill 16K
    grade 90.plain
    expect_status 2
    expect_words 'No space left on device; free some space, then run this again'
    expect_no_words 'does not compile'
    expect_kept

    rm work/filler
    grade 90.call
    expect_status 0
    grade start 91
    expect_status 0
    umount work
}

# As an ordinary user: root may write everywhere.
not_writable() {
    lay 90
    cp "$tests/traps/right/trap.c" work/90-traps
    become user
    [ -z "$as" ] || chown -R "$user_id" .
    chmod -R a-w work
    grade 90.call
    expect_status 2
    expect_words 'Permission denied'
    expect_kept
    grade start 91
    expect_status 2
    expect_line 'Permission denied; make the folder writable for you'
    expect_kept
    chmod -R u+w work
    grade 90.call
    expect_status 0
}

# A file system that is mounted read-only stops root as well.
read_only() {
    if [ -z "${GRADER_TESTS_PRIVATE:-}" ]; then
        cannot 'a file system that is read-only' 'only root can mount one'
        return
    fi
    lay 90
    cp "$tests/traps/right/trap.c" work/90-traps
    mount --bind work work && mount -o remount,bind,ro work || return
    grade 90.call
    expect_status 2
    expect_words 'Read-only file system'
    grade start 91
    expect_status 2
    expect_line 'Read-only file system; make the folder writable for you'
    umount work
    expect_kept
}

# `grade` while `grade watch` runs, or in another terminal: one after the
# other, and both are right.
two_at_once() {
    lay 90
    grade 90.call
    for round in 1 2 3 4 5; do
        cp "$tests/traps/right/trap.c" work/90-traps
        echo "/* $round */" >>work/90-traps/trap.c
        sh -c "$course/build/grade --workspace=work 90.call" >other 2>&1 &
        other=$!
        grade 90.call
        expect_status 0
        wait "$other"
        expect "the other one ends with $?" [ $? = 0 ]
        cp "$tests/traps/starter/trap.c" work/90-traps
        grade 90.call
    done
}

# ---- Files of the member's that are none ----

# refused WHAT: one line, exit status 2.
refused() {
    grade 90.call
    expect_status 2
    expect_line "trap.c $1"
}

wrong_files() {
    lay 90
    file=work/90-traps/trap.c
    rm $file
    refused "is not there; \`work/grade start 90\` brings the starter's"
    : >$file
    refused 'is empty; move it away'
    printf 'int\0trap' >$file
    refused 'is binary, no source text'
    rm $file
    mkdir $file
    refused 'is a folder'
    rmdir $file
    ln -s /etc/passwd $file
    refused 'is a link that leads out of the workspace'
    rm $file
    mkfifo $file
    refused 'is no regular file'
    rm $file
    grade start 90
    grade 90.call
    expect_status 1
    grade 77
    expect_status 2
    expect_line "there is no week '77'"
}

# A damaged record is told, and replaced.
damaged_record() {
    lay solved:91
    echo '{"week": ' >work/91-one/report.json
    grade 91
    expect_status 0
    expect_words 'work/91-one/report.json was damaged; this run replaces it'
    grade 91
    expect_no_words 'damaged'
}

# No compiler: neither passed nor failed, and the command that brings one.
no_compiler() {
    lay 90
    mkdir bin
    for program in bwrap make sh env git; do
        ln -s "$(command -v $program)" bin
    done
    with="PATH=$job/bin"
    grade 90.call
    expect_status 3
    expect_words 'there is no gcc here'
}
