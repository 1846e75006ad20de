/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/ws_mask.h"

#include <string.h>

#define GROUP 64

bool ws_unmask(uint8_t *data, size_t size, const uint8_t mask[4], size_t position)
{
    uint8_t turned[8];
    uint64_t key;
    uint64_t seen[4] = { 0 };
    size_t i = 0;
    for (unsigned k = 0; k < 8; k++)
        turned[k] = mask[(position + k) & 3];
    memcpy(&key, turned, 8);
    /* Whole groups in words: the compiler makes vector code of the fixed-size inner loop. */
    for (; size - i >= GROUP; i += GROUP) {
        uint64_t words[GROUP / 8];
        memcpy(words, data + i, GROUP);
        for (unsigned k = 0; k < GROUP / 8; k++) {
            words[k] ^= key;
            seen[k & 3] |= words[k];
        }
        memcpy(data + i, words, GROUP);
    }
    uint8_t rest = 0;
    for (; i < size; i++) {
        data[i] ^= turned[i & 7];
        rest |= data[i];
    }
    uint64_t all = seen[0] | seen[1] | seen[2] | seen[3];
    return (all & 0x8080808080808080u) == 0 && (rest & 0x80) == 0;
}
