/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/text.h"
#include "export/export.h"
#include "export/export_query.h"
#include "model/model.h"

/* A square that faces up, as two faces that meet in the diagonal: each has vertices of its own. */
static const float points[] = { 0, 0, 0, 10, 0, 0, 10, 10, 0, 0, 0, 0, 10, 10, 0, 0, 10, 0 };
static const float normals[] = { 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 1 };
static const uint32_t corners[] = { 0, 1, 2, 3, 4, 5 };
static const float edges[] = { 0, 0, 0, 10, 0, 0 };

/* The descriptors of these arrays; offsets as make_file places them. */
#define MESH                                                                                       \
    "{\"vertices\":{\"shape\":[18],\"dtype\":\"float32\",\"offset\":0,\"bytes\":72},"              \
    "\"normals\":{\"shape\":[18],\"dtype\":\"float32\",\"offset\":80,\"bytes\":72},"               \
    "\"triangles\":{\"shape\":[6],\"dtype\":\"int32\",\"offset\":160,\"bytes\":24},"               \
    "\"edges\":{\"shape\":[6],\"dtype\":\"float32\",\"offset\":192,\"bytes\":24}}"
#define LOC(x) "\"loc\":[[" x ",0,0],[0,0,0.7071067811865476,0.7071067811865476]]"
#define PART(id, name, color, more)                                                                \
    "{\"id\":\"" id "\",\"name\":\"" name                                                          \
    "\",\"type\":\"shapes\",\"state\":[1,1],\"color\":\"" color "\",\"shape\":{\"ref\":0}" more    \
    "}"
#define A PART("/G/a", "a", "#ff0000", "")
#define B                                                                                          \
    PART("/G/g/b", "b<&\\\"\\u0001", "#00ff0080", ",\"alpha\":0.5,\"renderback\":true," LOC("5"))
#define C PART("/G/g/c", "c", "#ff0000", "")
#define HIDDEN                                                                                     \
    "{\"id\":\"/G/h\",\"name\":\"h\",\"type\":\"shapes\",\"state\":[0,1],\"color\":\"#0000ff\","   \
    "\"shape\":{\"ref\":0}}"
#define WIRE                                                                                       \
    "{\"id\":\"/G/w\",\"name\":\"w\",\"type\":\"edges\",\"state\":[1,1],\"shape\":{\"ref\":0}}"
#define GROUP "{\"id\":\"/G/g\",\"name\":\"g\"," LOC("100") ",\"parts\":[" B "," C "]}"
#define ALL A "," GROUP "," HIDDEN "," WIRE

/* A model file with these parts. The caller frees it. */
static uint8_t *make_file(const char *parts, size_t *size)
{
    struct text json = { 0 };
    text_format(&json,
                "{\"data\":{\"instances\":[" MESH "],\"shapes\":{\"parts\":[%s],\"loc\":null,"
                "\"id\":\"/G\",\"name\":\"G\"}},\"type\":\"data\",\"config\":{}}",
                parts);
    size_t start = (MODEL_HEAD + json.size + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    *size = start + 224;
    uint8_t *file = calloc(1, *size);
    memcpy(file, MODEL_MAGIC, 8);
    bytes_put(file + 8, 1, 4);
    bytes_put(file + 12, json.size, 4);
    memcpy(file + MODEL_HEAD, json.data, json.size);
    memcpy(file + start, points, sizeof(points));
    memcpy(file + start + 80, normals, sizeof(normals));
    memcpy(file + start + 160, corners, sizeof(corners));
    memcpy(file + start + 192, edges, sizeof(edges));
    text_free(&json);
    return file;
}

static int write_with(const char *parts, const struct export_options *options,
                      struct export_result *result)
{
    size_t size;
    uint8_t *file = make_file(parts, &size);
    int error = export_write(file, size, options, result);
    free(file);
    return error;
}

static struct blob *written(const char *parts, enum export_format format, const char *query)
{
    struct text why = { 0 };
    struct export_query read = { 0 };
    struct export_result result;
    assert_int_equal(export_query_read(&read, query, &why), 0);
    const struct export_options options = { .format = format,
                                            .parts = read.parts,
                                            .hide = read.hide,
                                            .visible = read.visible,
                                            .max_bytes = 1 << 20 };
    if (write_with(parts, &options, &result) < 0)
        fail_msg("%s", result.fault);
    export_query_free(&read);
    text_free(&why);
    return result.bytes;
}

static float float_at(const struct blob *blob, size_t at)
{
    float value;
    memcpy(&value, blob->data + at, sizeof(value));
    return value;
}

static uint64_t triangles_of(const char *query)
{
    struct blob *stl = written(ALL, EXPORT_STL, query);
    uint64_t count = bytes_get(stl->data + 80, 4);
    assert_int_equal(stl->size, 84 + 50 * count);
    blob_unref(stl);
    return count;
}

static void test_stl_has_every_part_in_its_place(void **state)
{
    struct blob *stl = written(ALL, EXPORT_STL, "");
    assert_int_equal(bytes_get(stl->data + 80, 4), 8);
    assert_memory_not_equal(stl->data, "solid", 5);
    /* The third triangle is the first of b: 10,0,0 turned twice by 90 degrees, after 5,0,0. */
    size_t at = 84 + 2 * 50;
    assert_float_equal(float_at(stl, at + 8), 1, 1e-6);
    assert_float_equal(float_at(stl, at + 12), 100, 1e-4);
    assert_float_equal(float_at(stl, at + 16), 5, 1e-4);
    assert_float_equal(float_at(stl, at + 24), 90, 1e-4);
    assert_float_equal(float_at(stl, at + 28), 5, 1e-4);
    blob_unref(stl);
}

static void test_parts_are_chosen_by_id(void **state)
{
    struct text why = { 0 };
    struct export_query query = { 0 };
    struct export_result result;
    struct export_options options = { .max_bytes = 1 << 20 };
    assert_int_equal(triangles_of(""), 8);
    assert_int_equal(triangles_of("parts=/G/a"), 2);
    assert_int_equal(triangles_of("parts=%2fG%2Fa&parts=/G/g"), 6);
    assert_int_equal(triangles_of("hide=/G/g"), 4);
    assert_int_equal(triangles_of("parts=/G/g&hide=/G/g/b&token=x"), 2);
    assert_int_equal(triangles_of("visible=1"), 6);
    assert_int_equal(triangles_of("visible=0"), 8);
    assert_int_equal(export_query_read(&query, "parts=/G/x&parts=/G/a", &why), 0);
    options.parts = query.parts;
    assert_int_equal(write_with(ALL, &options, &result), -ENOENT);
    assert_string_equal(result.fault, "there is no part /G/x");
    export_query_free(&query);
    assert_int_equal(export_query_read(&query, "colour=1", &why), -ENOENT);
    assert_int_equal(export_query_read(&query, "visible=2", &why), -EINVAL);
    assert_int_equal(export_query_read(&query, "parts=", &why), -EINVAL);
    assert_int_equal(export_query_read(&query, "parts=%zz", &why), -EINVAL);
    export_query_free(&query);
    text_free(&why);
}

static void test_what_a_browser_reported_decides_what_is_visible(void **state)
{
    struct export_result result;
    json_t *states = json_pack("{s:[i,i], s:[i,i]}", "/G/a", 0, 1, "/G/h", 1, 1);
    const struct export_options options = { .visible = true,
                                            .states = states,
                                            .max_bytes = 1 << 20 };
    assert_int_equal(write_with(A "," HIDDEN, &options, &result), 0);
    assert_int_equal(bytes_get(result.bytes->data + 80, 4), 2);
    blob_unref(result.bytes);
    json_decref(states);
}

static json_t *json_of(const struct blob *glb)
{
    json_error_t error;
    assert_memory_equal(glb->data, "glTF\2\0\0\0", 8);
    assert_int_equal(bytes_get(glb->data + 8, 4), glb->size);
    json_t *json = json_loadb((char *)glb->data + 20, bytes_get(glb->data + 12, 4), 0, &error);
    if (json == NULL)
        fail_msg("%s", error.text);
    return json;
}

static json_t *member(const json_t *json, const char *list, size_t index)
{
    return json_array_get(json_object_get(json, list), index);
}

static void test_glb_has_the_tree(void **state)
{
    struct blob *glb = written(ALL, EXPORT_GLB, "");
    json_t *json = json_of(glb);
    json_t *root = member(json, "nodes", 0);
    assert_int_equal(json_array_size(json_object_get(json, "nodes")), 7);
    assert_int_equal(json_array_size(json_object_get(root, "children")), 4);
    assert_string_equal(json_string_value(json_object_get(root, "name")), "G");
    json_t *b = member(json, "nodes", 3);
    assert_string_equal(json_string_value(json_object_get(b, "name")), "b<&\"\1");
    assert_float_equal(json_number_value(member(b, "matrix", 12)), 0.005, 1e-12);
    /* Red, green seen from both sides, blue, and the wire's own colour. */
    assert_int_equal(json_array_size(json_object_get(json, "materials")), 4);
    json_t *first = json_object_get(member(json, "meshes", 0), "primitives");
    json_t *second = json_object_get(member(json, "meshes", 1), "primitives");
    json_t *places =
        json_object_get(json_object_get(json_array_get(first, 0), "attributes"), "POSITION");
    assert_true(
        json_equal(places, json_object_get(json_object_get(json_array_get(second, 0), "attributes"),
                                           "POSITION")));
    assert_int_equal(json_array_size(json_object_get(json, "accessors")), 4);
    json_t *most = json_object_get(member(json, "accessors", 0), "max");
    assert_float_equal(json_number_value(json_array_get(most, 0)), 0.01, 1e-9);
    /* Normals have the length 1, whatever the kernel sent. */
    size_t start = 28 + bytes_get(glb->data + 12, 4) + 72;
    for (size_t i = 0; i < 6; i++)
        assert_float_equal(float_at(glb, start + 12 * i + 8), 1, 1e-6);
    json_decref(json);
    blob_unref(glb);
}

/* The text of the last file in an archive. The caller frees it. */
static char *model_of(const struct blob *zip)
{
    const uint8_t *end = zip->data + zip->size - 22;
    assert_int_equal(bytes_get(end, 4), 0x06054b50);
    assert_int_equal(bytes_get(end + 10, 2), 3);
    const uint8_t *entry = zip->data + bytes_get(end + 16, 4);
    for (int i = 0; i < 2; i++)
        entry += 46 + bytes_get(entry + 28, 2);
    assert_memory_equal(entry + 46, "3D/3dmodel.model", 16);
    size_t size = bytes_get(entry + 24, 4);
    const uint8_t *local = zip->data + bytes_get(entry + 42, 4);
    assert_int_equal(bytes_get(local + 14, 4), bytes_get(entry + 16, 4));
    char *text = calloc(1, size + 1);
    z_stream stream = { .next_in = (Bytef *)(local + 30 + bytes_get(local + 26, 2)),
                        .avail_in = (uInt)bytes_get(local + 18, 4),
                        .next_out = (Bytef *)text,
                        .avail_out = (uInt)size };
    assert_int_equal(inflateInit2(&stream, -MAX_WBITS), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    inflateEnd(&stream);
    assert_int_equal(crc32(0, (Bytef *)text, (uInt)size), bytes_get(entry + 16, 4));
    return text;
}

static unsigned count_of(const char *text, const char *word)
{
    unsigned count = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        count++;
    return count;
}

static void test_3mf_has_the_tree(void **state)
{
    struct blob *zip = written(A "," GROUP, EXPORT_3MF, "");
    char *model = model_of(zip);
    /* Two colours of one mesh; a and c share one of them, under a name each. */
    assert_int_equal(count_of(model, "<mesh>"), 2);
    assert_int_equal(count_of(model, "<vertex "), 2 * 4);
    assert_int_equal(count_of(model, "<triangle "), 2 * 2);
    assert_int_equal(count_of(model, "<object "), 2 + 2 + 2);
    assert_int_equal(count_of(model, "displaycolor=\"#00FF0080\""), 1);
    assert_int_equal(count_of(model, " name=\"b&#60;&#38;&#34; \""), 1);
    assert_int_equal(count_of(model, " name=\"a\""), 1);
    assert_int_equal(count_of(model, " name=\"c\""), 1);
    free(model);
    blob_unref(zip);
}

static void test_the_same_model_gives_the_same_file(void **state)
{
    for (int i = 0; i < EXPORT_HTML; i++) {
        struct blob *one = written(ALL, (enum export_format)i, "");
        struct blob *two = written(ALL, (enum export_format)i, "");
        assert_int_equal(one->size, two->size);
        assert_memory_equal(one->data, two->data, one->size);
        blob_unref(one);
        blob_unref(two);
    }
}

static void test_limits_end_it(void **state)
{
    struct export_result result;
    atomic_bool cancel = true;
    for (int i = 0; i < EXPORT_HTML; i++) {
        struct export_options options = { .format = (enum export_format)i, .max_bytes = 20000 };
        assert_int_equal(write_with(ALL, &options, &result), -EFBIG);
        assert_non_null(strstr(result.fault, "than is allowed"));
        options.max_bytes = 1 << 20;
        options.cancel = &cancel;
        assert_int_equal(write_with(ALL, &options, &result), -ECANCELED);
        assert_null(result.bytes);
    }
}

static void write_page(char *path, const char *text)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void test_a_page_is_filled_in(void **state)
{
    char path[] = "/tmp/cadcast-page-XXXXXX";
    struct export_result result;
    atomic_bool cancel = true;
    const struct export_page page = { .path = path,
                                      .values = "{\"@MODEL@\":1}",
                                      .name = "<\xc3\xa4&" };
    struct export_options options = { .format = EXPORT_HTML, .page = &page, .max_bytes = 1 << 20 };
    assert_int_equal(write_with(A, &options, &result), -ENOTSUP);
    assert_non_null(strstr(result.fault, "tools/fetch-assets"));
    write_page(path, "@N @NAME@|@CADCAST@|@MODEL@| a@b @NAME@");
    assert_int_equal(write_with(A, &options, &result), 0);
    assert_int_equal(blob_append(result.bytes, "", 1), 0);
    const char *text = (const char *)result.bytes->data;
    /* gzip begins with 1f 8b 08, "H4sI" in base64. */
    const char *begin = "@N &#60;\xc3\xa4&#38;|{\"@MODEL@\":1}|H4sI";
    assert_memory_equal(text, begin, strlen(begin));
    assert_string_equal(strrchr(text, '|'), "| a@b &#60;\xc3\xa4&#38;");
    blob_unref(result.bytes);
    options.max_bytes = 30;
    assert_int_equal(write_with(A, &options, &result), -EFBIG);
    options.max_bytes = 1 << 20;
    options.cancel = &cancel;
    assert_int_equal(write_with(A, &options, &result), -ECANCELED);
    unlink(path);
}

/* More than browsers take: EXPORT_HTML_MOST, which would take too long here. */
static void test_a_page_may_be_too_large(void **state)
{
    enum { PACKED = 2 << 20 };
    char path[] = "/tmp/cadcast-page-XXXXXX";
    struct export_result result;
    uint8_t *noise = malloc(PACKED + (1 << 20));
    uint32_t random = 1;
    assert_non_null(noise);
    for (size_t i = 0; i < PACKED + (1 << 20); i++) {
        random = random * 1664525 + 1013904223;
        noise[i] = (uint8_t)(random >> 24);
    }
    struct export_page page = { .path = path, .values = "{}", .name = "a", .most = PACKED };
    const struct export_options options = { .format = EXPORT_HTML,
                                            .page = &page,
                                            .max_bytes = 64 << 20 };
    write_page(path, "@MODEL@");
    assert_int_equal(export_write(noise, PACKED - 4096, &options, &result), 0);
    blob_unref(result.bytes);
    assert_int_equal(export_write(noise, PACKED + 4096, &options, &result), -E2BIG);
    assert_string_equal(result.fault, "the model is too large for an HTML file: more than 2 MB");
    assert_null(result.bytes);
    page.most = 0;
    assert_int_equal(export_write(noise, PACKED + 4096, &options, &result), 0);
    blob_unref(result.bytes);
    free(noise);
    unlink(path);
}

static void test_what_has_no_form_is_left_out(void **state)
{
    struct export_result result;
    struct export_options options = { .format = EXPORT_STL, .max_bytes = 1 << 20 };
    assert_int_equal(write_with(A "," WIRE, &options, &result), 0);
    assert_int_equal(result.left_out, 1);
    blob_unref(result.bytes);
    assert_int_equal(write_with(WIRE, &options, &result), -ENODATA);
    options.format = EXPORT_GLB;
    assert_int_equal(write_with(WIRE, &options, &result), 0);
    assert_int_equal(result.left_out, 0);
    blob_unref(result.bytes);
}

static void test_a_damaged_file_has_a_reason(void **state)
{
    struct export_result result;
    const struct export_options options = { .format = EXPORT_GLB, .max_bytes = 1 << 20 };
    assert_int_equal(export_write((const uint8_t *)"CADCAST2", 8, &options, &result), -EINVAL);
    assert_string_equal(result.fault, "this is not a model file");
    assert_int_equal(write_with("{\"id\":\"/G/a\",\"shape\":{\"ref\":7}}", &options, &result),
                     -EINVAL);
    assert_string_equal(result.fault, "a part names an instance that does not exist");
    assert_int_equal(write_with("", &options, &result), -ENODATA);
}

static void test_formats_are_known_by_extension(void **state)
{
    assert_int_equal(export_format_of("GLB"), EXPORT_GLB);
    assert_int_equal(export_format_of("3mf"), EXPORT_3MF);
    assert_int_equal(export_format_of("obj"), EXPORT_FORMATS);
    assert_string_equal(export_type(EXPORT_STL), "model/stl");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stl_has_every_part_in_its_place),
        cmocka_unit_test(test_parts_are_chosen_by_id),
        cmocka_unit_test(test_what_a_browser_reported_decides_what_is_visible),
        cmocka_unit_test(test_glb_has_the_tree),
        cmocka_unit_test(test_3mf_has_the_tree),
        cmocka_unit_test(test_the_same_model_gives_the_same_file),
        cmocka_unit_test(test_limits_end_it),
        cmocka_unit_test(test_a_page_is_filled_in),
        cmocka_unit_test(test_a_page_may_be_too_large),
        cmocka_unit_test(test_what_has_no_form_is_left_out),
        cmocka_unit_test(test_a_damaged_file_has_a_reason),
        cmocka_unit_test(test_formats_are_known_by_extension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
