/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "export/export_stl.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/bytes.h"

#define STL_HEAD 80
#define STL_TRIANGLE 50

/* Triangles between two looks at the limit of time. */
#define STL_PIECE 4096

static void put_float(uint8_t *to, double value)
{
    float number = (float)value;
    memcpy(to, &number, sizeof(number));
}

/* Writes one triangle; false: a coordinate is too large for the format. */
static bool add_triangle(const struct export_node *part, const uint32_t corners[3], uint8_t *to)
{
    double p[3][3], a[3], b[3], normal[3];
    double largest = 0;
    for (int i = 0; i < 3; i++) {
        const float *point = part->mesh->points + (size_t)3 * corners[i];
        const double from[3] = { point[0], point[1], point[2] };
        matrix_apply(&part->placed, from, p[i]);
        for (int k = 0; k < 3; k++)
            largest = fmax(largest, fabs(p[i][k]));
    }
    for (int k = 0; k < 3; k++) {
        a[k] = p[1][k] - p[0][k];
        b[k] = p[2][k] - p[0][k];
    }
    matrix_cross(a, b, normal);
    matrix_normalize(normal);
    for (int k = 0; k < 3; k++) {
        put_float(to + 4 * k, normal[k]);
        for (int i = 0; i < 3; i++)
            put_float(to + 12 + 12 * i + 4 * k, p[i][k]);
    }
    bytes_put(to + 48, 0, 2);
    return largest < 1e30;
}

static int add_part(struct export_tree *tree, const struct export_node *part,
                    struct export_out *out)
{
    uint8_t triangle[STL_TRIANGLE];
    for (uint32_t i = 0; i < part->mesh->triangles && out->error == 0; i++) {
        int error = i % STL_PIECE == 0 ? limit_check(&tree->limit) : 0;
        if (error < 0)
            return error;
        if (!add_triangle(part, part->mesh->corners + (size_t)3 * i, triangle))
            return export_tree_fail(tree, -EINVAL, "a coordinate is too large");
        export_out_bytes(out, triangle, sizeof(triangle));
    }
    return out->error;
}

int export_stl(struct export_tree *tree, struct export_out *out)
{
    /* Must not begin as a text file of this format does: "solid". */
    static const char head[STL_HEAD] = "cadcast " CADCAST_VERSION ", millimetres";
    uint64_t triangles = 0;
    int error = 0;
    for (uint32_t i = 0; i < tree->count; i++) {
        if (tree->nodes[i].written && tree->nodes[i].kind == EXPORT_FACES)
            triangles += tree->nodes[i].mesh->triangles;
    }
    if (triangles > UINT32_MAX)
        return -EFBIG;
    export_out_begin(out, STL_HEAD + 4 + (size_t)(triangles * STL_TRIANGLE), out->limit);
    export_out_bytes(out, head, sizeof(head));
    export_out_number(out, triangles, 4);
    for (uint32_t i = 0; i < tree->count && error == 0; i++) {
        if (tree->nodes[i].written && tree->nodes[i].kind == EXPORT_FACES)
            error = add_part(tree, &tree->nodes[i], out);
    }
    return error < 0 ? error : out->error;
}
