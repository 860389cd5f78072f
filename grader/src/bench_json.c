/*
 * bench_json.c: the report of a bench for programs.
 *
 *     format          1; grows when a key changes its meaning or goes away
 *     week            number, name, title
 *     machine         processors, model, kernel, governor, stream_gbit,
 *                     load_before, server_cpu, load_cpu
 *     rounds, seconds what was asked for
 *     programs        name, why_not (null where it was measured)
 *     scenes          connections, bytes, depth; results, one a program that
 *                     was measured:
 *       program       its name
 *       good, dropped, failed   turns; failure: a text or null
 *       rate, p50_us, p99_us, cpu_us   medians of the good turns, or null
 *       ratio         null, or median, low, high, pairs
 *       calls         system calls a message, or null
 *       load_limited  the load was the bottleneck
 *       turns         all, as they came: fate (good, stolen, held up, failed),
 *                     rate, p50_us, p99_us, cpu_us, stolen, held_up
 *
 * With `load: own`, where machine.stream_gbit is 0:
 *     scenes          name, unit, better (less, more), title; results as above,
 *                     without those that the scene does not have:
 *       value         in place of rate to cpu_us; in turns too
 *       cannot        why it has no value here, or null; command: what would
 *                     enable it, or null
 */
#include "bench.h"

#include "clean.h"

#include <jansson.h>
#include <stdlib.h>

static json_t *json_text(const char *text)
{
    char *clean = text_clean(text, false);
    json_t *json = clean ? json_string(clean) : json_null();

    free(clean);
    return json;
}

static const char *fate_name(enum turn_fate fate)
{
    static const char *const names[] = {
        [TURN_GOOD] = "good",
        [TURN_STOLEN] = "stolen",
        [TURN_HELD_UP] = "held up",
        [TURN_FAILED] = "failed",
    };

    return names[fate];
}

static json_t *json_turns(const struct turn *turns, unsigned count)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < count; i++)
        json_array_append_new(
            list,
            json_pack("{ss sf sf sf sf sf sf}", "fate",
                      fate_name(turns[i].fate), "rate", turns[i].rate, "p50_us",
                      turns[i].p50_us, "p99_us", turns[i].p99_us, "cpu_us",
                      turns[i].cpu_us, "stolen", turns[i].stolen, "held_up",
                      turns[i].held_up));
    return list;
}

static json_t *json_own_turns(const struct turn *turns, unsigned count)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < count; i++)
        json_array_append_new(
            list, json_pack("{ss sf sf sf}", "fate", fate_name(turns[i].fate),
                            "value", turns[i].rate, "stolen", turns[i].stolen,
                            "held_up", turns[i].held_up));
    return list;
}

static json_t *json_figure(bool known, double value)
{
    return known ? json_real(value) : json_null();
}

static json_t *json_ratio(const struct summary *sum)
{
    if (sum->pairs == 0)
        return json_null();
    return json_pack("{sf sf sf si}", "median", sum->ratio, "low",
                     sum->ratio_low, "high", sum->ratio_high, "pairs",
                     (int)sum->pairs);
}

static json_t *json_result(const struct bench *bench,
                           const struct bench_run *run, unsigned program)
{
    struct summary sum = turns_sum_up(
        run->turns[program], run->turns[bench->reference], run->rounds);
    bool good = sum.good > 0;

    return json_pack(
        "{so si si si so so so so so so so sb so}", "program",
        json_text(bench->programs[program].name), "good", (int)sum.good,
        "dropped", (int)sum.dropped, "failed", (int)sum.failed, "failure",
        json_text(run->failure[program]), "rate", json_figure(good, sum.rate),
        "p50_us", json_figure(good, sum.p50_us), "p99_us",
        json_figure(good, sum.p99_us), "cpu_us", json_figure(good, sum.cpu_us),
        "ratio", json_ratio(&sum), "calls",
        json_figure(run->calls[program] >= 0, run->calls[program]),
        "load_limited", (int)sum.load_limited, "turns",
        json_turns(run->turns[program], run->rounds));
}

static json_t *json_own_result(const struct bench *bench,
                               const struct bench_run *run, unsigned program)
{
    const struct bench_cannot *cannot = &run->cannot[program];
    struct summary sum = turns_sum_up(
        run->turns[program], run->turns[bench->reference], run->rounds);

    return json_pack(
        "{so si si si so so so so so so}", "program",
        json_text(bench->programs[program].name), "good", (int)sum.good,
        "dropped", (int)sum.dropped, "failed",
        cannot->why ? 0 : (int)sum.failed, "failure",
        json_text(run->failure[program]), "cannot", json_text(cannot->why),
        "command", json_text(cannot->command), "value",
        json_figure(sum.good > 0, sum.rate), "ratio", json_ratio(&sum), "turns",
        json_own_turns(run->turns[program], cannot->why ? 0 : run->rounds));
}

static json_t *json_own_scene(const struct bench *bench,
                              const struct bench_run *run)
{
    json_t *results = json_array();

    for (unsigned i = 0; i < bench->program_count; i++)
        if (bench->programs[i].command && !run->cannot[i].apart)
            json_array_append_new(results, json_own_result(bench, run, i));
    return json_pack("{so so ss so so}", "name", json_text(run->scene.name),
                     "unit", json_text(run->scene.unit), "better",
                     run->scene.less ? "less" : "more", "title",
                     json_text(run->scene.title), "results", results);
}

static json_t *json_scene(const struct bench *bench,
                          const struct bench_run *run)
{
    if (bench_is_own(bench))
        return json_own_scene(bench, run);
    json_t *results = json_array();

    for (unsigned i = 0; i < bench->program_count; i++)
        if (bench->programs[i].command)
            json_array_append_new(results, json_result(bench, run, i));
    return json_pack("{si si si so}", "connections",
                     (int)run->scene.connections, "bytes",
                     (int)run->scene.bytes, "depth", (int)run->scene.depth,
                     "results", results);
}

static json_t *json_machine(const struct bench_machine *m)
{
    return json_pack(
        "{si so so so sf sf si si}", "processors", m->processors, "model",
        json_text(m->model), "kernel", json_text(m->kernel), "governor",
        *m->governor ? json_text(m->governor) : json_null(), "stream_gbit",
        m->stream_gbit, "load_before", m->load_before, "server_cpu",
        m->server_cpu, "load_cpu", m->load_cpu);
}

void bench_json_write(FILE *out, const struct bench *bench)
{
    json_t *programs = json_array(), *scenes = json_array();

    for (unsigned i = 0; i < bench->program_count; i++)
        json_array_append_new(
            programs,
            json_pack("{so so}", "name", json_text(bench->programs[i].name),
                      "why_not", json_text(bench->programs[i].why_not)));
    for (unsigned r = 0; r < bench->run_count; r++)
        json_array_append_new(scenes, json_scene(bench, &bench->runs[r]));
    json_t *json = json_pack(
        "{si s{si so so} so si sf so so}", "format", 1, "week", "number",
        bench->week->number, "name", json_text(bench->week->name), "title",
        json_text(bench->week->manifest.title), "machine",
        json_machine(&bench->machine), "rounds", (int)bench->rounds, "seconds",
        bench->seconds, "programs", programs, "scenes", scenes);
    json_dumpf(json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    fputc('\n', out);
    json_decref(json);
}
