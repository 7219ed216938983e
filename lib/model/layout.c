/* Whether the layers around each group can work with the way it is laid out: what the engine would refuse
 * when it wires a graph. */
#include "model/kind.h"
#include "model/spec_internal.h"

/* A group on the way through the layers. */
typedef struct group {
    fg_layout_bit layout;
    int by;     /* the layer that it is laid out for or made by; -1: an input that is a plain vector, on which
                   stands nothing that takes no such */
    bool known; /* constants: nothing attaches to them */
    int layers; /* that share it */
} group;

/* Pixels, if it has a layer that asks for them: any, or, where it is noiseless, the first. */
static group input_of(const fg_spec *spec) {
    group g = {.layout = FG_LAID_PLAIN, .by = -1, .known = fg_spec_noiseless_input(spec)};
    for (int i = 0; i < (g.known ? 1 : spec->n_layers) && g.by < 0; i++) {
        const fg_kind *kind = fg_kind_of(spec->layers[i].kind);
        if (g.known ? kind->pixels_known : kind->pixels) {
            g.layout = FG_LAID_PIXELS;
            g.by = i;
        }
    }
    return g;
}

static int refuse(const fg_spec *spec, const group *g, int i, fg_err *err) {
    const fg_kind *kind = fg_kind_of(spec->layers[i].kind);
    const char *what = g->layout == FG_LAID_PLAIN    ? "vector"
                       : g->layout == FG_LAID_PIXELS ? "pixels"
                                                     : "channels";
    fg_json_at layers = {NULL, "layers", 0}, at = {&layers, NULL, (size_t)i};
    return fg_json_fail(err, FG_EINVAL, &at, "%s takes %s, not the %s of /layers/%d (%s)", kind->name,
                        kind->takes_text, what, g->by, fg_kind_of(spec->layers[g->by].kind)->name);
}

int fg_layout_check(const fg_spec *spec, fg_err *err) {
    fg_json_at layers = {NULL, "layers", 0};
    group g = input_of(spec);
    for (int i = 0; i < spec->n_layers; i++) {
        const fg_kind *kind = fg_kind_of(spec->layers[i].kind);
        fg_json_at at = {&layers, NULL, (size_t)i};
        if (!g.known && g.layers == FG_SHARED_MAX)
            return fg_json_fail(err, FG_EINVAL, &at, "more than %d layers share one group of variables",
                                FG_SHARED_MAX);
        if (kind->explains && g.known)
            return fg_json_fail(
                err, FG_EINVAL, &at,
                "%s explains variables, but the input is noiseless: an observation or mixture "
                "layer is needed before it",
                kind->name);
        if (kind->takes && !(kind->takes & g.layout))
            return refuse(spec, &g, i, err);
        g.layers++;
        if (kind->makes_group)
            g = (group){.layout = kind->makes, .by = i, .known = g.known && kind->computes, .layers = 1};
    }
    return FG_OK;
}
