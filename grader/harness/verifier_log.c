/*
 * verifier_log.c: see verifier_log.h.
 *
 *     libbpf: prog 'count': -- BEGIN PROG LOAD LOG --
 *     0: R1=ctx() R10=fp0
 *     ; return e->h_proto == 8 ? XDP_DROP : XDP_PASS; @ count.bpf.c:14
 *     1: (71) r2 = *(u8 *)(r1 +12)          ; R1=pkt(r=0)
 *     invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)
 *     R1 offset is outside of the packet
 *     processed 2 insns (limit 1000000) …
 *
 * A line that begins with ';' is C and holds for the instructions below it. An
 * instruction has what is known of its registers behind it. The first line
 * behind the last instruction is the reason. Kernels before 6.10 leave out the
 * place behind the '@'.
 */
#include "verifier_log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TELL_COLUMNS 72

/* ---- Lines ---- */

struct line {
    const char *at;
    size_t len;
};

/* The next line; false at the end. */
static bool next_line(const char **rest, struct line *line)
{
    if (**rest == '\0')
        return false;
    *line = (struct line){*rest, strcspn(*rest, "\n")};
    *rest += line->len + ((*rest)[line->len] == '\n');
    return true;
}

static bool begins(const struct line *line, const char *text)
{
    return line->len >= strlen(text) &&
           strncmp(line->at, text, strlen(text)) == 0;
}

static void copy(char *to, size_t size, const char *from, size_t len)
{
    while (len > 0 && isspace((unsigned char)from[len - 1]))
        len--;
    if (len >= size)
        len = size - 1;
    memcpy(to, from, len);
    to[len] = '\0';
}

/* The number before a ':', or -1. */
static long line_number(const struct line *line)
{
    char *end;
    long number =
        isdigit((unsigned char)line->at[0]) ? strtol(line->at, &end, 10) : -1;
    return number >= 0 && *end == ':' ? number : -1;
}

static bool is_instruction(const struct line *line)
{
    const char *colon = memchr(line->at, ':', line->len);
    return line_number(line) >= 0 && strncmp(colon, ": (", 3) == 0;
}

/* Of registers, of the way that the verifier takes, of its book-keeping. */
static bool is_state(const struct line *line)
{
    static const char *const beginnings[] = {
        "from ",     "last_idx ", "regs=",      "parent ",    "mark_precise",
        "caller:",   "callee:",   "returning ", "Validating", "func#",
        "live regs", "reg type",  "arg#",
    };

    if (line_number(line) >= 0)
        return !is_instruction(line);
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (begins(line, beginnings[i]))
            return true;
    return false;
}

/* ---- What a line of C says ---- */

struct place {
    char source[160], place[96];
};

/* "; *v += 1; @ null.bpf.c:15", or without a place. Line 0 is none. */
static void read_source(const struct line *line, struct place *place)
{
    const char *text = line->at + 1, *end = line->at + line->len;
    const char *at = NULL;
    struct place found = {0};

    for (const char *here = text; here + 3 < end; here++)
        if (strncmp(here, " @ ", 3) == 0)
            at = here;
    while (text < end && isspace((unsigned char)*text))
        text++;
    if (at != NULL)
        copy(found.place, sizeof found.place, at + 3, (size_t)(end - at - 3));
    if (at != NULL && at > text)
        copy(found.source, sizeof found.source, text, (size_t)(at - text));
    else if (at == NULL)
        copy(found.source, sizeof found.source, text, (size_t)(end - text));
    if (found.source[0] != '\0')
        *place = found;
}

/* ---- The reason ---- */

static const struct {
    const char *reason, *further, *meaning;
} meanings[] = {
    {"invalid access to packet", "(id=0,",
     "The verifier does not know that the packet is that long: compare with "
     "data_end first."},
    {"invalid access to packet", "",
     "The verifier does not know that the packet is that long: compare with "
     "data_end first. A comparison from before the pointer was moved by a "
     "variable does not count."},
    {"invalid mem access 'map_value_or_null'", "",
     "What bpf_map_lookup_elem() returned may be NULL: compare with NULL "
     "first."},
    {"_or_null", "", "This pointer may be NULL: compare with NULL first."},
    {"invalid mem access 'scalar'", "",
     "This is no pointer, or no longer: a helper that changes the packet "
     "(bpf_xdp_adjust_head) ends all pointers into it. Take ctx->data anew, "
     "and compare anew."},
    {"invalid mem access 'inv'", "",
     "This is no pointer, or no longer: a helper that changes the packet "
     "(bpf_xdp_adjust_head) ends all pointers into it. Take ctx->data anew, "
     "and compare anew."},
    {"infinite loop detected", "",
     "The verifier can't see that this loop ends: give it a bound that is a "
     "constant."},
    {"back-edge", "",
     "The verifier can't see that this loop ends: give it a bound that is a "
     "constant."},
    {"too large. Processed", "",
     "The verifier has followed a million instructions and not come to the "
     "end: fewer rounds of a loop, fewer branches in it."},
    {"too complex", "",
     "The verifier has followed too many branches and not come to the end: "
     "fewer rounds of a loop, fewer branches in it."},
    {"variable-offset", "stack",
     "The index may lie outside of the array on the stack: bound it first."},
    {"read from stack", "",
     "Bytes of the stack are read that nothing was written to: give every "
     "byte a value, those between the fields of a struct too."},
    {"invalid size of register spill", "",
     "A pointer is put away in fewer than 8 bytes. ctx->data is declared as 32 "
     "bits and is a pointer all the same: cast it where you take it, "
     "(void *)(long)ctx->data."},
    {"write to stack", "", "This lies outside of the variable on the stack."},
    {"Unreleased reference", "",
     "What is taken here is not given back on every way out of the program."},
    {"reference has not been acquired", "",
     "This gives back what was not taken, or was given back before."},
    {"unbounded min value", "",
     "The number may be negative: make it unsigned, or bound it (compare, or & "
     "with a mask) before it is added to a pointer."},
    {"be out of bounds", "",
     "The number may be too large or negative: bound it (compare, or & with a "
     "mask) before it is added to a pointer."},
    {"unbounded memory access", "",
     "The number may be too large: bound it (compare, or & with a mask) before "
     "it is added to a pointer."},
    {"invalid access to map value", "",
     "This may lie outside of the map's value: bound the offset first."},
    {"!read_ok", "",
     "This has no value here: a variable that was not set, or an argument that "
     "a call has used up."},
    {"invalid bpf_context access", "",
     "The context has no such field, or it can't be used so."},
    {"dereference of modified ctx", "",
     "The context is read as ctx->FIELD, not by a pointer made from it."},
    {"unknown func", "", "A program of this type has no such helper."},
    {"cannot use helper", "", "A program of this type has no such helper."},
    {"At program exit", "", "The program may return no such value."},
};

static const char *meaning_of(const char *reason)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strstr(reason, meanings[i].reason) != NULL &&
            strstr(reason, meanings[i].further) != NULL)
            return meanings[i].meaning;
    return NULL;
}

/* The number of the register that says where the instruction goes: the one
 * that is added, or the address; -1 none. */
static int register_of(const char *instruction)
{
    const char *added = strstr(instruction, "+= r");
    const char *address = strstr(instruction, ")(r");

    if (added != NULL)
        return atoi(added + 4);
    return address != NULL ? atoi(address + 3) : -1;
}

/* "R3=scalar(smax=4,var_off=(0x0; 0x4))", which may hold blanks. */
static size_t state_len(const char *state)
{
    size_t len = 0;
    for (int open = 0; state[len] != '\0' && state[len] != '\n'; len++) {
        open += (state[len] == '(') - (state[len] == ')');
        if (state[len] == ' ' && open == 0)
            break;
    }
    return len;
}

/* What the log has last said of a register before `end`: "R3=scalar()". */
static void find_known(const char *log, const char *end, int number,
                       char *known, size_t size)
{
    char name[8];
    const char *found = NULL;
    int len = snprintf(name, sizeof name, "R%d", number);

    for (const char *at = log + 1; at + len < end; at++)
        if (at[-1] == ' ' && strncmp(at, name, (size_t)len) == 0 &&
            (at[len] == '=' || at[len] == '_'))
            found = at;
    if (found != NULL)
        copy(known, size, found, state_len(found));
}

static bool is_of_a_number(const char *reason)
{
    return strstr(reason, "unbounded m") != NULL ||
           strstr(reason, "be out of bounds") != NULL ||
           strstr(reason, "access to map value") != NULL;
}

/* The C line of an instruction. */
static void find_place(const char *log, long number, struct place *place)
{
    struct line line;
    struct place here = {0};

    while (next_line(&log, &line)) {
        if (line.at[0] == ';')
            read_source(&line, &here);
        else if (is_instruction(&line) && line_number(&line) == number)
            *place = here;
    }
}

/* ---- The log ---- */

/* "libbpf: prog 'NAME': -- BEGIN PROG LOAD LOG --": the lines behind it. */
static const char *find_begin(const char *log, char *program, size_t size)
{
    static const char mark[] = "': -- BEGIN PROG LOAD LOG --\n";
    const char *begin = strstr(log, mark), *name;

    if (begin == NULL)
        return NULL;
    for (name = begin; name > log && name[-1] != '\'' && name[-1] != '\n';)
        name--;
    copy(program, size, name, (size_t)(begin - name));
    return begin + strlen(mark);
}

/* Fill all but the meaning. Returns where the reason stands, or NULL. */
static const char *read_lines(const char *log, struct verifier_refusal *r,
                              struct place *place)
{
    const char *rest = log, *reason = NULL;
    struct line line;

    while (next_line(&rest, &line) && !begins(&line, "processed ") &&
           !begins(&line, "-- END")) {
        if (line.at[0] == ';') {
            read_source(&line, place);
        } else if (is_instruction(&line)) {
            const char *states = memchr(line.at, ';', line.len);
            size_t len = states != NULL ? (size_t)(states - line.at) : line.len;
            copy(r->instruction, sizeof r->instruction, line.at, len);
            reason = NULL;
        } else if (!is_state(&line) && line.len > 0 && reason == NULL) {
            copy(r->reason, sizeof r->reason, line.at, line.len);
            reason = line.at;
        }
    }
    return reason;
}

bool verifier_log_cut(const char *log, struct verifier_refusal *refusal)
{
    struct place place = {0};
    const char *begin, *reason, *taken;

    *refusal = (struct verifier_refusal){0};
    begin = find_begin(log, refusal->program, sizeof refusal->program);
    if (begin == NULL)
        return false;
    reason = read_lines(begin, refusal, &place);
    if (reason == NULL)
        return false;
    refusal->meaning = meaning_of(refusal->reason);
    taken = strstr(refusal->reason, "alloc_insn=");
    if (taken != NULL)
        find_place(begin, atol(taken + strlen("alloc_insn=")), &place);
    if (is_of_a_number(refusal->reason))
        find_known(begin, reason, register_of(refusal->instruction),
                   refusal->known, sizeof refusal->known);
    memcpy(refusal->place, place.place, sizeof place.place);
    memcpy(refusal->source, place.source, sizeof place.source);
    return true;
}

/* ---- Telling ---- */

/* Add a line, parted at blanks where it is too wide. */
static void add_line(FILE *out, const char *text)
{
    while (strlen(text) > TELL_COLUMNS) {
        size_t len = TELL_COLUMNS;
        while (len > 0 && text[len] != ' ')
            len--;
        if (len == 0)
            len = TELL_COLUMNS;
        fprintf(out, "%.*s\n", (int)len, text);
        text += len + (text[len] == ' ');
    }
    fprintf(out, "%s\n", text);
}

void verifier_log_tell(const struct verifier_refusal *refusal, char *text,
                       size_t size)
{
    FILE *out = fmemopen(text, size, "w");

    if (out == NULL)
        return;
    if (refusal->source[0] != '\0')
        fprintf(out, "%s%s%s\n", refusal->place,
                refusal->place[0] != '\0' ? ": " : "", refusal->source);
    if (refusal->instruction[0] != '\0')
        fprintf(out, "%s\n", refusal->instruction);
    if (refusal->known[0] != '\0')
        fprintf(out, "where %s\n", refusal->known);
    fprintf(out, "%s\n", refusal->reason);
    if (refusal->meaning != NULL)
        add_line(out, refusal->meaning);
    fclose(out);
}
