/* Inside the kind conv: its memory. */
#ifndef FG_FACTOR_CONV_INTERNAL_H
#define FG_FACTOR_CONV_INTERNAL_H

#include "factor/rebuilt.h"

typedef struct fg_conv_set {
    size_t terms, blocks, units,
        unit_rows;                     /* blocks of 16 filters; units that chunks are made of, rows of each */
    size_t chunks, message_size, sums; /* floats per position and block; parameters, padded */
    ptrdiff_t *offset;                 /* [terms] */
    float *strength;                   /* [blocks][16] */
    float *parameters;                 /* [blocks][terms + 1][FG_PARAMETER_SIZE] */
    uint32_t *active, *n_active;       /* [positions][terms] and [positions], or of one position for all */
    float *bound;                      /* noiseless inputs: those the terms were chosen for */
    bool chosen;
    float *sum_w;    /* [chunks][blocks][terms + 1][2][16] */
    double *partial; /* [chunks], same */
    float *work;     /* [chunks][work_size] */
    size_t work_size;
    fg_rebuilt rebuilt;                       /* rows as of parameters */
    float *x_square, *x_seen_square, *turned; /* as fg_conv_rebuilt_run has them */
} fg_conv_set;

/* The slots of the first position of a row of positions; rows run over observations and then rows of each. */
static inline size_t fg_conv_in(const fg_set *set, size_t row) {
    fg_strides at = fg_group_strides(set->in);
    return at.first + row / set->out->shape.height * at.observation + row % set->out->shape.height * at.row;
}

static inline size_t fg_conv_out(const fg_set *set, size_t row) {
    return row * set->out->shape.width * set->out->pitch;
}

/* Copies the parameters to where the kernel takes them from. */
void fg_conv_copy(const fg_set *set);

void fg_conv_update(fg_set *set, const fg_step *step);

/* Where messages are rebuilt: takes memory for what is read of parameters and inputs, of which
 * fg_rebuilt_size floats are `kept`, and brings it up to date. */
void fg_conv_rebuilt_take(fg_set *set, fg_conv_set *c, float *kept, fg_ws *ws);
void fg_conv_rebuilt_prepare(const fg_set *set, const fg_step *step);

/* Updates one row of positions and 16 filters. */
fg_trouble fg_conv_rebuilt_block(const fg_set *set, const fg_step *step, size_t row, size_t block,
                                 size_t chunk);

#endif
