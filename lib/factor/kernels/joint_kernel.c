/* What dense layers over joint weights (factor/dense_joint.c) do with whole matrices. */
#include <string.h>

#include "factor/kernels/terms.h"

/* Rows of a matrix and vectors of 16 side by side in registers. */
enum { ROWS = 4, WIDE = 2, SHRUNK = 8 };

#define REAL      float
#define VEC       vec
#define OWN(name) name##_in_single
#include "factor/kernels/joint_template.h"

/* As large as the others: twice that would go through memory. */
typedef double vec_of_doubles
    __attribute__((vector_size(L * sizeof(float)), aligned(sizeof(double)), may_alias));
#define REAL      double
#define VEC       vec_of_doubles
#define OWN(name) name##_in_double
#include "factor/kernels/joint_template.h"

void FG_KERNEL(fg_joint_times)(const fg_joint_times *d);
void FG_KERNEL(fg_joint_solve)(const fg_joint_solve *d);
void FG_KERNEL(fg_joint_shrink)(const fg_joint_shrink *d);

void FG_KERNEL(fg_joint_times)(const fg_joint_times *d) {
    d->wide ? times_all_in_double(d) : times_all_in_single(d);
}

void FG_KERNEL(fg_joint_solve)(const fg_joint_solve *d) {
    d->wide ? solve_all_in_double(d) : solve_all_in_single(d);
}

void FG_KERNEL(fg_joint_shrink)(const fg_joint_shrink *d) {
    d->wide ? shrink_all_in_double(d) : shrink_all_in_single(d);
}
