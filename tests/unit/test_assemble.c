/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * Shows that send geometry, against recorded shows that sent triangles: of a recorded `D` the
 * arrays become meshes, as the helper makes them, and its tree a plan. Assembled again they must be
 * the same message.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/text.h"
#include "model/assemble.h"
#include "model/instance.h"

enum { SHAPES_MOST = 64 };

static const struct model_options options = { .key = { 1 } };

/* A recorded show, taken apart. */
struct recorded {
    json_t *message; /* the `D` */
    json_t *payload; /* of an `E` */
    struct blob *meshes[SHAPES_MOST];
    uint32_t count;
};

static json_t *read_message(const char *name)
{
    char path[4096], kind[2];
    snprintf(path, sizeof(path), "%s/messages/%s-model.msg", getenv("TEST_DATA"), name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(kind, 1, 2, file), 2);
    json_t *json = json_loadf(file, 0, NULL);
    assert_non_null(json);
    fclose(file);
    return json;
}

/* Appends the array's bytes to `data`, and makes it one of a file. */
static json_t *store_array(const json_t *array, struct blob *data)
{
    const char *text = json_string_value(json_object_get(array, "buffer"));
    size_t size = (size_t)base64_size(text, strlen(text));
    size_t offset = data->size;
    assert_int_equal(blob_grow(data, offset + size + 16), 0);
    memset(data->data + offset, 0, size + 16);
    assert_int_equal(base64_decode(data->data + offset, text, strlen(text)), size);
    data->size += (size + 15) / 16 * 16;
    return json_pack("{s:O, s:O, s:I, s:I}", "shape", json_object_get(array, "shape"), "dtype",
                     json_object_get(array, "dtype"), "offset", (json_int_t)offset, "bytes",
                     (json_int_t)size);
}

static struct blob *file_of(const json_t *json, const struct blob *data)
{
    char *text = json_dumps(json, JSON_COMPACT);
    size_t size = strlen(text), start = (16 + size + 15) / 16 * 16;
    struct blob *file = blob_new(start + data->size);
    memset(file->data, 0, start);
    memcpy(file->data, "CADCAST1", 8);
    bytes_put(file->data + 8, 1, 4);
    bytes_put(file->data + 12, size, 4);
    memcpy(file->data + 16, text, size);
    memcpy(file->data + start, data->data, data->size);
    file->size = start + data->size;
    free(text);
    return file;
}

/* The mesh that a helper makes of what a `D` has as an instance, or as the shape of a leaf. */
static struct blob *mesh_of(const json_t *arrays, const char *type)
{
    json_t *json = json_object();
    struct blob *data = blob_new(64);
    for (enum instance_array i = 0; i < INSTANCE_ARRAYS; i++) {
        const json_t *array = json_object_get(arrays, instance_array_name(i));
        if (array != NULL)
            json_object_set_new(json, instance_array_name(i), store_array(array, data));
    }
    json_object_set_new(json, "type", json_string(type));
    json_object_set_new(json, "quality", json_real(0.05));
    json_object_set_new(
        json, "info",
        json_pack("{s:s, s:i, s:i}", "algorithm", "mixed", "faces", 6, "watson_faces", 1));
    struct blob *file = file_of(json, data);
    json_decref(json);
    blob_unref(data);
    return file;
}

static json_t *shape_row(uint32_t number)
{
    char hash[65];
    snprintf(hash, sizeof(hash), "%064x", number + 1);
    return json_pack("{s:s, s:i}", "hash", hash, "bytes", 100);
}

/* Makes each leaf's own arrays a shape. */
static void take_leaves(struct recorded *recorded, json_t *node)
{
    size_t i;
    json_t *part;
    json_array_foreach(json_object_get(node, "parts"), i, part)
        take_leaves(recorded, part);
    const char *type = json_string_value(json_object_get(node, "type"));
    json_t *shape = json_object_get(node, "shape");
    if (shape == NULL || json_object_get(shape, "ref") != NULL)
        return;
    recorded->meshes[recorded->count] = mesh_of(shape, type);
    json_object_set_new(node, "shape", json_pack("{s:i}", "ref", (int)recorded->count++));
}

static struct recorded take_apart(const char *name)
{
    size_t i;
    json_t *instance;
    struct recorded recorded = { .message = read_message(name) };
    json_t *data = json_object_get(recorded.message, "data");
    json_array_foreach(json_object_get(data, "instances"), i, instance)
        recorded.meshes[recorded.count++] = mesh_of(instance, "shapes");
    json_t *tree = json_deep_copy(json_object_get(data, "shapes"));
    take_leaves(&recorded, tree);
    json_t *rows = json_array();
    for (uint32_t k = 0; k < recorded.count; k++)
        json_array_append_new(rows, shape_row(k));
    recorded.payload = json_pack(
        "{s:i, s:o, s:o, s:O, s:{s:f, s:f}, s:O}", "version", 1, "tree", tree, "shapes", rows,
        "config", json_object_get(recorded.message, "config"), "mesh", "deviation", 0.1,
        "angular_tolerance", 0.2, "count", json_object_get(recorded.message, "count"));
    assert_non_null(recorded.payload);
    return recorded;
}

static void recorded_free(struct recorded *recorded)
{
    for (uint32_t i = 0; i < recorded->count; i++)
        blob_unref(recorded->meshes[i]);
    json_decref(recorded->message);
    json_decref(recorded->payload);
}

static struct plan *plan_of(const json_t *payload)
{
    char why[PLAN_WHY] = "";
    struct plan *plan;
    char *text = json_dumps(payload, JSON_COMPACT);
    int error = plan_read(&plan, text, strlen(text), 1000, why);
    free(text);
    assert_string_equal(why, "");
    assert_int_equal(error, 0);
    return plan;
}

static json_t *payload_of(const struct blob *message)
{
    json_t *json =
        json_loadb((const char *)blob_payload(message), blob_payload_size(message), 0, NULL);
    assert_non_null(json);
    return json;
}

static json_t *as_text(const struct model_file *file)
{
    struct blob *text;
    assert_int_equal(model_text(file->bytes, &options, &text), 0);
    assert_memory_equal(text->data, "D:{\"data\":{\"instances\":[", 24);
    assert_int_equal(text->skip, 2);
    json_t *json = payload_of(text);
    blob_unref(text);
    return json;
}

/* Compares the boxes, which are computed from rounded numbers, and removes them. */
static void assert_same_box(json_t *a, json_t *b, double most)
{
    const char *key;
    json_t *value;
    json_t *box = json_object_get(a, "bb"), *other = json_object_get(b, "bb");
    assert_int_equal(json_object_size(box), 6);
    json_object_foreach(box, key, value)
        assert_true(
            fabs(json_number_value(value) - json_number_value(json_object_get(other, key))) < most);
    json_object_del(a, "bb");
    json_object_del(b, "bb");
}

static void check_recorded(const char *name, double box)
{
    struct recorded recorded = take_apart(name);
    struct plan *plan = plan_of(recorded.payload);
    struct model_file file;
    struct assemble_facts facts;
    assert_int_equal(assemble_model(plan, recorded.meshes, &options, &file, &facts), 0);
    json_t *made = as_text(&file);
    json_t *wanted = recorded.message;
    assert_same_box(json_object_get(json_object_get(wanted, "data"), "shapes"),
                    json_object_get(json_object_get(made, "data"), "shapes"), box);
    assert_true(json_equal(made, wanted));
    assert_int_equal(json_array_size(facts.notices), 0);
    assert_int_equal(facts.parts, plan->leaves);
    json_decref(made);
    assemble_facts_free(&facts);
    model_file_free(&file);
    plan_unref(plan);
    recorded_free(&recorded);
}

static void test_a_recorded_show_is_assembled_again_as_it_was(void **state)
{
    check_recorded("box", 1e-6);
    check_recorded("assembly", 1e-5);
    check_recorded("bracket", 1e-5);
    /* The clients' boxes of edges are those of the curves, and not of their polygons. */
    check_recorded("zoo", 1e-2);
}

/* The file and what is known of it are those that the converter makes of the same message. */
static void test_the_file_is_that_of_the_converter(void **state)
{
    struct recorded recorded = take_apart("assembly");
    struct plan *plan = plan_of(recorded.payload);
    struct model_file file, converted, opened;
    struct assemble_facts facts;
    struct blob *text;
    assert_int_equal(assemble_model(plan, recorded.meshes, &options, &file, &facts), 0);
    assert_int_equal(model_text(file.bytes, &options, &text), 0);
    assert_int_equal(model_convert(text, &options, &converted), 0);
    assert_int_equal(converted.bytes->size, file.bytes->size);
    assert_memory_equal(converted.bytes->data, file.bytes->data, file.bytes->size);
    assert_string_equal(converted.hash, file.hash);
    assert_string_equal(converted.name, file.name);
    assert_int_equal(converted.parts, file.parts);
    assert_int_equal(converted.leaves, file.leaves);
    assert_int_equal(converted.count, file.count);
    assert_int_equal(converted.arrays, file.arrays);
    assert_memory_equal(converted.part_names, file.part_names, sizeof(file.part_names));
    assert_int_equal(model_open(file.bytes, &options, &opened), 0);
    assert_string_equal(opened.hash, file.hash);
    assert_string_equal(opened.part_names[0], file.part_names[0]);
    assert_false(opened.splash);
    assert_int_equal(facts.watson, recorded.count);
    blob_unref(text);
    model_file_free(&opened);
    model_file_free(&converted);
    assemble_facts_free(&facts);
    model_file_free(&file);
    plan_unref(plan);
    recorded_free(&recorded);
}

static void test_a_shape_without_a_mesh_is_left_out(void **state)
{
    struct recorded recorded = take_apart("assembly");
    struct plan *plan = plan_of(recorded.payload);
    struct model_file file;
    struct assemble_facts facts;
    struct blob *nothing[SHAPES_MOST] = { NULL };
    struct blob *some[SHAPES_MOST] = { NULL, recorded.meshes[1],
                                       recorded.meshes[0]->size > 0 ? blob_copy("damaged", 7)
                                                                    : NULL };
    assert_int_equal(assemble_model(plan, some, &options, &file, &facts), 0);
    json_t *made = as_text(&file);
    const json_t *data = json_object_get(made, "data");
    assert_int_equal(json_array_size(json_object_get(data, "instances")), 1);
    const json_t *parts = json_object_get(json_object_get(data, "shapes"), "parts");
    assert_int_equal(facts.parts, 1);
    const json_t *part = json_array_get(parts, 0);
    assert_string_equal(json_string_value(json_object_get(part, "id")), "/robot/leg0");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(part, "shape"), "ref")), 0);
    assert_int_equal(json_array_size(facts.notices), 1);
    assert_string_equal(json_string_value(json_array_get(facts.notices, 0)),
                        "/robot/leg1: its mesh is damaged");
    json_decref(made);
    assemble_facts_free(&facts);
    model_file_free(&file);
    assert_int_equal(assemble_model(plan, nothing, &options, &file, &facts), -ENODATA);
    assert_null(file.bytes);
    assert_null(facts.notices);
    blob_unref(some[2]);
    plan_unref(plan);
    recorded_free(&recorded);
}

/* A solid that took too long to mesh has edges alone: its leaf becomes one of edges. */
static void test_a_solid_of_edges_alone_is_drawn_as_edges(void **state)
{
    struct recorded recorded = take_apart("box");
    json_t *instances = json_object_get(json_object_get(recorded.message, "data"), "instances");
    json_t *instance = json_array_get(instances, 0);
    json_object_del(instance, "triangles");
    json_object_del(instance, "vertices");
    json_object_del(instance, "normals");
    blob_unref(recorded.meshes[0]);
    recorded.meshes[0] = mesh_of(instance, "shapes");
    struct plan *plan = plan_of(recorded.payload);
    struct model_file file;
    struct assemble_facts facts;
    assert_int_equal(assemble_model(plan, recorded.meshes, &options, &file, &facts), 0);
    json_t *made = as_text(&file);
    json_t *shapes = json_object_get(json_object_get(made, "data"), "shapes");
    const json_t *part = json_array_get(json_object_get(shapes, "parts"), 0);
    assert_string_equal(json_string_value(json_object_get(part, "type")), "edges");
    assert_null(json_object_get(part, "subtype"));
    assert_non_null(json_object_get(json_object_get(part, "shape"), "segments_per_edge"));
    assert_int_equal(json_integer_value(json_array_get(json_object_get(part, "state"), 0)), 3);
    assert_same_box(json_object_get(json_object_get(recorded.message, "data"), "shapes"), shapes,
                    1e-6);
    json_decref(made);
    assemble_facts_free(&facts);
    model_file_free(&file);
    plan_unref(plan);
    recorded_free(&recorded);
}

/* Equal shapes have one mesh and one instance, that of the first. */
static void test_equal_shapes_share_one_instance(void **state)
{
    struct recorded recorded = take_apart("assembly");
    json_t *rows = json_object_get(recorded.payload, "shapes");
    json_array_set_new(rows, 2, shape_row(1));
    struct plan *plan = plan_of(recorded.payload);
    struct blob *meshes[SHAPES_MOST] = { recorded.meshes[0], recorded.meshes[1], NULL };
    struct model_file file;
    struct assemble_facts facts;
    assert_int_equal(plan->shapes[2].same, 1);
    assert_int_equal(plan_find(plan, plan->shapes[2].hash), 1);
    assert_int_equal(assemble_model(plan, meshes, &options, &file, &facts), 0);
    json_t *made = as_text(&file);
    assert_int_equal(json_array_size(json_object_get(json_object_get(made, "data"), "instances")),
                     2);
    assert_int_equal(facts.parts, 3);
    json_decref(made);
    assemble_facts_free(&facts);
    model_file_free(&file);
    plan_unref(plan);
    recorded_free(&recorded);
}

/* The `B` message places each leaf in the model, however deep its groups are. */
static void test_parts_are_placed_by_all_their_groups(void **state)
{
    static const char payload[] =
        "{\"version\":1,\"count\":1,\"config\":{},\"mesh\":{\"deviation\":0.1,"
        "\"angular_tolerance\":0.2},\"shapes\":[{\"hash\":"
        "\"0000000000000000000000000000000000000000000000000000000000000001\",\"bytes\":4}],"
        "\"tree\":{\"id\":\"/a\",\"name\":\"a\",\"loc\":[[1,2,3],[0,0,1,0]],\"parts\":[{\"id\":"
        "\"/a/b\",\"name\":\"b\",\"loc\":[[1,0,0],[0,0,0.5,0.8660254037844386]],\"parts\":[{"
        "\"id\":\"/a/b/c\",\"name\":\"c\",\"loc\":null,\"type\":\"shapes\",\"shape\":{\"ref\":0}"
        "}]}]}}";
    char why[PLAN_WHY];
    struct plan *plan;
    struct blob *parts, *shape = blob_copy("12abc", 5);
    shape->skip = 2;
    assert_int_equal(plan_read(&plan, payload, sizeof(payload) - 1, 100, why), 0);
    assert_int_equal(assemble_parts(plan, &shape, 10, &parts), -EFBIG);
    assert_int_equal(assemble_parts(plan, &shape, 1000, &parts), 0);
    json_t *json = payload_of(parts);
    const json_t *root = json_object_get(json, "model");
    const json_t *group = json_array_get(json_object_get(root, "parts"), 0);
    const json_t *leaf = json_array_get(json_object_get(group, "parts"), 0);
    assert_string_equal(json_string_value(json_object_get(leaf, "id")), "/a/b/c");
    assert_string_equal(json_string_value(json_object_get(json_object_get(leaf, "shape"), "obj")),
                        "YWJj");
    static const double wanted[2][4] = { { 0, 2, 3, 0 }, { 0, 0, 0.8660254037844386, -0.5 } };
    for (size_t i = 0; i < 7; i++) {
        const json_t *list = json_array_get(json_object_get(leaf, "loc"), i / 3 > 0);
        double got = json_number_value(json_array_get(list, i < 3 ? i : i - 3));
        assert_true(fabs(got - wanted[i >= 3][i < 3 ? i : i - 3]) < 1e-12);
    }
    json_decref(json);
    blob_unref(parts);
    blob_unref(shape);
    plan_unref(plan);
}

/* One change each to a good payload, and a word of the reason. */
static void test_a_bad_payload_has_its_reason(void **state)
{
    static const struct {
        const char *path; /* members and indices, separated by dots */
        const char *value;
        const char *why;
        int error;
    } cases[] = {
        { "version", "2", "version", -EINVAL },
        { "tree", "{}", "no tree", -EINVAL },
        { "tree.parts.0.id", "7", "no id", -EINVAL },
        { "tree.parts.0.loc", "[[1,2],[0,0,0,1]]", "location", -EINVAL },
        { "tree.parts.0.shape", "{\"ref\":9}", "no shape", -EINVAL },
        { "tree.parts.0.shape", "{\"ref\":-1}", "no shape", -EINVAL },
        { "tree.parts.0.parts", "{}", "no list", -EINVAL },
        { "tree.parts.0.x", "[{\"buffer\":\"\",\"codec\":\"b64\"}]", "an array", -EINVAL },
        { "config.x", "{\"offset\":0,\"bytes\":0,\"dtype\":\"int8\"}", "an array", -EINVAL },
        { "config", "null", "no config", -EINVAL },
        { "count", "\"1\"", "no count", -EINVAL },
        { "mesh", "{}", "deviation", -EINVAL },
        { "mesh.deviation", "0", "deviation", -EINVAL },
        { "mesh.angular_tolerance", "-1", "angular", -EINVAL },
        { "shapes", "{}", "list of shapes", -EINVAL },
        { "shapes.0.hash", "\"00\"", "hash", -EINVAL },
        { "shapes.0.bytes", "-1", "bytes", -EINVAL },
        { "shapes.0.bytes", "0", "bytes", -EINVAL },
        { "shapes.0.bytes", "1001", "over the limit of 1000", -EFBIG },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct recorded recorded = take_apart("assembly");
        char path[64], why[PLAN_WHY] = "";
        struct plan *plan;
        json_t *at = recorded.payload;
        snprintf(path, sizeof(path), "%s", cases[i].path);
        char *rest = path, *dot;
        for (; (dot = strchr(rest, '.')) != NULL; rest = dot + 1) {
            *dot = '\0';
            at = json_is_array(at) ? json_array_get(at, (size_t)atoi(rest))
                                   : json_object_get(at, rest);
        }
        json_object_set_new(at, rest, json_loads(cases[i].value, JSON_DECODE_ANY, NULL));
        char *text = json_dumps(recorded.payload, 0);
        int error = plan_read(&plan, text, strlen(text), 1000, why);
        if (error != cases[i].error || plan != NULL || strstr(why, cases[i].why) == NULL)
            fail_msg("%s = %s: %s", cases[i].path, cases[i].value, why);
        free(text);
        recorded_free(&recorded);
    }
}

static void test_text_that_is_no_payload_has_its_reason(void **state)
{
    static const char *const texts[] = { "", "[]", "1", "{", "{\"version\":1}", "{}x", "\xff" };
    char why[PLAN_WHY];
    struct plan *plan;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        why[0] = '\0';
        assert_int_equal(plan_read(&plan, texts[i], strlen(texts[i]), 1000, why), -EINVAL);
        assert_true(strlen(why) > 5);
    }
}

/* Every prefix of a mesh, and every offset and size beyond it, is refused. */
static void test_a_damaged_mesh_is_refused(void **state)
{
    struct recorded recorded = take_apart("box");
    struct instance instance;
    struct blob *mesh = recorded.meshes[0];
    assert_int_equal(instance_open(&instance, mesh), 0);
    assert_int_equal(instance.type, INSTANCE_SHAPES);
    assert_int_equal(instance.arrays[INSTANCE_VERTICES].bytes, 288);
    instance_close(&instance);
    for (size_t size = 0; size < mesh->size - 16; size++) {
        struct blob *cut = blob_copy(mesh->data, size);
        assert_int_equal(instance_open(&instance, cut), -EBADMSG);
        blob_unref(cut);
    }
    static const char *const wrong[] = {
        "{\"vertices\":{\"shape\":[3],\"dtype\":\"float32\",\"offset\":-16,\"bytes\":12}}",
        "{\"vertices\":{\"shape\":[3],\"dtype\":\"float32\",\"offset\":8,\"bytes\":12}}",
        "{\"vertices\":{\"shape\":[3],\"dtype\":\"float64\",\"offset\":0,\"bytes\":12}}",
        "{\"vertices\":{\"shape\":[3],\"dtype\":\"float32\",\"offset\":0,\"bytes\":16}}",
        "{\"edges\":{\"shape\":[3],\"dtype\":\"float32\",\"offset\":0,\"bytes\":12}}",
        ("{\"edges\":{\"shape\":[4611686018427387905],\"dtype\":\"int32\",\"offset\":0,"
         "\"bytes\":4}}"),
        "[]",
    };
    struct blob *data = blob_copy("0123456789abcdef", 16);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        json_t *json = json_loads(wrong[i], 0, NULL);
        struct blob *file = file_of(json, data);
        assert_int_equal(instance_open(&instance, file), -EBADMSG);
        blob_unref(file);
        json_decref(json);
    }
    blob_unref(data);
    recorded_free(&recorded);
}

/* The length of the normals comes from the coarsest shape. */
static void test_normals_have_the_length_of_the_clients(void **state)
{
    struct recorded recorded = take_apart("box");
    json_object_set_new(json_object_get(recorded.payload, "config"), "renderNormals", json_true());
    struct plan *plan = plan_of(recorded.payload);
    struct model_file file;
    struct assemble_facts facts;
    assert_int_equal(assemble_model(plan, recorded.meshes, &options, &file, &facts), 0);
    json_t *made = as_text(&file);
    const json_t *shapes = json_object_get(json_object_get(made, "data"), "shapes");
    assert_true(fabs(json_number_value(json_object_get(shapes, "normal_len")) - 2) < 1e-12);
    const json_t *config = json_object_get(made, "config");
    assert_true(fabs(json_number_value(json_object_get(config, "normalLen")) - 2) < 1e-12);
    json_decref(made);
    assemble_facts_free(&facts);
    model_file_free(&file);
    plan_unref(plan);
    recorded_free(&recorded);
}

static void test_base64_is_encoded_as_it_is_decoded(void **state)
{
    uint8_t bytes[300], back[300];
    char text[400];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 37 + i / 7);
    for (size_t size = 0; size <= sizeof(bytes); size++) {
        size_t chars = base64_encoded_size(size);
        base64_encode(text, bytes, size);
        assert_int_equal(base64_decode(back, text, chars), size);
        assert_memory_equal(back, bytes, size);
    }
    base64_encode(text, (const uint8_t *)"foob", 4);
    assert_memory_equal(text, "Zm9vYg==", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_recorded_show_is_assembled_again_as_it_was),
        cmocka_unit_test(test_the_file_is_that_of_the_converter),
        cmocka_unit_test(test_a_shape_without_a_mesh_is_left_out),
        cmocka_unit_test(test_a_solid_of_edges_alone_is_drawn_as_edges),
        cmocka_unit_test(test_equal_shapes_share_one_instance),
        cmocka_unit_test(test_parts_are_placed_by_all_their_groups),
        cmocka_unit_test(test_a_bad_payload_has_its_reason),
        cmocka_unit_test(test_text_that_is_no_payload_has_its_reason),
        cmocka_unit_test(test_a_damaged_mesh_is_refused),
        cmocka_unit_test(test_normals_have_the_length_of_the_clients),
        cmocka_unit_test(test_base64_is_encoded_as_it_is_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
