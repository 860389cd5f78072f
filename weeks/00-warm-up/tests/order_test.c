/* order_test.c: services in an order, or the circle that forbids one. */
#include "steps.h"

#include "lab.h"
#include "warm_up.h"
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define SERVICES 200

static struct warm_service services[WARM_SERVICES_MAX];
static struct warm_service *order[WARM_SERVICES_MAX];
static char names[WARM_SERVICES_MAX][24];

/* A walk without end shall end at the usual 8 MiB, also where the shell of the
 * member has no limit. */
static void limit_stack(void)
{
    struct rlimit limit;

    lab_sys(getrlimit(RLIMIT_STACK, &limit));
    if (limit.rlim_cur > 8 << 20)
        limit.rlim_cur = 8 << 20;
    lab_sys(setrlimit(RLIMIT_STACK, &limit));
}

static void set_up(void)
{
    limit_stack();
    watch_start();
}

/* Services s0, s1, …, none of them after another. */
static void lay_out(size_t count)
{
    memset(services, 0, sizeof services);
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "s%zu", i);
        services[i].name = names[i];
    }
}

static void starts_after(size_t service, size_t before)
{
    struct warm_service *s = &services[service];

    s->after[s->after_count++] = &services[before];
}

/* Where a service stands in order[], which must hold each just once. */
static void find_places(size_t count, size_t places[])
{
    for (size_t i = 0; i < count; i++)
        places[i] = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t service = (size_t)(order[i] - services);
        lab_check(order[i] != NULL && service < count,
                  "place %zu of the order holds a service", i);
        lab_check(places[service] == SIZE_MAX, "s%zu starts only once",
                  service);
        places[service] = i;
    }
}

static void expect_order(size_t count)
{
    static size_t places[WARM_SERVICES_MAX];

    memset(order, 0, sizeof order);
    watch_line();
    lab_ok(warm_start_order(services, count, order));
    find_places(count, places);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < services[i].after_count; k++) {
            size_t before = (size_t)(services[i].after[k] - services);
            lab_check(places[before] < places[i], "s%zu starts before s%zu",
                      before, i);
        }
}

/* Two services after the same third: that is no circle. */
STEP_TEST(a_service_starts_after_all_it_needs)
{
    lab_note("s0 after s1 and s2, both of them after s3");
    lay_out(4);
    starts_after(0, 1);
    starts_after(0, 2);
    starts_after(1, 3);
    starts_after(2, 3);
    expect_order(4);
}

/* A long chain is no circle either. */
STEP_TEST(a_chain_of_all_services_is_ordered)
{
    lab_note("%s services, each after the next", lab_number(WARM_SERVICES_MAX));
    lay_out(WARM_SERVICES_MAX);
    for (size_t i = 0; i + 1 < WARM_SERVICES_MAX; i++)
        starts_after(i, i + 1);
    expect_order(WARM_SERVICES_MAX);
}

/* Services that wait for each other are told, wherever the walk meets them. */
STEP_TEST(a_circle_is_told)
{
    lab_note("s0 after s1, s1 after s2, s2 after s1");
    lay_out(3);
    starts_after(0, 1);
    starts_after(1, 2);
    starts_after(2, 1);
    watch_line();
    lab_error(warm_start_order(services, 3, order), -EDEADLK);
    lab_note("s1 after s1");
    lay_out(2);
    starts_after(1, 1);
    watch_line();
    lab_error(warm_start_order(services, 2, order), -EDEADLK);
}

/* Up to three others a service, each one that stands before it in a random
 * permutation: so there is an order. */
static void lay_out_random(struct lab_random *random, size_t permutation[])
{
    lay_out(SERVICES);
    for (size_t i = 0; i < SERVICES; i++)
        permutation[i] = i;
    for (size_t i = SERVICES - 1; i > 0; i--) {
        size_t other = lab_random_below(random, i + 1);
        size_t moved = permutation[i];
        permutation[i] = permutation[other];
        permutation[other] = moved;
    }
    for (size_t i = 1; i < SERVICES; i++)
        for (uint64_t k = lab_random_below(random, 4); k > 0; k--)
            starts_after(permutation[i],
                         permutation[lab_random_below(random, i)]);
}

/* Any services that have an order get one; close one circle, and they don't. */
STEP_TEST(random_services_are_ordered_or_refused)
{
    size_t permutation[SERVICES];
    struct lab_random random;

    lab_random_init(&random, 4);
    for (int round = 0; round < 60; round++) {
        size_t links = 1 + lab_random_below(&random, 5);
        size_t at = lab_random_below(&random, SERVICES - links);
        lab_note("round %d: %d services at random, then a circle of %zu", round,
                 SERVICES, links);
        lay_out_random(&random, permutation);
        expect_order(SERVICES);
        for (size_t i = 0; i < SERVICES; i++)
            services[i].mark = 0;
        for (size_t i = 0; i < links; i++)
            starts_after(permutation[at + i],
                         permutation[at + (i + 1) % links]);
        watch_line();
        lab_error(warm_start_order(services, SERVICES, order), -EDEADLK);
    }
}

void add_order_tests(void)
{
    lab_fixture(set_up, watch_stop);
    lab_test(a_service_starts_after_all_it_needs);
    lab_test(a_chain_of_all_services_is_ordered);
    lab_test(a_circle_is_told);
    lab_test(random_services_are_ordered_or_refused);
}
