/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/scene_array.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "model/model.h"

static int fail(struct scene *scene, const char *fault)
{
    scene->fault = fault;
    return -EINVAL;
}

static bool whole(const json_t *value, uint64_t *number)
{
    *number = (uint64_t)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

/* What an array must hold. */
enum element { COORDINATES, INDICES };

static bool is_of(const char *type, enum element element)
{
    if (type == NULL)
        return false;
    if (element == COORDINATES)
        return strcmp(type, "float32") == 0;
    return strcmp(type, "int32") == 0 || strcmp(type, "uint32") == 0;
}

/* Whether `descriptor` is an array of such elements, inside the file. */
static bool inside(const struct scene *scene, const json_t *descriptor, enum element element,
                   uint64_t *offset, uint64_t *bytes)
{
    return is_of(json_string_value(json_object_get(descriptor, "dtype")), element) &&
           whole(json_object_get(descriptor, "offset"), offset) &&
           whole(json_object_get(descriptor, "bytes"), bytes) && *offset % MODEL_ALIGN == 0 &&
           *offset <= scene->size && *bytes <= scene->size - *offset && *bytes % 4 == 0 &&
           *bytes / 4 <= INT32_MAX;
}

/* The elements of a member of a shape: `multiple` times some. None if there is no such member. */
static int read_array(struct scene *scene, const json_t *shape, const char *name,
                      enum element element, unsigned multiple, const void **data, uint32_t *count)
{
    const json_t *descriptor = json_object_get(shape, name);
    uint64_t offset = 0;
    uint64_t bytes = 0;
    *data = NULL;
    *count = 0;
    if (descriptor == NULL || json_is_null(descriptor) ||
        (json_is_array(descriptor) && json_array_size(descriptor) == 0))
        return 0;
    if (json_is_array(descriptor))
        return fail(scene, "its arrays are plain lists");
    if (!inside(scene, descriptor, element, &offset, &bytes))
        return fail(scene, "an array is not of its type, or lies outside the file");
    if (bytes / 4 % multiple != 0)
        return fail(scene, "an array has an odd length");
    *data = scene->data + offset;
    *count = (uint32_t)(bytes / 4 / multiple);
    return 0;
}

/* Reads points and their box. */
static int read_points(struct scene *scene, const json_t *shape, const char *name,
                       unsigned multiple, const float **points, uint32_t *count,
                       struct scene_array_box *box)
{
    const void *data;
    int error = read_array(scene, shape, name, COORDINATES, multiple, &data, count);
    *points = data;
    *count *= multiple / 3;
    for (int i = 0; i < 3; i++) {
        box->low[i] = INFINITY;
        box->high[i] = -INFINITY;
    }
    for (size_t i = 0; error == 0 && i < 3 * (size_t)*count; i++) {
        float value = (*points)[i];
        int axis = (int)(i % 3);
        if (!isfinite(value))
            return fail(scene, "a coordinate is not a number");
        if (value < box->low[axis])
            box->low[axis] = value;
        if (value > box->high[axis])
            box->high[axis] = value;
    }
    return error;
}

static int read_faces(struct scene *scene, const json_t *shape, struct scene_mesh *mesh)
{
    const void *normals = NULL;
    const void *corners = NULL;
    uint32_t normal_count = 0;
    int error = read_points(scene, shape, "vertices", 3, &mesh->points, &mesh->count, &mesh->box);
    if (error == 0)
        error = read_array(scene, shape, "normals", COORDINATES, 3, &normals, &normal_count);
    if (error == 0)
        error = read_array(scene, shape, "triangles", INDICES, 3, &corners, &mesh->triangles);
    if (error < 0)
        return error;
    if (normal_count != mesh->count)
        return fail(scene, "a shape has not as many normals as vertices");
    mesh->normals = normals;
    mesh->corners = corners;
    for (size_t i = 0; corners != NULL && i < 3 * (size_t)mesh->triangles; i++) {
        if (mesh->corners[i] >= mesh->count)
            return fail(scene, "a triangle names a vertex that does not exist");
    }
    return 0;
}

static int read_mesh(struct scene *scene, const json_t *shape, struct scene_mesh *mesh)
{
    if (!json_is_object(shape))
        return fail(scene, "a part has no shape");
    int error = read_faces(scene, shape, mesh);
    if (error == 0)
        error = read_points(scene, shape, "edges", 6, &mesh->edges, &mesh->edge_points,
                            &mesh->edge_box);
    if (error == 0)
        error = read_points(scene, shape, "obj_vertices", 3, &mesh->vertices, &mesh->vertex_count,
                            &mesh->vertex_box);
    mesh->read = error == 0;
    return error;
}

int scene_array_mesh(struct scene *scene, const json_t *shape, const struct scene_mesh **mesh)
{
    const json_t *ref = json_object_get(shape, "ref");
    uint64_t index;
    struct scene_mesh *own;
    if (ref == NULL) {
        own = scene_allocate(scene, sizeof(*own));
        if (own == NULL)
            return scene->fault != NULL ? -EFBIG : -ENOMEM;
        *own = (struct scene_mesh){ 0 };
        *mesh = own;
        return read_mesh(scene, shape, own);
    }
    if (!whole(ref, &index) || index >= scene->mesh_count)
        return fail(scene, "a part names an instance that does not exist");
    own = &scene->meshes[index];
    *mesh = own;
    if (own->read)
        return 0;
    json_t *instances = json_object_get(json_object_get(scene->root, "data"), "instances");
    return read_mesh(scene, json_array_get(instances, (size_t)index), own);
}
