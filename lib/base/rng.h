/* Counter-based random numbers: every draw is a pure function of (seed, stream, index), so that neither the
 * number of threads, nor the order of work, nor stopping and resuming changes any of them. */
#ifndef FG_BASE_RNG_H
#define FG_BASE_RNG_H

#include <math.h>
#include <stdint.h>

/* A bijective 64-bit mix (an add and three xor-shift multiplies). */
static inline uint64_t fg_rng_mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* The key of a stream of draws; streams may be nested: fg_rng_key(fg_rng_key(seed, layer), iteration). */
static inline uint64_t fg_rng_key(uint64_t seed, uint64_t stream) {
    return fg_rng_mix(fg_rng_mix(seed) ^ (stream * 0xd1342543de82ef95u + 1));
}

/* Uniform over all 64-bit or 32-bit values. */
static inline uint64_t fg_rng_u64(uint64_t seed, uint64_t stream, uint64_t index) {
    return fg_rng_mix(fg_rng_key(seed, stream) + index * 0x9e3779b97f4a7c15u);
}

static inline uint32_t fg_rng_u32(uint64_t seed, uint64_t stream, uint64_t index) {
    return (uint32_t)(fg_rng_u64(seed, stream, index) >> 32);
}

/* Uniform in [0, 1): a multiple of 2^-24, or of 2^-53. */
static inline float fg_rng_uniform(uint64_t seed, uint64_t stream, uint64_t index) {
    return (float)(fg_rng_u32(seed, stream, index) >> 8) * 0x1p-24f;
}

static inline double fg_rng_uniform53(uint64_t seed, uint64_t stream, uint64_t index) {
    return (double)(fg_rng_u64(seed, stream, index) >> 11) * 0x1p-53;
}

/* Standard normal, by Box and Muller's transform of two uniform draws. */
static inline double fg_rng_normal(uint64_t seed, uint64_t stream, uint64_t index) {
    double u = fg_rng_uniform53(seed, stream, 2 * index), v = fg_rng_uniform53(seed, stream, 2 * index + 1);
    return sqrt(-2 * log(1 - u)) * cos(6.283185307179586476925 * v);
}

/* The 32-bit draw of kernels: a keyed hash of a counter that vectorises (two multiplies, three shifts). */
static inline uint32_t fg_rng_lane(uint32_t key0, uint32_t key1, uint32_t counter) {
    uint32_t x = counter * 0x9e3779b1u + key0;
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x ^= key1;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}

#endif
