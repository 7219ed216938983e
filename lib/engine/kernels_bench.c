/* Messages and bytes per second of each kernel, instruction set and number of threads, in cache and out of
 * it, beside the memory bandwidth measured in the same run. Every figure is the best of several passes.
 * Usage: kernels_bench [--once] [NAME]: kernels whose name begins so; with --once a single pass of each in
 * cache, to see that it works. */
#ifdef _OPENMP
#include <omp.h>
#endif
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cpu.h"
#include "engine/bench_grid_internal.h"

enum { PASSES = 7 };
static const double least_time = 0.02; /* seconds */

/* Bytes that a thread works on: in its second-level cache, and far beyond the last level. */
static const size_t in_cache = 192 << 10, out_of_cache = 96 << 20;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Roofline: updates in place, as messages are updated, that read v arrays for one that they write. */
static void make_memory(job *j) {
    j->n = j->size / (4 * j->v);
    for (size_t i = 0; i < j->v; i++)
        j->f[i] = floats(j->n);
    j->bytes = (double)j->n * 4 * (double)(j->v + 1);
}

static void pass_memory(job *j) {
    float *restrict x = j->f[0], *restrict y = j->f[1], *restrict z = j->f[2];
    if (j->v == 1) {
#pragma omp simd
        for (size_t i = 0; i < j->n; i++)
            x[i] = 0.5f * x[i] + 1;
        return;
    }
#pragma omp simd
    for (size_t i = 0; i < j->n; i++)
        x[i] = 0.5f * x[i] + (y[i] - z[i]);
}

static void make_rank1(job *j) {
    size_t block = (j->v * 5 + 1) * L * sizeof(double);
    j->n = j->size / block;
    j->d[0] = doubles(j->n * j->v * L);
    j->d[1] = doubles(j->n * L);
    j->d[2] = doubles(j->n * j->v * 2 * L);
    j->d[3] = doubles(j->n * j->v * 2 * L);
    j->d[4] = doubles(j->v * FG_RANK1_SCRATCH);
    j->messages = (double)(j->n * j->v * L);
    j->bytes = (double)j->n * (double)(j->v * 7 + 1) * L * sizeof(double);
}

static void pass_rank1(job *j) {
    for (size_t i = 0; i < j->n; i++) {
        fg_rank1_block b = {.v = j->v,
                            .a = j->d[0] + i * j->v * L,
                            .z = j->d[1] + i * L,
                            .cavity = j->d[2] + i * j->v * 2 * L,
                            .message = j->d[3] + i * j->v * 2 * L,
                            .scratch = j->d[4],
                            .blend = plain};
        j->kernels->rank1(&b);
    }
}

/* v inputs, both they and the weights free; the messages are what leaves the cache. */
static void make_dense(job *j) {
    size_t message = fg_dense_messages(j->v, FG_ROLE_FREE, FG_ROLE_FREE);
    j->n = j->size / (message * sizeof(float));
    j->n = j->n ? j->n : 1;
    for (int i = 0; i < 5; i++)
        j->f[i] = floats(j->v * L);
    for (int i = 5; i < 10; i++)
        j->f[i] = floats(j->v + L);
    j->f[10] = floats(j->n * message);
    for (size_t i = 0; i < j->n * message; i++)
        j->f[10][i] *= 1e-3f;
    j->f[11] = floats(fg_dense_scratch(j->v));
    j->f[12] = floats(L);
    for (int i = 0; i < 2; i++)
        j->d[i] = doubles(j->v * L + L);
    j->messages = (double)j->n * (double)(2 * j->v + 2) * L;
    j->bytes = (double)j->n * (double)message * 2 * sizeof(float);
}

static void pass_dense(job *j) {
    fg_beliefs x = {j->f[0], j->f[1], j->f[2], j->f[3]}, w = {j->f[5], j->f[6], j->f[7], j->f[8]};
    size_t message = fg_dense_messages(j->v, FG_ROLE_FREE, FG_ROLE_FREE);
    for (size_t i = 0; i < j->n; i++) {
        fg_dense_block b = {.inputs = j->v,
                            .pitch = L,
                            .x_role = FG_ROLE_FREE,
                            .w_role = FG_ROLE_FREE,
                            .x_lin = j->f[4],
                            .w_lin = j->f[9],
                            .x = x,
                            .w = w,
                            .b_lin = j->f[9],
                            .b = w,
                            .y = x,
                            .activation = FG_ACT_LEAKY_RELU,
                            .strength = j->f[12],
                            .message = j->f[10] + i * message,
                            .sum_y_eta = j->d[0],
                            .sum_y_lambda = j->d[1],
                            .sum_b_eta = j->d[0],
                            .sum_b_lambda = j->d[1],
                            .sum_w_eta = j->d[0],
                            .sum_w_lambda = j->d[1],
                            .sum_x_eta = j->d[0],
                            .sum_x_lambda = j->d[1],
                            .scratch = j->f[11],
                            .blend = plain};
        j->kernels->dense(&b);
    }
}

/* Rows of v factors between two rows of pixels each. */
static void make_pairwise(job *j) {
    j->n = j->size / (10 * j->v * sizeof(float));
    for (int i = 0; i < 10; i++) {
        j->f[i] = floats(j->n * j->v);
        for (size_t k = 0; i < 4 && k < j->n * j->v; k++)
            j->f[i][k] *= 0.1f;
    }
    j->messages = (double)(j->n * j->v) * 2;
    j->bytes = (double)(j->n * j->v) * (4 * 8 + 6 * 4);
}

static void pass_pairwise(job *j) {
    for (size_t i = 0; i < j->n; i++) {
        size_t at = i * j->v;
        fg_pairwise_run r = {.n = j->v,
                             .to_a_eta = j->f[0] + at,
                             .to_a_lambda = j->f[1] + at,
                             .to_b_eta = j->f[2] + at,
                             .to_b_lambda = j->f[3] + at,
                             .a_mean = j->f[4] + at,
                             .a_eta = j->f[5] + at,
                             .a_lambda = j->f[6] + at,
                             .b_mean = j->f[7] + at,
                             .b_eta = j->f[8] + at,
                             .b_lambda = j->f[9] + at,
                             .weight = 0.6f,
                             .robust = FG_ROBUST_TUKEY,
                             .threshold = 0.35f,
                             .blend = plain};
        j->kernels->pairwise(&r);
    }
}

/* A matrix of correlations of n weights and v observations; what is counted is multiplications and additions
 * of a weight, another and an observation. */
static void make_joint(job *j) {
    while ((j->n + 64) * (j->n + 64) * sizeof(float) <= j->size)
        j->n += 64;
    j->f[0] = floats(j->n * j->n);
    j->f[1] = floats(j->n * (j->v + L));
    j->f[2] = floats(j->n * (j->v + L));
    j->f[3] = floats(j->n);
    j->messages = (double)(j->n * j->n) * (double)j->v;
    j->bytes = (double)(j->n * j->n) * sizeof(float);
}

static void pass_joint_times(job *j) {
    const size_t lanes = (j->v + L - 1) / L * L;
    j->kernels->joint_times(&(fg_joint_times){false, j->n, j->n, lanes, 0, j->n, j->f[0], j->f[1], j->f[2]});
}

/* Half of the matrix is computed. */
static void make_joint_shrink(job *j) {
    make_joint(j);
    j->messages /= 2;
    j->bytes *= 1.5;
    for (size_t i = 0; i < j->n * (j->v + L); i++)
        j->f[1][i] *= 1e-3f;
}

static void pass_joint_shrink(job *j) {
    for (size_t from = 0; from < j->n; from += 64)
        j->kernels->joint_shrink(
            &(fg_joint_shrink){false, j->n, j->v, from, from + 64, j->f[3], j->f[1], j->f[0]});
}

/* How often a job must be done to be timed well. */
static size_t repeats_of(const job *model) {
    job mine = *model;
    mine.make(&mine);
    mine.pass(&mine);
    double began = seconds();
    mine.pass(&mine);
    double took = seconds() - began;
    free_job(&mine);
    return took > 0 ? (size_t)(least_time / took) + 1 : 1000;
}

/* The best time of a pass in which every thread does a job of its own. */
static double best_time(job *model, int threads, double *messages, double *bytes) {
    (void)threads; /* unused without OpenMP */
    double best = 1e9;
    *messages = *bytes = 0;
    const size_t repeats = repeats_of(model);
#pragma omp parallel num_threads(threads)
    {
        job mine = *model;
        mine.make(&mine);
        for (int p = 0; p < PASSES; p++) {
#pragma omp barrier
            double began = seconds();
            for (size_t r = 0; r < repeats; r++)
                mine.pass(&mine);
#pragma omp barrier
            double took = (seconds() - began) / (double)repeats;
#pragma omp critical
            best = took < best ? took : best;
        }
#pragma omp critical
        {
            *messages += mine.messages;
            *bytes += mine.bytes;
        }
        free_job(&mine);
    }
    return best;
}

static int usable_threads(void) {
#ifdef _OPENMP
    return omp_get_num_procs() > 1 ? 2 : 1;
#else
    return 1;
#endif
}

typedef struct subject {
    const char *name;
    void (*make)(job *), (*pass)(job *);
    size_t v;
} subject;

static double bandwidth[2][3]; /* [place][threads] bytes a second */

static void measure(const subject *s, int isa, int place, int threads, double *one) {
    double messages, bytes;
    job j = {.kernels = fg_kernels_of(isa),
             .size = place ? out_of_cache : in_cache,
             .make = s->make,
             .pass = s->pass,
             .v = s->v};
    double took = best_time(&j, threads, &messages, &bytes);
    if (threads == 1)
        *one = took;
    if (messages == 0) {
        if (bytes / took > bandwidth[place][threads])
            bandwidth[place][threads] = bytes / took;
        printf("%-19s %-9s %-6s %7d %10s %8.1f %9s", s->name, "-", place ? "memory" : "cache", threads, "-",
               bytes / took / 1e9, "-");
    } else {
        printf("%-19s %-9s %-6s %7d %10.0f %8.1f %8.0f%%", s->name, fg_isa_name((fg_isa)isa),
               place ? "memory" : "cache", threads, messages / took / 1e6, bytes / took / 1e9,
               100 * bytes / took / bandwidth[place][threads]);
    }
    if (threads > 1)
        printf(" %9.2f", (double)threads * *one / took);
    putchar('\n');
    fflush(stdout);
}

static void pass_once(const subject *s, int isa) {
    job j = {.kernels = fg_kernels_of(isa), .size = in_cache, .v = s->v};
    s->make(&j);
    s->pass(&j);
    free_job(&j);
}

int main(int argc, char **argv) {
    const bool once = argc > 1 && !strcmp(argv[1], "--once");
    const char *name = argc > 1 + once ? argv[1 + once] : "";
    static const subject memory[] = {{"memory, 1 read", make_memory, pass_memory, 1},
                                     {"memory, 3 read", make_memory, pass_memory, 3}};
    static const subject subjects[] = {
        {"rank1, 2 vars", make_rank1, pass_rank1, 2},
        {"rank1, 4 vars", make_rank1, pass_rank1, 4},
        {"rank1, 16 vars", make_rank1, pass_rank1, 16},
        {"dense, 16 in", make_dense, pass_dense, 16},
        {"dense, 256 in", make_dense, pass_dense, 256},
        {"dense, 2304 wide", make_wide, pass_wide, 144},
        {"wide, rebuilt", make_wide_rebuilt, pass_wide_rebuilt, 144},
        {"conv, 25 terms", make_conv, pass_conv, 25},
        {"conv, rebuilt", make_conv_rebuilt, pass_conv_rebuilt, 25},
        {"conv, 25 free", make_conv_free, pass_conv_free, 25},
        {"conv, 400 free", make_conv_free, pass_conv_free, 400},
        {"conv, free rebuilt", make_conv_free_rebuilt, pass_conv_free_rebuilt, 400},
        {"max_pool, 2x2", make_pool, pass_pool, 4},
        {"tconv, 36 terms", make_tconv, pass_tconv, 36},
        {"pairwise, 454", make_pairwise, pass_pairwise, 454},
        {"joint, product", make_joint, pass_joint_times, 50},
        {"joint, update", make_joint_shrink, pass_joint_shrink, 50}};
    int threads = usable_threads();
    double one[2] = {0};
    if (!once)
        printf("%-19s %-9s %-6s %7s %10s %8s %9s %9s\n", "kernel", "set", "place", "threads", "Mmsg/s",
               "GB/s", "of memory", "speed-up");
    for (int place = 0; place < 2 && !once; place++)
        for (int t = 1; t <= threads; t++)
            for (int i = 0; i < 2; i++)
                measure(&memory[i], 0, place, t, &one[i]);
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        const subject *s = &subjects[i];
        if (strncmp(s->name, name, strlen(name)) != 0)
            continue;
        if (once)
            puts(s->name);
        for (int isa = 0; isa <= (int)fg_isa_best(); isa++) {
            if (once)
                pass_once(s, isa);
            for (int place = 0; place < 2 && !once; place++)
                for (int t = 1; t <= threads; t++)
                    measure(s, isa, place, t, one);
        }
    }
    return 0;
}
