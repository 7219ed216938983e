/* Exclusive or with libfg: a spec from a preset, its parameters inferred from four points, predictions.
 *
 *     cc xor.c $(pkg-config --cflags --libs --static fg) -o xor && ./xor
 */
#include <fg.h>
#include <stdio.h>
#include <string.h>

enum { POINTS = 4 };

static const float inputs[POINTS][2] = {{-1, -1}, {-1, 1}, {1, -1}, {1, 1}};
static const int32_t labels[POINTS] = {0, 1, 1, 0};

/* A spec says what the graph is made of. It can also come from fg_spec_from_grammar or be filled in by hand.
 */
static int make_spec(fg_spec *spec, fg_err *err) {
    const fg_preset *preset;
    int status = fg_preset_find(&preset, "xor", err);
    return status ? status : fg_spec_parse(spec, preset->json, strlen(preset->json), err);
}

/* Training is inference: all points in one graph, inputs and labels bound, parameters free. */
static int train(fg_posterior **posterior, const fg_spec *spec, fg_err *err) {
    fg_graph_options options = {.seed = 1, .parameters = FG_PARAMETERS_FREE};
    fg_run_info info;
    fg_graph *graph;
    int status = fg_graph_create(&graph, spec, spec->input, POINTS, &options, err);
    if (status)
        return status;
    status = fg_graph_set_input(graph, &inputs[0][0], FG_ORDER_HWC, NULL, err);
    if (!status)
        status = fg_graph_set_labels(graph, labels, err);
    if (!status)
        status = fg_graph_run(&info, graph, &spec->run, NULL, err);
    if (!status)
        status = fg_graph_posterior(posterior, graph, err);
    if (!status)
        printf("%d iterations, energy %.1f\n", info.iterations, info.energy);
    fg_graph_free(graph);
    return status;
}

/* So is prediction: parameters fixed at what was learned, labels left out. */
static int predict(const fg_spec *spec, const fg_posterior *posterior, fg_err *err) {
    fg_predict_data data = {.n = POINTS, .shape = spec->input, .x = &inputs[0][0]};
    fg_predict_options options = {
        .run = spec->predict, .parameters = FG_PARAMETERS_CONSTANT, .batch = POINTS, .seed = 1};
    fg_prediction logits;
    int status = fg_predict(&logits, spec, posterior, &data, &options, NULL, err);
    if (status)
        return status;
    for (size_t i = 0; i < logits.n; i++) {
        double p[2];
        fg_class_probabilities(p, logits.mean + 2 * i, logits.sd + 2 * i, 2);
        printf("%2g %2g: class %d, probability of 1: %.1f\n", (double)inputs[i][0], (double)inputs[i][1],
               p[1] > p[0], p[1]);
    }
    fg_prediction_free(&logits);
    return status;
}

int main(void) {
    fg_spec spec = {0};
    fg_posterior *posterior = NULL;
    fg_err err = {0}; /* says what went wrong and where, for people */
    int status = make_spec(&spec, &err);
    if (!status)
        status = train(&posterior, &spec, &err);
    if (!status)
        status = predict(&spec, posterior, &err);
    if (status)
        fprintf(stderr, "xor: %s\n", err.text);
    fg_posterior_free(posterior); /* NULL is allowed */
    fg_spec_free(&spec);
    return status ? 1 : 0;
}
