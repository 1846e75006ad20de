/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/ws_mask.h"

#include <string.h>

/* Explicit vectors, since what a compiler makes of a plain loop depends on its options: with -O2 it
 * is ten times slower. The compiler splits them if the processor's are shorter. */
typedef uint64_t vector __attribute__((vector_size(32)));
typedef vector unaligned_vector __attribute__((aligned(1), may_alias));

#define GROUP (4 * sizeof(vector))

/* Unmasks as many whole groups as there are; returns the OR of their bytes. */
static inline __attribute__((always_inline)) uint64_t unmask_groups(uint8_t *data, size_t size,
                                                                    uint64_t key)
{
    vector keys = { key, key, key, key };
    vector seen[4] = { { 0 } };
    for (size_t i = 0; size - i >= GROUP; i += GROUP) {
        unaligned_vector *at = (unaligned_vector *)(void *)(data + i);
        vector a = at[0] ^ keys, b = at[1] ^ keys, c = at[2] ^ keys, d = at[3] ^ keys;
        seen[0] |= a;
        seen[1] |= b;
        seen[2] |= c;
        seen[3] |= d;
        at[0] = a;
        at[1] = b;
        at[2] = c;
        at[3] = d;
    }
    vector all = seen[0] | seen[1] | seen[2] | seen[3];
    return all[0] | all[1] | all[2] | all[3];
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static uint64_t unmask_avx2(uint8_t *data, size_t size,
                                                            uint64_t key)
{
    return unmask_groups(data, size, key);
}
#endif

static uint64_t unmask_most(uint8_t *data, size_t size, uint64_t key)
{
#ifdef __x86_64__
    if (size >= 8 * GROUP && __builtin_cpu_supports("avx2"))
        return unmask_avx2(data, size, key);
#endif
    return unmask_groups(data, size, key);
}

bool ws_unmask(uint8_t *data, size_t size, const uint8_t mask[4], size_t position)
{
    uint8_t turned[8];
    uint64_t key;
    for (unsigned k = 0; k < 8; k++)
        turned[k] = mask[(position + k) & 3];
    memcpy(&key, turned, 8);
    uint64_t seen = unmask_most(data, size, key);
    uint8_t rest = 0;
    for (size_t i = size - size % GROUP; i < size; i++) {
        data[i] ^= turned[i & 7];
        rest |= data[i];
    }
    return (seen & 0x8080808080808080u) == 0 && (rest & 0x80) == 0;
}
