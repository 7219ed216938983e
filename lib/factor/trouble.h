/* What updates of messages met that they could not use. */
#ifndef FG_FACTOR_TROUBLE_H
#define FG_FACTOR_TROUBLE_H

#include <stdint.h>

typedef struct fg_trouble {
    uint64_t improper; /* cavities of negative precision */
    uint64_t rejected; /* messages that were not finite and kept their old values */
} fg_trouble;

#endif
