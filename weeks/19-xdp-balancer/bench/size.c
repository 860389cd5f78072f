/*
 * size.c: how large the program is, as bpf_prog_get_info tells.
 */
#include "xdp_bench.h"

#include "driver.skel.h"

#include <bpf/bpf.h>
#include <errno.h>

static int look(int program, struct bpf_prog_info *info)
{
    __u32 len = sizeof *info;

    *info = (struct bpf_prog_info){0};
    return bpf_obj_get_info_by_fd(program, info, &len);
}

static int look_at_balancer(struct bpf_prog_info *info)
{
    struct xdp_balancer *balancer;
    int err = bench_balancer_open(BENCH_CONNECTIONS, &balancer);

    if (err < 0)
        return err;
    err = look(xdp_balancer_program(balancer), info);
    xdp_balancer_close(balancer);
    return err;
}

static int look_at_bounce(struct bpf_prog_info *info)
{
    struct driver *driver = driver__open_and_load();
    int err = driver == NULL
                  ? -errno
                  : look(bpf_program__fd(driver->progs.bounce), info);

    driver__destroy(driver);
    return err;
}

static int look_at_subject(struct measure *m, bool jited)
{
    struct bpf_prog_info info = {0};
    int err;

    if (!measure_is(m, "") && !measure_is(m, "bounce"))
        return measure_apart();
    if (!bench_is_root())
        return measure_cannot("loading programs into the kernel needs root",
                              BENCH_AS_ROOT);
    err = measure_is(m, "") ? look_at_balancer(&info) : look_at_bounce(&info);
    if (err < 0)
        return measure_failed("size", err);
    return measure_value(m, jited ? info.jited_prog_len : info.xlated_prog_len);
}

int size_xlated(struct measure *m)
{
    return look_at_subject(m, false);
}

int size_jited(struct measure *m)
{
    return look_at_subject(m, true);
}
