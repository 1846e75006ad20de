/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "model/instance.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "model/model.h"

enum { ITEM = 4 }; /* bytes of each element */

static const char *const names[INSTANCE_ARRAYS] = {
    [INSTANCE_VERTICES] = "vertices",
    [INSTANCE_TRIANGLES] = "triangles",
    [INSTANCE_NORMALS] = "normals",
    [INSTANCE_EDGES] = "edges",
    [INSTANCE_OBJ_VERTICES] = "obj_vertices",
    [INSTANCE_FACE_TYPES] = "face_types",
    [INSTANCE_EDGE_TYPES] = "edge_types",
    [INSTANCE_TRIANGLES_PER_FACE] = "triangles_per_face",
    [INSTANCE_SEGMENTS_PER_EDGE] = "segments_per_edge",
};

const char *instance_array_name(enum instance_array array)
{
    return names[array];
}

static bool known_dtype(const char *name)
{
    return name != NULL && (strcmp(name, "float32") == 0 || strcmp(name, "int32") == 0 ||
                            strcmp(name, "uint32") == 0);
}

/* Reads one array, which may be missing. */
static int read_array(struct instance *instance, enum instance_array array, const uint8_t *data,
                      size_t size)
{
    const json_t *from = json_object_get(instance->json, names[array]);
    const json_t *shape = json_object_get(from, "shape");
    if (from == NULL) {
        instance->arrays[array].data = data;
        instance->arrays[array].dtype = "float32";
        return 0;
    }
    json_int_t count = json_integer_value(json_array_get(shape, 0));
    json_int_t offset = json_integer_value(json_object_get(from, "offset"));
    json_int_t bytes = json_integer_value(json_object_get(from, "bytes"));
    const char *dtype = json_string_value(json_object_get(from, "dtype"));
    if (json_array_size(shape) != 1 || !known_dtype(dtype) || count < 0 || offset < 0 ||
        offset % MODEL_ALIGN != 0 || (uint64_t)offset > size ||
        (uint64_t)count > (size - (uint64_t)offset) / ITEM || bytes != count * ITEM)
        return -EBADMSG;
    instance->arrays[array].data = data + offset;
    instance->arrays[array].bytes = (size_t)bytes;
    instance->arrays[array].dtype = dtype;
    return 0;
}

static void read_box(struct instance *instance)
{
    static const char *const keys[] = { "xmin", "ymin", "zmin", "xmax", "ymax", "zmax" };
    const json_t *bb = json_object_get(instance->json, "bb");
    instance->boxed = json_is_object(bb);
    for (size_t i = 0; i < 6; i++) {
        const json_t *number = json_object_get(bb, keys[i]);
        instance->boxed = instance->boxed && json_is_number(number);
        instance->box[i] = json_number_value(number);
    }
}

static void read_info(struct instance *instance)
{
    const json_t *info = json_object_get(instance->json, "info");
    const char *maker = json_string_value(json_object_get(info, "algorithm"));
    json_int_t faces = json_integer_value(json_object_get(info, "faces"));
    json_int_t watson = json_integer_value(json_object_get(info, "watson_faces"));
    instance->quality = json_number_value(json_object_get(instance->json, "quality"));
    instance->faces = faces > 0 ? (uint64_t)faces : 0;
    instance->watson = watson > 0 ? (uint64_t)watson : 0;
    instance->notices = json_object_get(info, "notices");
    instance->maker = maker == NULL ? "" : maker;
}

/* A shape whose faces have no triangles is drawn as its edges, as one that has no faces is. */
static enum instance_type type_of(const struct instance *instance)
{
    const char *type = json_string_value(json_object_get(instance->json, "type"));
    bool shapes = type == NULL || strcmp(type, "shapes") == 0;
    if (shapes && instance->arrays[INSTANCE_TRIANGLES].bytes > 0)
        return INSTANCE_SHAPES;
    if (instance->arrays[INSTANCE_EDGES].bytes > 0)
        return INSTANCE_EDGE_SET;
    return instance->arrays[INSTANCE_OBJ_VERTICES].bytes > 0 ? INSTANCE_POINTS : INSTANCE_NOTHING;
}

/* Whether the sizes of the arrays can belong together, as the page trusts them to. */
static bool agrees(const struct instance *instance)
{
    size_t vertices = instance->arrays[INSTANCE_VERTICES].bytes / ITEM;
    return vertices % 3 == 0 && instance->arrays[INSTANCE_NORMALS].bytes / ITEM == vertices &&
           instance->arrays[INSTANCE_TRIANGLES].bytes / ITEM % 3 == 0 &&
           instance->arrays[INSTANCE_EDGES].bytes / ITEM % 6 == 0 &&
           instance->arrays[INSTANCE_OBJ_VERTICES].bytes / ITEM % 3 == 0;
}

static int read_members(struct instance *instance, const uint8_t *data, size_t size)
{
    for (enum instance_array array = 0; array < INSTANCE_ARRAYS; array++) {
        int error = read_array(instance, array, data, size);
        if (error < 0)
            return error;
    }
    if (!agrees(instance))
        return -EBADMSG;
    read_box(instance);
    read_info(instance);
    instance->type = type_of(instance);
    return 0;
}

int instance_open(struct instance *instance, const struct blob *blob)
{
    const uint8_t *file = blob_payload(blob);
    size_t size = blob_payload_size(blob);
    memset(instance, 0, sizeof(*instance));
    if (size < MODEL_HEAD || memcmp(file, MODEL_MAGIC, 8) != 0 || bytes_get(file + 8, 4) != 1)
        return -EBADMSG;
    size_t json = (size_t)bytes_get(file + 12, 4);
    size_t data = (MODEL_HEAD + json + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    if (json > size - MODEL_HEAD || data > size)
        return -EBADMSG;
    instance->json = json_loadb((const char *)file + MODEL_HEAD, json, 0, NULL);
    int error = json_is_object(instance->json) ? read_members(instance, file + data, size - data)
                                               : -EBADMSG;
    if (error < 0)
        instance_close(instance);
    return error;
}

void instance_close(struct instance *instance)
{
    json_decref(instance->json);
    memset(instance, 0, sizeof(*instance));
}
