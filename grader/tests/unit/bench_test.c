/*
 * bench_test.c: what `grade bench` makes of its figures (histogram.h,
 * bench_stats.h, schedstat.h), the load's honesty (load_echo.h) against small
 * servers made up here, and the manifest's key. Nothing here asks how fast
 * anything is.
 */
#include "scratch.h"

#include "bench_own.h"
#include "bench_server.h"
#include "bench_stats.h"
#include "histogram.h"
#include "load_echo.h"
#include "manifest.h"
#include "schedstat.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

/* ---- The histogram ---- */

static struct histogram histogram;

START_TEST(an_empty_histogram_tells_zero)
{
    ck_assert_uint_eq(histogram_percentile(&histogram, 50), 0);
    ck_assert_uint_eq(histogram_percentile(&histogram, 100), 0);
}
END_TEST

/* Below 256 each value has a bucket of its own. */
START_TEST(small_values_are_exact)
{
    for (uint64_t value = 1; value <= 200; value++)
        histogram_add(&histogram, value);
    ck_assert_uint_eq(histogram_percentile(&histogram, 0), 1);
    ck_assert_uint_eq(histogram_percentile(&histogram, 50), 100);
    ck_assert_uint_eq(histogram_percentile(&histogram, 99), 198);
    ck_assert_uint_eq(histogram_percentile(&histogram, 99.9), 200);
    ck_assert_uint_eq(histogram_percentile(&histogram, 100), 200);
}
END_TEST

/* Never too small, and by less than 1 % too large: at both ends of every
 * bucket there is. */
START_TEST(any_value_is_kept_within_one_percent)
{
    for (int bits = 0; bits < HISTOGRAM_VALUE_BITS; bits++)
        for (int64_t near = -1; near <= 1; near++) {
            uint64_t value = (1ull << bits) + (uint64_t)near;
            memset(&histogram, 0, sizeof histogram);
            histogram_add(&histogram, value);
            histogram_add(&histogram, UINT64_MAX >> 1); /* not the largest */
            uint64_t told = histogram_percentile(&histogram, 50);
            ck_assert_uint_ge(told, value);
            ck_assert_uint_le(told, value + value / 100);
        }
}
END_TEST

START_TEST(one_slow_value_in_a_thousand_shows_where_it_should)
{
    for (int i = 0; i < 999; i++)
        histogram_add(&histogram, 10000);
    histogram_add(&histogram, 5000000);
    ck_assert_uint_le(histogram_percentile(&histogram, 99.9), 10100);
    ck_assert_uint_eq(histogram_percentile(&histogram, 100), 5000000);
}
END_TEST

START_TEST(a_value_beyond_the_last_bucket_is_not_lost)
{
    uint64_t hour = 3600ull * 1000000000;

    histogram_add(&histogram, hour);
    ck_assert_uint_eq(histogram.count, 1);
    ck_assert_uint_eq(histogram_percentile(&histogram, 50), hour);
}
END_TEST

/* ---- Medians, ratios, dropped turns ---- */

static bool is_near(double a, double b)
{
    return a - b < 1e-9 && b - a < 1e-9;
}

static struct turn turn(enum turn_fate fate, double rate)
{
    return (struct turn){.fate = fate, .rate = rate, .p99_us = 1e6 / rate};
}

START_TEST(a_quantile_lies_between_its_neighbours)
{
    double odd[] = {5, 1, 3}, even[] = {4, 1, 3, 2}, one[] = {7};

    ck_assert(is_near(quantile(odd, 3, 0.5), 3));
    ck_assert(is_near(quantile(even, 4, 0.5), 2.5));
    ck_assert(is_near(quantile(even, 4, 0.25), 1.75));
    ck_assert(is_near(quantile(even, 4, 1), 4));
    ck_assert(is_near(quantile(one, 1, 0.25), 7));
}
END_TEST

START_TEST(a_turn_is_dropped_for_what_others_took)
{
    struct turn calm = {.stolen = 0.05, .held_up = 0.05};
    struct turn stolen = {.stolen = 0.06};
    struct turn held_up = {.held_up = 0.06};

    ck_assert_int_eq(turn_judge(&calm), TURN_GOOD);
    ck_assert_int_eq(turn_judge(&stolen), TURN_STOLEN);
    ck_assert_int_eq(turn_judge(&held_up), TURN_HELD_UP);
}
END_TEST

/* The machine was twice as fast in round 2. Ratios within rounds do not see
 * it; the ratio of the medians would be 1.5. */
START_TEST(a_ratio_is_taken_within_its_round)
{
    struct turn reference[] = {turn(TURN_GOOD, 100), turn(TURN_GOOD, 200),
                               turn(TURN_GOOD, 100)};
    struct turn mine[] = {turn(TURN_GOOD, 90), turn(TURN_GOOD, 180),
                          turn(TURN_GOOD, 150)};
    struct summary sum = turns_sum_up(mine, reference, 3);

    ck_assert_uint_eq(sum.good, 3);
    ck_assert_uint_eq(sum.pairs, 3);
    ck_assert(is_near(sum.rate, 150));
    ck_assert(is_near(sum.ratio, 0.9));
    ck_assert(is_near(sum.ratio_low, 0.9));
    ck_assert(is_near(sum.ratio_high, 1.2));
}
END_TEST

START_TEST(what_is_dropped_counts_nowhere)
{
    struct turn reference[] = {turn(TURN_GOOD, 100), turn(TURN_STOLEN, 1),
                               turn(TURN_GOOD, 100), turn(TURN_GOOD, 100)};
    struct turn mine[] = {turn(TURN_HELD_UP, 1), turn(TURN_GOOD, 80),
                          turn(TURN_GOOD, 110), turn(TURN_FAILED, 0)};
    struct summary sum = turns_sum_up(mine, reference, 4);

    ck_assert_uint_eq(sum.good, 2);
    ck_assert_uint_eq(sum.dropped, 1);
    ck_assert_uint_eq(sum.failed, 1);
    ck_assert(is_near(sum.rate, 95));
    ck_assert_uint_eq(sum.pairs, 1);
    ck_assert(is_near(sum.ratio, 1.1));
}
END_TEST

START_TEST(without_a_good_turn_there_is_no_figure)
{
    struct turn busy[] = {turn(TURN_STOLEN, 100), turn(TURN_HELD_UP, 100)};
    struct summary sum = turns_sum_up(busy, busy, 2);

    ck_assert_uint_eq(sum.good, 0);
    ck_assert_uint_eq(sum.dropped, 2);
    ck_assert_uint_eq(sum.pairs, 0);
    ck_assert(is_near(sum.rate, 0));
}
END_TEST

/* ---- Who was held up ---- */

/* One that waits while the other of its server runs is not held up. */
START_TEST(threads_of_one_server_wait_for_each_other)
{
    struct schedstat_thread threads[] = {{.ran_ns = 600, .waited_ns = 400},
                                         {.ran_ns = 400, .waited_ns = 600}};
    struct schedstat list = {.threads = threads, .count = 2};

    schedstat_add_up(&list);
    ck_assert_uint_eq(list.ran_ns, 1000);
    ck_assert_uint_eq(list.held_up_ns, 0);
    threads[0].waited_ns = 500;
    schedstat_add_up(&list);
    ck_assert_uint_eq(list.held_up_ns, 100);
}
END_TEST

START_TEST(one_thread_is_held_up_whenever_it_waits)
{
    struct schedstat_thread thread = {.ran_ns = 600, .waited_ns = 30};
    struct schedstat list = {.threads = &thread, .count = 1};

    schedstat_add_up(&list);
    ck_assert_uint_eq(list.held_up_ns, 30);
}
END_TEST

START_TEST(a_group_is_found_and_what_it_ran)
{
    struct schedstat list = {0};
    pid_t child = fork();

    if (child == 0) {
        setpgid(0, 0);
        for (;;)
            ;
    }
    setpgid(child, child);
    ck_assert_int_eq(schedstat_add_group(&list, child), 0);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_int_eq(list.threads[0].tid, child);
    schedstat_begin(&list);
    do
        schedstat_end(&list);
    while (list.ran_ns == 0); /* the test's limit of time ends it */
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    schedstat_release(&list);
    ck_assert_int_eq(schedstat_add_group(&list, child), -ESRCH);
    schedstat_release(&list);
}
END_TEST

/* ---- The load, against servers that err ---- */

enum server { ECHOES, SPOILS_ONE_BYTE, DOUBLES, CLOSES };

/* Serve one client, in a child. */
static void serve(int listener, enum server server)
{
    unsigned char bytes[4096];
    ssize_t count;
    size_t total = 0;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    while ((count = recv(fd, bytes, sizeof bytes - 1, 0)) > 0) {
        total += (size_t)count;
        if (server == SPOILS_ONE_BYTE && total > 10000)
            bytes[count - 1] ^= 1;
        if (server == DOUBLES && total > 10000) {
            bytes[count] = bytes[count - 1];
            count++;
        }
        if (server == CLOSES && total > 10000)
            break;
        for (ssize_t sent = 0, n = 1; sent < count && n > 0; sent += n)
            n = send(fd, bytes + sent, (size_t)(count - sent), MSG_NOSIGNAL);
    }
    _exit(0);
}

/* What load_echo() says of it. */
static int load_against(enum server server, const struct load_request *wanted,
                        struct load_result *result)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    struct load_request request = *wanted;
    char port[16];
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(
        bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 128), 0);
    getsockname(listener, (struct sockaddr *)&address, &len);
    snprintf(port, sizeof port, "%d", ntohs(address.sin_port));
    for (unsigned i = 0; i < wanted->connections; i++)
        if (fork() == 0)
            serve(listener, server);
    close(listener);
    request.host = "127.0.0.1";
    request.port = port;
    int err = load_echo(&request, result);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    return err;
}

static struct load_result result;

START_TEST(an_echo_is_measured)
{
    struct load_request request = {.connections = 3,
                                   .message_bytes = 1000,
                                   .depth = 4,
                                   .warm_up_seconds = 0.02,
                                   .seconds = 0.1};

    ck_assert_int_eq(load_against(ECHOES, &request, &result), 0);
    ck_assert_uint_gt(result.messages, 0);
    ck_assert_uint_eq(result.messages, result.times.count);
    ck_assert(result.seconds >= 0.1);
    ck_assert_uint_gt(result.generator_ran_ns, 0);
    /* Nothing comes back in no time, nor later than the end. */
    ck_assert_uint_gt(histogram_percentile(&result.times, 0), 0);
}
END_TEST

/* 1 MiB under way fills the sockets: sends are short, and go on later. */
START_TEST(a_message_larger_than_the_socket_comes_back)
{
    struct load_request request = {.connections = 1,
                                   .message_bytes = 1u << 20,
                                   .depth = 1,
                                   .seconds = 0.3};

    ck_assert_int_eq(load_against(ECHOES, &request, &result), 0);
}
END_TEST

/* A byte spoilt, or one too many: at the end of what was read, where it is
 * compared. */
START_TEST(other_bytes_are_seen)
{
    struct load_request request = {
        .connections = 1, .message_bytes = 64, .depth = 1, .seconds = 20};

    ck_assert_int_eq(load_against(SPOILS_ONE_BYTE, &request, &result),
                     -EBADMSG);
    ck_assert_int_eq(load_against(DOUBLES, &request, &result), -EBADMSG);
}
END_TEST

START_TEST(a_closed_connection_is_seen)
{
    struct load_request request = {
        .connections = 1, .message_bytes = 64, .depth = 1, .seconds = 20};
    int err = load_against(CLOSES, &request, &result);

    ck_assert(err == -ECONNRESET || err == -EPIPE);
}
END_TEST

START_TEST(too_large_a_request_is_refused)
{
    struct load_request many = {.connections = LOAD_CONNECTIONS_MAX + 1,
                                .message_bytes = 1,
                                .depth = 1};
    struct load_request wide = {
        .connections = 1, .message_bytes = 1u << 20, .depth = 2};
    struct load_request none = {.connections = 1, .depth = 1};

    ck_assert_int_eq(load_echo(&many, &result), -EMSGSIZE);
    ck_assert_int_eq(load_echo(&wide, &result), -EMSGSIZE);
    ck_assert_int_eq(load_echo(&none, &result), -EMSGSIZE);
}
END_TEST

/* ---- A server ---- */

START_TEST(a_server_is_started_and_ended_with_all_it_started)
{
    static const char script[] = "sleep 1000 & echo $! >\"$0\"; "
                                 "echo listening on 127.0.0.1 port 4711; wait";
    const char *argv[] = {"sh", "-c", script, at("child"), NULL};
    struct bench_server server;

    ck_assert_int_eq(bench_server_start(&server, argv, "A=b", 0), 0);
    ck_assert_str_eq(server.host, "127.0.0.1");
    ck_assert_str_eq(server.port, "4711");
    char *pids = bench_server_pids(&server);
    char *child = file_read(at("child"), NULL);
    ck_assert_ptr_nonnull(strstr(pids, ","));
    bench_server_stop(&server);
    goes(server.pid);
    goes(atoi(child));
    free(pids);
    free(child);
}
END_TEST

START_TEST(a_server_that_ends_at_once_says_why)
{
    const char *argv[] = {"sh", "-c", "echo no luck >&2; exit 3", NULL};
    const char *missing[] = {"/no/such/server", NULL};
    struct bench_server server;

    ck_assert_int_eq(bench_server_start(&server, argv, NULL, 0), -ECHILD);
    ck_assert_str_eq(server.said, "no luck\n");
    ck_assert_int_eq(bench_server_start(&server, missing, NULL, 0), -ECHILD);
    ck_assert_ptr_nonnull(strstr(server.said, "No such file"));
}
END_TEST

/* ---- The manifest ---- */

static struct week week;

#define BENCH                                    \
    "bench:\n"                                   \
    "  load: echo\n"                             \
    "  plain: true\n"                            \
    "  peers:\n"                                 \
    "    - {name: A, run: a.c, libs: [uv, m]}\n" \
    "    - {name: B, run: b}\n"

/* Load 01-echo with this at the manifest's end. */
static int load_with(const char *text)
{
    put("course/weeks/01-echo/week.yaml",
        keep(text_format("%s%s", ECHO_MANIFEST, text)));
    put("course/weeks/01-echo/bench/a.c", "int main(void);\n");
    put("course/weeks/01-echo/bench/b", "#!/bin/sh\n");
    listen_to_stderr();
    int err = week_load(&week, at("course"), "01-echo");
    stop_listening();
    return err;
}

START_TEST(a_bench_is_read)
{
    ck_assert_int_eq(load_with(BENCH), 0);
    const struct bench_plan *plan = week.manifest.bench;
    ck_assert_int_eq(plan->load, LOAD_ECHO);
    ck_assert(plan->plain);
    ck_assert_uint_eq(plan->peers_count, 2);
    ck_assert_str_eq(plan->peers[0].name, "A");
    ck_assert_str_eq(plan->peers[0].libs[1], "m");
    ck_assert_str_eq(plan->peers[1].run, "b");
    ck_assert_uint_eq(plan->peers[1].libs_count, 0);
    week_release(&week);
    ck_assert_int_eq(load_with("bench: {load: echo}\n"), 0);
    ck_assert(!week.manifest.bench->plain);
    week_release(&week);
    ck_assert_int_eq(load_with(""), 0);
    ck_assert_ptr_null(week.manifest.bench);
    week_release(&week);
}
END_TEST

/* Each is refused in one line that holds these words. */
static const struct {
    const char *text, *told;
} mistakes[] = {
    {"bench: {load: ecko}\n",
     "week.yaml:10: 'load' cannot be 'ecko', only echo, own (did you mean "
     "'echo'?)"},
    {"bench: {plain: true}\n", "week.yaml: key 'load' is missing"},
    {"bench: {load: echo, plan: true}\n",
     "week.yaml:10: unknown key 'plan' (did you mean 'plain'?)"},
    {"bench: {load: echo, peers: [{name: A, runs: a.c}]}\n",
     "week.yaml:10: unknown key 'runs' (did you mean 'run'?)"},
    {"bench: {load: echo, peers: [{name: A, run: c.c}]}\n",
     "week.yaml:10: there is no file 'bench/c.c' in weeks/01-echo, and no week "
     "'c.c'"},
    {"bench: {load: echo, peers: [{name: A, run: ../echo.c}]}\n",
     "week.yaml:10: '../echo.c' is no plain file name"},
    {"bench: {load: echo, run: a.c}\n",
     "week.yaml:10: bench: 'run' belongs to 'load: own'"},
    {"bench: {load: own}\n",
     "week.yaml:10: bench: 'load: own' wants 'run', the file of bench/ that "
     "measures"},
    {"bench: {load: own, run: b}\n", "week.yaml:10: 'b' is no C file's name"},
    {"bench: {load: own, run: c.c}\n",
     "week.yaml:10: there is no file 'bench/c.c' in weeks/01-echo"},
    {"bench: {load: own, run: a.c, peers: [{name: A, run: a/b}]}\n",
     "week.yaml:10: 'a/b' is no plain file name"},
};

START_TEST(a_mistake_in_a_bench_is_told_with_its_line)
{
    ck_assert_int_eq(load_with(mistakes[_i].text), -EINVAL);
    heard_one_line();
    heard_text(mistakes[_i].told);
}
END_TEST

/* Its peers are subjects, and no files; and it needs no program. */
START_TEST(a_bench_of_its_own_is_read)
{
    put("course/weeks/06-wal/bench/wal_bench.c", "int main(void);\n");
    put("course/weeks/06-wal/week.yaml",
        WAL_MANIFEST "bench: {load: own, run: wal_bench.c, peers: [{name: "
                     "the other, run: other}]}\n");
    ck_assert_int_eq(week_load(&week, at("course"), "06-wal"), 0);
    ck_assert_int_eq(week.manifest.bench->load, LOAD_OWN);
    ck_assert_str_eq(week.manifest.bench->run, "wal_bench.c");
    ck_assert_str_eq(week.manifest.bench->peers[0].run, "other");
    week_release(&week);
}
END_TEST

/* ---- What a program of the week's says (bench_own.h) ---- */

static struct bench own = {0};

static int read_scenes(const char *lines)
{
    own.runs = calloc(BENCH_SCENES_MAX, sizeof *own.runs);
    own.run_count = 0;
    return bench_own_read_scenes(&own, lines);
}

static void release_scenes(void)
{
    for (unsigned r = 0; r < own.run_count; r++) {
        free(own.runs[r].scene.name);
        free(own.runs[r].scene.unit);
        free(own.runs[r].scene.title);
    }
    free(own.runs);
}

START_TEST(scenes_are_read_from_lines)
{
    ck_assert_int_eq(read_scenes("append ns less one append, 64 bytes\n"
                                 "rate records/s more appends a second\n"),
                     0);
    ck_assert_uint_eq(own.run_count, 2);
    ck_assert_str_eq(own.runs[0].scene.name, "append");
    ck_assert_str_eq(own.runs[0].scene.unit, "ns");
    ck_assert_str_eq(own.runs[0].scene.title, "one append, 64 bytes");
    ck_assert(own.runs[0].scene.less);
    ck_assert_str_eq(own.runs[1].scene.name, "rate");
    ck_assert(!own.runs[1].scene.less);
    release_scenes();
}
END_TEST

static const char *const no_scenes[] = {
    "", "append ns less\n",      /* no title */
    "append ns fewer appends\n", /* neither less nor more */
    "a ns less b\n\n",           /* an empty line */
};

START_TEST(lines_that_are_no_scenes_are_refused)
{
    ck_assert_int_eq(read_scenes(no_scenes[_i]), -EBADMSG);
    release_scenes();
}
END_TEST

/* The last line of what it prints counts, as these say it. */
static const struct {
    const char *output;
    double value;
    const char *cannot, *command, *failure; /* NULL: none */
    enum turn_fate fate;
    bool apart;
} outputs[] = {
    {"{\"value\": 41.5}\n", 41.5, NULL, NULL, NULL, TURN_GOOD, false},
    {"a warning\n{\"value\": 7, \"stolen\": 0.01, \"held_up\": 0.04}\n", 7,
     NULL, NULL, NULL, TURN_GOOD, false},
    {"{\"value\": 7, \"stolen\": 0.06}", 7, NULL, NULL, NULL, TURN_STOLEN,
     false},
    {"{\"value\": 7, \"held_up\": 0.06}", 7, NULL, NULL, NULL, TURN_HELD_UP,
     false},
    {"{\"cannot\": \"no root\", \"command\": \"sudo\"}", 0, "no root", "sudo",
     NULL, TURN_FAILED, false},
    {"{\"cannot\": \"no kernel\"}\n", 0, "no kernel", NULL, NULL, TURN_FAILED,
     false},
    {"{}\n", 0, NULL, NULL, NULL, TURN_FAILED, true},
    {"", 0, NULL, NULL, "it ended without a word", TURN_FAILED, false},
    {"{\"value\": 1}\nbye\n", 0, NULL, NULL, "{\"value\": 1}\nbye\n",
     TURN_FAILED, false},
    {"[41]\n", 0, NULL, NULL, "[41]\n", TURN_FAILED, false},
    {"{\"value\": \"1\"}\n", 0, NULL, NULL, "{\"value\": \"1\"}\n", TURN_FAILED,
     false},
};

static void equal_or_null(const char *is, const char *expected)
{
    ck_assert_int_eq(is == NULL, expected == NULL);
    if (is && expected)
        ck_assert_str_eq(is, expected);
}

START_TEST(a_turn_is_read_from_the_last_line)
{
    struct bench_cannot cannot;
    char *failure;
    struct turn turn =
        bench_own_read_turn(outputs[_i].output, &cannot, &failure);

    ck_assert_int_eq(turn.fate, outputs[_i].fate);
    ck_assert_double_eq(turn.rate, outputs[_i].value);
    ck_assert_int_eq(cannot.apart, outputs[_i].apart);
    equal_or_null(cannot.why, outputs[_i].cannot);
    equal_or_null(cannot.command, outputs[_i].command);
    equal_or_null(failure, outputs[_i].failure);
    free(cannot.why);
    free(cannot.command);
    free(failure);
}
END_TEST

START_TEST(a_bench_without_a_program_is_refused)
{
    put("course/weeks/06-wal/week.yaml", WAL_MANIFEST "bench: {load: echo}\n");
    listen_to_stderr();
    ck_assert_int_eq(week_load(&week, at("course"), "06-wal"), -EINVAL);
    stop_listening();
    heard_one_line();
    heard_text("bench: the week has no program to be measured");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench");
    TCase *tc = add_case(suite, "histogram");

    tcase_add_test(tc, an_empty_histogram_tells_zero);
    tcase_add_test(tc, small_values_are_exact);
    tcase_add_test(tc, any_value_is_kept_within_one_percent);
    tcase_add_test(tc, one_slow_value_in_a_thousand_shows_where_it_should);
    tcase_add_test(tc, a_value_beyond_the_last_bucket_is_not_lost);
    tc = add_case(suite, "statistics");
    tcase_add_test(tc, a_quantile_lies_between_its_neighbours);
    tcase_add_test(tc, a_turn_is_dropped_for_what_others_took);
    tcase_add_test(tc, a_ratio_is_taken_within_its_round);
    tcase_add_test(tc, what_is_dropped_counts_nowhere);
    tcase_add_test(tc, without_a_good_turn_there_is_no_figure);
    tc = add_case(suite, "schedstat");
    tcase_add_test(tc, threads_of_one_server_wait_for_each_other);
    tcase_add_test(tc, one_thread_is_held_up_whenever_it_waits);
    tcase_add_test(tc, a_group_is_found_and_what_it_ran);
    tc = add_case(suite, "load");
    tcase_add_test(tc, an_echo_is_measured);
    tcase_add_test(tc, a_message_larger_than_the_socket_comes_back);
    tcase_add_test(tc, other_bytes_are_seen);
    tcase_add_test(tc, a_closed_connection_is_seen);
    tcase_add_test(tc, too_large_a_request_is_refused);
    tc = add_case(suite, "server");
    tcase_add_test(tc, a_server_is_started_and_ended_with_all_it_started);
    tcase_add_test(tc, a_server_that_ends_at_once_says_why);
    tc = add_case(suite, "manifest");
    tcase_add_checked_fixture(tc, put_course, NULL);
    tcase_add_test(tc, a_bench_is_read);
    tcase_add_loop_test(tc, a_mistake_in_a_bench_is_told_with_its_line, 0,
                        (int)(sizeof mistakes / sizeof *mistakes));
    tcase_add_test(tc, a_bench_without_a_program_is_refused);
    tcase_add_test(tc, a_bench_of_its_own_is_read);
    tc = add_case(suite, "own");
    tcase_add_test(tc, scenes_are_read_from_lines);
    tcase_add_loop_test(tc, lines_that_are_no_scenes_are_refused, 0,
                        sizeof no_scenes / sizeof *no_scenes);
    tcase_add_loop_test(tc, a_turn_is_read_from_the_last_line, 0,
                        sizeof outputs / sizeof *outputs);
    return run_suite(suite);
}
