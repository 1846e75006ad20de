/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "export/export_weld.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static bool same(const struct scene_mesh *mesh, uint32_t a, uint32_t b)
{
    const float *p = mesh->points + (size_t)3 * a;
    const float *q = mesh->points + (size_t)3 * b;
    return p[0] == q[0] && p[1] == q[1] && p[2] == q[2];
}

static uint64_t hash(const float *point)
{
    uint64_t value = 0;
    for (int i = 0; i < 3; i++) {
        /* Adding 0 makes one zero of both. */
        union {
            float number;
            uint32_t bits;
        } part = { .number = point[i] + 0.0F };
        value = (value ^ part.bits) * 0x9e3779b97f4a7c15U;
        value ^= value >> 29;
    }
    return value;
}

/* A power of two, at least twice the number of vertices. */
static size_t slots_for(uint32_t count)
{
    size_t slots = 16;
    while (slots < 2 * (size_t)count)
        slots *= 2;
    return slots;
}

int export_weld(struct export_weld *weld, const struct scene_mesh *mesh)
{
    size_t slots = slots_for(mesh->count);
    uint32_t *table = calloc(slots, sizeof(*table)); /* numbers of different ones, from 1 */
    *weld = (struct export_weld){ .of = malloc((size_t)mesh->count * 4 + 1),
                                  .first = malloc((size_t)mesh->count * 4 + 1) };
    if (table == NULL || weld->of == NULL || weld->first == NULL) {
        free(table);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < mesh->count; i++) {
        size_t slot = hash(mesh->points + (size_t)3 * i) & (slots - 1);
        while (table[slot] != 0 && !same(mesh, weld->first[table[slot] - 1], i))
            slot = (slot + 1) & (slots - 1);
        if (table[slot] == 0) {
            weld->first[weld->count++] = i;
            table[slot] = weld->count;
        }
        weld->of[i] = table[slot] - 1;
    }
    free(table);
    return 0;
}

void export_weld_free(struct export_weld *weld)
{
    free(weld->of);
    free(weld->first);
    *weld = (struct export_weld){ 0 };
}
