/* Layer kinds: one descriptor each, in kind.c. Everything that reads, checks, prints, draws or explains a
 * layer is driven by it; a new kind is a new descriptor (and a member of fg_layer_kind). */
#ifndef FG_MODEL_KIND_H
#define FG_MODEL_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"
#include "model/field.h"
#include "model/spec.h"

/* Limits on groups (variables of one observation) and on the parameters of a layer. */
#define FG_GROUP_MAX      ((size_t)0x7FFFFFFF)
#define FG_PARAMETERS_MAX ((size_t)0x7FFFFFFF)
#define FG_WHITENED_MAX   ((size_t)1024) /* weights of a whitened filter */
#define FG_DIMENSION_MAX  ((size_t)1 << 24)

/* What a layer adds to the graph of some observations. Priors belong to their variables and are not counted.
 */
typedef struct fg_counts {
    size_t variables;  /* activations: of the group the layer makes */
    size_t parameters; /* shared variables */
    size_t factors;
    size_t correlations; /* kept of parameters that are joint */
    size_t edges;        /* between factors and variables; noiseless constants are no variables */
} fg_counts;

/* How the variables of a group are laid out in memory, which kinds depend on. */
typedef enum fg_layout_bit {
    FG_LAID_PLAIN = 1,
    FG_LAID_PIXELS = 2,  /* channel by channel */
    FG_LAID_CHANNELS = 4 /* pixel by pixel */
} fg_layout_bit;

enum { FG_SHARED_MAX = 4 }; /* layers that share a group of variables */

typedef struct fg_kind {
    const char *name;
    const char *help;
    fg_table table;         /* of fg_layer's members */
    const char *operand;    /* the key that "kind:VALUE" of the compact grammar sets, or NULL */
    bool makes_group;       /* the layers behind it attach to a new group */
    bool computes;          /* that group is constants, computed from constants */
    bool on_input;          /* attaches data to the input: at most one, before any layer that makes a group */
    bool ends;              /* nothing may follow it */
    bool explains;          /* what it stands on must be variables, no constants */
    bool pixels;            /* asks for pixels: an input that is no constant is laid out so */
    bool pixels_known;      /* and a noiseless one, if it comes first */
    unsigned takes;         /* fg_layout_bits of the group it stands on; 0: any */
    const char *takes_text; /* the same in words, for messages */
    fg_layout_bit makes;    /* of the group it makes */
    /* The shape of the group made from a group of shape `in`; NULL: the layer attaches to the same group.
     * Dimensions of `in` may be 0 (not known yet) and then pass through; *why is set when this cannot be; the
     * shape is told behind what ends in "the group". */
    int (*shape)(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in);
    /* Counts for n observations, in and out known; -1 if a count does not fit. */
    int (*count)(fg_counts *counts, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless,
                 size_t n);
} fg_kind;

/* The descriptor of a kind, or NULL when it is none. */
const fg_kind *fg_kind_of(fg_layer_kind kind);

/* The kind with this name, or FG_LAYER_KINDS. */
fg_layer_kind fg_kind_find(const char *name);

/* The name nearest to a wrong one, or NULL. */
const char *fg_kind_suggest(const char *wrong);

/* Makes a layer of the kind with all its defaults (and no name). */
void fg_layer_reset(fg_layer *layer, fg_layer_kind kind);

/* Variables in a group: 0 when a dimension is 0 (unknown), SIZE_MAX when they are more than FG_GROUP_MAX. */
size_t fg_group_count(fg_shape shape);

/* "28x28x1", "16" for a plain vector, "?" for unknown dimensions. */
void fg_shape_text(char text[72], fg_shape shape);

/* Reads what fg_shape_text writes: "28x28x1", "16", and "?" for a dimension taken from the data. */
int fg_shape_parse(fg_shape *out, const char *text, fg_err *err);

/* The table of "inference" and its "predict", of fg_run_options. */
extern const fg_table fg_run_table;

/* The table of "input" beside its shape, of fg_spec. */
extern const fg_table fg_input_table;

/* NULL-terminated names, in the order of the enums. */
extern const char *const fg_robust_names[];
extern const char *const fg_likelihood_names[];
extern const char *const fg_compete_names[];
extern const char *const fg_covariance_names[];
extern const char *const fg_draw_names[];
extern const char *const fg_pooling_names[];
extern const char *const fg_activation_names[];
extern const char *const fg_schedule_names[];
extern const char *const fg_storage_names[];
extern const char *const fg_on_divergence_names[];
extern const char *const fg_init_names[];
extern const char *const fg_scale_names[];

#endif
