/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Two models part by part: pairs of which it is known what differs, and the model that shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "compare/compare.h"
#include "render/render.h"

/* Three meshes: a tetrahedron of volume 1/6, one eight times as large, and a line. */
static const float small[] = { 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1 };
static const float large[] = { 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2 };
static const float normals[] = { -1, 0, 0, 0, -1, 0, 0, 0, -1, 1, 0, 0 };
static const uint32_t corners[] = { 0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3 };

#define ARRAY(name, type, offset)                                                                  \
    "\"" name "\":{\"shape\":[12],\"dtype\":\"" type "\",\"offset\":" offset ",\"bytes\":48}"
#define MESH(offset)                                                                               \
    "{" ARRAY("vertices", "float32", offset) "," ARRAY("normals", "float32", "96") "," ARRAY(      \
        "triangles", "int32", "144") "}"
/* The same arrays in another order of members: nothing differs. */
#define TURNED                                                                                     \
    "{" ARRAY("triangles", "int32", "144") "," ARRAY("normals", "float32", "96") "," ARRAY(        \
        "vertices", "float32", "0") "}"
#define LINE "{\"edges\":{\"shape\":[12],\"dtype\":\"float32\",\"offset\":0,\"bytes\":48}}"
#define INSTANCES MESH("0") "," MESH("48") "," TURNED

#define PART(id, ref, more)                                                                        \
    "{\"id\":\"/G" id "\",\"name\":\"n\",\"type\":\"shapes\",\"subtype\":\"solid\",\"shape\":{"    \
    "\"ref\":" ref "}" more "}"
#define SHOWN ",\"state\":[1,1]"
#define RED SHOWN ",\"color\":\"#ff0000\""
#define BLUE SHOWN ",\"color\":\"#0000ff\""
#define AT(x) ",\"loc\":[[" x ",0,0],[0,0,0,1]]"
#define WIRE(id, color)                                                                            \
    "{\"id\":\"/G" id "\",\"name\":\"w\",\"type\":\"edges\",\"state\":[3,1],\"color\":\"" color    \
    "\",\"shape\":" LINE "}"
#define GROUP(id, loc, parts) "{\"id\":\"/G" id "\",\"name\":\"g\"" loc ",\"parts\":[" parts "]}"

/* A model file of that tree. The caller drops it. */
static struct blob *make_whole(const char *tree)
{
    struct text json = { 0 };
    text_format(&json,
                "{\"data\":{\"instances\":[" INSTANCES "],\"shapes\":%s},\"type\":\"data\","
                "\"config\":{\"up\":\"Z\",\"position\":[1,2,3]},\"count\":1}",
                tree);
    size_t start = (MODEL_HEAD + json.size + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    struct blob *blob = blob_new(start + 192);
    memset(blob->data, 0, start + 192);
    memcpy(blob->data, MODEL_MAGIC, 8);
    bytes_put(blob->data + 8, 1, 4);
    bytes_put(blob->data + 12, json.size, 4);
    memcpy(blob->data + MODEL_HEAD, json.data, json.size);
    memcpy(blob->data + start, small, 48);
    memcpy(blob->data + start + 48, large, 48);
    memcpy(blob->data + start + 96, normals, 48);
    memcpy(blob->data + start + 144, corners, 48);
    blob->size = start + 192;
    text_free(&json);
    return blob;
}

static struct blob *make(const char *parts)
{
    struct text tree = { 0 };
    text_format(&tree, "{\"parts\":[%s],\"loc\":null,\"id\":\"/G\",\"name\":\"G\"}", parts);
    struct blob *blob = make_whole(text_string(&tree));
    text_free(&tree);
    return blob;
}

static const struct compare_options usual = { .limit = 100, .max_bytes = 64 << 20 };

static json_int_t count_of(const struct compare_result *result, const char *name)
{
    return json_integer_value(json_object_get(json_object_get(result->report, "counts"), name));
}

static json_t *listed(const struct compare_result *result, size_t index)
{
    return json_array_get(json_object_get(result->report, "parts"), index);
}

/* ---- pairs with known answers ---- */

/* The counts in the order of the letters: c m r n a d s; "differs" of the first listed part. */
struct pair {
    const char *what;
    const char *from;
    const char *to;
    int counts[7];
    const char *differs;
};

#define A PART("/a", "0", RED)
#define B PART("/b", "1", BLUE)
#define C PART("/c", "0", BLUE AT("5"))

static const struct pair pairs[] = {
    { "nothing differs", A "," B, A "," B, { 0, 0, 0, 0, 0, 0, 2 }, "" },
    { "another order of the tree", A "," B, B "," A, { 0, 0, 0, 0, 0, 0, 2 }, "" },
    { "another order of members", A, PART("/a", "2", RED), { 0, 0, 0, 0, 0, 0, 1 }, "" },
    { "members in another order of a part",
      A,
      "{\"color\":\"#ff0000\",\"shape\":{\"ref\":0},\"state\":[1,1],\"subtype\":\"solid\",\"type\":"
      "\"shapes\",\"name\":\"n\",\"id\":\"/G/a\"}",
      { 0, 0, 0, 0, 0, 0, 1 },
      "" },
    { "moved", A, PART("/a", "0", RED AT("1")), { 0, 1, 0, 0, 0, 0, 0 }, "place" },
    { "moved by less than counts",
      A,
      PART("/a", "0", RED AT("1e-10")),
      { 0, 0, 0, 0, 0, 0, 1 },
      "" },
    { "moved by what just counts",
      A,
      PART("/a", "0", RED AT("1e-8")),
      { 0, 1, 0, 0, 0, 0, 0 },
      "place" },
    { "far away, by the noise of a double",
      PART("/a", "0", RED AT("1000000")),
      PART("/a", "0", RED AT("1000000.0001")),
      { 0, 0, 0, 0, 0, 0, 1 },
      "" },
    { "turned",
      A,
      PART("/a", "0", RED ",\"loc\":[[0,0,0],[0,0,0.6,0.8]]"),
      { 0, 1, 0, 0, 0, 0, 0 },
      "place" },
    { "turned once round",
      PART("/a", "0", RED ",\"loc\":[[0,0,0],[0,0,0.6,0.8]]"),
      PART("/a", "0", RED ",\"loc\":[[0,0,0],[0,0,-0.6,-0.8]]"),
      { 0, 0, 0, 0, 0, 0, 1 },
      "" },
    { "its group was moved",
      GROUP("/g", AT("0"), PART("/g/a", "0", RED)),
      GROUP("/g", AT("7"), PART("/g/a", "0", RED)),
      { 0, 1, 0, 0, 0, 0, 0 },
      "place" },
    { "group and part moved against each other",
      GROUP("/g", AT("7"), PART("/g/a", "0", RED)),
      GROUP("/g", AT("3"), PART("/g/a", "0", RED AT("4"))),
      { 0, 0, 0, 0, 0, 0, 1 },
      "" },
    { "recoloured", A, PART("/a", "0", BLUE), { 0, 0, 1, 0, 0, 0, 0 }, "colour" },
    { "more transparent",
      A,
      PART("/a", "0", RED ",\"alpha\":0.5"),
      { 0, 0, 1, 0, 0, 0, 0 },
      "colour" },
    { "one opacity in two ways",
      PART("/a", "0", RED ",\"alpha\":1"),
      PART("/a", "0", RED ",\"alpha\":1.0"),
      { 0, 0, 0, 0, 0, 0, 1 },
      "" },
    { "hidden",
      A,
      PART("/a", "0", ",\"color\":\"#ff0000\",\"state\":[0,0]"),
      { 0, 0, 1, 0, 0, 0, 0 },
      "visible" },
    { "only its edges hidden",
      A,
      PART("/a", "0", ",\"color\":\"#ff0000\",\"state\":[1,0]"),
      { 0, 0, 1, 0, 0, 0, 0 },
      "visible" },
    { "recoloured and hidden",
      A,
      PART("/a", "0", ",\"color\":\"#00ff00\",\"state\":[0,0]"),
      { 0, 0, 1, 0, 0, 0, 0 },
      "colour,visible" },
    { "changed", A, PART("/a", "1", RED), { 1, 0, 0, 0, 0, 0, 0 }, "shape" },
    { "changed, moved and recoloured",
      A,
      PART("/a", "1", BLUE AT("2")),
      { 1, 0, 0, 0, 0, 0, 0 },
      "shape,place,colour" },
    { "moved and recoloured",
      A,
      PART("/a", "0", BLUE AT("2")),
      { 0, 1, 0, 0, 0, 0, 0 },
      "place,colour" },
    { "faces became edges",
      PART("/w", "0", RED),
      WIRE("/w", "#ff0000"),
      { 1, 0, 0, 0, 0, 0, 0 },
      "shape,visible" },
    { "a wire was recoloured",
      WIRE("/w", "#ff0000"),
      WIRE("/w", "#00ff00"),
      { 0, 0, 1, 0, 0, 0, 0 },
      "colour" },
    { "added", A, A "," B, { 0, 0, 0, 0, 1, 0, 1 }, "" },
    { "removed", A "," B, A, { 0, 0, 0, 0, 0, 1, 1 }, "" },
    { "renamed", A "," B, A "," PART("/other", "1", BLUE), { 0, 0, 0, 1, 0, 0, 1 }, "name" },
    { "renamed and moved",
      B,
      PART("/other", "1", BLUE AT("3")),
      { 0, 0, 0, 1, 0, 0, 0 },
      "place,name" },
    { "two of one shape renamed, each is found by its place",
      A "," C,
      PART("/y", "0", BLUE AT("5")) "," PART("/x", "0", RED),
      { 0, 0, 0, 2, 0, 0, 0 },
      "name" },
    { "none the same", A, PART("/z", "1", RED), { 0, 0, 0, 0, 1, 1, 0 }, "" },
    { "two parts of one id", A "," A "," A, A "," A, { 0, 0, 0, 0, 0, 1, 2 }, "" },
    { "all of it is new", "", A "," B, { 0, 0, 0, 0, 2, 0, 0 }, "" },
    { "all at once",
      A "," B "," C "," PART("/d", "1", RED) "," PART("/e", "0", RED AT("20")) "," PART(
          "/f", "1", RED AT("30")),
      PART("/a", "0", RED AT("1")) "," PART("/b", "1", RED) "," PART(
          "/c", "1", BLUE AT("5")) "," PART("/d", "1",
                                            RED) "," PART("/new", "0",
                                                          RED AT("20")) "," WIRE("/g", "#ff0000"),
      { 1, 1, 1, 1, 1, 1, 1 },
      "shape" },
};

static void check_differs(const struct pair *pair, const struct compare_result *result)
{
    char text[80] = "";
    size_t index;
    json_t *each;
    json_array_foreach(json_object_get(listed(result, 0), "differs"), index, each) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof(text) - n, "%s%s", index == 0 ? "" : ",",
                 json_string_value(each));
    }
    if (strcmp(text, pair->differs) != 0)
        fail_msg("%s: differs %s, not %s", pair->what, text, pair->differs);
}

static void check_pair(const struct pair *pair)
{
    static const char *const names[7] = { "changed", "moved",   "recoloured", "renamed",
                                          "added",   "removed", "same" };
    struct compare_result result;
    const struct compare_input from = { .file = make(pair->from) };
    const struct compare_input to = { .file = make(pair->to) };
    struct compare_options options = usual;
    options.picture = true;
    if (compare_models(&from, &to, &options, &result) < 0)
        fail_msg("%s: %s", pair->what, result.fault);
    int different = 0;
    for (int i = 0; i < 7; i++) {
        if (count_of(&result, names[i]) != pair->counts[i])
            fail_msg("%s: %d %s, not %d", pair->what, (int)count_of(&result, names[i]), names[i],
                     pair->counts[i]);
        different += i < 6 ? pair->counts[i] : 0;
    }
    assert_int_equal(result.same, different == 0);
    assert_int_equal(json_is_true(json_object_get(result.report, "same")), different == 0);
    assert_int_equal(json_array_size(json_object_get(result.report, "parts")), different);
    check_differs(pair, &result);
    assert_non_null(result.model.bytes);
    compare_result_free(&result);
    blob_unref((struct blob *)from.file);
    blob_unref((struct blob *)to.file);
}

static void test_pairs_of_known_answers(void **state)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        check_pair(&pairs[i]);
}

/* ---- more than one pair can say ---- */

static void compare(const char *from, const char *to, const struct compare_options *options,
                    struct compare_result *result)
{
    const struct compare_input first = { .file = make(from) };
    const struct compare_input second = { .file = make(to) };
    if (compare_models(&first, &second, options, result) < 0)
        fail_msg("%s", result->fault);
    blob_unref((struct blob *)first.file);
    blob_unref((struct blob *)second.file);
}

static double number(const json_t *json, const char *one, const char *two)
{
    const json_t *value = json_object_get(json, one);
    return json_number_value(two == NULL ? value : json_object_get(value, two));
}

static void test_boxes_and_volumes_of_both(void **state)
{
    struct compare_result result;
    compare(A, PART("/a", "1", RED AT("3")), &usual, &result);
    const json_t *row = listed(&result, 0);
    assert_string_equal(json_string_value(json_object_get(row, "id")), "/G/a");
    const json_t *from = json_object_get(row, "from"), *to = json_object_get(row, "to");
    assert_float_equal(number(from, "volume", NULL), 1.0 / 6, 1e-9);
    assert_float_equal(number(to, "volume", NULL), 8.0 / 6, 1e-9);
    assert_float_equal(number(from, "box", "xmax"), 1, 1e-9);
    assert_float_equal(number(to, "box", "xmin"), 3, 1e-9);
    assert_float_equal(number(to, "box", "xmax"), 5, 1e-9);
    compare_result_free(&result);
}

static void test_the_root_is_no_part_of_a_key(void **state)
{
    struct compare_result result;
    const struct compare_input from = { .file = make(A) };
    const struct compare_input to = {
        .file = make_whole("{\"parts\":[{\"id\":\"/H/a\",\"name\":\"n\",\"type\":\"shapes\","
                           "\"subtype\":\"solid\",\"state\":[1,1],\"color\":\"#ff0000\",\"shape\":{"
                           "\"ref\":0}}],\"loc\":null,\"id\":\"/H\",\"name\":\"H\"}")
    };
    assert_int_equal(compare_models(&from, &to, &usual, &result), 0);
    assert_true(result.same);
    compare_result_free(&result);
    blob_unref((struct blob *)from.file);
    blob_unref((struct blob *)to.file);
}

static void test_states_of_a_browser_count(void **state)
{
    struct compare_result result;
    json_t *states = json_pack("{s:[i,i]}", "/G/a", 0, 0);
    const struct compare_input from = { .file = make(A), .states = states };
    const struct compare_input to = { .file = make(A) };
    assert_int_equal(compare_models(&from, &to, &usual, &result), 0);
    assert_int_equal(count_of(&result, "recoloured"), 1);
    compare_result_free(&result);
    blob_unref((struct blob *)from.file);
    blob_unref((struct blob *)to.file);
    json_decref(states);
}

static struct blob *exact(const char *text)
{
    struct text message = { 0 };
    text_format(&message,
                "B:{\"model\":{\"parts\":[{\"id\":\"/G/a\",\"shape\":{\"obj\":\"%s\"}}]}}", text);
    struct blob *blob = blob_copy(message.data, message.size);
    blob->skip = 2;
    text_free(&message);
    return blob;
}

/* Another tolerance makes other triangles of the same shape. */
static void test_exact_geometry_is_believed_before_triangles(void **state)
{
    static const struct {
        const char *from, *to;
        int changed;
    } cases[] = { { "QUJD", "QUJD", 0 }, { "QUJD", "REVG", 1 }, { "QUJD", "", 1 } };
    for (size_t i = 0; i < 3; i++) {
        struct compare_result result;
        const struct compare_input from = { .file = make(A), .exact = exact(cases[i].from) };
        const struct compare_input to = { .file = make(PART("/a", "1", RED)),
                                          .exact = exact(cases[i].to) };
        assert_int_equal(compare_models(&from, &to, &usual, &result), 0);
        assert_int_equal(count_of(&result, "changed"), cases[i].changed);
        compare_result_free(&result);
        blob_unref((struct blob *)from.file);
        blob_unref((struct blob *)from.exact);
        blob_unref((struct blob *)to.file);
        blob_unref((struct blob *)to.exact);
    }
}

static struct text many(unsigned count, unsigned moved, unsigned removed)
{
    struct text parts = { 0 };
    for (unsigned i = 0; i < count; i++) {
        if (removed > 0 && i % removed == 0)
            continue;
        text_format(&parts,
                    "%s{\"id\":\"/G/p%u\",\"name\":\"p\",\"type\":\"shapes\",\"state\":[1,1],"
                    "\"color\":\"#ff0000\",\"shape\":{\"ref\":%u},\"loc\":[[%u,%u,0],[0,0,0,1]]}",
                    parts.size == 0 ? "" : ",", i, i % 2, i, moved > 0 && i % moved == 1 ? 1 : 0);
    }
    return parts;
}

static void test_five_thousand_parts(void **state)
{
    struct compare_result result;
    struct text from = many(5000, 0, 0), to = many(5000, 10, 50);
    struct compare_options options = usual;
    options.picture = true;
    compare(text_string(&from), text_string(&to), &options, &result);
    assert_int_equal(count_of(&result, "removed"), 100);
    assert_int_equal(count_of(&result, "moved"), 500);
    assert_int_equal(count_of(&result, "same"), 4400);
    assert_int_equal(json_array_size(json_object_get(result.report, "parts")), 100);
    assert_int_equal(json_integer_value(json_object_get(result.report, "left_out")), 500);
    /* Two meshes, however many parts have them. */
    assert_int_equal(result.model.arrays, 6);
    compare_result_free(&result);
    text_free(&from);
    text_free(&to);
}

static struct compare_result shown(const char *from, const char *to)
{
    struct compare_result result;
    struct compare_options options = usual;
    options.picture = true;
    compare(from, to, &options, &result);
    return result;
}

static json_t *tree_of(const struct compare_result *result)
{
    const struct blob *bytes = result->model.bytes;
    json_t *root = json_loadb((char *)bytes->data + MODEL_HEAD, result->model.json, 0, NULL);
    assert_non_null(root);
    return root;
}

/* The group of that name, borrowed; NULL: there is none. */
static json_t *group_of(const json_t *root, const char *name)
{
    size_t index;
    json_t *each;
    json_t *shapes = json_object_get(json_object_get(root, "data"), "shapes");
    json_array_foreach(json_object_get(shapes, "parts"), index, each) {
        if (strcmp(json_string_value(json_object_get(each, "name")), name) == 0)
            return each;
    }
    return NULL;
}

static const char *first(const json_t *group, const char *member)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(group, "parts"), 0), member));
}

static void test_the_model_shows_each_class(void **state)
{
    struct compare_result result =
        shown(A "," GROUP("/g", AT("9"), PART("/g/b", "1", BLUE)),
              PART("/a", "1", RED) "," GROUP("/g", AT("4"),
                                             PART("/g/b", "1", BLUE)) "," WIRE("/w", "#ff0000"));
    json_t *root = tree_of(&result);
    const json_t *changed = group_of(root, "changed");
    assert_string_equal(first(changed, "id"), "/compare/changed/a");
    assert_string_equal(first(changed, "color"), "#ff8c00");
    const json_t *before =
        json_array_get(json_object_get(group_of(root, "changed, before"), "parts"), 0);
    assert_float_equal(number(before, "alpha", NULL), 0.3, 1e-9);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(before, "state"), 1)), 0);
    const json_t *inner = json_array_get(json_object_get(group_of(root, "moved"), "parts"), 0);
    assert_string_equal(json_string_value(json_object_get(inner, "id")), "/compare/moved/g");
    assert_string_equal(first(inner, "id"), "/compare/moved/g/b");
    assert_non_null(group_of(root, "moved, before"));
    assert_string_equal(first(group_of(root, "added"), "id"), "/compare/added/w");
    assert_null(group_of(root, "removed"));
    assert_null(group_of(root, "same"));
    assert_null(json_object_get(json_object_get(root, "config"), "position"));
    json_decref(root);
    compare_result_free(&result);
}

static void test_the_model_is_drawn(void **state)
{
    struct render_options options;
    struct render_picture picture;
    struct compare_result result = shown(A "," B, B "," WIRE("/w", "#ff0000"));
    render_options_init(&options);
    options.width = 60;
    options.height = 40;
    const struct blob *bytes = result.model.bytes;
    if (render_draw(bytes->data, bytes->size, &options, &picture) < 0)
        fail_msg("%s", picture.fault);
    render_picture_free(&picture);
    compare_result_free(&result);
}

static void test_the_same_input_gives_the_same_bytes(void **state)
{
    struct compare_result one = shown(A "," C, B "," C), two = shown(A "," C, B "," C);
    assert_string_equal(one.model.hash, two.model.hash);
    assert_true(json_equal(one.report, two.report));
    compare_result_free(&one);
    compare_result_free(&two);
}

/* ---- faults ---- */

static int try(struct blob *from, struct blob *to, const struct compare_options *options,
               struct compare_result *result)
{
    const struct compare_input first = { .file = from }, second = { .file = to };
    int error = compare_models(&first, &second, options, result);
    compare_result_free(result);
    blob_unref(from);
    blob_unref(to);
    return error;
}

static void test_limits_end_it(void **state)
{
    struct compare_result result;
    atomic_bool cancel = true;
    struct compare_options options = usual;
    options.max_bytes = 1000;
    assert_int_equal(try(make(A), make(B), &options, &result), -EFBIG);
    assert_non_null(strstr(result.fault, "the first model: "));
    options = usual;
    options.cancel = &cancel;
    assert_int_equal(try(make(A), make(B), &options, &result), -ECANCELED);
    struct text from = many(2000, 0, 0), to = many(2000, 1, 0);
    options = usual;
    options.picture = true;
    options.max_bytes = 17 * (from.size + to.size);
    assert_int_equal(try(make(text_string(&from)), make(text_string(&to)), &options, &result),
                     -EFBIG);
    assert_string_equal(result.fault, "comparing needs more memory than is allowed");
    options = usual;
    options.picture = true;
    assert_int_equal(try(make(""), make(""), &options, &result), -ENODATA);
    assert_string_equal(result.fault, "neither model has a part");
    text_free(&from);
    text_free(&to);
}

static void test_a_damaged_file_has_a_reason(void **state)
{
    struct compare_result result;
    static const char bad[] = "{\"id\":\"/G/a\",\"type\":\"shapes\",\"shape\":{\"vertices\":{"
                              "\"shape\":[12],\"dtype\":\"float32\",\"offset\":320,\"bytes\":48}}}";
    assert_int_equal(try(blob_copy("no model", 8), make(A), &usual, &result), -EINVAL);
    assert_string_equal(result.fault, "the first model: this is not a model file");
    assert_int_equal(try(make(A), make(bad), &usual, &result), -EINVAL);
    assert_non_null(strstr(result.fault, "the second model: an array is not of its type"));
    assert_int_equal(try(make(A), make(PART("/a", "9", "")), &usual, &result), -EINVAL);
    assert_non_null(strstr(result.fault, "an instance that does not exist"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_of_known_answers),
        cmocka_unit_test(test_boxes_and_volumes_of_both),
        cmocka_unit_test(test_the_root_is_no_part_of_a_key),
        cmocka_unit_test(test_states_of_a_browser_count),
        cmocka_unit_test(test_exact_geometry_is_believed_before_triangles),
        cmocka_unit_test(test_five_thousand_parts),
        cmocka_unit_test(test_the_model_shows_each_class),
        cmocka_unit_test(test_the_model_is_drawn),
        cmocka_unit_test(test_the_same_input_gives_the_same_bytes),
        cmocka_unit_test(test_limits_end_it),
        cmocka_unit_test(test_a_damaged_file_has_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
