/* What dense layers over joint weights (factor/dense_joint.c) do with whole matrices. */
#include <string.h>

#include "factor/kernels/terms.h"

/* Rows of a matrix and vectors of 16 side by side in registers. */
enum { ROWS = 4, WIDE = 2, SHRUNK = 8 };

FG_INLINE void times(const fg_joint_times *d, size_t row, size_t lane, int rows, int wide) {
    vec sum[ROWS][WIDE] = {{{0}}};
    const float *r = d->r + row * d->pitch, *x = d->x + lane;
    for (size_t j = 0; j < d->size; j++, x += d->lanes)
        for (int k = 0; k < wide; k++) {
            const vec right = ((const vec *)x)[k];
            for (int i = 0; i < rows; i++)
                sum[i][k] += right * r[(size_t)i * d->pitch + j];
        }
    for (int i = 0; i < rows; i++)
        memcpy(d->t + (row + (size_t)i) * d->lanes + lane, sum[i], (size_t)wide * sizeof(vec));
}

void FG_KERNEL(fg_joint_times)(const fg_joint_times *d);

void FG_KERNEL(fg_joint_times)(const fg_joint_times *d) {
    for (size_t lane = 0; lane < d->lanes; lane += WIDE * L) {
        const bool whole = d->lanes - lane >= WIDE * L;
        size_t row = d->from;
        for (; whole && row + ROWS <= d->end; row += ROWS)
            times(d, row, lane, ROWS, WIDE);
        for (; row < d->end; row++)
            whole ? times(d, row, lane, 1, WIDE) : times(d, row, lane, 1, 1);
    }
}

void FG_KERNEL(fg_joint_solve)(const fg_joint_solve *d);

void FG_KERNEL(fg_joint_solve)(const fg_joint_solve *d) {
    const vec *t = (const vec *)d->t;
    vec *v = (vec *)d->v;
    for (size_t b = 0; b < d->n; b++) {
        const float *l = d->lower + b * d->n;
        vec sum = t[b] * d->root[b], more = {0};
        size_t c = 0;
        for (; c + 2 <= b; c += 2) {
            sum -= v[c] * l[c];
            more -= v[c + 1] * l[c + 1];
        }
        if (c < b)
            sum -= v[c] * l[c];
        v[b] = (sum + more) * l[b];
    }
}

FG_INLINE void clamp(vec *r) {
    for (int l = 0; l < L; l++)
        (*r)[l] = (*r)[l] > 1 ? 1 : (*r)[l] < -1 ? -1 : (*r)[l];
}

/* 16 columns of some rows. */
FG_INLINE void shrink(const fg_joint_shrink *d, size_t row, size_t column, int rows) {
    const size_t left = d->size - column, n = left < L ? left : L;
    const vec *w = (const vec *)d->w + column / L * d->n, grow = *(const vec *)(d->grow + column);
    vec r[SHRUNK] = {{0}};
    const float *at = d->w + row / L * d->n * L + row % L;
    for (int i = 0; i < rows; i++) {
        memcpy(&r[i], d->r + (row + (size_t)i) * d->size + column, n * sizeof(float));
        r[i] *= grow * d->grow[row + (size_t)i];
    }
    for (size_t b = 0; b < d->n; b++)
        for (int i = 0; i < rows; i++)
            r[i] -= w[b] * at[b * L + (size_t)i];
    for (int i = 0; i < rows; i++) {
        clamp(&r[i]);
        memcpy(d->r + (row + (size_t)i) * d->size + column, &r[i], n * sizeof(float));
    }
}

/* The same numbers on the other side of the diagonal. */
FG_INLINE void mirror(const fg_joint_shrink *d, size_t column) {
    for (size_t c = column; c < column + L && c < d->size; c++)
        for (size_t row = d->from; row < d->end && row < c; row++)
            d->r[c * d->size + row] = d->r[row * d->size + c];
}

void FG_KERNEL(fg_joint_shrink)(const fg_joint_shrink *d);

void FG_KERNEL(fg_joint_shrink)(const fg_joint_shrink *d) {
    for (size_t column = d->from; column < d->size; column += L) {
        size_t row = d->from;
        for (; row + SHRUNK <= d->end; row += SHRUNK)
            shrink(d, row, column, SHRUNK);
        for (; row < d->end; row++)
            shrink(d, row, column, 1);
        mirror(d, column);
    }
    for (size_t row = d->from; row < d->end; row++)
        d->r[row * d->size + row] = 1;
}
