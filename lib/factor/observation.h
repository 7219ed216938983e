/* The data of an observation or regression set (fg_set.own). */
#ifndef FG_FACTOR_OBSERVATION_H
#define FG_FACTOR_OBSERVATION_H

#include "factor/net.h"

typedef struct fg_observed {
    size_t size;  /* slots of the observed group */
    float *value; /* [size] */
    float *mask;  /* [size] 1 where observed, 0 elsewhere (and in padding) */
} fg_observed;

#endif
