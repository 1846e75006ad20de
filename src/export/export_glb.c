/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* glTF 2.0 (ISO/IEC 12113). */
#include "export/export_glb.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "render/color.h"

/* Metres in a millimetre. */
#define METRES 0.001

#define GLB_MAGIC 0x46546c67
#define GLB_JSON 0x4e4f534a
#define GLB_BINARY 0x004e4942

/* glTF's names of numbers: componentType, target, mode. */
#define GLTF_UINT 5125
#define GLTF_FLOAT 5126
#define GLTF_VERTICES 34962
#define GLTF_INDICES 34963
#define GLTF_MODE_POINTS 0
#define GLTF_MODE_LINES 1
#define GLTF_MODE_TRIANGLES 4

/* Elements between two looks at the limit of time, and as many as are converted at once. */
#define GLB_PIECE 4096

struct glb {
    struct export_tree *tree;
    struct text json;
    uint64_t bytes;    /* of the binary chunk */
    uint32_t accessor; /* the next one's number */
    uint32_t view;
};

static float to_metres(double millimetres)
{
    return (float)(millimetres * METRES);
}

static const float *points_of(const struct export_node *part, uint32_t *count)
{
    const struct scene_mesh *mesh = part->mesh;
    *count = part->kind == EXPORT_FACES   ? mesh->count
             : part->kind == EXPORT_LINES ? mesh->edge_points
                                          : mesh->vertex_count;
    return part->kind == EXPORT_FACES   ? mesh->points
           : part->kind == EXPORT_LINES ? mesh->edges
                                        : mesh->vertices;
}

static const struct scene_array_box *box_of(const struct export_node *part)
{
    const struct scene_mesh *mesh = part->mesh;
    return part->kind == EXPORT_FACES   ? &mesh->box
           : part->kind == EXPORT_LINES ? &mesh->edge_box
                                        : &mesh->vertex_box;
}

/* Whether this shape's mesh is that of the one before. */
static bool repeats(const struct export_tree *tree, uint32_t i)
{
    return i > 0 && tree->shapes[i].mesh == tree->shapes[i - 1].mesh;
}

/* ---- the JSON ---- */

static void add_view(struct glb *glb, uint64_t bytes, int target)
{
    text_format(&glb->json,
                "%s{\"buffer\":0,\"byteOffset\":%llu,\"byteLength\":%llu,\"target\":%d}",
                glb->view++ == 0 ? "" : ",", (unsigned long long)glb->bytes,
                (unsigned long long)bytes, target);
    glb->bytes += bytes;
}

static void add_views(struct glb *glb)
{
    const struct export_tree *tree = glb->tree;
    text_add(&glb->json, ",\"bufferViews\":[");
    for (uint32_t i = 0; i < tree->shape_count; i++) {
        const struct export_node *part = tree->shapes[i].first;
        uint32_t count;
        points_of(part, &count);
        if (repeats(tree, i))
            continue;
        add_view(glb, (uint64_t)count * 12, GLTF_VERTICES);
        if (part->kind != EXPORT_FACES)
            continue;
        add_view(glb, (uint64_t)count * 12, GLTF_VERTICES);
        add_view(glb, (uint64_t)part->mesh->triangles * 12, GLTF_INDICES);
    }
    text_format(&glb->json, "],\"buffers\":[{\"byteLength\":%llu}]",
                (unsigned long long)glb->bytes);
}

static void add_accessor(struct glb *glb, uint64_t count, int component, const char *type)
{
    uint32_t number = glb->accessor++;
    text_format(&glb->json,
                "%s{\"bufferView\":%u,\"componentType\":%d,\"count\":%llu,\"type\":\"%s\"",
                number == 0 ? "" : ",", number, component, (unsigned long long)count, type);
}

static void add_bounds(struct glb *glb, const char *name, const double corner[3])
{
    text_format(&glb->json, ",\"%s\":[%.9g,%.9g,%.9g]", name, (double)to_metres(corner[0]),
                (double)to_metres(corner[1]), (double)to_metres(corner[2]));
}

static void add_accessors(struct glb *glb)
{
    const struct export_tree *tree = glb->tree;
    text_add(&glb->json, ",\"accessors\":[");
    for (uint32_t i = 0; i < tree->shape_count; i++) {
        const struct export_node *part = tree->shapes[i].first;
        const struct scene_array_box *box = box_of(part);
        uint32_t count;
        points_of(part, &count);
        if (repeats(tree, i))
            continue;
        add_accessor(glb, count, GLTF_FLOAT, "VEC3");
        add_bounds(glb, "min", box->low);
        add_bounds(glb, "max", box->high);
        text_add(&glb->json, "}");
        if (part->kind != EXPORT_FACES)
            continue;
        add_accessor(glb, count, GLTF_FLOAT, "VEC3");
        text_add(&glb->json, "}");
        add_accessor(glb, (uint64_t)part->mesh->triangles * 3, GLTF_UINT, "SCALAR");
        text_add(&glb->json, "}");
    }
    text_add(&glb->json, "]");
}

static void add_name(struct glb *glb, const char *name)
{
    if (name[0] == '\0')
        return;
    text_add(&glb->json, "\"name\":");
    text_add_json(&glb->json, name, strlen(name));
    text_add(&glb->json, ",");
}

/* The accessors of a mesh follow each other: places, normals, corners. */
static void add_meshes(struct glb *glb)
{
    const struct export_tree *tree = glb->tree;
    uint32_t accessor = 0;
    uint32_t next = 0;
    text_add(&glb->json, ",\"meshes\":[");
    for (uint32_t i = 0; i < tree->shape_count; i++) {
        const struct export_shape *shape = &tree->shapes[i];
        enum export_kind kind = shape->first->kind;
        if (!repeats(tree, i)) {
            accessor = next;
            next += kind == EXPORT_FACES ? 3 : 1;
        }
        text_add(&glb->json, i == 0 ? "{" : ",{");
        add_name(glb, shape->first->name);
        text_format(&glb->json, "\"primitives\":[{\"material\":%u,\"attributes\":{\"POSITION\":%u",
                    shape->material, accessor);
        if (kind == EXPORT_FACES)
            text_format(&glb->json, ",\"NORMAL\":%u},\"indices\":%u,\"mode\":%d}]}", accessor + 1,
                        accessor + 2, GLTF_MODE_TRIANGLES);
        else
            text_format(&glb->json, "},\"mode\":%d}]}",
                        kind == EXPORT_LINES ? GLTF_MODE_LINES : GLTF_MODE_POINTS);
    }
    text_add(&glb->json, "]");
}

static void add_materials(struct glb *glb)
{
    const struct export_tree *tree = glb->tree;
    text_add(&glb->json, ",\"materials\":[");
    for (uint32_t i = 0; i < tree->material_count; i++) {
        const struct export_node *part = tree->materials[i]->first;
        float linear[3];
        color_linear(part->color, linear);
        text_format(&glb->json,
                    "%s{\"pbrMetallicRoughness\":{\"baseColorFactor\":[%.9g,%.9g,%.9g,%.9g],"
                    "\"metallicFactor\":%.9g,\"roughnessFactor\":%.9g}%s%s}",
                    i == 0 ? "" : ",", (double)linear[0], (double)linear[1], (double)linear[2],
                    part->color[3] / 255.0, tree->look.metalness, tree->look.roughness,
                    part->color[3] < 255 ? ",\"alphaMode\":\"BLEND\"" : "",
                    part->both ? ",\"doubleSided\":true" : "");
    }
    text_add(&glb->json, "]");
}

static bool moves(const struct matrix *place)
{
    for (int i = 0; i < 12; i++) {
        if (place->m[i / 4][i % 4] != (i % 5 == 0 ? 1 : 0))
            return true;
    }
    return false;
}

/* By columns, in metres. */
static void add_matrix(struct glb *glb, const struct matrix *place)
{
    if (!moves(place))
        return;
    text_add(&glb->json, "\"matrix\":[");
    for (int column = 0; column < 4; column++) {
        double scale = column == 3 ? METRES : 1;
        text_format(&glb->json, "%.17g,%.17g,%.17g,%d%s", place->m[0][column] * scale,
                    place->m[1][column] * scale, place->m[2][column] * scale, column == 3,
                    column == 3 ? "]," : ",");
    }
}

/* `numbers`: of the nodes that are written, their numbers in the file. */
static void add_children(struct glb *glb, uint32_t group, const uint32_t *numbers)
{
    const struct export_node *nodes = glb->tree->nodes;
    bool first = true;
    text_add(&glb->json, "\"children\":");
    for (uint32_t i = group + 1; i < nodes[group].end; i = nodes[i].end) {
        if (!nodes[i].written)
            continue;
        text_format(&glb->json, "%s%u", first ? "[" : ",", numbers[i]);
        first = false;
    }
    text_add(&glb->json, "],");
}

static void add_node(struct glb *glb, uint32_t number, const uint32_t *numbers)
{
    /* Z up to Y up. */
    static const struct matrix upright = { { { 1, 0, 0, 0 }, { 0, 0, 1, 0 }, { 0, -1, 0, 0 } } };
    const struct export_node *node = &glb->tree->nodes[number];
    struct matrix place = node->place;
    if (number == 0)
        place = matrix_multiply(&upright, &node->place);
    text_add(&glb->json, number == 0 ? "{" : ",{");
    add_matrix(glb, &place);
    if (node->kind == EXPORT_GROUP)
        add_children(glb, number, numbers);
    else
        text_format(&glb->json, "\"mesh\":%u,", node->shape);
    /* Last, and always there: no comma may follow the last member. */
    text_add(&glb->json, "\"name\":");
    text_add_json(&glb->json, node->name, strlen(node->name));
    text_add(&glb->json, "}");
}

static int add_nodes(struct glb *glb)
{
    struct export_tree *tree = glb->tree;
    uint32_t *numbers = scene_allocate(&tree->scene, (size_t)tree->count * sizeof(*numbers));
    uint32_t count = 0;
    if (numbers == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < tree->count; i++) {
        numbers[i] = count;
        count += tree->nodes[i].written;
    }
    text_add(&glb->json, ",\"nodes\":[");
    for (uint32_t i = 0; i < tree->count; i++) {
        if (tree->nodes[i].written)
            add_node(glb, i, numbers);
    }
    text_add(&glb->json, "]}");
    return 0;
}

static int make_json(struct glb *glb)
{
    text_add(&glb->json, "{\"asset\":{\"version\":\"2.0\",\"generator\":\"cadcast " CADCAST_VERSION
                         "\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}]");
    add_views(glb);
    add_accessors(glb);
    add_meshes(glb);
    add_materials(glb);
    int error = add_nodes(glb);
    while (glb->json.size % 4 != 0 && text_error(&glb->json) == 0)
        text_add(&glb->json, " ");
    return error < 0 ? error : text_error(&glb->json);
}

/* ---- the binary chunk ---- */

static int add_points(struct glb *glb, const float *points, uint32_t count, struct export_out *out)
{
    float metres[3 * GLB_PIECE];
    for (size_t done = 0; done < (size_t)count * 3;) {
        size_t size = (size_t)count * 3 - done;
        int error = limit_check(&glb->tree->limit);
        if (size > 3 * GLB_PIECE)
            size = 3 * GLB_PIECE;
        for (size_t i = 0; i < size; i++)
            metres[i] = to_metres(points[done + i]);
        export_out_bytes(out, metres, size * sizeof(float));
        if (error < 0 || out->error < 0)
            return error < 0 ? error : out->error;
        done += size;
    }
    return 0;
}

/* Normals of length 1, as the format wants them: those of a kernel may be of any. */
static void add_normals(const float *normals, uint32_t count, struct export_out *out)
{
    for (size_t i = 0; i < count; i++) {
        double v[3] = { normals[3 * i], normals[3 * i + 1], normals[3 * i + 2] };
        double length = matrix_normalize(v);
        bool good = length > 0 && isfinite(length);
        const float unit[3] = { good ? (float)v[0] : 0, good ? (float)v[1] : 0,
                                good ? (float)v[2] : 1 };
        export_out_bytes(out, unit, sizeof(unit));
    }
}

static int add_arrays(struct glb *glb, struct export_out *out)
{
    const struct export_tree *tree = glb->tree;
    int error = 0;
    for (uint32_t i = 0; i < tree->shape_count && error == 0; i++) {
        const struct export_node *part = tree->shapes[i].first;
        uint32_t count;
        const float *points = points_of(part, &count);
        if (repeats(tree, i))
            continue;
        error = add_points(glb, points, count, out);
        if (error < 0 || part->kind != EXPORT_FACES)
            continue;
        add_normals(part->mesh->normals, count, out);
        export_out_bytes(out, part->mesh->corners, (size_t)part->mesh->triangles * 12);
    }
    return error < 0 ? error : out->error;
}

int export_glb(struct export_tree *tree, struct export_out *out)
{
    struct glb glb = { .tree = tree };
    int error = make_json(&glb);
    uint64_t size = 28 + glb.json.size + glb.bytes;
    if (error == 0 && size > UINT32_MAX)
        error = -EFBIG;
    if (error == 0) {
        export_out_begin(out, (size_t)size, out->limit);
        export_out_number(out, GLB_MAGIC, 4);
        export_out_number(out, 2, 4);
        export_out_number(out, size, 4);
        export_out_number(out, glb.json.size, 4);
        export_out_number(out, GLB_JSON, 4);
        export_out_bytes(out, text_string(&glb.json), glb.json.size);
        export_out_number(out, glb.bytes, 4);
        export_out_number(out, GLB_BINARY, 4);
        error = add_arrays(&glb, out);
    }
    text_free(&glb.json);
    return error;
}
