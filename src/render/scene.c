/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/scene.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/json.h"
#include "model/model.h"
#include "render/color.h"
#include "render/scene_array.h"
#include "render/scene_choice.h"

/* Deepest nesting of parts. */
#define DEPTH_MAX 256

/* How many bytes of memory a byte of JSON may become: "[0,0" is two bytes a number. */
#define JSON_WEIGHT 16

#define ALL_CUTS ((1U << SCENE_CUTS_MAX) - 1)

/* A group or a part while it is read. */
struct part {
    const json_t *json;
    struct matrix place;
    bool faces; /* visible */
    bool edges;
};

static int fail(struct scene *scene, int error, const char *fault)
{
    if (scene->fault == NULL)
        scene->fault = fault;
    return error;
}

int scene_open(struct scene *scene, const uint8_t *file, size_t size, size_t budget)
{
    *scene = (struct scene){ .budget = budget };
    if (size < MODEL_HEAD || memcmp(file, "CADCAST1", 8) != 0 || bytes_get(file + 8, 4) != 1)
        return fail(scene, -EINVAL, "this is not a model file");
    if ((uintptr_t)file % sizeof(float) != 0)
        return fail(scene, -EINVAL, "the model file is not aligned in memory");
    size_t json_size = (size_t)bytes_get(file + 12, 4);
    if (json_size > size - MODEL_HEAD)
        return fail(scene, -EINVAL, "the model file is cut short");
    if (json_size > scene->budget / JSON_WEIGHT)
        return fail(scene, -EFBIG, "the model has too many parts");
    scene->budget -= json_size * JSON_WEIGHT;
    scene->root = json_read(file + MODEL_HEAD, json_size, 0, NULL);
    if (scene->root == NULL)
        return fail(scene, -EINVAL, "the model file's JSON is damaged");
    size_t start = (MODEL_HEAD + json_size + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    scene->data = file + (start < size ? start : size);
    scene->size = start < size ? size - start : 0;
    return 0;
}

void *scene_allocate(struct scene *scene, size_t size)
{
    void **more = realloc(scene->owned, (scene->owned_count + 1) * sizeof(void *));
    if (more == NULL)
        return NULL;
    scene->owned = more;
    if (size > scene->budget) {
        fail(scene, -EFBIG, "this needs more memory than is allowed");
        return NULL;
    }
    void *memory = malloc(size + 1);
    if (memory == NULL)
        return NULL;
    scene->budget -= size;
    scene->owned[scene->owned_count++] = memory;
    return memory;
}

struct scene_item *scene_add(struct scene *scene)
{
    if (scene->count == scene->room) {
        size_t room = scene->room == 0 ? 64 : 2 * scene->room;
        size_t bytes = (room - scene->room) * sizeof(struct scene_item);
        if (bytes > scene->budget) {
            fail(scene, -EFBIG, "the picture needs more memory than is allowed");
            return NULL;
        }
        struct scene_item *items = realloc(scene->items, room * sizeof(struct scene_item));
        if (items == NULL)
            return NULL;
        scene->budget -= bytes;
        scene->items = items;
        scene->room = room;
    }
    struct scene_item *item = &scene->items[scene->count++];
    *item = (struct scene_item){
        .alpha = 1, .width = 1, .visible = true, .depth = true, .cuts = ALL_CUTS
    };
    return item;
}

static int no_item(const struct scene *scene)
{
    return scene->fault != NULL ? -EFBIG : -ENOMEM;
}

/* Extends the box of the scene by that of a mesh at a place, as its eight corners. */
static void extend(struct scene *scene, const struct scene_array_box *box, const struct matrix *at)
{
    for (int corner = 0; corner < 8; corner++) {
        double p[3], q[3];
        for (int i = 0; i < 3; i++)
            p[i] = corner >> i & 1 ? box->high[i] : box->low[i];
        matrix_apply(at, p, q);
        for (int i = 0; i < 3; i++) {
            scene->low[i] = fmin(scene->low[i], q[i]);
            scene->high[i] = fmax(scene->high[i], q[i]);
        }
    }
}

static void set_middle(struct scene_item *item, const struct scene_array_box *box)
{
    for (int i = 0; i < 3; i++)
        item->middle[i] = (box->low[i] + box->high[i]) * 0.5;
}

static void set_color(float to[3], const json_t *value, const uint8_t otherwise[3])
{
    static const uint8_t white[3] = { 255, 255, 255 };
    uint8_t rgb[3];
    if (json_is_array(value))
        value = json_array_get(value, 0);
    if (!json_is_string(value))
        memcpy(rgb, otherwise, sizeof(rgb));
    else if (!color_parse(json_string_value(value), rgb))
        memcpy(rgb, white, sizeof(rgb));
    color_linear(rgb, to);
}

static double number_or(const json_t *json, const char *name, double otherwise)
{
    const json_t *value = json_object_get(json, name);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

/* ---- the kinds of parts ---- */

static int add_lines(struct scene *scene, const struct part *part, const struct scene_mesh *mesh)
{
    static const uint8_t black[3];
    const uint8_t *color = scene->look.black_edges ? black : scene->look.edges;
    struct scene_item *item = scene_add(scene);
    if (item == NULL)
        return no_item(scene);
    item->kind = SCENE_LINES;
    item->points = mesh->edges;
    item->count = mesh->edge_points;
    item->place = part->place;
    item->round = true;
    item->late = true;
    item->visible = part->edges;
    item->depth = !scene->look.transparent;
    item->push = -1;
    item->push_units = -1;
    set_middle(item, &mesh->edge_box);
    color_linear(color, item->color);
    return 0;
}

static bool is_solid(const json_t *json)
{
    const char *subtype = json_string_value(json_object_get(json, "subtype"));
    return subtype != NULL && strcmp(subtype, "solid") == 0;
}

/* The colour of the back of what is no solid: that of edges, lighter. */
static void set_back_color(struct scene *scene, struct scene_item *back, const json_t *json)
{
    if (is_solid(json))
        return;
    color_linear(scene->look.edges, back->color);
    for (int i = 0; i < 3; i++)
        back->color[i] += (1 - back->color[i]) * 0.15F;
}

static struct scene_item *add_side(struct scene *scene, const struct part *part,
                                   const struct scene_mesh *mesh, enum scene_side side)
{
    struct scene_item *item = scene_add(scene);
    if (item == NULL)
        return NULL;
    double alpha = number_or(part->json, "alpha", 1);
    alpha = alpha > 1 ? 1 : alpha > 0 ? alpha : 0;
    item->kind = SCENE_FACES;
    item->side = side;
    item->points = mesh->points;
    item->count = mesh->count;
    item->normals = side == SCENE_FRONT ? mesh->normals : NULL;
    item->corners = mesh->corners;
    item->triangles = mesh->triangles;
    item->place = part->place;
    item->alpha = (float)(scene->look.transparent ? scene->look.opacity * alpha : alpha);
    item->late = alpha < 1;
    item->depth = !scene->look.transparent && alpha >= 1;
    item->visible = part->faces;
    item->push = 1;
    item->push_units = side == SCENE_BACK ? 2 : 1;
    set_middle(item, &mesh->box);
    set_color(item->color, json_object_get(part->json, "color"), scene->look.edges);
    return item;
}

static int add_shape(struct scene *scene, const struct part *part, const struct scene_mesh *mesh)
{
    /* Into a model that is cut one sees, as in the page. */
    if (scene->cut_count > 0 || json_is_true(json_object_get(part->json, "renderback"))) {
        struct scene_item *back = add_side(scene, part, mesh, SCENE_BACK);
        if (back == NULL)
            return no_item(scene);
        set_back_color(scene, back, part->json);
    }
    struct scene_item *front = add_side(scene, part, mesh, SCENE_FRONT);
    if (front == NULL)
        return no_item(scene);
    front->body = is_solid(part->json) ? ++scene->bodies : 0;
    bool depth = front->depth;
    extend(scene, &mesh->box, &part->place);
    if (mesh->edge_points == 0 || scene->look.hide_edges)
        return 0;
    int error = add_lines(scene, part, mesh);
    if (error == 0 && !depth)
        scene->items[scene->count - 1].depth = false;
    return error;
}

/* A face with an image on it: what it shows is not drawn here, only where it is. */
static int add_image(struct scene *scene, const struct part *part, const json_t *texture,
                     const struct scene_mesh *mesh)
{
    static const uint32_t corners[6] = { 0, 2, 1, 2, 3, 1 };
    double width = number_or(texture, "width", 1) / 2;
    double height = number_or(texture, "height", 1) / 2;
    float *points = scene_allocate(scene, 12 * sizeof(float));
    struct scene_item *item = points == NULL ? NULL : scene_add(scene);
    if (item == NULL)
        return no_item(scene);
    if (!(fabs(width) < 1e15) || !(fabs(height) < 1e15))
        return fail(scene, -EINVAL, "an image has no valid size");
    for (int i = 0; i < 4; i++) {
        points[3 * i] = (float)(i & 1 ? width : -width);
        points[3 * i + 1] = (float)(i & 2 ? -height : height);
        points[3 * i + 2] = 0;
    }
    struct scene_array_box box = { { -fabs(width), -fabs(height), 0 },
                                   { fabs(width), fabs(height), 0 } };
    item->points = points;
    item->count = 4;
    item->corners = corners;
    item->triangles = 2;
    item->side = SCENE_BOTH;
    item->place = part->place;
    item->solid = true;
    item->visible = part->faces;
    item->depth = !scene->look.transparent;
    item->color[0] = item->color[1] = item->color[2] = 1;
    set_middle(item, &box);
    extend(scene, &box, &part->place);
    scene->left_out++;
    return mesh->edge_points == 0 ? 0 : add_lines(scene, part, mesh);
}

/* Colours of its own for each line. */
static int set_line_colors(struct scene *scene, struct scene_item *item, const json_t *list)
{
    static const uint8_t white[3] = { 255, 255, 255 };
    if (json_array_size(list) < item->count / 2)
        return fail(scene, -EINVAL, "some lines have no colour");
    size_t index = (size_t)(item - scene->items);
    float *colors = scene_allocate(scene, (size_t)(item->count / 2) * 3 * sizeof(float));
    if (colors == NULL)
        return no_item(scene);
    item = &scene->items[index];
    for (size_t i = 0; i < item->count / 2; i++)
        set_color(colors + 3 * i, json_array_get(list, i), white);
    item->colors = colors;
    return 0;
}

static int add_edges(struct scene *scene, const struct part *part, const struct scene_mesh *mesh)
{
    const json_t *color = json_object_get(part->json, "color");
    extend(scene, &mesh->edge_box, &part->place);
    int error = add_lines(scene, part, mesh);
    if (error < 0)
        return error;
    struct scene_item *item = &scene->items[scene->count - 1];
    double width = number_or(part->json, "width", 1);
    item->width = (float)(width > 0 && width < 1000 ? width : 1);
    if (json_is_array(color))
        return set_line_colors(scene, item, color);
    if (!scene->look.black_edges)
        set_color(item->color, color, scene->look.edges);
    return 0;
}

static int add_vertices(struct scene *scene, const struct part *part, const struct scene_mesh *mesh)
{
    struct scene_item *item = scene_add(scene);
    if (item == NULL)
        return no_item(scene);
    double size = number_or(part->json, "size", 1);
    item->kind = SCENE_POINTS;
    item->points = mesh->vertices;
    item->count = mesh->vertex_count;
    item->place = part->place;
    item->width = (float)(size > 0 && size < 1000 ? size : 1);
    item->visible = part->edges;
    item->depth = !scene->look.transparent;
    set_middle(item, &mesh->vertex_box);
    set_color(item->color, json_object_get(part->json, "color"), scene->look.edges);
    extend(scene, &mesh->vertex_box, &part->place);
    return 0;
}

static int add_part(struct scene *scene, struct part *part)
{
    const char *type = json_string_value(json_object_get(part->json, "type"));
    const json_t *texture = json_object_get(part->json, "texture");
    const struct scene_mesh *mesh = NULL;
    if (type != NULL && strcmp(type, "polygon") == 0) {
        scene->left_out++;
        return 0;
    }
    int error = scene_array_mesh(scene, json_object_get(part->json, "shape"), &mesh);
    if (error < 0)
        return error;
    bool edges = type != NULL && strcmp(type, "edges") == 0;
    bool vertices = type != NULL && strcmp(type, "vertices") == 0;
    if (edges)
        return mesh->edge_points == 0 ? 0 : add_edges(scene, part, mesh);
    if (vertices)
        return mesh->vertex_count == 0 ? 0 : add_vertices(scene, part, mesh);
    if (json_is_object(texture))
        return add_image(scene, part, texture, mesh);
    return mesh->count == 0 ? 0 : add_shape(scene, part, mesh);
}

/* ---- the tree ---- */

static bool read_numbers(const json_t *list, size_t size, double *out)
{
    for (size_t i = 0; i < size; i++) {
        const json_t *value = json_array_get(list, i);
        out[i] = json_number_value(value);
        if (!json_is_number(value) || !(fabs(out[i]) < 1e30))
            return false;
    }
    return json_array_size(list) == size;
}

int scene_place(struct scene *scene, const json_t *json, const struct matrix *parent,
                struct matrix *place)
{
    const json_t *loc = json_object_get(json, "loc");
    double position[3], quaternion[4];
    *place = *parent;
    if (loc == NULL || json_is_null(loc))
        return 0;
    if (!read_numbers(json_array_get(loc, 0), 3, position) ||
        !read_numbers(json_array_get(loc, 1), 4, quaternion))
        return fail(scene, -EINVAL, "the place of a part is not valid");
    struct matrix own = matrix_place(position, quaternion);
    *place = matrix_multiply(parent, &own);
    return 0;
}

void scene_state(const struct scene *scene, const json_t *part, bool *faces, bool *edges)
{
    const json_t *state = json_object_get(part, "state");
    const char *id = json_string_value(json_object_get(part, "id"));
    const json_t *own = id == NULL ? NULL : json_object_get(scene->states, id);
    if (json_array_size(own) == 2)
        state = own;
    *faces = json_number_value(json_array_get(state, 0)) == 1;
    *edges = json_number_value(json_array_get(state, 1)) == 1;
}

static int add_parts(struct scene *scene, const json_t *group, const struct matrix *parent,
                     const struct scene_choice *outer, unsigned depth)
{
    struct matrix place;
    struct scene_choice inner = scene_choice_of(scene, group, outer);
    size_t index;
    json_t *json;
    if (depth == DEPTH_MAX)
        return fail(scene, -E2BIG, "the parts are nested too deeply");
    int error = scene_place(scene, group, parent, &place);
    json_array_foreach(json_object_get(group, "parts"), index, json) {
        struct part part = { .json = json };
        if (error < 0)
            return error;
        if (json_object_get(json, "parts") != NULL) {
            error = add_parts(scene, json, &place, &inner, depth + 1);
            continue;
        }
        struct scene_choice choice = scene_choice_of(scene, json, &inner);
        scene_choice_apply(scene, json, &choice, &part.faces, &part.edges);
        error = scene_place(scene, json, &place, &part.place);
        if (error == 0)
            error = add_part(scene, &part);
    }
    return error;
}

/* The box that the kernel has worked out from the exact shapes: the page frames the model by it. */
static void take_box(struct scene *scene, const json_t *box)
{
    static const char *const names[2][3] = { { "xmin", "ymin", "zmin" },
                                             { "xmax", "ymax", "zmax" } };
    double low[3], high[3];
    for (int i = 0; i < 3; i++) {
        low[i] = number_or(box, names[0][i], INFINITY);
        high[i] = number_or(box, names[1][i], -INFINITY);
        if (!(low[i] <= high[i]))
            return;
    }
    memcpy(scene->low, low, sizeof(low));
    memcpy(scene->high, high, sizeof(high));
}

int scene_meshes(struct scene *scene)
{
    json_t *instances = json_object_get(json_object_get(scene->root, "data"), "instances");
    scene->mesh_count = json_array_size(instances);
    if (scene->mesh_count == 0)
        return 0;
    scene->meshes = scene_allocate(scene, scene->mesh_count * sizeof(struct scene_mesh));
    if (scene->meshes == NULL)
        return no_item(scene);
    memset(scene->meshes, 0, scene->mesh_count * sizeof(struct scene_mesh));
    return 0;
}

int scene_build(struct scene *scene, const struct look *look, const json_t *states)
{
    static const struct matrix identity = { { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } } };
    json_t *data = json_object_get(scene->root, "data");
    json_t *shapes = json_object_get(data, "shapes");
    scene->look = *look;
    scene->states = states;
    for (int i = 0; i < 3; i++) {
        scene->low[i] = INFINITY;
        scene->high[i] = -INFINITY;
    }
    const struct scene_choice none = { 0 };
    int error = scene_meshes(scene);
    if (error == 0)
        error = scene_choice_begin(scene);
    if (error == 0)
        error = add_parts(scene, shapes, &identity, &none, 0);
    if (error == 0)
        error = scene_choice_end(scene);
    if (error < 0)
        return error;
    if (scene->count == 0 || !(scene->low[0] <= scene->high[0]))
        return fail(scene, -ENODATA, "there is nothing to draw");
    take_box(scene, json_object_get(shapes, "bb"));
    for (int i = 0; i < 3; i++) {
        if (!(fabs(scene->low[i]) < 1e30) || !(fabs(scene->high[i]) < 1e30))
            return fail(scene, -EINVAL, "the model is too large to draw");
    }
    return 0;
}

void scene_free(struct scene *scene)
{
    for (size_t i = 0; i < scene->owned_count; i++)
        free(scene->owned[i]);
    free(scene->owned);
    free(scene->items);
    json_decref(scene->root);
    json_decref(scene->missing);
    *scene = (struct scene){ .fault = scene->fault };
}
