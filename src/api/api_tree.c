/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_tree.h"

#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/json.h"
#include "model/model.h"
#include "model/place.h"

/* Deepest nesting of parts. */
#define DEPTH_MAX 256

/* Largest tree as text, in bytes: as JSON in memory it takes a dozen times as much. */
#define TEXT_MAX ((size_t)64 << 20)

/* What is known of one model, or of one part of it. */
struct counts {
    json_int_t triangles;
    json_int_t faces;
    json_int_t edges;
    json_int_t vertices;
};

struct reader {
    const uint8_t *data; /* the data area */
    size_t size;
    const json_t *instances;
    const json_t *states;
    size_t left;   /* parts that may still be described */
    size_t leaves; /* all parts so far */
    struct counts counts;
    struct place_box box;
};

/* The number of elements of an array of the file, or of a plain list. */
static json_int_t array_size(const json_t *array)
{
    json_int_t size = 1;
    size_t index;
    json_t *side;
    if (!json_is_object(array))
        return (json_int_t)json_array_size(array);
    json_array_foreach(json_object_get(array, "shape"), index, side) {
        json_int_t n = json_integer_value(side);
        if (n < 0 || n > UINT32_MAX || size > UINT32_MAX)
            return 0;
        size *= n;
    }
    return size;
}

/* Adds the points of an array to a box; what is no array of floats in the file adds nothing. */
static void add_points(const struct reader *reader, const json_t *array, const struct place *place,
                       struct place_box *box)
{
    const char *dtype = json_string_value(json_object_get(array, "dtype"));
    json_int_t offset = json_integer_value(json_object_get(array, "offset"));
    json_int_t bytes = json_integer_value(json_object_get(array, "bytes"));
    if (dtype == NULL || strcmp(dtype, "float32") != 0 || offset < 0 || bytes < 0 ||
        (size_t)offset > reader->size || (size_t)bytes > reader->size - (size_t)offset)
        return;
    place_add_points(box, place, reader->data + offset, (size_t)bytes / (3 * sizeof(float)));
}

/* The arrays of a part: those of the instance that it refers to, or its own. */
static const json_t *mesh_of(const struct reader *reader, const json_t *part)
{
    const json_t *shape = json_object_get(part, "shape");
    const json_t *ref = json_object_get(shape, "ref");
    json_int_t number = json_integer_value(ref);
    if (!json_is_integer(ref))
        return shape;
    return number < 0 ? NULL : json_array_get(reader->instances, (size_t)number);
}

static struct counts count(const json_t *mesh, const char *type)
{
    bool edges = type != NULL && strcmp(type, "edges") == 0;
    json_int_t faces = array_size(json_object_get(mesh, "triangles_per_face"));
    json_int_t lines = array_size(json_object_get(mesh, "segments_per_edge"));
    return (struct counts){
        .triangles = edges ? 0 : array_size(json_object_get(mesh, "triangles")) / 3,
        .faces = faces > 0 ? faces : array_size(json_object_get(mesh, "face_types")),
        .edges = lines > 0 ? lines : array_size(json_object_get(mesh, "edge_types")),
        .vertices = array_size(json_object_get(mesh, "obj_vertices")) / 3,
    };
}

/* Sets the counts that are not zero. */
static void set_counts(json_t *to, const struct counts *counts)
{
    const struct {
        const char *name;
        json_int_t value;
    } rows[] = { { "triangles", counts->triangles },
                 { "faces", counts->faces },
                 { "edges", counts->edges },
                 { "vertices", counts->vertices } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].value > 0)
            json_object_set_new(to, rows[i].name, json_integer(rows[i].value));
    }
}

static void add_counts(struct counts *to, const struct counts *from)
{
    to->triangles += from->triangles;
    to->faces += from->faces;
    to->edges += from->edges;
    to->vertices += from->vertices;
}

static void set_visible(const struct reader *reader, const json_t *part, json_t *to)
{
    const char *id = json_string_value(json_object_get(part, "id"));
    const json_t *state = json_object_get(part, "state");
    const json_t *own = id == NULL ? NULL : json_object_get(reader->states, id);
    if (json_array_size(own) == 2)
        state = own;
    bool faces = json_number_value(json_array_get(state, 0)) == 1;
    bool edges = json_number_value(json_array_get(state, 1)) == 1;
    json_object_set_new(to, "visible", json_boolean(faces || edges));
}

/* Copies members that say what a part is, where it has them. */
static json_t *named(const json_t *part)
{
    static const char *const names[] = { "id", "name", "subtype", "color", "alpha", "type" };
    json_t *to = json_object();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_t *value = json_object_get(part, names[i]);
        if (value != NULL && !json_is_null(value))
            json_object_set(to, names[i], value);
    }
    return to;
}

/* A part without parts of its own; NULL: it is only counted. */
static json_t *describe_leaf(struct reader *reader, const json_t *part, const struct place *place)
{
    const char *type = json_string_value(json_object_get(part, "type"));
    const json_t *mesh = mesh_of(reader, part);
    const json_t *points = json_object_get(mesh, "vertices");
    struct place_box box = { .some = false };
    struct counts counts = count(mesh, type);
    if (array_size(points) == 0)
        points = json_object_get(mesh, "edges");
    if (array_size(points) == 0)
        points = json_object_get(mesh, "obj_vertices");
    add_points(reader, points, place, &box);
    place_join_box(&reader->box, &box);
    add_counts(&reader->counts, &counts);
    reader->leaves++;
    if (reader->left == 0)
        return NULL;
    reader->left--;
    json_t *to = named(part);
    set_visible(reader, part, to);
    set_counts(to, &counts);
    if (box.some)
        json_object_set_new(to, "box", place_box_json(&box));
    return to;
}

/* A part, with all below it. NULL: none of it is described. */
static json_t *describe_part(struct reader *reader, const json_t *part, const struct place *outer,
                             unsigned depth)
{
    struct place place = place_within(outer, json_object_get(part, "loc"));
    const json_t *parts = json_object_get(part, "parts");
    size_t index;
    json_t *inner;
    if (depth > DEPTH_MAX)
        return NULL;
    if (!json_is_array(parts))
        return describe_leaf(reader, part, &place);
    json_t *below = json_array();
    json_array_foreach(parts, index, inner) {
        json_t *described = describe_part(reader, inner, &place, depth + 1);
        if (described != NULL)
            json_array_append_new(below, described);
    }
    if (json_array_size(below) == 0 && json_array_size(parts) > 0) {
        json_decref(below);
        return NULL;
    }
    json_t *to = named(part);
    json_object_set_new(to, "parts", below);
    return to;
}

/* The box that the kernel gave of the exact shapes, or that of the mesh. */
static json_t *whole_box(const json_t *shapes, const struct place_box *box)
{
    json_t *given = json_object_get(shapes, "bb");
    if (json_is_number(json_object_get(given, "xmin")) &&
        json_is_number(json_object_get(given, "zmax")))
        return json_incref(given);
    return box->some ? place_box_json(box) : json_null();
}

static json_t *describe(struct reader *reader, const json_t *root)
{
    const json_t *shapes = json_object_get(json_object_get(root, "data"), "shapes");
    struct place none = place_none();
    json_t *tree = describe_part(reader, shapes, &none, 0);
    json_t *model = json_pack("{s:I, s:o}", "leaves", (json_int_t)reader->leaves, "box",
                              whole_box(shapes, &reader->box));
    set_counts(model, &reader->counts);
    json_object_set_new(model, "tree", tree == NULL ? json_null() : tree);
    return model;
}

/* The JSON of a model file; NULL with a fault. */
static json_t *read_root(const struct blob *file, size_t *start, const char **fault)
{
    bool head = file->size >= MODEL_HEAD && memcmp(file->data, MODEL_MAGIC, 8) == 0;
    size_t size = head ? (size_t)bytes_get(file->data + 12, 4) : 0;
    *fault = "the model cannot be read";
    if (!head || size > file->size - MODEL_HEAD)
        return NULL;
    *fault = "the model has too many parts to be described";
    if (size > TEXT_MAX)
        return NULL;
    json_t *root = json_read(file->data + MODEL_HEAD, size, 0, NULL);
    *fault = "the model's tree cannot be read";
    *start = (MODEL_HEAD + size + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    return root;
}

json_t *api_tree_describe(const struct blob *file, const json_t *states, size_t limit,
                          const char **fault)
{
    size_t start = 0;
    json_t *root = read_root(file, &start, fault);
    if (root == NULL)
        return NULL;
    struct reader reader = {
        .data = file->data + (start < file->size ? start : file->size),
        .size = start < file->size ? file->size - start : 0,
        .instances = json_object_get(json_object_get(root, "data"), "instances"),
        .states = states,
        .left = limit,
    };
    json_t *model = describe(&reader, root);
    size_t hidden = reader.leaves > limit ? reader.leaves - limit : 0;
    if (hidden > 0)
        json_object_set_new(model, "left_out", json_integer((json_int_t)hidden));
    json_decref(root);
    *fault = "out of memory";
    return model;
}
