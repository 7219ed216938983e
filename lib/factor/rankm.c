#include "factor/rankm.h"

#include <math.h>
#include <string.h>

/* Precisions under this are treated as none: their reciprocal squared would leave the range of double. */
static const double flat_lambda = 1e-100;

/* The shortcut below is used only where it loses few digits: 1 - q/lambda down to this, and s up to that. */
static const double least_remainder = 0.05, largest_spread = 1e4;

/* With B = [I, A_i / sqrt(lambda_i) for i != k], the message to k is  A_k' (B B')^-1 A_k  and  A_k' (B B')^-1
 * (z - A mean). B' = Q R by Householder reflections gives B B' = R' R without ever forming it, which keeps
 * twice the digits when some lambda is tiny. Variables without information are directions of infinite
 * variance: they are taken out of z and of all columns first. */

size_t fg_rankm_scratch(size_t m, size_t v) {
    return m * (m + v) + 2 * m * v + m * m + 4 * m + v;
}

static double dot(const double *x, const double *y, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static void subtract(double *x, double scale, const double *y, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] -= scale * y[i];
}

/* Triangularises the rows x cols matrix (column-major, rows >= cols) in place; R is left in its upper
 * triangle. */
static void householder(double *b, size_t rows, size_t cols) {
    for (size_t j = 0; j < cols; j++) {
        double *x = b + j * rows + j;
        size_t n = rows - j;
        double norm = sqrt(dot(x, x, n));
        if (norm == 0)
            continue;
        double alpha = x[0] > 0 ? -norm : norm, head = x[0] - alpha;
        double beta = -1 / (alpha * head); /* 2 / |v|^2 for v = x - alpha e */
        x[0] = head;
        for (size_t c = j + 1; c < cols; c++) {
            double *y = b + c * rows + j;
            subtract(y, beta * dot(x, y, n), x, n);
        }
        x[0] = alpha;
    }
}

/* Solves R' w = x for the upper triangle R left by householder. */
static void solve_transposed(double *w, const double *r, size_t rows, size_t cols, const double *x) {
    for (size_t i = 0; i < cols; i++) {
        const double *column = r + i * rows;
        w[i] = (x[i] - dot(column, w, i)) / column[i];
    }
}

/* Takes the directions in which variables other than `skip` are without information out of z and the columns.
 */
static void project_flat(size_t m, size_t v, size_t skip, const double *lambda, double *columns, double *z,
                         double *basis) {
    size_t rank = 0;
    for (size_t i = 0; i < v && rank < m; i++) {
        if (i == skip || lambda[i] > flat_lambda)
            continue;
        double *q = basis + rank * m;
        memcpy(q, columns + i * m, m * sizeof *q);
        double before = sqrt(dot(q, q, m));
        for (int pass = 0; pass < 2; pass++)
            for (size_t r = 0; r < rank; r++)
                subtract(q, dot(basis + r * m, q, m), basis + r * m, m);
        double norm = sqrt(dot(q, q, m));
        if (!(norm > 1e-12 * before))
            continue;
        for (size_t j = 0; j < m; j++)
            q[j] /= norm;
        rank++;
    }
    for (size_t r = 0; r < rank; r++) {
        const double *q = basis + r * m;
        subtract(z, dot(q, z, m), q, m);
        for (size_t i = 0; i < v; i++) {
            double *column = columns + i * m, size = dot(column, column, m);
            subtract(column, dot(q, column, m), q, m);
            if (dot(column, column, m) <= 1e-24 * size) /* what is left is rounding */
                memset(column, 0, m * sizeof *column);
        }
    }
}

typedef struct work {
    double *b, *columns, *z, *basis, *w1, *w2, *mean;
} work;

static work split(double *scratch, size_t m, size_t v) {
    work w;
    w.b = scratch;
    w.columns = w.b + m * (m + v);
    w.basis = w.columns + 2 * m * v;
    w.z = w.basis + m * m;
    w.w1 = w.z + m;
    w.w2 = w.w1 + m;
    w.mean = w.w2 + 2 * m;
    return w;
}

/* R of B' for all variables but `skip` (skip = v: all of them), and the residual z - A mean over the same
 * ones. */
static void factorise(work *w, size_t m, size_t v, size_t skip, const double *lambda) {
    size_t rows = m + v;
    memset(w->b, 0, m * rows * sizeof *w->b);
    for (size_t j = 0; j < m; j++)
        w->b[j * rows + j] = 1;
    for (size_t i = 0; i < v; i++) {
        if (i == skip || !(lambda[i] > flat_lambda))
            continue;
        double root = sqrt(lambda[i]);
        const double *column = w->columns + i * m;
        for (size_t j = 0; j < m; j++)
            w->b[j * rows + m + i] = column[j] / root;
        subtract(w->z, w->mean[i], column, m);
    }
    householder(w->b, rows, m);
}

static void load(work *w, size_t m, size_t v, const double *a, const double *z) {
    for (size_t i = 0; i < v; i++)
        for (size_t j = 0; j < m; j++)
            w->columns[i * m + j] = a[j * v + i];
    memcpy(w->z, z, m * sizeof *z);
}

/* The message to k from its own factorisation: always accurate, m (m + v) m operations. */
static void message_alone(work *w, size_t m, size_t v, size_t k, const double *a, const double *z,
                          const double *lambda, double *out_eta, double *out_lambda) {
    load(w, m, v, a, z);
    project_flat(m, v, k, lambda, w->columns, w->z, w->basis);
    factorise(w, m, v, k, lambda);
    solve_transposed(w->w1, w->b, m + v, m, w->columns + k * m);
    solve_transposed(w->w2, w->b, m + v, m, w->z);
    *out_lambda = dot(w->w1, w->w1, m);
    *out_eta = dot(w->w1, w->w2, m);
}

void fg_rankm_messages(size_t m, size_t v, const double *a, const double *z, const double *eta,
                       const double *lambda, double *out_eta, double *out_lambda, double *scratch) {
    work w = split(scratch, m, v), shared = w;
    int easy = 1;
    for (size_t i = 0; i < v; i++) {
        double size = 0;
        for (size_t j = 0; j < m; j++)
            size += a[j * v + i] * a[j * v + i];
        easy &= lambda[i] > flat_lambda && size <= largest_spread * lambda[i];
        w.mean[i] = lambda[i] > flat_lambda ? eta[i] / lambda[i] : 0;
    }
    if (easy) {
        load(&w, m, v, a, z);
        factorise(&w, m, v, v, lambda);
        solve_transposed(w.w2, w.b, m + v, m, w.z);
        shared.w2 = w.w2 + m; /* so that message_alone does not write over the common solution */
        shared.columns = w.columns + m * v;
    }
    for (size_t k = 0; k < v; k++) {
        double q = 0, remainder = 0;
        if (easy) {
            solve_transposed(w.w1, w.b, m + v, m, w.columns + k * m);
            q = dot(w.w1, w.w1, m);
            remainder = 1 - q / lambda[k];
        }
        if (easy && remainder > least_remainder) { /* Sherman and Morrison: take variable k out again */
            out_lambda[k] = q / remainder;
            out_eta[k] = (dot(w.w1, w.w2, m) + q * w.mean[k]) / remainder;
        } else {
            message_alone(&shared, m, v, k, a, z, lambda, &out_eta[k], &out_lambda[k]);
            if (easy) /* its factorisation stands where the common one was */
                load(&w, m, v, a, z), factorise(&w, m, v, v, lambda);
        }
    }
}
