/* The kernels of joint weights in one precision: REAL, vectors VEC of some of them, which 16 are a multiple
 * of, and OWN(name), which names what is this precision's. */

/* What kernels are told of points at either precision. */
#define REALS(pointer) ((const REAL *)(pointer))
#define VECS(pointer)  ((const VEC *)(pointer))
/* Entries of a vector, and vectors of 16 entries. */
#define WIDTH (sizeof(VEC) / sizeof(REAL))
#define PARTS (L / WIDTH)

FG_INLINE void OWN(times)(const fg_joint_times *d, size_t row, size_t lane, int rows, int wide) {
    VEC sum[ROWS][WIDE] = {{{0}}};
    const REAL *r = REALS(d->r) + row * d->pitch, *x = REALS(d->x) + lane;
    for (size_t j = 0; j < d->size; j++, x += d->lanes)
        for (int k = 0; k < wide; k++) {
            const VEC right = VECS(x)[k];
            for (int i = 0; i < rows; i++)
                sum[i][k] += right * r[(size_t)i * d->pitch + j];
        }
    for (int i = 0; i < rows; i++)
        memcpy((REAL *)d->t + (row + (size_t)i) * d->lanes + lane, sum[i], (size_t)wide * sizeof(VEC));
}

FG_INLINE void OWN(times_all)(const fg_joint_times *d) {
    for (size_t lane = 0; lane < d->lanes; lane += WIDE * WIDTH) {
        const bool whole = d->lanes - lane >= WIDE * WIDTH;
        size_t row = d->from;
        for (; whole && row + ROWS <= d->end; row += ROWS)
            OWN(times)(d, row, lane, ROWS, WIDE);
        for (; row < d->end; row++)
            whole ? OWN(times)(d, row, lane, 1, WIDE) : OWN(times)(d, row, lane, 1, 1);
    }
}

FG_INLINE void OWN(solve)(const fg_joint_solve *d, size_t part) {
    const VEC *t = VECS(d->t) + part;
    const REAL *root = REALS(d->root);
    VEC *v = (VEC *)d->v + part;
    for (size_t b = 0; b < d->n; b++) {
        const REAL *l = REALS(d->lower) + b * d->n;
        VEC sum = t[b * PARTS] * root[b], more = {0};
        size_t c = 0;
        for (; c + 2 <= b; c += 2) {
            sum -= v[c * PARTS] * l[c];
            more -= v[(c + 1) * PARTS] * l[c + 1];
        }
        if (c < b)
            sum -= v[c * PARTS] * l[c];
        v[b * PARTS] = (sum + more) * l[b];
    }
}

FG_INLINE void OWN(solve_all)(const fg_joint_solve *d) {
    for (size_t part = 0; part < PARTS; part++)
        OWN(solve)(d, part);
}

FG_INLINE void OWN(clamp)(VEC *r) {
    for (size_t l = 0; l < WIDTH; l++)
        (*r)[l] = (*r)[l] > 1 ? 1 : (*r)[l] < -1 ? -1 : (*r)[l];
}

/* A vector of columns of some rows. */
FG_INLINE void OWN(shrink)(const fg_joint_shrink *d, size_t row, size_t column, int rows) {
    const size_t left = d->size - column, n = left < WIDTH ? left : WIDTH;
    const VEC *w = VECS(REALS(d->w) + column / L * d->n * L + column % L),
              grown = *VECS(REALS(d->grow) + column);
    VEC r[SHRUNK] = {{0}};
    const REAL *at = REALS(d->w) + row / L * d->n * L + row % L, *grow = REALS(d->grow);
    REAL *into = d->r;
    for (int i = 0; i < rows; i++) {
        memcpy(&r[i], into + (row + (size_t)i) * d->size + column, n * sizeof(REAL));
        r[i] *= grown * grow[row + (size_t)i];
    }
    for (size_t b = 0; b < d->n; b++)
        for (int i = 0; i < rows; i++)
            r[i] -= w[b * PARTS] * at[b * L + (size_t)i];
    for (int i = 0; i < rows; i++) {
        OWN(clamp)(&r[i]);
        memcpy(into + (row + (size_t)i) * d->size + column, &r[i], n * sizeof(REAL));
    }
}

/* The same numbers on the other side of the diagonal. */
FG_INLINE void OWN(mirror)(const fg_joint_shrink *d, size_t column) {
    REAL *r = d->r;
    for (size_t c = column; c < column + WIDTH && c < d->size; c++)
        for (size_t row = d->from; row < d->end && row < c; row++)
            r[c * d->size + row] = r[row * d->size + c];
}

FG_INLINE void OWN(shrink_all)(const fg_joint_shrink *d) {
    REAL *r = d->r;
    for (size_t column = d->from; column < d->size; column += WIDTH) {
        size_t row = d->from;
        for (; row + SHRUNK <= d->end; row += SHRUNK)
            OWN(shrink)(d, row, column, SHRUNK);
        for (; row < d->end; row++)
            OWN(shrink)(d, row, column, 1);
        OWN(mirror)(d, column);
    }
    for (size_t row = d->from; row < d->end; row++)
        r[row * d->size + row] = 1;
}

#undef REALS
#undef VECS
#undef WIDTH
#undef PARTS
#undef REAL
#undef VEC
#undef OWN
