/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "model/assemble.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/instance.h"
#include "model/model_write.h"
#include "model/place.h"

/* A factor of the clients: normals are drawn this many times the deflection per deviation long. */
#define NORMAL_LENGTH 4

/* The shape of a plan while its file is being made. */
struct source {
    struct instance instance; /* `json` NULL: there is no mesh */
    long number;              /* among the file's instances; -1: not one */
};

struct assembly {
    const struct plan *plan;
    const struct model_options *options;
    struct source *sources; /* one a shape of the plan; used only for the first of equals */
    json_t *tree;           /* a copy, with what is drawn */
    json_t *config;
    struct text json;
    struct model_write write; /* the arrays, in the file's order */
    struct place_box box;
    struct assemble_facts *facts;
};

static void add_notice(struct assemble_facts *facts, const char *part, const char *what)
{
    struct text text = { 0 };
    text_format(&text, "%s: %s", part, what);
    json_array_append_new(facts->notices, json_string(text_string(&text)));
    text_free(&text);
}

/* ---- the meshes ---- */

static void open_mesh(struct assembly *assembly, uint32_t number, const struct blob *mesh)
{
    struct source *source = &assembly->sources[number];
    const struct plan_shape *shape = &assembly->plan->shapes[number];
    struct assemble_facts *facts = assembly->facts;
    size_t i;
    json_t *text;
    if (mesh == NULL)
        return;
    if (instance_open(&source->instance, mesh) < 0) {
        add_notice(facts, shape->part, "its mesh is damaged");
        return;
    }
    json_array_foreach(source->instance.notices, i, text) {
        if (json_is_string(text))
            add_notice(facts, shape->part, json_string_value(text));
    }
    if (source->instance.type == INSTANCE_NOTHING && json_array_size(source->instance.notices) == 0)
        add_notice(facts, shape->part, "it has nothing to draw");
    facts->faces += source->instance.faces;
    facts->watson += source->instance.watson;
}

static int open_meshes(struct assembly *assembly, struct blob *const *meshes)
{
    const struct plan *plan = assembly->plan;
    long count = 0;
    assembly->sources = calloc(plan->shape_count + 1, sizeof(assembly->sources[0]));
    if (assembly->sources == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < plan->shape_count; i++) {
        struct source *source = &assembly->sources[i];
        source->number = -1;
        if (plan->shapes[i].same != i || plan->shapes[i].part == NULL)
            continue;
        open_mesh(assembly, i, meshes[i]);
        if (source->instance.json != NULL && source->instance.type == INSTANCE_SHAPES)
            source->number = count++;
    }
    return 0;
}

static double normal_length(const struct assembly *assembly)
{
    const struct plan *plan = assembly->plan;
    double most = 0;
    if (!json_is_true(json_object_get(plan->config, "renderNormals")) &&
        !json_is_true(json_object_get(plan->config, "render_normals")))
        return 0;
    for (uint32_t i = 0; i < plan->shape_count; i++) {
        if (assembly->sources[i].number >= 0 && assembly->sources[i].instance.quality > most)
            most = assembly->sources[i].instance.quality;
    }
    return most / plan->deviation * NORMAL_LENGTH;
}

/* ---- the arrays ---- */

static int add_instance(struct assembly *assembly, const struct instance *instance)
{
    for (enum instance_array array = 0; array < INSTANCE_ARRAYS; array++) {
        size_t bytes = instance->arrays[array].bytes;
        long offset = model_write_array(&assembly->write, instance->arrays[array].data, bytes);
        if (offset < 0)
            return (int)offset;
        text_format(&assembly->json,
                    "%s\"%s\":{\"shape\":[%zu],\"dtype\":\"%s\",\"offset\":%ld,\"bytes\":%zu}",
                    array == 0 ? "{" : ",", instance_array_name(array), bytes / 4,
                    instance->arrays[array].dtype, offset, bytes);
    }
    text_add(&assembly->json, "}");
    return 0;
}

static int add_instances(struct assembly *assembly)
{
    int error = 0;
    bool first = true;
    text_add(&assembly->json, "{\"data\":{\"instances\":[");
    for (uint32_t i = 0; error == 0 && i < assembly->plan->shape_count; i++) {
        if (assembly->sources[i].number < 0)
            continue;
        text_add(&assembly->json, first ? "" : ",");
        error = add_instance(assembly, &assembly->sources[i].instance);
        first = false;
    }
    text_add(&assembly->json, "],\"shapes\":");
    return error;
}

/* The shape of a leaf without faces: its arrays stand in the tree. NULL: no memory. */
static json_t *loose_shape(struct assembly *assembly, const struct instance *instance)
{
    static const enum instance_array order[] = { INSTANCE_EDGES, INSTANCE_SEGMENTS_PER_EDGE,
                                                 INSTANCE_EDGE_TYPES, INSTANCE_OBJ_VERTICES };
    json_t *shape = json_object();
    size_t first = instance->type == INSTANCE_POINTS ? 3 : 0;
    for (size_t i = first; shape != NULL && i < 4; i++) {
        size_t bytes = instance->arrays[order[i]].bytes;
        long offset = model_write_array(&assembly->write, instance->arrays[order[i]].data, bytes);
        json_t *array = offset < 0
                            ? NULL
                            : json_pack("{s:[I], s:s, s:I, s:I}", "shape", (json_int_t)bytes / 4,
                                        "dtype", instance->arrays[order[i]].dtype, "offset",
                                        (json_int_t)offset, "bytes", (json_int_t)bytes);
        if (json_object_set_new(shape, instance_array_name(order[i]), array) < 0) {
            json_decref(shape);
            return NULL;
        }
    }
    return shape;
}

/* ---- the tree ---- */

static void measure_box(struct assembly *assembly, const struct instance *instance,
                        const struct place *place)
{
    enum instance_array points = instance->type == INSTANCE_SHAPES     ? INSTANCE_VERTICES
                                 : instance->type == INSTANCE_EDGE_SET ? INSTANCE_EDGES
                                                                       : INSTANCE_OBJ_VERTICES;
    if (instance->boxed && place_is_shift(place))
        place_add_box(&assembly->box, place, instance->box);
    else
        place_add_points(&assembly->box, place, instance->arrays[points].data,
                         instance->arrays[points].bytes / 12);
}

/* Makes a leaf that refers to a shape without faces one of edges or points, as the clients write
 * it. */
static int loosen(struct assembly *assembly, json_t *leaf, const struct instance *instance)
{
    bool points = instance->type == INSTANCE_POINTS;
    json_t *shape = loose_shape(assembly, instance);
    int error = json_object_set_new(leaf, "shape", shape);
    error |= json_object_set_new(leaf, "type", json_string(points ? "vertices" : "edges"));
    const char *width = points ? "size" : "width";
    bool was_shape = json_object_get(leaf, "subtype") != NULL;
    if (!was_shape)
        return error < 0 ? -ENOMEM : 0;
    static const char *const of_shapes[] = { "subtype", "alpha",      "normalize_uvs",
                                             "texture", "renderback", "accuracy",
                                             "bb" };
    for (size_t i = 0; i < sizeof(of_shapes) / sizeof(of_shapes[0]); i++)
        json_object_del(leaf, of_shapes[i]);
    error |= json_object_set_new(leaf, "state", json_pack("[i, i]", 3, 1));
    error |= json_object_set_new(leaf, width, json_integer(points ? 6 : 2));
    return error < 0 ? -ENOMEM : 0;
}

/* A leaf: 1 if it is drawn, 0 if not; below 0 an error. */
static int take_leaf(struct assembly *assembly, json_t *leaf, const struct place *place)
{
    uint32_t number = 0;
    plan_leaf(leaf, &number);
    const struct source *source = &assembly->sources[assembly->plan->shapes[number].same];
    if (source->instance.json == NULL || source->instance.type == INSTANCE_NOTHING)
        return 0;
    measure_box(assembly, &source->instance, place);
    int error;
    if (source->number >= 0)
        error = json_object_set_new(json_object_get(leaf, "shape"), "ref",
                                    json_integer(source->number));
    else
        error = loosen(assembly, leaf, &source->instance);
    assembly->facts->parts++;
    return error < 0 ? -ENOMEM : 1;
}

/* Goes through a group: removes leaves that are not drawn, and adds to the box in the order of the
 * clients, which widen it at the end of each group. */
static int take_group(struct assembly *assembly, json_t *group, const struct place *outer)
{
    json_t *parts = json_object_get(group, "parts");
    for (size_t i = 0; i < json_array_size(parts);) {
        json_t *part = json_array_get(parts, i);
        struct place place = place_within(outer, json_object_get(part, "loc"));
        bool is_group = json_object_get(part, "parts") != NULL;
        int result =
            is_group ? take_group(assembly, part, &place) : take_leaf(assembly, part, &place);
        if (result < 0)
            return result;
        if (!is_group && result == 0)
            json_array_remove(parts, i);
        else
            i++;
    }
    place_widen(&assembly->box);
    return 0;
}

static int make_tree(struct assembly *assembly)
{
    const struct plan *plan = assembly->plan;
    struct place none = place_none();
    double length = normal_length(assembly);
    json_t *number = length == 0 ? json_integer(0) : json_real(length);
    assembly->tree = json_deep_copy(plan->tree);
    assembly->config = json_deep_copy(plan->config);
    if (assembly->tree == NULL || assembly->config == NULL || number == NULL) {
        json_decref(number);
        return -ENOMEM;
    }
    struct place place = place_within(&none, json_object_get(assembly->tree, "loc"));
    int error = take_group(assembly, assembly->tree, &place);
    if (error == 0 &&
        (json_object_set(assembly->tree, "normal_len", number) < 0 ||
         json_object_set_new(assembly->tree, "bb", place_box_json(&assembly->box)) < 0 ||
         json_object_set(assembly->config, "normalLen", number) < 0))
        error = -ENOMEM;
    json_decref(number);
    return error == 0 && assembly->facts->parts == 0 ? -ENODATA : error;
}

static void add_json(struct text *out, const json_t *json)
{
    char *dump = json_dumps(json, JSON_COMPACT);
    out->failed = out->failed || dump == NULL;
    text_add(out, dump == NULL ? "" : dump);
    free(dump);
}

static int make_json(struct assembly *assembly)
{
    int error = add_instances(assembly);
    if (error == 0)
        error = make_tree(assembly);
    if (error < 0)
        return error;
    add_json(&assembly->json, assembly->tree);
    text_add(&assembly->json, "},\"type\":\"data\",\"config\":");
    add_json(&assembly->json, assembly->config);
    text_format(&assembly->json, ",\"count\":%lld}", (long long)assembly->plan->count);
    return text_error(&assembly->json);
}

/* ---- the whole ---- */

static void free_assembly(struct assembly *assembly)
{
    for (uint32_t i = 0; assembly->sources != NULL && i < assembly->plan->shape_count; i++)
        instance_close(&assembly->sources[i].instance);
    free(assembly->sources);
    model_write_free(&assembly->write);
    text_free(&assembly->json);
    json_decref(assembly->tree);
    json_decref(assembly->config);
}

int assemble_model(const struct plan *plan, struct blob *const *meshes,
                   const struct model_options *options, struct model_file *file,
                   struct assemble_facts *facts)
{
    struct assembly assembly = { .plan = plan, .options = options, .facts = facts };
    memset(file, 0, sizeof(*file));
    memset(facts, 0, sizeof(*facts));
    facts->notices = json_array();
    int error = facts->notices == NULL ? -ENOMEM : open_meshes(&assembly, meshes);
    if (error == 0)
        error = make_json(&assembly);
    if (error == 0)
        error = model_write_file(&assembly.write, text_string(&assembly.json), assembly.json.size,
                                 options, file);
    if (error == 0)
        model_describe(file, assembly.tree, assembly.config, plan->count);
    free_assembly(&assembly);
    if (error < 0) {
        memset(file, 0, sizeof(*file));
        assemble_facts_free(facts);
    }
    return error;
}

void assemble_facts_free(struct assemble_facts *facts)
{
    json_decref(facts->notices);
    memset(facts, 0, sizeof(*facts));
}
