/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "compare/compare_side.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "compare/compare_hash.h"
#include "render/scene_array.h"

/* Deepest nesting of parts. */
#define DEPTH_MAX 256

/* How many bytes of memory a byte of exact geometry takes while it is read. */
#define EXACT_WEIGHT 3

/* What is known of an instance, at its first use. */
struct compare_side_mesh {
    bool read;
    uint8_t hash[HASH_SHA256];
    double volume;
};

/* A model while it is read. */
struct reading {
    struct compare_side *side;
    const struct limit *limit;
    const char **fault;
};

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text == NULL ? "" : text;
}

const char *compare_side_key(const struct compare_side *side, const char *id)
{
    size_t n = strlen(side->root_id);
    return n > 0 && strncmp(id, side->root_id, n) == 0 && (id[n] == '/' || id[n] == '\0') ? id + n
                                                                                          : id;
}

/* ---- exact geometry ---- */

/* Notes the hashes of a part of the message, and of all below it. */
static int note_exact(json_t *hashes, const json_t *node, unsigned depth)
{
    size_t index;
    json_t *part;
    char hex[COMPARE_HASH_HEX];
    uint8_t hash[HASH_SHA256] = { 0 };
    const char *id = text_of(node, "id");
    const json_t *shape = json_object_get(json_object_get(node, "shape"), "obj");
    int error = 0;
    if (depth == DEPTH_MAX)
        return -E2BIG;
    if (json_is_string(shape) && json_string_length(shape) > 0) {
        error = hash_sha256(hash, json_string_value(shape), json_string_length(shape));
        compare_hash_hex(hash, hex);
        if (error == 0 && json_object_set_new(hashes, id, json_string(hex)) < 0)
            error = -ENOMEM;
    }
    json_array_foreach(json_object_get(node, "parts"), index, part) {
        if (error == 0)
            error = note_exact(hashes, part, depth + 1);
    }
    return error;
}

/* Exact geometry that cannot be read is as none: the arrays decide then. */
static int read_exact(const struct reading *reading, const struct blob *message, json_t **hashes)
{
    const struct compare_side *side = reading->side;
    if (message == NULL || blob_payload_size(message) > side->scene.budget / EXACT_WEIGHT)
        return 0;
    json_t *root = json_read(blob_payload(message), blob_payload_size(message), 0, NULL);
    if (root == NULL)
        return 0;
    *hashes = json_object();
    int error = *hashes == NULL ? -ENOMEM : note_exact(*hashes, json_object_get(root, "model"), 0);
    json_decref(root);
    return error;
}

/* ---- parts ---- */

/* The volume within the triangles, which is that of the shape if they are closed. */
static double volume_of(const struct scene_mesh *mesh)
{
    double sum = 0;
    const float *origin = mesh->points;
    for (size_t i = 0; i < mesh->triangles; i++) {
        double p[3][3];
        for (size_t k = 0; k < 3; k++) {
            const float *corner = mesh->points + 3 * (size_t)mesh->corners[3 * i + k];
            for (int axis = 0; axis < 3; axis++)
                p[k][axis] = (double)corner[axis] - (double)origin[axis];
        }
        sum += p[0][0] * (p[1][1] * p[2][2] - p[1][2] * p[2][1]) +
               p[0][1] * (p[1][2] * p[2][0] - p[1][0] * p[2][2]) +
               p[0][2] * (p[1][0] * p[2][1] - p[1][1] * p[2][0]);
    }
    return fabs(sum) / 6;
}

static int fail(const struct reading *reading, int error, const char *fault)
{
    *reading->fault = fault;
    return error;
}

/* Reads an instance, or the shape that a part has for itself. */
static int read_mesh(struct reading *reading, const json_t *shape, const struct scene_mesh **mesh,
                     struct compare_side_mesh *known)
{
    struct scene *scene = &reading->side->scene;
    const json_t *ref = json_object_get(shape, "ref");
    int error = scene_array_mesh(scene, shape, mesh);
    if (error < 0)
        return fail(reading, error, scene->fault);
    struct compare_side_mesh *kept =
        ref == NULL ? NULL : &reading->side->meshes[json_integer_value(ref)];
    if (kept != NULL && kept->read) {
        *known = *kept;
        return 0;
    }
    if (kept != NULL)
        shape = json_array_get(json_object_get(json_object_get(scene->root, "data"), "instances"),
                               (size_t)json_integer_value(ref));
    error = compare_hash(scene, shape, known->hash);
    if (error < 0)
        return fail(reading, error, "a shape cannot be read");
    known->volume = (*mesh)->triangles > 0 ? volume_of(*mesh) : 0;
    known->read = true;
    if (kept != NULL)
        *kept = *known;
    return 0;
}

/* The box of what is there: faces, else edges, else points, as `model` of the API has it. */
static void set_box(struct compare_side_part *part, const struct scene_mesh *mesh)
{
    if (mesh->count > 0)
        place_add_points(&part->box, &part->place, mesh->points, mesh->count);
    else if (mesh->edge_points > 0)
        place_add_points(&part->box, &part->place, mesh->edges, mesh->edge_points);
    else if (mesh->vertex_count > 0)
        place_add_points(&part->box, &part->place, mesh->vertices, mesh->vertex_count);
}

/* What a part is drawn with besides its shape. */
static int hash_look(const struct reading *reading, struct compare_side_part *part)
{
    static const char *const names[] = { "color", "alpha",      "texture", "material",
                                         "width", "renderback", "size" };
    json_t *look = json_object();
    int error = look == NULL ? -ENOMEM : 0;
    for (size_t i = 0; error == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
        json_t *value = json_object_get(part->json, names[i]);
        if (value == NULL || json_is_null(value))
            continue;
        /* 1 and 1.0 are one opacity. */
        json_t *plain =
            json_is_number(value) ? json_real(json_number_value(value)) : json_incref(value);
        if (json_object_set_new(look, names[i], plain) < 0)
            error = -ENOMEM;
    }
    if (error == 0)
        error = compare_hash(&reading->side->scene, look, part->look);
    json_decref(look);
    return error < 0 ? fail(reading, error, "a colour cannot be read") : 0;
}

static int set_shape(struct reading *reading, struct compare_side_part *part)
{
    const json_t *shape = json_object_get(part->json, "shape");
    const struct scene_mesh *mesh = NULL;
    struct compare_side_mesh known = { .read = false };
    int error = 0;
    /* Outlines of another kind, which are neither drawn nor measured here. */
    if (strcmp(part->type, "polygon") == 0)
        error = compare_hash(&reading->side->scene, shape, known.hash);
    else
        error = read_mesh(reading, shape, &mesh, &known);
    if (error < 0)
        return *reading->fault == NULL ? fail(reading, error, "a shape cannot be read") : error;
    memcpy(part->shape, known.hash, sizeof(part->shape));
    if (mesh == NULL)
        return 0;
    set_box(part, mesh);
    part->volume = known.volume;
    part->solid = strcmp(text_of(part->json, "subtype"), "solid") == 0 && isfinite(known.volume) &&
                  mesh->triangles > 0;
    return 0;
}

static struct compare_side_part *add_part(struct compare_side *side)
{
    if (side->count == side->room) {
        uint32_t room = side->room == 0 ? 64 : 2 * side->room;
        void *parts = realloc(side->parts, room * sizeof(*side->parts));
        if (parts == NULL)
            return NULL;
        side->parts = parts;
        side->room = room;
    }
    struct compare_side_part *part = &side->parts[side->count];
    *part = (struct compare_side_part){ .order = side->count++, .other = COMPARE_SIDE_NONE };
    return part;
}

static int read_leaf(struct reading *reading, const json_t *json, const struct place *place)
{
    struct compare_side *side = reading->side;
    struct compare_side_part *part = add_part(side);
    int error = limit_check(reading->limit);
    if (part == NULL || error < 0)
        return error < 0 ? error : -ENOMEM;
    part->json = json;
    part->id = text_of(json, "id");
    part->key = compare_side_key(side, part->id);
    part->name = text_of(json, "name");
    part->place = *place;
    scene_state(&side->scene, json, &part->faces, &part->edges);
    part->type = text_of(json, "type");
    part->exact = json_string_value(json_object_get(side->exact, part->id));
    part->also = json_string_value(json_object_get(side->also, part->id));
    error = set_shape(reading, part);
    if (error == 0)
        error = hash_look(reading, part);
    place_join_box(&side->box, &part->box);
    return error;
}

static int read_node(struct reading *reading, const json_t *json, const struct place *outer,
                     unsigned depth)
{
    size_t index;
    json_t *part;
    int error = 0;
    const json_t *parts = json_object_get(json, "parts");
    struct place place = place_within(outer, json_object_get(json, "loc"));
    if (depth == DEPTH_MAX)
        return fail(reading, -E2BIG, "the parts are nested too deeply");
    if (parts == NULL)
        return read_leaf(reading, json, &place);
    json_array_foreach(parts, index, part) {
        if (error == 0)
            error = read_node(reading, part, &place, depth + 1);
    }
    return error;
}

int compare_side_read(struct compare_side *side, const struct compare_input *input, size_t budget,
                      const struct limit *limit, const char **fault)
{
    struct reading reading = { .side = side, .limit = limit, .fault = fault };
    struct place none = place_none();
    *side = (struct compare_side){ .root_id = "" };
    int error = scene_open(&side->scene, input->file->data, input->file->size, budget);
    if (error < 0)
        return fail(&reading, error, side->scene.fault);
    side->scene.states = input->states;
    side->root = json_object_get(json_object_get(side->scene.root, "data"), "shapes");
    if (!json_is_object(side->root))
        return fail(&reading, -EINVAL, "there is no model in it");
    side->root_id = text_of(side->root, "id");
    error = read_exact(&reading, input->exact, &side->exact);
    if (error == 0)
        error = read_exact(&reading, input->also, &side->also);
    if (error == 0)
        error = scene_meshes(&side->scene);
    if (error == 0)
        side->meshes = calloc(side->scene.mesh_count + 1, sizeof(*side->meshes));
    if (error == 0 && side->meshes == NULL)
        error = -ENOMEM;
    return error == 0 ? read_node(&reading, side->root, &none, 0) : error;
}

void compare_side_free(struct compare_side *side)
{
    json_decref(side->exact);
    json_decref(side->also);
    free(side->meshes);
    free(side->parts);
    scene_free(&side->scene);
    *side = (struct compare_side){ .root_id = "" };
}
