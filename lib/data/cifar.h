/* The binary version of CIFAR-10: records of one label byte and 32 x 32 pixels as planes of red, green and
 * blue, plain or gzip. */
#ifndef FG_DATA_CIFAR_H
#define FG_DATA_CIFAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
    FG_CIFAR_SIDE = 32,
    FG_CIFAR_PIXELS = 3 * 32 * 32,
    FG_CIFAR_RECORD = 1 + 3 * 32 * 32,
    FG_CIFAR_CLASSES = 10
};

/* The most images of one set. */
enum { FG_CIFAR_MAX = 1 << 20 };

/* {0} is an empty set. */
typedef struct fg_cifar {
    size_t n, room;
    unsigned char *pixels; /* [n][32][32][3] */
    unsigned char *labels; /* [n], 0 .. 9 */
} fg_cifar;

/* Whether unpacked bytes are whole records with labels of 0 to 9 (the format has no other mark). */
bool fg_cifar_recognise(const unsigned char *bytes, size_t size);

/* Appends the records of a whole file's bytes, plain or gzip, until the set has `limit` images (0: all of
 * them); what is not kept is still checked. A record cut off, a label above 9 and a file without records are
 * FG_EFORMAT; the set then holds what came before. */
int fg_cifar_add(fg_cifar *set, const unsigned char *bytes, size_t size, size_t limit, fg_err *err);
void fg_cifar_free(fg_cifar *set);

#endif
