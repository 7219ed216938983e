#include "denoise.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "data/sink.h"
#include "model.h"
#include "model/kind.h"
#include "need.h"
#include "report/filters.h"
#include "report/trace.h"

enum { MOST_RETRIES = 2 };

/* One graph serves all frames: it is wired for the first one's shape and reset for each of the others. */
typedef struct model {
    const denoise_options *options;
    fg_state state;
    fg_run_options run; /* the spec's, or changed */
    fg_graph *graph;
    fg_posterior *priors; /* that parameters began with; NULL where there are none */
    fg_outfile *log;
    fg_trace trace;
    denoise_frame *frame;    /* that is worked on */
    fg_layer *observation;   /* whose sigma --noise sets; NULL: not asked for */
    unsigned char *observed; /* [channels][height][width] of the graph's input, where there is a mask */
} model;

static int read_model(fg_state *state, const char *path, fg_err *err) {
    int bad = fg_model_load(state, path, err);
    if (bad)
        return bad;
    bool observes = !state->spec.is_explicit && !fg_spec_noiseless_input(&state->spec);
    if (observes && state->spec.scale == FG_SCALE_NONE)
        return FG_OK;
    fg_state_free(state);
    if (observes)
        return fg_err_set(err, FG_EINVAL,
                          "%s: /input/scale: pictures are denoised as they are, with \"none\"",
                          fg_model_path(path));
    return fg_err_set(
        err, FG_EINVAL,
        "%s: a model to denoise with has layers, one of them an observation of the input, as in "
        "fg-build denoise-best",
        fg_model_path(path));
}

/* The layer whose sigma is the noise: an observation with plain Gaussian noise. */
static int find_observation(model *m, fg_err *err) {
    fg_spec *spec = &m->state.spec;
    for (int i = 0; i < spec->n_layers; i++)
        if (spec->layers[i].kind == FG_LAYER_OBSERVATION && spec->layers[i].robust == FG_ROBUST_NONE) {
            m->observation = &spec->layers[i];
            return FG_OK;
        }
    return fg_err_set(err, FG_EINVAL,
                      "--noise: the model has no observation layer of plain Gaussian noise, as fg-build "
                      "denoise-gaussian has");
}

static int check_filters(const model *m, fg_err *err) {
    if (fg_spec_has(&m->state.spec, FG_LAYER_TCONV))
        return FG_OK;
    return fg_err_set(
        err, FG_EINVAL,
        "--filters: the model has no tconv layer to learn filters, as fg-build denoise-best has");
}

static int check_save(const model *m, fg_err *err) {
    const fg_spec *spec = &m->state.spec;
    if (fg_spec_has(spec, FG_LAYER_TCONV) || fg_spec_has(spec, FG_LAYER_CONV) ||
        fg_spec_has(spec, FG_LAYER_DENSE))
        return FG_OK;
    return fg_err_set(err, FG_EINVAL,
                      "--save: the model has no parameters to learn, as fg-build denoise-best has");
}

/* A panel, or filters, may be enlarged. */
static void expect(const model *m, fg_shape shape) {
    enum { ENLARGED = 32 << 20 };
    size_t bytes = need_denoising(&m->state.spec, shape, m->run.storage);
    bytes = need_plus(bytes, m->options->panel || m->options->filters ? ENLARGED : 0);
    fg_cli_expect_memory(&m->options->common, bytes);
}

static int wire(model *m, const fg_image *image, fg_err *err) {
    fg_shape shape = {image->height, image->width, image->channels}, want = m->state.spec.input;
    fg_graph_options options = {.seed = (uint64_t)m->options->common.seed, .storage = m->run.storage};
    if ((want.height && want.height != shape.height) || (want.width && want.width != shape.width) ||
        (want.channels && want.channels != shape.channels)) {
        char have[72], wanted[72];
        fg_shape_text(have, shape);
        fg_shape_text(wanted, want);
        return fg_err_set(err, FG_EINVAL, "%s values (height, width, channels), but the spec's input is %s%s",
                          have, wanted, strchr(wanted, '?') ? " (? is taken from the picture)" : "");
    }
    expect(m, shape);
    int bad = fg_graph_create(&m->graph, &m->state.spec, shape, 1, &options, err);
    if (!bad)
        bad = fg_graph_posterior(&m->priors, m->graph, err); /* before any iteration: the priors themselves */
    const fg_posterior *learned = m->state.posterior;
    if (!bad && learned && learned->n)
        bad = fg_graph_set_priors(m->graph, learned, err);
    return bad;
}

/* What was learned so far, forgotten by this much, becomes the graph's priors. */
static int carry(model *m, double forget, fg_err *err) {
    fg_posterior *prior;
    int bad = fg_posterior_copy(&prior, m->state.posterior, err);
    if (bad)
        return bad;
    fg_posterior_forget(prior, m->priors, forget);
    bad = fg_graph_set_priors(m->graph, prior, err);
    fg_posterior_free(prior);
    return bad;
}

/* What this frame taught becomes the state, and, somewhat forgotten, the priors of the next frame. */
static int learn(model *m, fg_err *err) {
    fg_posterior *posterior;
    if (!m->priors->n)
        return FG_OK;
    int bad = fg_graph_posterior(&posterior, m->graph, err);
    if (bad)
        return bad;
    fg_posterior_free(m->state.posterior);
    m->state.posterior = posterior;
    m->state.examples++;
    return m->options->per_frame ? FG_OK : carry(m, m->run.forget, err);
}

/* A pixel is missing in all of its channels. */
static int observe(model *m, const denoise_frame *frame, fg_err *err) {
    size_t size = fg_image_size(&frame->noisy), plane = frame->noisy.height * frame->noisy.width;
    if (!frame->missing)
        return FG_OK;
    if (!m->observed && !(m->observed = fg_alloc(size, 1)))
        return fg_err_set(err, FG_ENOMEM, "no memory for a mask");
    for (size_t i = 0; i < size; i++)
        m->observed[i] = !frame->missing[i % plane];
    return FG_OK;
}

static int after(void *context, const fg_iteration *iteration) {
    model *m = context;
    const denoise_frame *frame = m->frame;
    char note[64];
    int n = snprintf(note, sizeof note, "iteration %d", iteration->iteration + 1);
    if (frame->scored && frame->number > 0) /* the last frame's */
        snprintf(note + n, sizeof note - (size_t)n, ", %.2f dB", frame->psnr);
    fg_trace_write(&m->trace, iteration);
    fg_model_progress(&m->frame->progress, (int64_t)frame->number, note, iteration);
    return fg_cli_stop != 0;
}

static int infer_once(model *m, fg_run_info *info, const fg_image *noisy, double rate, fg_err *err) {
    fg_run_hook hook = {after, m};
    fg_graph_reset(m->graph);
    fg_graph_set_rate(m->graph, rate);
    int bad = fg_graph_set_input(m->graph, noisy->data, FG_ORDER_CHW, m->observed, err);
    return bad ? bad : fg_graph_run(info, m->graph, &m->run, &hook, err);
}

static bool damps_layers(const fg_spec *spec) {
    for (int i = 0; i < spec->n_layers; i++)
        if (spec->layers[i].damping >= 0)
            return true;
    return false;
}

/* A frame on which inference diverges is tried again more cautiously, if that is wanted, and with what
 * earlier frames taught half forgotten: the rest of the clip need not suffer for it. */
static int infer(model *m, fg_run_info *info, denoise_frame *frame, fg_err *err) {
    bool adapts = m->run.on_divergence == FG_ON_DIVERGENCE_ADAPT;
    bool carried = !m->options->per_frame && m->state.posterior && m->state.posterior->n;
    double rate = 1;
    int bad = infer_once(m, info, &frame->noisy, rate, err);
    while (bad == FG_EDIVERGED && adapts && frame->retries < MOST_RETRIES) {
        rate /= 2;
        frame->retries++;
        fg_cli_warn("frame %zu: %s; once more with damping %.3g%s%s", m->trace.number, err->text,
                    1 - rate * (1 - m->run.damping),
                    damps_layers(&m->state.spec) ? " (layers of other damping likewise)" : "",
                    carried ? " and half of what was learned" : "");
        bad = carried ? carry(m, 0.5, err) : FG_OK;
        if (!bad)
            bad = infer_once(m, info, &frame->noisy, rate, err);
    }
    return bad;
}

static int run(void *self, denoise_frame *frame, fg_err *err) {
    model *m = self;
    const fg_image *noisy = &frame->noisy;
    fg_run_info info = {0};
    m->trace.number = frame->number;
    m->frame = frame;
    int bad = m->graph ? FG_OK : wire(m, noisy, err);
    if (!bad)
        bad = fg_image_alloc(&frame->mean, noisy->height, noisy->width, noisy->channels, noisy->depth, err);
    if (!bad)
        bad = fg_image_alloc(&frame->sd, noisy->height, noisy->width, noisy->channels, noisy->depth, err);
    if (!bad && m->observation)
        bad = denoise_noise(&m->observation->sigma, frame, m->options, err);
    if (!bad)
        bad = observe(m, frame, err);
    if (!bad)
        bad = infer(m, &info, frame, err);
    if (!bad && info.stopped)
        bad = fg_err_set(err, FG_ESTOPPED, "stopped");
    if (bad)
        return bad;
    fg_graph_marginals(frame->mean.data, frame->sd.data, m->graph, 0, FG_ORDER_CHW);
    frame->iterations = info.iterations;
    frame->converged = info.converged;
    return learn(m, err);
}

static int save(model *m, fg_err *err) {
    if (!m->state.posterior)
        return FG_OK; /* stopped before the first frame */
    m->state.seed = (uint64_t)m->options->common.seed;
    fg_state_drop_runs(&m->state); /* unfinished ones of other commands know nothing of these frames */
    int bad = fg_state_command(&m->state, fg_cli_command_line(), err);
    return bad ? bad : fg_model_save(m->options->save, &m->state, err);
}

static int draw_filters(const model *m, fg_err *err) {
    fg_image picture = {0};
    if (!m->state.posterior)
        return FG_OK; /* stopped before the first frame */
    int bad = fg_filters_picture(&picture, &m->state.spec, m->state.posterior, err);
    if (!bad)
        bad = fg_sink_write_png(m->options->filters, &picture, err);
    fg_image_free(&picture);
    return bad;
}

static int end(void *self, bool keep, fg_err *err) {
    model *m = self;
    int bad = keep && m->options->save ? save(m, err) : FG_OK;
    if (!bad && keep && m->options->filters)
        bad = draw_filters(m, err);
    if (keep)
        bad = fg_cli_end_record(&m->log, bad, err);
    fg_outfile_abort(&m->log);
    fg_free(m->observed);
    fg_graph_free(m->graph);
    fg_posterior_free(m->priors);
    fg_state_free(&m->state);
    fg_free(m);
    return bad;
}

int denoise_graph_open(denoise_method *method, const denoise_options *options, fg_err *err) {
    model *m = fg_zalloc(1, sizeof *m);
    if (!m)
        return fg_err_set(err, FG_ENOMEM, "no memory for a model");
    int bad = read_model(&m->state, options->graph, err);
    if (!bad && !isnan(options->noise))
        bad = find_observation(m, err);
    if (!bad && options->filters)
        bad = check_filters(m, err);
    if (!bad && options->save)
        bad = check_save(m, err);
    if (bad) {
        fg_state_free(&m->state);
        fg_free(m);
        return bad;
    }
    m->options = options;
    m->run = m->state.spec.run;
    fg_cli_override(&m->run, &options->common);
    if (options->forget >= 0)
        m->run.forget = options->forget;
    if (!isnan(options->settle))
        m->run.settle = options->settle;
    if (options->on_divergence >= 0)
        m->run.on_divergence = (fg_on_divergence)options->on_divergence;
    *method = (denoise_method){.self = m, .run = run, .end = end};
    if (!options->common.log)
        return FG_OK;
    bad = fg_outfile_open(&m->log, options->common.log, err);
    if (!bad)
        m->trace = (fg_trace){.to = fg_outfile_stream(m->log), .part = "frame"};
    return bad;
}
