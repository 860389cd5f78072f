/*
 * maglev_test.c: week 19, step 2: a table that all balancers agree upon.
 */
#include "lab.h"
#include "maglev.h"
#include "steps.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

/* What stands in a table before a call, so that it shows what the call left. */
#define NOT_WRITTEN 0x5a5a

#define WEIGHT_USUAL 10

static __u16 table[MAGLEV_ENTRIES], before[MAGLEV_ENTRIES];
static struct maglev_backend backends[MAGLEV_BACKENDS_MAX + 1];

/* ---- Backends ---- */

/* Names as people make them: drawn, counted, or far apart in high bits only. */
enum names { NAMES_DRAWN, NAMES_COUNTED, NAMES_HIGH, NAMES_KINDS };

static const char *const names_text[] = {
    "names that are drawn",
    "names that count from 0",
    "names that differ in their high 16 bits only",
};

static void make_backends(int count, enum names names,
                          struct lab_random *random)
{
    for (int i = 0; i < count; i++) {
        uint64_t counted = (uint64_t)i;
        backends[i] = (struct maglev_backend){
            .name = names == NAMES_DRAWN     ? lab_random_next(random)
                    : names == NAMES_COUNTED ? counted
                                             : counted << 48 | 0x0a000001,
            .weight = WEIGHT_USUAL,
            .number = (__u16)i,
        };
    }
}

static void shuffle(int count, struct lab_random *random)
{
    for (int i = count - 1; i > 0; i--) {
        int other = (int)lab_random_below(random, (uint64_t)i + 1);
        struct maglev_backend kept = backends[i];
        backends[i] = backends[other];
        backends[other] = kept;
    }
}

/* ---- One table ---- */

/* Computing time that no table takes: it is there in some milliseconds. */
#define FILL_SECONDS_MAX 4

/* What it interrupts is code that computes, and calls nothing. */
static void on_time(int signal)
{
    (void)signal;
    /* NOLINTNEXTLINE(bugprone-signal-handler) */
    lab_fail("maglev_fill() has been computing for %d s and comes to no end",
             FILL_SECONDS_MAX);
}

static int fill(int count)
{
    static const struct itimerval never;
    struct itimerval limit = {.it_value.tv_sec = FILL_SECONDS_MAX};
    signal(SIGVTALRM, on_time);
    for (int i = 0; i < MAGLEV_ENTRIES; i++)
        table[i] = NOT_WRITTEN;
    lab_sys(setitimer(ITIMER_VIRTUAL, &limit, NULL));
    int result = maglev_fill(backends, (size_t)count, table);
    lab_sys(setitimer(ITIMER_VIRTUAL, &never, NULL));
    return result;
}

/* How many entries each number has; every entry is one of theirs. */
static void count_entries(int count, int *entries)
{
    memset(entries, 0, (MAGLEV_BACKENDS_MAX + 1) * sizeof *entries);
    for (int i = 0; i < MAGLEV_ENTRIES; i++) {
        if (table[i] >= count)
            lab_fail("entry %s of the table is %d, the number of no backend",
                     lab_number(i), table[i]);
        entries[table[i]]++;
    }
}

static bool are_equal(int count)
{
    for (int i = 1; i < count; i++)
        if (backends[i].weight != backends[0].weight)
            return false;
    return true;
}

/* A share differs from what is fair by 1 % and one entry; of equal weights by
 * less than one entry. */
static void expect_fair(int count)
{
    int entries[MAGLEV_BACKENDS_MAX + 1];
    double weights = 0;
    count_entries(count, entries);
    for (int i = 0; i < count; i++)
        weights += backends[i].weight;
    for (int i = 0; i < count; i++) {
        double fair = MAGLEV_ENTRIES * (backends[i].weight / weights);
        double margin = are_equal(count) ? 1 : fair / 100 + 1;
        int is = entries[backends[i].number];
        if (is < fair - margin || is > fair + margin)
            lab_fail("a backend of weight %u has %s entries; fair are %.1f, "
                     "and it may differ by %.1f",
                     backends[i].weight, lab_number(is), fair, margin);
    }
}

static const int sizes[] = {1, 2, 3, 7, 20, 100, 300, 654, MAGLEV_BACKENDS_MAX};
#define SIZES ((int)(sizeof sizes / sizeof sizes[0]))

/* ---- Fair ---- */

/* One backend has all of it. */
STEP_TEST(one_has_all)
{
    backends[0] = (struct maglev_backend){.name = 4711, 1, .number = 77};
    lab_note("one backend, of number 77");
    lab_ok(fill(1));
    for (int i = 0; i < MAGLEV_ENTRIES; i++)
        lab_same_number(table[i], 77, "the number in entry %d", i);
}

/* Without backends there is nobody in it. */
STEP_TEST(none_is_nobody)
{
    lab_note("no backend");
    lab_ok(fill(0));
    for (int i = 0; i < MAGLEV_ENTRIES; i++)
        lab_same_number(table[i], MAGLEV_NONE, "the number in entry %d", i);
}

/* All have the same share, or one entry more, from 1 backend to 655. */
STEP_TEST(equal_weights_equal_shares)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    for (int i = 0; i < SIZES; i++) {
        enum names names = (enum names)(i % NAMES_KINDS);
        lab_note("%s, %s", lab_count(sizes[i], "backend"), names_text[names]);
        make_backends(sizes[i], names, &random);
        lab_ok(fill(sizes[i]));
        expect_fair(sizes[i]);
    }
}

/* The greatest numbers and the smallest, names of 0 and of all ones. */
STEP_TEST(any_name_any_number)
{
    static const struct maglev_backend odd[] = {
        {.name = 0, 1000, .number = MAGLEV_NONE - 1},
        {.name = 65536, 1000, .number = 0},
        {.name = ~0ull, 1000, .number = 0x8000},
        {.name = 65537, 1000, .number = 1},
    };
    int entries[4] = {0};
    memcpy(backends, odd, sizeof odd);
    lab_note("names 0, 65536, 65537 and the greatest; numbers 0, 1, 32768 and "
             "65534");
    lab_ok(fill(4));
    for (int i = 0; i < MAGLEV_ENTRIES; i++)
        for (int b = 0; b < 4; b++)
            entries[b] += table[i] == odd[b].number;
    for (int b = 0; b < 4; b++) {
        lab_at_least(entries[b], MAGLEV_ENTRIES / 4, "entries of number %d",
                     odd[b].number);
        lab_at_most(entries[b], MAGLEV_ENTRIES / 4 + 1, "entries of number %d",
                    odd[b].number);
    }
}

struct weights {
    const char *name;
    int count;
    __u32 heavy; /* weight of the first `heavies`, the others have `light` */
    int heavies;
    __u32 light;
};

/* A share is in proportion to the weight. */
STEP_TEST(weights_are_heeded)
{
    static const struct weights trials[] = {
        {"one of weight 3 and one of weight 1", 2, 3, 1, 1},
        {"one of weight 1000 and one of weight 1", 2, 1000, 1, 1},
        {"three of weight 1000", 3, 1000, 3, 1},
        {"one of weight 100 and 654 of weight 1", 655, 100, 1, 1},
        {"one of weight 108 and 654 of weight 1", 655, 108, 1, 1},
        {"one of weight 500 and 654 of weight 1", 655, 500, 1, 1},
        {"one of weight 1000 and 654 of weight 999", 655, 1000, 1, 999},
        {"654 of weight 1000 and one of weight 1", 655, 1000, 654, 1},
        {"five of weight 7 and five of weight 5", 10, 7, 5, 5},
    };
    struct lab_random random;
    lab_random_init(&random, 0);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
        const struct weights *t = &trials[i];
        lab_note("%s", t->name);
        make_backends(t->count, NAMES_DRAWN, &random);
        for (int b = 0; b < t->count; b++)
            backends[b].weight = b < t->heavies ? t->heavy : t->light;
        shuffle(t->count, &random);
        lab_ok(fill(t->count));
        expect_fair(t->count);
    }
}

/* Also where every weight is another. */
STEP_TEST(any_weights)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    for (int i = 0; i < SIZES; i++) {
        lab_note("%s, each of another weight", lab_count(sizes[i], "backend"));
        make_backends(sizes[i], NAMES_DRAWN, &random);
        for (int b = 0; b < sizes[i]; b++)
            backends[b].weight =
                1 + (__u32)lab_random_below(&random, MAGLEV_WEIGHT_MAX);
        lab_ok(fill(sizes[i]));
        expect_fair(sizes[i]);
    }
}

/* ---- The same everywhere ---- */

/* Whoever learnt of the backends in another order comes to the same table. */
STEP_TEST(order_does_not_matter)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    for (int i = 1; i < SIZES; i++) {
        make_backends(sizes[i], (enum names)(i % NAMES_KINDS), &random);
        for (int b = 0; b < sizes[i] && i % 2; b++)
            backends[b].weight = 1 + (__u32)lab_random_below(&random, 20);
        lab_note("%s, twice, in another order", lab_count(sizes[i], "backend"));
        lab_ok(fill(sizes[i]));
        memcpy(before, table, sizeof table);
        shuffle(sizes[i], &random);
        lab_ok(fill(sizes[i]));
        for (int e = 0; e < MAGLEV_ENTRIES; e++)
            lab_same_number(table[e], before[e], "the number in entry %d", e);
    }
}

/* Numbers are what each balancer gives out by itself: only names decide. */
STEP_TEST(numbers_do_not_matter)
{
    enum { COUNT = 50 };
    struct lab_random random;
    lab_random_init(&random, 0);
    make_backends(COUNT, NAMES_DRAWN, &random);
    lab_note("%d backends, with the numbers 0 to 49, then with 49 to 0", COUNT);
    lab_ok(fill(COUNT));
    memcpy(before, table, sizeof table);
    for (int b = 0; b < COUNT; b++)
        backends[b].number = (__u16)(COUNT - 1 - backends[b].number);
    lab_ok(fill(COUNT));
    for (int e = 0; e < MAGLEV_ENTRIES; e++)
        lab_same_number(table[e], COUNT - 1 - before[e],
                        "the number in entry %d", e);
}

/* ---- Disruption ---- */

/*
 * The entries of `gone` may be anybody's in the table without it; of the others
 * at most 1 in 50 may have another owner. `with` is the table with all.
 */
static void expect_undisturbed(const __u16 *with, const __u16 *without,
                               int gone)
{
    int theirs = 0, moved = 0;
    for (int e = 0; e < MAGLEV_ENTRIES; e++) {
        theirs += with[e] != gone;
        moved += with[e] != gone && with[e] != without[e];
    }
    if (moved > theirs / 50)
        lab_fail("of %s entries that belong to other backends %s have another "
                 "owner now; at most %s may",
                 lab_number(theirs), lab_number(moved),
                 lab_number(theirs / 50));
}

/* One of n goes, and later comes again: nearly all others keep theirs. */
STEP_TEST(others_are_not_disturbed)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    for (int i = 1; i < SIZES; i++) {
        for (enum names names = 0; names < NAMES_KINDS; names++) {
            int last = sizes[i] - 1;
            make_backends(sizes[i], names, &random);
            shuffle(sizes[i], &random);
            int gone = backends[last].number;
            lab_note("%s, %s; one of them goes", lab_count(sizes[i], "backend"),
                     names_text[names]);
            lab_ok(fill(sizes[i]));
            memcpy(before, table, sizeof table);
            lab_ok(fill(last));
            expect_undisturbed(before, table, gone);
        }
    }
}

/* ---- What is refused ---- */

static void expect_refused(int count)
{
    lab_error(fill(count), -EINVAL);
    for (int e = 0; e < MAGLEV_ENTRIES; e++)
        if (table[e] != NOT_WRITTEN)
            lab_fail("after -EINVAL entry %s of the table has changed",
                     lab_number(e));
}

/* What is no set of backends is refused, and the table stays as it was. */
STEP_TEST(refused_without_a_trace)
{
    struct lab_random random;
    lab_random_init(&random, 0);
    make_backends(MAGLEV_BACKENDS_MAX + 1, NAMES_DRAWN, &random);
    lab_note("%s backends", lab_number(MAGLEV_BACKENDS_MAX + 1));
    expect_refused(MAGLEV_BACKENDS_MAX + 1);
    lab_note("the last of 100 backends has weight 0");
    backends[99].weight = 0;
    expect_refused(100);
    lab_note("… weight %s", lab_number(MAGLEV_WEIGHT_MAX + 1));
    backends[99].weight = MAGLEV_WEIGHT_MAX + 1;
    expect_refused(100);
    lab_note("… weight %s, which is allowed", lab_number(MAGLEV_WEIGHT_MAX));
    backends[99].weight = MAGLEV_WEIGHT_MAX;
    lab_ok(fill(100));
    lab_note("the first and the last have the same name");
    backends[99] = backends[0];
    backends[99].number = 99;
    expect_refused(100);
    lab_note("without the last all is well");
    lab_ok(fill(99));
}

void maglev_step(void)
{
    lab_step("maglev");
    lab_test(one_has_all);
    lab_test(none_is_nobody);
    lab_test(equal_weights_equal_shares);
    lab_test(any_name_any_number);
    lab_test(weights_are_heeded);
    lab_test(any_weights);
    lab_test(order_does_not_matter);
    lab_test(numbers_do_not_matter);
    lab_test(others_are_not_disturbed);
    lab_test(refused_without_a_trace);
}
