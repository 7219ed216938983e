#include "engine/state.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/correlation_internal.h"

enum { PARAMETERS_MAX = 2 * FG_MAX_LAYERS };

bool fg_state_recognise(const unsigned char *bytes, size_t size) {
    return fg_tensors_recognise(bytes, size);
}

static int no_memory(fg_err *err) {
    return fg_err_set(err, FG_ENOMEM, "out of memory for a state");
}

static int read_count(uint64_t *out, const fg_tensors *tensors, const char *key, fg_err *err) {
    const char *text = fg_tensors_meta(tensors, key);
    char *end;
    *out = 0;
    if (!text)
        return FG_OK;
    errno = 0;
    uintmax_t value = strtoumax(text, &end, 10);
    if (errno || *end || *text < '0' || *text > '9') /* strtoumax would take blanks and a sign */
        return fg_err_set(err, FG_EFORMAT, "metadata '%s': '%s' is not a whole number", key, text);
    *out = value;
    return FG_OK;
}

/* "<layer>/<name>" of a tensor "<layer>/<name>/eta", or 0. */
static size_t parameter_length(const char *name) {
    size_t n = strlen(name);
    return n > 4 && !strcmp(name + n - 4, "/eta") ? n - 4 : 0;
}

static int read_average(fg_parameter *p, const fg_tensors *tensors, fg_err *err) {
    char name[sizeof p->name + 16];
    snprintf(name, sizeof name, "%s/average", p->name);
    const fg_tensor *t = fg_tensors_find(tensors, name);
    if (!t)
        return FG_OK;
    if (t->dtype != FG_F64 || t->rank != p->rank ||
        memcmp(t->dims, p->dims, (size_t)p->rank * sizeof *t->dims))
        return fg_err_set(err, FG_EFORMAT, "tensor '%s' must be F64 and as large as the parameter", name);
    if (!(p->average = fg_alloc(p->size, sizeof *p->average)))
        return no_memory(err);
    int status = fg_tensor_doubles(p->average, t, p->size, true, err);
    return status ? fg_err_prefix(err, "tensor '%s'", name) : FG_OK;
}

/* The correlations of a weight, and of its bias if there is one; a tensor of that name beside another
 * parameter is somebody else's. */
static int read_correlation(fg_parameter *p, const fg_tensors *tensors, fg_err *err) {
    char name[sizeof p->name + 16];
    snprintf(name, sizeof name, "%s/correlation", p->name);
    const fg_tensor *t = fg_tensors_find(tensors, name);
    if (!t || p->rank != 2)
        return FG_OK;
    p->joint = p->dims[1] + (t->rank == 3 && t->dims[1] == p->dims[1] + 1);
    return fg_correlation_read(&p->correlation, &p->wide_correlation, &p->matrices, t, name, p->dims[0],
                               p->joint, err);
}

static int read_parameter(fg_posterior *posterior, const fg_tensors *tensors, const fg_named_tensor *eta,
                          size_t length, fg_err *err) {
    char name[sizeof posterior->parameters->name + 8];
    if (length >= sizeof posterior->parameters->name)
        return fg_err_set(err, FG_EFORMAT, "tensor '%s': the name is too long", eta->name);
    snprintf(name, sizeof name, "%.*s/lambda", (int)length, eta->name);
    const fg_tensor *e = &eta->tensor, *l = fg_tensors_find(tensors, name);
    if (!l)
        return fg_err_set(err, FG_EFORMAT, "tensor '%s' is missing beside '%s'", name, eta->name);
    if (e->dtype != FG_F64 || l->dtype != FG_F64 || e->rank < 1 || e->rank > 2 || e->rank != l->rank ||
        memcmp(e->dims, l->dims, (size_t)e->rank * sizeof *e->dims) != 0)
        return fg_err_set(err, FG_EFORMAT,
                          "tensors '%s' and '%s' must be F64 of the same one or two dimensions", eta->name,
                          name);
    name[length] = 0;
    fg_parameter *p = fg_posterior_add(posterior, name, e->rank, e->dims);
    if (!p)
        return no_memory(err);
    int status = fg_tensor_doubles(p->eta, e, p->size, true, err);
    if (!status)
        status = fg_tensor_doubles(p->lambda, l, p->size, true, err);
    if (status)
        return fg_err_prefix(err, "parameter '%s'", name), status;
    for (size_t i = 0; i < p->size; i++)
        if (!(p->lambda[i] > 0))
            return fg_err_set(err, FG_EFORMAT, "tensor '%s/lambda', entry %zu: %g is not a precision (> 0)",
                              name, i, p->lambda[i]);
    status = read_average(p, tensors, err);
    if (!status)
        status = read_correlation(p, tensors, err);
    return status ? status : fg_parameter_check(p, err);
}

static int read_parameters(fg_state *out, const fg_tensors *tensors, fg_err *err) {
    size_t count = 0;
    for (size_t i = 0; i < tensors->n; i++)
        count += parameter_length(tensors->items[i].name) > 0;
    if (count > PARAMETERS_MAX)
        return fg_err_set(err, FG_EFORMAT, "%zu parameters, more than the %d that a spec can have", count,
                          PARAMETERS_MAX);
    int status = fg_posterior_create(&out->posterior, count, err);
    for (size_t i = 0; i < tensors->n && !status; i++) {
        size_t length = parameter_length(tensors->items[i].name);
        if (length)
            status = read_parameter(out->posterior, tensors, &tensors->items[i], length, err);
    }
    return status;
}

static bool is_scaled(const fg_spec *spec) {
    return !spec->is_explicit && spec->scale != FG_SCALE_NONE;
}

/* The input's scaling, which a spec that standardises needs and no other has. */
static int read_scaling(fg_state *out, const fg_tensors *tensors, fg_err *err) {
    const fg_tensor *mean = fg_tensors_find(tensors, "input/mean"),
                    *sd = fg_tensors_find(tensors, "input/sd");
    size_t channels = out->spec.input.channels;
    if (!is_scaled(&out->spec))
        return FG_OK;
    if (!mean || !sd || mean->dtype != FG_F64 || sd->dtype != FG_F64 || mean->rank != 1 || sd->rank != 1 ||
        mean->dims[0] != sd->dims[0] || mean->dims[0] == 0 || (channels && mean->dims[0] != channels))
        return fg_err_set(
            err, FG_EFORMAT,
            "tensors 'input/mean' and 'input/sd' must be F64 with an entry for each channel, as the spec "
            "standardises its input");
    int status = fg_scaling_create(&out->scaling, mean->dims[0], err);
    if (!status)
        status = fg_tensor_doubles(out->scaling.mean, mean, out->scaling.channels, true, err);
    if (!status)
        status = fg_tensor_doubles(out->scaling.sd, sd, out->scaling.channels, true, err);
    if (!status)
        status = fg_scaling_check(&out->scaling, err);
    return status ? fg_err_prefix(err, "input scaling") : FG_OK;
}

static int read_metadata(fg_state *out, const fg_tensors *tensors, fg_err *err) {
    const char *spec = fg_tensors_meta(tensors, "spec"), *version = fg_tensors_meta(tensors, "version");
    const char *commands = fg_tensors_meta(tensors, "commands");
    const char *continual = fg_tensors_meta(tensors, "continual");
    if (!spec)
        return fg_err_set(err, FG_EFORMAT, "not a state: a safetensors file without the metadata 'spec'");
    if (version && strcmp(version, FG_STATE_VERSION) != 0)
        return fg_err_set(err, FG_EFORMAT, "state version '%s' is not known; expected %s", version,
                          FG_STATE_VERSION);
    int status = fg_spec_parse(&out->spec, spec, strlen(spec), err);
    if (status)
        return fg_err_prefix(err, "metadata 'spec'"), status;
    if ((status = read_count(&out->seed, tensors, "seed", err)) ||
        (status = read_count(&out->examples, tensors, "examples", err)))
        return status;
    if (commands && !(out->commands = fg_strdup(commands)))
        return no_memory(err);
    if (continual && !(out->continual = fg_strdup(continual)))
        return no_memory(err);
    return FG_OK;
}

int fg_state_read(fg_state *out, const unsigned char *bytes, size_t size, fg_err *err) {
    fg_tensors *tensors = fg_zalloc(1, sizeof *tensors);
    *out = (fg_state){0};
    if (!tensors)
        return no_memory(err);
    int status = fg_tensors_read(tensors, bytes, size, err);
    if (!status)
        status = read_metadata(out, tensors, err);
    if (!status)
        status = read_parameters(out, tensors, err);
    if (!status)
        status = read_scaling(out, tensors, err);
    if (!status && fg_tensors_meta(tensors, "resume")) {
        out->resume = tensors;
        return FG_OK;
    }
    fg_tensors_free(tensors);
    fg_free(tensors);
    if (status)
        fg_state_free(out);
    return status;
}

/* Adds a borrowed array; the container copies it. */
static int add_array(fg_tensors *to, const char *name, fg_dtype dtype, int rank, const size_t *dims,
                     const void *data, fg_err *err) {
    fg_tensor t = {.dtype = dtype, .rank = rank, .data = (void *)data};
    memcpy(t.dims, dims, (size_t)rank * sizeof *dims);
    return fg_tensors_add(to, name, &t, err);
}

/* What reading would refuse. */
static int unreadable(const fg_err *why, fg_err *err) {
    return fg_err_set(err, FG_EINVAL, "%s", why->text);
}

static int add_parameter(fg_tensors *to, const fg_parameter *p, fg_err *err) {
    char name[sizeof p->name + 16];
    fg_err why;
    if (fg_parameter_check(p, &why))
        return unreadable(&why, err);
    snprintf(name, sizeof name, "%s/eta", p->name);
    int status = add_array(to, name, FG_F64, p->rank, p->dims, p->eta, err);
    snprintf(name, sizeof name, "%s/lambda", p->name);
    if (!status)
        status = add_array(to, name, FG_F64, p->rank, p->dims, p->lambda, err);
    snprintf(name, sizeof name, "%s/average", p->name);
    if (!status && p->average)
        status = add_array(to, name, FG_F64, p->rank, p->dims, p->average, err);
    snprintf(name, sizeof name, "%s/correlation", p->name);
    if (!status && fg_parameter_correlated(p))
        status =
            fg_correlation_add(to, name, p->correlation, p->wide_correlation, p->matrices, p->joint, err);
    return status;
}

static int add_scaling(fg_tensors *to, const fg_state *state, fg_err *err) {
    const fg_scaling *s = &state->scaling;
    const size_t channels = state->spec.input.channels;
    fg_err why;
    if (!is_scaled(&state->spec))
        return FG_OK;
    if (!s->channels)
        return fg_err_set(err, FG_EINVAL,
                          "a state whose spec standardises its input needs the input's scaling");
    if (channels && s->channels != channels)
        return fg_err_set(err, FG_EINVAL, "the input has %zu channels, its scaling %zu", channels,
                          s->channels);
    if (fg_scaling_check(s, &why))
        return unreadable(&why, err);
    int status = add_array(to, "input/mean", FG_F64, 1, &s->channels, s->mean, err);
    return status ? status : add_array(to, "input/sd", FG_F64, 1, &s->channels, s->sd, err);
}

static int set_count(fg_tensors *to, const char *key, uint64_t value, fg_err *err) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return fg_tensors_set(to, key, text, err);
}

static int set_metadata(fg_tensors *to, const fg_state *state, fg_err *err) {
    char *spec;
    int status = fg_spec_print(&spec, &state->spec, err);
    if (status)
        return status;
    status = fg_tensors_set(to, "format", "fg-state", err);
    if (!status)
        status = fg_tensors_set(to, "version", FG_STATE_VERSION, err);
    if (!status)
        status = fg_tensors_set(to, "spec", spec, err);
    if (!status)
        status = set_count(to, "seed", state->seed, err);
    if (!status)
        status = set_count(to, "examples", state->examples, err);
    if (!status && state->commands)
        status = fg_tensors_set(to, "commands", state->commands, err);
    if (!status && state->continual)
        status = fg_tensors_set(to, "continual", state->continual, err);
    for (size_t i = 0; state->resume && i < state->resume->n_meta && !status; i++) {
        const fg_meta *meta = &state->resume->meta[i];
        if (!strncmp(meta->key, "resume", 6))
            status = fg_tensors_set(to, meta->key, meta->value, err);
    }
    fg_free(spec);
    return status;
}

int fg_state_write(FILE *stream, const fg_state *state, fg_err *err) {
    fg_tensors tensors = {0};
    int status = set_metadata(&tensors, state, err);
    for (size_t i = 0; i < state->posterior->n && !status; i++)
        status = add_parameter(&tensors, &state->posterior->parameters[i], err);
    if (!status)
        status = add_scaling(&tensors, state, err);
    for (size_t i = 0; state->resume && i < state->resume->n && !status; i++) {
        const fg_named_tensor *item = &state->resume->items[i];
        /* What was read also holds the parameters, and a layer may be called "resume". */
        if (!strncmp(item->name, "resume/", 7) && !fg_tensors_find(&tensors, item->name))
            status = fg_tensors_add(&tensors, item->name, &item->tensor, err);
    }
    if (!status)
        status = fg_tensors_write(stream, &tensors, err);
    fg_tensors_free(&tensors);
    return status;
}

void fg_state_free(fg_state *state) {
    fg_spec_free(&state->spec);
    fg_posterior_free(state->posterior);
    fg_scaling_free(&state->scaling);
    fg_free(state->commands);
    fg_state_drop_runs(state);
    *state = (fg_state){0};
}

void fg_state_drop_runs(fg_state *state) {
    fg_free(state->continual);
    state->continual = NULL;
    if (state->resume)
        fg_tensors_free(state->resume);
    fg_free(state->resume);
    state->resume = NULL;
}

int fg_state_command(fg_state *state, const char *line, fg_err *err) {
    size_t before = state->commands ? strlen(state->commands) + 1 : 0;
    char *text = fg_alloc(before + strlen(line) + 1, 1);
    if (!text)
        return no_memory(err);
    if (before) {
        memcpy(text, state->commands, before - 1);
        text[before - 1] = '\n';
    }
    memcpy(text + before, line, strlen(line) + 1);
    fg_free(state->commands);
    state->commands = text;
    return FG_OK;
}
