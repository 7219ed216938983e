/* States of fg-continual: what an unfinished run keeps in its metadata, and taking it up again.
 *
 * "continual" is JSON: the options that results depend on, as "key=value" separated by blanks, a checksum of
 * the data, the filter's place, and what was measured so far. */
#include "continual.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "data/number.h"
#include "model.h"
#include "model/kind.h"

enum { OPTIONS_TEXT = 1024, CHECKSUM_TEXT = 16 };

static void add_whole(char text[OPTIONS_TEXT], const char *key, int64_t value) {
    size_t used = strlen(text);
    snprintf(text + used, OPTIONS_TEXT - used, "%s%s=%" PRId64, used ? " " : "", key, value);
}

static void add_real(char text[OPTIONS_TEXT], const char *key, double value) {
    char number[FG_NUMBER_TEXT];
    size_t used = strlen(text);
    fg_number_print(number, value);
    snprintf(text + used, OPTIONS_TEXT - used, " %s=%s", key, number);
}

static void add_text(char text[OPTIONS_TEXT], const char *key, const char *value) {
    size_t used = strlen(text);
    snprintf(text + used, OPTIONS_TEXT - used, " %s=%s", key, value ? value : "none");
}

static void add_run(char text[OPTIONS_TEXT], const char *prefix, const fg_run_options *r) {
    static const char *const keys[] = {"iters", "damping", "dropout", "tol", "schedule", "storage"};
    const double values[] = {r->iterations, r->damping, r->dropout, r->tol};
    const char *const names[] = {fg_schedule_names[r->schedule], fg_storage_names[r->storage]};
    for (int i = 0; i < 6; i++) {
        char key[32];
        snprintf(key, sizeof key, "%s%s", prefix, keys[i]);
        if (i < 4)
            add_real(text, key, values[i]);
        else
            add_text(text, key, names[i - 4]);
    }
}

/* File names are left out: the data may have been moved, and is checked by itself. */
static void options_text(char text[OPTIONS_TEXT], const continual_options *o) {
    bool named = continual_makes_tasks(o);
    text[0] = 0;
    add_whole(text, "seed", o->common.seed);
    add_whole(text, "batch", o->batch);
    add_whole(text, "passes", o->passes);
    add_whole(text, "shuffle", !o->no_shuffle);
    add_whole(text, "limit", o->common.limit);
    add_text(text, "validate", o->validate);
    if (o->examples) /* states of before there was such an option go on */
        add_text(text, "examples", o->examples);
    add_text(text, "tasks", named || !o->tasks ? o->tasks : "listed");
    add_whole(text, "scoring", o->scoring);
    add_whole(text, "eval-every", o->eval_every);
    add_whole(text, "eval-by", o->eval_by);
    add_whole(text, "average", o->run.average);
    add_real(text, "forget", o->run.forget);
    add_real(text, "temper", o->temper);
    add_run(text, "", &o->run);
    add_run(text, "predict-", &o->predict);
}

static void checksum_text(char text[CHECKSUM_TEXT], const continual_data *data) {
    snprintf(text, CHECKSUM_TEXT, "%08" PRIx32, data->checksum);
}

/* What is counted in each layer. */
static const char *const count_names[] = {"improper", "rejected", "curbed"};
enum { COUNTS = sizeof count_names / sizeof *count_names };

static uint64_t *count_at(fg_filter_place *p, int count, int layer) {
    return count == 0   ? &p->layers[layer].improper
           : count == 1 ? &p->layers[layer].rejected
                        : &p->curbed[layer];
}

static void put_counts(fg_json_writer *w, fg_filter_place *p, int count, int n) {
    fg_json_open_array(w, count_names[count]);
    for (int i = 0; i < n; i++)
        fg_json_put_int(w, NULL, (int64_t)*count_at(p, count, i));
    fg_json_close(w);
}

static int place_text(char **text, const continual_run *run, fg_err *err) {
    fg_json_writer w = {.compact = true};
    char options[OPTIONS_TEXT], checksum[CHECKSUM_TEXT];
    fg_filter_place p = fg_filter_where(run->filter);
    size_t n = run->data.n_tasks;
    options_text(options, run->options);
    checksum_text(checksum, &run->data);
    fg_json_open_object(&w, NULL);
    fg_json_put_text(&w, "options", options);
    fg_json_put_text(&w, "data", checksum);
    fg_json_put_int(&w, "batches", (int64_t)p.batches);
    fg_json_put_int(&w, "learned", (int64_t)p.learned);
    fg_json_put_int(&w, "averaged", (int64_t)p.averaged);
    fg_json_put_int(&w, "retries", (int64_t)p.retries);
    fg_json_put_int(&w, "passed", (int64_t)p.passed);
    fg_json_put_real(&w, "rate", p.rate);
    fg_json_put_int(&w, "good", p.good);
    for (int count = 0; count < COUNTS; count++)
        put_counts(&w, &p, count, run->state.spec.n_layers);
    fg_json_put_int(&w, "evaluated", (int64_t)run->evaluated);
    fg_json_put_real(&w, "accuracy", run->accuracy);
    fg_json_put_bool(&w, "converged", run->converged);
    fg_json_open_array(&w, "matrix");
    for (size_t i = 0; run->data.tasked && i < n * n; i++)
        fg_json_put_real(&w, NULL, run->matrix[i]);
    fg_json_close(&w);
    fg_json_close(&w);
    return fg_json_writer_end(text, &w, err);
}

int continual_save(continual_run *run, bool finished, fg_err *err) {
    fg_state *state = &run->state;
    fg_posterior *posterior;
    char *text = NULL;
    int status = fg_posterior_copy(&posterior, fg_filter_posterior(run->filter), err);
    if (!status && !finished) {
        status = place_text(&text, run, err);
        if (status)
            fg_posterior_free(posterior);
    }
    if (status)
        return status;
    fg_posterior_free(state->posterior);
    fg_free(state->continual);
    state->posterior = posterior;
    state->continual = text;
    state->seed = (uint64_t)run->options->common.seed;
    state->examples = run->base + continual_examples(run, fg_filter_where(run->filter).batches);
    return fg_model_save(run->options->common.output, state, err);
}

/* The length of the first key of a list of "key=value". */
static size_t key_of(const char *list) {
    return strcspn(list, "= ");
}

static bool has_key(const char *list, const char *key, size_t length) {
    for (; *list; list += strcspn(list, " "), list += *list == ' ')
        if (key_of(list) == length && !strncmp(list, key, length))
            return true;
    return false;
}

static const char *value_of(const char *list) {
    size_t key = key_of(list);
    return list + key + (list[key] == '=');
}

/* Where two lists of "key=value" first differ: key, and both values; none where one lacks the key. */
static int differ(const char *now, const char *then, const char *file, fg_err *err) {
    size_t a, b;
    while (a = strcspn(now, " "), b = strcspn(then, " "), a == b && !strncmp(now, then, a)) {
        if (!now[a] && !then[b])
            return FG_OK;
        now += a + (now[a] == ' ');
        then += b + (then[b] == ' ');
    }
    size_t key = key_of(now), other = key_of(then);
    bool same = key == other && !strncmp(now, then, key), here = same || (key && !has_key(then, now, key));
    const char *mine = here ? value_of(now) : "none", *theirs = same || !here ? value_of(then) : "none";
    return fg_err_set(
        err, FG_EINVAL,
        "--resume: here %.*s is %.*s, but the run in %s has %.*s: give the options it was begun with",
        (int)(here ? key : other), here ? now : then, (int)strcspn(mine, " "), mine, file,
        (int)strcspn(theirs, " "), theirs);
}

/* A count that must be there. */
static int read_count(uint64_t *out, const cJSON *object, const char *key, uint64_t most, fg_err *err) {
    int64_t value;
    fg_json_at at = {NULL, key, 0};
    int status = fg_json_get_int(&value, fg_json_member(object, key), &at, err);
    if (status)
        return status;
    if (value < 0 || (uint64_t)value > most)
        return fg_json_fail(err, FG_EFORMAT, &at, "%lld is out of range", (long long)value);
    *out = (uint64_t)value;
    return FG_OK;
}

static int read_counts(fg_filter_place *p, const cJSON *object, int count, int n, fg_err *err) {
    const cJSON *list = fg_json_member(object, count_names[count]);
    fg_json_at at = {NULL, count_names[count], 0};
    size_t given;
    int status = list ? fg_json_want_array(&given, list, &at, err) : FG_OK;
    if (status || !list) /* states of before there were such counts */
        return status;
    if (given != (size_t)n)
        return fg_json_fail(err, FG_EFORMAT, &at, "%zu counts, expected %d", given, n);
    const cJSON *item = list->child;
    for (int i = 0; i < n && !status; i++, item = item->next) {
        int64_t value = 0;
        fg_json_at here = {&at, NULL, (size_t)i};
        status = fg_json_get_int(&value, item, &here, err);
        if (!status && value < 0)
            status = fg_json_fail(err, FG_EFORMAT, &here, "%lld is out of range", (long long)value);
        *count_at(p, count, i) = (uint64_t)value;
    }
    return status;
}

static int read_place(fg_filter_place *p, continual_run *run, const cJSON *o, fg_err *err) {
    uint64_t total = continual_batches_until(run, run->data.n_tasks - 1), good = 0;
    fg_json_at rate = {NULL, "rate", 0};
    int status = read_count(&p->batches, o, "batches", total, err);
    if (!status)
        status = read_count(&p->learned, o, "learned", total + 1, err);
    if (!status)
        status = read_count(&p->averaged, o, "averaged", total, err);
    if (!status)
        status = read_count(&p->retries, o, "retries", FG_FILTER_RETRIES * total, err);
    if (!status)
        status = read_count(&p->passed, o, "passed", total, err);
    if (!status)
        status = read_count(&good, o, "good", FG_FILTER_RECOVERY, err);
    if (!status)
        status = read_count(&run->evaluated, o, "evaluated", p->batches, err);
    for (int count = 0; count < COUNTS && !status; count++)
        status = read_counts(p, o, count, run->state.spec.n_layers, err);
    if (!status)
        status = fg_json_get_real(&p->rate, fg_json_member(o, "rate"), &rate, err);
    if (!status && !(p->rate > 0 && p->rate <= 1))
        status = fg_json_fail(err, FG_EFORMAT, &rate, "%g is not in 0..1", p->rate);
    p->good = (int)good;
    return status;
}

static int read_measured(continual_run *run, const cJSON *o, fg_err *err) {
    fg_json_at at = {NULL, "matrix", 0}, flag = {NULL, "converged", 0};
    const cJSON *matrix = fg_json_member(o, "matrix"), *accuracy = fg_json_member(o, "accuracy");
    size_t n = run->data.n_tasks, count, i = 0;
    int status = fg_json_get_bool(&run->converged, fg_json_member(o, "converged"), &flag, err);
    if (!status)
        status = fg_json_want_array(&count, matrix, &at, err);
    if (!status && count != (run->data.tasked ? n * n : 0))
        status = fg_json_fail(err, FG_EFORMAT, &at, "%zu accuracies, expected %zu", count, n * n);
    if (status)
        return status;
    for (const cJSON *v = matrix->child; v; v = v->next)
        run->matrix[i++] = cJSON_IsNumber(v) ? v->valuedouble : NAN;
    run->accuracy = cJSON_IsNumber(accuracy) ? accuracy->valuedouble : NAN;
    return FG_OK;
}

static int check_same(const continual_run *run, const cJSON *o, fg_err *err) {
    const char *then, *data, *file = run->options->resume;
    char now[OPTIONS_TEXT], checksum[CHECKSUM_TEXT];
    fg_json_at options = {NULL, "options", 0}, sum = {NULL, "data", 0};
    int status = fg_json_get_text(&then, fg_json_member(o, "options"), &options, err);
    if (!status)
        status = fg_json_get_text(&data, fg_json_member(o, "data"), &sum, err);
    if (status)
        return status;
    options_text(now, run->options);
    checksum_text(checksum, &run->data);
    status = differ(now, then, file, err);
    if (!status && strcmp(checksum, data) != 0)
        status = fg_err_set(err, FG_EINVAL,
                            "--resume: the data is not that of the run in %s (checksum %s, there %s)", file,
                            checksum, data);
    return status;
}

int continual_resume(fg_filter_place *place, continual_run *run, fg_err *err) {
    const char *text = run->state.continual;
    cJSON *json = NULL;
    *place = (fg_filter_place){0};
    if (!text)
        return fg_err_set(err, FG_EINVAL, "--resume: %s holds no unfinished run; -g %s learns on from it",
                          run->options->resume, run->options->resume);
    int status = fg_json_parse(&json, text, strlen(text), err);
    if (!status)
        status = fg_json_want_object(json, NULL, err);
    if (!status && (status = check_same(run, json, err)) == FG_EINVAL) {
        cJSON_Delete(json);
        return status;
    }
    if (!status)
        status = read_place(place, run, json, err);
    if (!status)
        status = read_measured(run, json, err);
    cJSON_Delete(json);
    if (status)
        return fg_err_prefix(err, "%s: metadata 'continual'", run->options->resume);
    uint64_t seen = continual_examples(run, place->batches);
    if (run->state.examples < seen)
        return fg_err_set(err, FG_EFORMAT, "%s: rests on %" PRIu64 " examples, but its run has had %" PRIu64,
                          run->options->resume, run->state.examples, seen);
    run->base = run->state.examples - seen;
    return FG_OK;
}
