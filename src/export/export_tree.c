/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "export/export_tree.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/export_choice.h"
#include "render/color.h"

/* Deepest nesting of parts. */
#define DEPTH_MAX 256

/* The tree while it is read. */
struct reading {
    struct export_tree *tree;
    const struct export_options *options;
    struct export_choice choice;
    bool drawn;
};

/* What holds for all that is below a group. */
struct within {
    struct matrix placed;
    struct export_chosen what;
};

int export_tree_fail(const struct export_tree *tree, int error, const char *why)
{
    if (tree->fault[0] == '\0')
        snprintf(tree->fault, EXPORT_WHY, "%s", why);
    return error;
}

static struct export_node *add_node(struct export_tree *tree)
{
    if (tree->count == tree->room) {
        uint32_t room = tree->room == 0 ? 64 : 2 * tree->room;
        size_t bytes = (size_t)(room - tree->room) * sizeof(struct export_node);
        struct export_node *nodes = NULL;
        if (bytes > tree->scene.budget)
            tree->scene.fault = "this needs more memory than is allowed";
        else
            nodes = realloc(tree->nodes, (size_t)room * sizeof(struct export_node));
        if (nodes == NULL)
            return NULL;
        tree->scene.budget -= bytes;
        tree->nodes = nodes;
        tree->room = room;
    }
    struct export_node *node = &tree->nodes[tree->count++];
    *node = (struct export_node){ .end = tree->count };
    return node;
}

void export_tree_color(const struct look *look, const json_t *part, uint8_t color[4])
{
    static const uint8_t white[3] = { 255, 255, 255 };
    const json_t *value = json_object_get(part, "color");
    const json_t *alpha = json_object_get(part, "alpha");
    double opacity = json_is_number(alpha) ? json_number_value(alpha) : 1;
    if (json_is_array(value))
        value = json_array_get(value, 0);
    if (!json_is_string(value))
        memcpy(color, look->edges, 3);
    else if (!color_parse(json_string_value(value), color))
        memcpy(color, white, 3);
    color[3] = (uint8_t)(opacity >= 1 ? 255 : opacity > 0 ? opacity * 255 + 0.5 : 0);
}

/* What a part is written as; EXPORT_GROUP: it has no form here. */
static enum export_kind kind_of(const json_t *part, const struct scene_mesh *mesh, bool drawn)
{
    const char *type = json_string_value(json_object_get(part, "type"));
    if (type != NULL && strcmp(type, "edges") == 0)
        return drawn && mesh->edge_points > 0 ? EXPORT_LINES : EXPORT_GROUP;
    if (type != NULL && strcmp(type, "vertices") == 0)
        return drawn && mesh->vertex_count > 0 ? EXPORT_POINTS : EXPORT_GROUP;
    return mesh->triangles > 0 ? EXPORT_FACES : EXPORT_GROUP;
}

/* The number of a part's mesh: that of the instance, or one of its own. */
static uint32_t source_of(const struct export_tree *tree, const struct scene_mesh *mesh)
{
    size_t number = tree->scene.mesh_count + tree->count;
    if (mesh >= tree->scene.meshes && mesh < tree->scene.meshes + tree->scene.mesh_count)
        number = (size_t)(mesh - tree->scene.meshes);
    return (uint32_t)number;
}

static int read_part(struct reading *reading, const json_t *json, struct export_node *node)
{
    struct export_tree *tree = reading->tree;
    const char *type = json_string_value(json_object_get(json, "type"));
    bool faces = true;
    bool edges = true;
    if (reading->options->visible)
        scene_state(&tree->scene, json, &faces, &edges);
    if (type != NULL && strcmp(type, "polygon") == 0) {
        tree->left_out++;
        return 0;
    }
    int error = scene_array_mesh(&tree->scene, json_object_get(json, "shape"), &node->mesh);
    if (error < 0)
        return error;
    node->kind = kind_of(json, node->mesh, reading->drawn);
    node->source = source_of(tree, node->mesh);
    node->both = node->kind == EXPORT_FACES && json_is_true(json_object_get(json, "renderback"));
    node->written = node->kind != EXPORT_GROUP && (node->kind == EXPORT_FACES ? faces : edges);
    tree->left_out += node->kind == EXPORT_GROUP;
    export_tree_color(&tree->look, json, node->color);
    return 0;
}

static int read_group(struct reading *reading, const json_t *json, const struct within *inner,
                      unsigned depth);

static int read_node(struct reading *reading, const json_t *json, const struct within *outer,
                     unsigned depth)
{
    static const struct matrix identity = { { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } } };
    struct export_tree *tree = reading->tree;
    struct export_node *node = add_node(tree);
    uint32_t number = tree->count - 1;
    struct within inner = *outer;
    inner.what = export_choice_within(&reading->choice, json, outer->what);
    int error = limit_check(&tree->limit);
    if (node == NULL)
        return -ENOMEM;
    const char *name = json_string_value(json_object_get(json, "name"));
    node->name = name == NULL ? "" : name;
    if (error == 0)
        error = scene_place(&tree->scene, json, &identity, &node->place);
    if (error < 0)
        return error;
    inner.placed = node->placed = matrix_multiply(&outer->placed, &node->place);
    if (json_object_get(json, "parts") != NULL)
        error = read_group(reading, json, &inner, depth);
    else if (inner.what.chosen && !inner.what.hidden)
        error = read_part(reading, json, node);
    node = &tree->nodes[number];
    node->end = tree->count;
    for (uint32_t i = number + 1; i < node->end && node->kind == EXPORT_GROUP; i++)
        node->written = node->written || tree->nodes[i].written;
    return error;
}

static int read_group(struct reading *reading, const json_t *json, const struct within *inner,
                      unsigned depth)
{
    size_t index;
    json_t *part;
    int error = 0;
    if (depth == DEPTH_MAX)
        return export_tree_fail(reading->tree, -E2BIG, "the parts are nested too deeply");
    json_array_foreach(json_object_get(json, "parts"), index, part) {
        if (error == 0)
            error = read_node(reading, part, inner, depth + 1);
    }
    return error;
}

/* ---- what parts share ---- */

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static uint32_t color_of(const struct export_node *node)
{
    return (uint32_t)node->color[0] << 24 | (uint32_t)node->color[1] << 16 |
           (uint32_t)node->color[2] << 8 | node->color[3];
}

static int compare_materials(const struct export_node *a, const struct export_node *b)
{
    int order = compare(color_of(a), color_of(b));
    return order != 0 ? order : compare(a->both, b->both);
}

static int compare_shapes(const struct export_node *a, const struct export_node *b)
{
    int order = compare(a->source, b->source);
    if (order == 0)
        order = compare(a->kind, b->kind);
    return order != 0 ? order : compare_materials(a, b);
}

static int by_shape(const void *left, const void *right)
{
    const struct export_node *a = *(struct export_node *const *)left;
    const struct export_node *b = *(struct export_node *const *)right;
    int order = compare_shapes(a, b);
    return order != 0 ? order : compare((uintptr_t)a, (uintptr_t)b);
}

static int by_material(const void *left, const void *right)
{
    const struct export_shape *a = *(struct export_shape *const *)left;
    const struct export_shape *b = *(struct export_shape *const *)right;
    int order = compare_materials(a->first, b->first);
    return order != 0 ? order : compare((uintptr_t)a, (uintptr_t)b);
}

static void add_shape(struct export_tree *tree, struct export_node *node)
{
    struct export_shape *last =
        tree->shape_count == 0 ? NULL : &tree->shapes[tree->shape_count - 1];
    if (last == NULL || compare_shapes(last->first, node) != 0) {
        bool other =
            last == NULL || last->first->source != node->source || last->first->kind != node->kind;
        tree->mesh_count += other;
        tree->shapes[tree->shape_count++] =
            (struct export_shape){ .first = node, .mesh = tree->mesh_count - 1, .named = true };
    } else if (strcmp(last->first->name, node->name) != 0) {
        last->named = false;
    }
    node->shape = tree->shape_count - 1;
}

/* Numbers the colours, in tree->materials one shape of each. */
static void number_materials(struct export_tree *tree)
{
    struct export_shape **list = tree->materials;
    for (uint32_t i = 0; i < tree->shape_count; i++)
        list[i] = &tree->shapes[i];
    qsort(list, tree->shape_count, sizeof(struct export_shape *), by_material);
    for (uint32_t i = 0; i < tree->shape_count; i++) {
        uint32_t count = tree->material_count;
        struct export_shape *shape = list[i];
        if (count == 0 || compare_materials(list[count - 1]->first, shape->first) != 0)
            list[tree->material_count++] = shape;
        shape->material = tree->material_count - 1;
    }
}

static int share(struct export_tree *tree)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < tree->count; i++)
        count += tree->nodes[i].written && tree->nodes[i].kind != EXPORT_GROUP;
    if (count == 0)
        return export_tree_fail(tree, -ENODATA, "nothing of it can be written in this format");
    struct export_node **parts = scene_allocate(&tree->scene, count * sizeof(struct export_node *));
    tree->shapes = scene_allocate(&tree->scene, count * sizeof(*tree->shapes));
    tree->materials = scene_allocate(&tree->scene, count * sizeof(struct export_shape *));
    if (parts == NULL || tree->shapes == NULL || tree->materials == NULL)
        return -ENOMEM;
    count = 0;
    for (uint32_t i = 0; i < tree->count; i++) {
        if (tree->nodes[i].written && tree->nodes[i].kind != EXPORT_GROUP)
            parts[count++] = &tree->nodes[i];
    }
    qsort(parts, count, sizeof(struct export_node *), by_shape);
    for (uint32_t i = 0; i < count; i++)
        add_shape(tree, parts[i]);
    number_materials(tree);
    return 0;
}

/* ---- the whole ---- */

static int read_all(struct reading *reading)
{
    static const struct matrix identity = { { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } } };
    struct export_tree *tree = reading->tree;
    json_t *shapes = json_object_get(json_object_get(tree->scene.root, "data"), "shapes");
    struct within outer = { .placed = identity };
    if (json_object_get(shapes, "parts") == NULL)
        return export_tree_fail(tree, -ENODATA, "there is no model in it");
    int error = export_choice_begin(&reading->choice, reading->options, &outer.what);
    if (error == 0)
        error = scene_meshes(&tree->scene);
    if (error == 0)
        error = read_node(reading, shapes, &outer, 0);
    const char *id = export_choice_missing(&reading->choice);
    if (error == 0 && id != NULL) {
        snprintf(tree->fault, EXPORT_WHY, "there is no part %.150s", id);
        return -ENOENT;
    }
    return error < 0 ? error : share(tree);
}

int export_tree_read(struct export_tree *tree, const uint8_t *file, size_t size,
                     const struct export_options *options, bool drawn)
{
    struct reading reading = { .tree = tree, .options = options, .drawn = drawn };
    tree->limit = limit_start(options->max_ms, options->cancel);
    int error = scene_open(&tree->scene, file, size, options->max_bytes);
    if (error == 0) {
        look_init(&tree->look);
        look_settings(&tree->look, json_object_get(tree->scene.root, "config"));
        tree->scene.states = options->states;
        error = read_all(&reading);
        export_choice_free(&reading.choice);
    }
    return error;
}

void export_tree_free(struct export_tree *tree)
{
    free(tree->nodes);
    scene_free(&tree->scene);
    *tree = (struct export_tree){ .fault = tree->fault };
}
