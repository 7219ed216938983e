/* The loop of fg-continual: batches in their order, evaluations and checkpoints between them. */
#include "continual.h"

#include <math.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "hint.h"
#include "model.h"
#include "report/trace.h"

/* What one batch after the other needs. */
typedef struct stream {
    continual_run *run;
    continual_rows rows;
    fg_rows order;    /* the task's rows in the order of this pass */
    uint64_t ordered; /* task and pass that the order is of; 0: none yet */
    fg_progress progress;
    fg_trace trace;
    double began;
    double energy; /* of the batch, when it was last shown; NaN: not yet */
} stream;

/* Where a batch stands. */
typedef struct position {
    size_t task, first, n;
    uint64_t pass;
} position;

uint64_t continual_batches_until(const continual_run *run, size_t task) {
    const continual_options *o = run->options;
    uint64_t sum = 0;
    for (size_t i = 0; i <= task; i++)
        sum += (uint64_t)o->passes * fg_batch_count(run->data.tasks[i].train.rows.n, (size_t)o->batch);
    return sum;
}

uint64_t continual_examples(const continual_run *run, uint64_t batches) {
    const continual_options *o = run->options;
    uint64_t sum = 0;
    for (size_t i = 0; i < run->data.n_tasks; i++) {
        size_t n = run->data.tasks[i].train.rows.n;
        uint64_t each = fg_batch_count(n, (size_t)o->batch), all = (uint64_t)o->passes * each;
        if (batches >= all) {
            sum += (uint64_t)o->passes * n;
            batches -= all;
            continue;
        }
        return sum + batches / each * n + batches % each * (uint64_t)o->batch;
    }
    return sum;
}

size_t continual_most_rows(const continual_run *run) {
    size_t most = 0;
    for (size_t i = 0; i < run->data.n_tasks; i++)
        most = run->data.tasks[i].train.rows.n > most ? run->data.tasks[i].train.rows.n : most;
    return most;
}

size_t continual_most_in_batch(const continual_run *run) {
    size_t most = continual_most_rows(run), batch = (size_t)run->options->batch;
    return most < batch ? most : batch;
}

static position locate(const continual_run *run, uint64_t batch) {
    const continual_options *o = run->options;
    position p = {0};
    uint64_t before = 0;
    while (continual_batches_until(run, p.task) <= batch)
        before = continual_batches_until(run, p.task++);
    size_t n = run->data.tasks[p.task].train.rows.n;
    uint64_t each = fg_batch_count(n, (size_t)o->batch);
    p.pass = (batch - before) / each;
    fg_batch_range(&p.first, &p.n, n, (size_t)o->batch, (size_t)((batch - before) % each));
    return p;
}

/* Each pass over each task has an order of its own. */
static void put_in_order(stream *s, const position *p) {
    const continual_options *o = s->run->options;
    uint64_t number = p->task * (uint64_t)o->passes + p->pass + 1;
    const fg_rows *rows = &s->run->data.tasks[p->task].train.rows;
    if (s->ordered == number)
        return;
    s->order.n = rows->n;
    memcpy(s->order.at, rows->at, rows->n * sizeof *rows->at);
    if (!o->no_shuffle)
        fg_rows_shuffle(&s->order, (uint64_t)o->common.seed, number);
    s->ordered = number;
}

/* The progress line: what the last evaluation found, the iteration where a batch stands in one (else NULL),
 * and the last energy, which is summed only where it is shown. */
static void show(stream *s, uint64_t batches, const fg_iteration *iteration) {
    const continual_run *run = s->run;
    char note[128], *to = note, *end = note + sizeof note;
    if (iteration && fg_progress_due(&s->progress))
        s->energy = fg_graph_energy(iteration->graph);
    *note = 0;
    if (isfinite(run->accuracy))
        to += snprintf(to, (size_t)(end - to), ", %s %.4f", continual_hit_name(run), run->accuracy);
    if (iteration)
        to += snprintf(to, (size_t)(end - to), ", iteration %d", iteration->iteration + 1);
    if (isfinite(s->energy))
        snprintf(to, (size_t)(end - to), ", energy %.4g", s->energy);
    fg_progress_step(&s->progress, (int64_t)continual_examples(run, batches), *note ? note + 2 : NULL);
}

static int after(void *context, const fg_iteration *iteration) {
    stream *s = context;
    fg_trace_write(&s->trace, iteration);
    show(s, s->trace.number, iteration);
    return fg_cli_stop != 0;
}

static void tell(const stream *s, const fg_filter_info *info, uint64_t batch) {
    const continual_run *run = s->run;
    FILE *to = run->metrics;
    if (!info->retries)
        return;
    if (info->passed && !run->options->common.quiet)
        fg_cli_warn("batch %llu passed over: %s", (unsigned long long)batch, info->reason);
    else
        fg_cli_note(&run->options->common,
                    "batch %llu begun again %d times, at last with %g of the rates: %s",
                    (unsigned long long)batch, info->retries, info->rate, info->reason);
    if (to)
        fprintf(to, "{\"batch\":%llu,\"retries\":%d,\"rate\":%g,\"passed\":%s}\n", (unsigned long long)batch,
                info->retries, info->rate, info->passed ? "true" : "false");
}

static int learn_batch(stream *s, uint64_t batch, fg_err *err) {
    continual_run *run = s->run;
    position p = locate(run, batch);
    const continual_task *task = &run->data.tasks[p.task];
    fg_filter_info info;
    fg_run_hook hook = {after, s};
    put_in_order(s, &p);
    continual_rows_take(&s->rows, task, task->train.data, s->order.at + p.first, p.n, run->options->scoring);
    s->trace.number = (size_t)batch;
    fg_batch rows = {.n = p.n, .x = s->rows.x, .labels = s->rows.labels, .targets = s->rows.targets};
    int status = fg_filter_step(&info, run->filter, &rows, &hook, err);
    if (status)
        return status == FG_ESTOPPED ? status : fg_err_prefix(err, "batch %llu", (unsigned long long)batch);
    run->converged &= info.run.converged;
    tell(s, &info, batch);
    return FG_OK;
}

/* Whether an evaluation belongs behind this many batches. */
static bool due(const continual_run *run, uint64_t batches) {
    uint64_t every = (uint64_t)run->options->eval_every;
    if (batches == 0)
        return false;
    for (size_t i = 0; i < run->data.n_tasks; i++)
        if (continual_batches_until(run, i) == batches && (run->data.tasked || i + 1 == run->data.n_tasks))
            return true;
    return every && continual_examples(run, batches) / every > continual_examples(run, batches - 1) / every;
}

static int between(stream *s, uint64_t batches, fg_err *err) {
    continual_run *run = s->run;
    if (run->evaluated < batches && due(run, batches)) {
        int status = continual_evaluate(run, fg_cli_seconds() - s->began, err);
        if (status)
            return status;
        run->evaluated = batches;
    }
    show(s, batches, NULL);
    return FG_OK;
}

static int loop(stream *s, fg_err *err) {
    continual_run *run = s->run;
    const continual_options *o = run->options;
    uint64_t total = continual_batches_until(run, run->data.n_tasks - 1);
    uint64_t batch = fg_filter_where(run->filter).batches, from = batch;
    int status;
    for (;; batch++) {
        status = between(s, batch, err);
        if (!status && o->checkpoint && batch > from && batch < total && batch % (uint64_t)o->checkpoint == 0)
            status = continual_save(run, false, err);
        if (!status && fg_cli_stop)
            status = fg_err_set(err, FG_ESTOPPED, "stopped");
        if (status || batch == total)
            break;
        if ((status = learn_batch(s, batch, err)))
            break;
    }
    fg_cli_finish();
    if (!status)
        return continual_save(run, true, err);
    /* Inference that diverges was asked to end the run: what was learned before it stays, if anything was. */
    bool kept = status == FG_ESTOPPED || (status == FG_EDIVERGED && fg_filter_where(run->filter).learned);
    fg_err late;
    fg_model_hint_targets(err, &run->state.spec, run->data.tasks[0].train.data);
    if (kept && continual_save(run, false, &late)) {
        *err = late;
        return late.code;
    }
    if (kept && status == FG_EDIVERGED && o->common.output)
        fg_hint(err, "%s holds what was learned before; --resume goes on from it, with --on-divergence adapt",
                o->common.output);
    return status;
}

int continual_learn(continual_run *run, fg_err *err) {
    const continual_options *o = run->options;
    stream s = {.run = run, .began = fg_cli_seconds(), .energy = NAN, .trace = {.part = "batch"}};
    fg_outfile *log = NULL;
    int status =
        continual_rows_make(&s.rows, run->data.tasks[0].train.data, continual_most_in_batch(run), true, err);
    if (!status)
        status = fg_rows_all(&s.order, continual_most_rows(run), err);
    if (!status && o->common.log)
        status = fg_outfile_open(&log, o->common.log, err);
    if (!status) {
        s.trace.to = log ? fg_outfile_stream(log) : NULL;
        fg_progress_begin(&s.progress, &o->common, "examples", (int64_t)continual_examples(run, UINT64_MAX));
        s.progress.base = (int64_t)continual_examples(run, fg_filter_where(run->filter).batches);
        status = loop(&s, err);
        fg_progress_end(&s.progress);
    }
    if (!status) {
        fg_model_tell_targets(&o->common, &run->state.spec, run->data.tasks[0].train.data);
        continual_summary(run, fg_cli_seconds() - s.began);
    }
    status = fg_cli_end_record(&log, status, err);
    continual_rows_free(&s.rows);
    fg_rows_free(&s.order);
    return status;
}
