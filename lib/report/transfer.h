/* What learning one task after the other does to the earlier ones. */
#ifndef FG_REPORT_TRANSFER_H
#define FG_REPORT_TRANSFER_H

#include <stddef.h>

/* Not a number where there are too few tasks, or where an accuracy that is needed is not known. */
typedef struct fg_transfer {
    double average;    /* mean accuracy over all tasks after the last one */
    double backward;   /* backward transfer: mean over the tasks but the last of the final accuracy less that
                          right after the task (Lopez-Paz and Ranzato 2017) */
    double forgetting; /* mean over the same tasks of the best accuracy before the last task less the final
                          one (Chaudhry et al. 2018) */
} fg_transfer;

/* accuracy [n][n], n >= 1: of task j after task i. */
fg_transfer fg_transfer_measure(const double *accuracy, size_t n);

#endif
