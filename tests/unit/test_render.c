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

#include <cmocka.h>

#include "base/bytes.h"
#include "base/text.h"
#include "model/model.h"
#include "render/query.h"
#include "render/render.h"

#define SOLID                                                                                      \
    "\"type\":\"shapes\",\"subtype\":\"solid\",\"state\":[1,1],\"color\":\"#e8b024\",\"alpha\":1"

/* A square from (-1,-1) to (1,1) that faces up, its four edges, and its corners. */
static const float points[] = { -1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 1, 0 };
static const float normals[] = { 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1 };
static const uint32_t corners[] = { 0, 1, 2, 0, 2, 3 };
static const float edges[] = { -1, -1, 0, 1,  -1, 0, 1,  -1, 0, 1,  1,  0,
                               1,  1,  0, -1, 1,  0, -1, 1,  0, -1, -1, 0 };

/* The descriptors of these arrays; offsets as add_arrays places them. */
#define POINTS "\"vertices\":{\"shape\":[12],\"dtype\":\"float32\",\"offset\":0,\"bytes\":48}"
#define NORMALS "\"normals\":{\"shape\":[12],\"dtype\":\"float32\",\"offset\":48,\"bytes\":48}"
#define CORNERS "\"triangles\":{\"shape\":[6],\"dtype\":\"int32\",\"offset\":96,\"bytes\":24}"
#define EDGES "\"edges\":{\"shape\":[24],\"dtype\":\"float32\",\"offset\":128,\"bytes\":96}"
#define SQUARE "{" POINTS "," NORMALS "," CORNERS "," EDGES "}"
#define BARE "{" POINTS "," NORMALS "," CORNERS "}"

/* A model file: of one instance, the parts and the settings. The caller frees it. */
static uint8_t *make_file(const char *instance, const char *parts, const char *config, size_t *size)
{
    struct text json = { 0 };
    text_format(&json,
                "{\"data\":{\"instances\":[%s],\"shapes\":{\"parts\":[%s],\"loc\":null,"
                "\"id\":\"/G\",\"name\":\"G\"}},\"type\":\"data\",\"config\":{%s}}",
                instance, parts, config);
    size_t start = (MODEL_HEAD + json.size + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    *size = start + 224;
    uint8_t *file = calloc(1, *size);
    memcpy(file, "CADCAST1", 8);
    bytes_put(file + 8, 1, 4);
    bytes_put(file + 12, json.size, 4);
    memcpy(file + MODEL_HEAD, json.data, json.size);
    memcpy(file + start, points, sizeof(points));
    memcpy(file + start + 48, normals, sizeof(normals));
    memcpy(file + start + 96, corners, sizeof(corners));
    memcpy(file + start + 128, edges, sizeof(edges));
    text_free(&json);
    return file;
}

static struct render_options small(const char *query)
{
    struct render_options options;
    struct text why = { 0 };
    render_options_init(&options);
    options.width = options.height = 64;
    assert_int_equal(query_read(&options, query, &why), 0);
    text_free(&why);
    return options;
}

static int draw(const char *instance, const char *parts, const char *config,
                const struct render_options *options, struct render_picture *picture)
{
    size_t size;
    uint8_t *file = make_file(instance, parts, config, &size);
    int error = render_draw(file, size, options, picture);
    free(file);
    return error;
}

/* A pixel as 0xRRGGBBAA. */
static uint32_t pixel(const struct render_picture *picture, unsigned x, unsigned y)
{
    const uint8_t *p = picture->pixels + 4 * ((size_t)y * picture->width + x);
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The pixel in the middle of a picture of one part, and of one at its border. */
static uint32_t middle_of(const char *part, const char *config, const char *query)
{
    struct render_picture picture;
    struct render_options options = small(query);
    assert_int_equal(draw(SQUARE, part, config, &options, &picture), 0);
    uint32_t color = pixel(&picture, 32, 32);
    render_picture_free(&picture);
    return color;
}

#define PART "{\"id\":\"/G/a\"," SOLID ",\"shape\":{\"ref\":0}}"

static void assert_near(uint32_t color, uint32_t wanted, int most)
{
    for (int shift = 0; shift < 32; shift += 8) {
        int difference = (int)(color >> shift & 255) - (int)(wanted >> shift & 255);
        if (abs(difference) > most)
            fail_msg("%08x instead of %08x", color, wanted);
    }
}

/* What three.js 0.184 shows in Chromium. */
static void test_light_is_that_of_the_page(void **state)
{
    assert_near(middle_of(PART, "", "view=top"), 0xffe64aff, 1);
    assert_near(middle_of(PART, "", "view=0,30"), 0xecb328ff, 1);
    assert_near(
        middle_of(PART, "\"metalness\":1,\"roughness\":1,\"direct_intensity\":0.4", "view=top"),
        0x5b3805ff, 2);
}

static void test_the_back_of_a_face_shows_only_if_it_is_asked_for(void **state)
{
    assert_int_equal(middle_of(PART, "", "view=bottom"), 0xffffffff);
    assert_int_equal(middle_of("{\"id\":\"/G/a\"," SOLID
                               ",\"renderback\":true,\"shape\":{\"ref\":0}}",
                               "", "view=bottom"),
                     0xe8b024ff);
    assert_near(
        middle_of("{\"id\":\"/G/a\",\"type\":\"shapes\",\"subtype\":\"face\",\"state\":[1,1],"
                  "\"renderback\":true,\"shape\":{\"ref\":0}}",
                  "", "view=bottom"),
        0x929292ff, 2);
    /* One looks into what is cut. */
    assert_int_equal(middle_of(PART, "", "view=bottom&clip=0,0,1,1"), 0xe8b024ff);
    assert_int_equal(middle_of(PART, "", "view=bottom&clip=0,0,1,-1"), 0xffffffff);
}

static void test_states_hide_shapes_and_edges_each(void **state)
{
    static const char faces[] = "{\"id\":\"/G/a\",\"type\":\"shapes\",\"state\":[1,0],\"color\":"
                                "\"#e8b024\",\"shape\":{\"ref\":0}}";
    static const char lines[] = "{\"id\":\"/G/a\",\"type\":\"shapes\",\"state\":[0,1],\"color\":"
                                "\"#e8b024\",\"shape\":{\"ref\":0}}";
    assert_int_not_equal(middle_of(faces, "", "view=top"), 0xffffffff);
    assert_int_equal(middle_of(lines, "", "view=top"), 0xffffffff);
    /* What a browser told counts more than the model. */
    struct render_options options = small("");
    struct render_picture picture;
    options.same = true;
    options.reported = json_pack("{s:{s:[i,i]}}", "states", "/G/a", 0, 0);
    assert_int_equal(draw(SQUARE, faces, "", &options, &picture), 0);
    for (unsigned i = 0; i < 64 * 64; i++)
        assert_int_equal(pixel(&picture, i % 64, i / 64), 0xffffffff);
    render_picture_free(&picture);
    json_decref((json_t *)options.reported);
}

/* Pixels that are not of the background. */
static unsigned count_drawn(const char *part, const char *config, const char *query)
{
    struct render_picture picture;
    struct render_options options = small(query);
    unsigned count = 0;
    assert_int_equal(draw(SQUARE, part, config, &options, &picture), 0);
    for (unsigned i = 0; i < picture.width * picture.height; i++)
        count += pixel(&picture, i % picture.width, i / picture.width) != 0xffffffff;
    render_picture_free(&picture);
    return count;
}

static void test_edges_and_points_have_their_width(void **state)
{
    static const char lines[] =
        "{\"id\":\"/G/a\",\"type\":\"edges\",\"state\":[3,1],\"width\":%d,\"color\":\"#000000\","
        "\"shape\":{" EDGES "}}";
    char part[300];
    snprintf(part, sizeof(part), lines, 1);
    unsigned thin = count_drawn(part, "", "view=top");
    snprintf(part, sizeof(part), lines, 5);
    unsigned thick = count_drawn(part, "", "view=top");
    /* Four edges of 45 pixels each: the model's sphere fills the picture. */
    assert_in_range(thin, 4 * 44, 4 * 2 * 47);
    assert_in_range(thick, 4 * 4 * 44, 4 * 6 * 51);
    assert_int_equal(
        count_drawn("{\"id\":\"/G/a\",\"type\":\"vertices\",\"state\":[3,1],\"size\":6,"
                    "\"color\":\"#000000\",\"shape\":{\"obj_vertices\":{\"shape\":[3],"
                    "\"dtype\":\"float32\",\"offset\":176,\"bytes\":12}}}",
                    "", "view=top"),
        36);
    assert_true(count_drawn(PART, "", "view=top&edges=0") < count_drawn(PART, "", "view=top"));
}

/* Grey pixels of a picture of nothing but the grid, darker (or lighter) than its lines are. */
static unsigned count_ink(const char *config, const char *query, bool dark)
{
    static const char hidden[] =
        "{\"id\":\"/G/a\"," SOLID ",\"shape\":{\"ref\":0},\"state\":[0,0]}";
    struct render_picture picture;
    struct render_options options = small(query);
    unsigned count = 0;
    options.width = options.height = 240;
    options.edges = RENDER_OFF;
    assert_int_equal(draw(SQUARE, hidden, config, &options, &picture), 0);
    for (unsigned i = 0; i < picture.width * picture.height; i++) {
        uint32_t color = pixel(&picture, i % picture.width, i / picture.width);
        uint8_t grey = (uint8_t)(color >> 24);
        bool neutral = grey == (color >> 16 & 255) && grey == (color >> 8 & 255);
        count += neutral && (dark ? grey > 0x80 : grey < 0xb0);
    }
    render_picture_free(&picture);
    return count;
}

static void test_numbers_stand_at_the_grid(void **state)
{
    static const char far[] = "\"zoom\":0.05,\"reset_camera\":\"keep\"";
    assert_int_equal(count_ink("", "view=top&grid=0", false), 0);
    unsigned top = count_ink("", "view=top&grid=1", false);
    assert_in_range(top, 200, 5000);
    assert_in_range(count_ink("", "view=top&grid=1&projection=perspective", false), 200, 5000);
    assert_in_range(count_ink("\"theme\":\"dark\"", "view=top&grid=1", true), 200, 5000);
    /* They would cover a model that is far away. */
    assert_int_equal(count_ink(far, "grid=1&projection=perspective", false), 0);
}

static void test_parts_can_be_seen_through(void **state)
{
    static const char pair[] =
        "{\"id\":\"/G/a\",\"type\":\"shapes\",\"state\":[1,0],\"color\":\"#ff0000\",\"alpha\":0.5,"
        "\"loc\":[[0,0,0.5],[0,0,0,1]],\"shape\":{\"ref\":0}},"
        "{\"id\":\"/G/b\",\"type\":\"shapes\",\"state\":[1,0],\"color\":\"#0000ff\",\"alpha\":1,"
        "\"shape\":{\"ref\":0}}";
    uint32_t color = middle_of(pair, "", "view=top");
    assert_true((color >> 24) > 90 && (color >> 8 & 255) > 90);
    /* Without a background, what is behind shows in the opacity. */
    color = middle_of(PART, "\"transparent\":true", "view=top&transparent=1");
    assert_near(color & 255, 128, 1);
    assert_int_equal(middle_of(PART, "", "view=bottom&transparent=1"), 0);
    assert_int_equal(middle_of(PART, "", "view=bottom&background=102030"), 0x102030ff);
    assert_int_equal(middle_of(PART, "\"theme\":\"dark\"", "view=bottom"), 0x444444ff);
}

static void test_several_views_share_a_picture(void **state)
{
    struct render_picture picture;
    struct render_options options = small("view=top,bottom,top&edges=0");
    assert_int_equal(draw(SQUARE, PART, "", &options, &picture), 0);
    assert_int_not_equal(pixel(&picture, 16, 16), 0xffffffff);
    assert_int_equal(pixel(&picture, 48, 16), 0xffffffff);
    assert_int_equal(pixel(&picture, 16, 48), pixel(&picture, 16, 16));
    assert_int_equal(pixel(&picture, 48, 48), 0xffffffff);
    render_picture_free(&picture);
}

/* ---- recorded models ---- */

static struct model_file convert(const char *name)
{
    char path[400];
    struct model_file file;
    struct model_options options = { .key = { 1 } };
    snprintf(path, sizeof(path), "%s/messages/%s-model.msg", getenv("TEST_DATA"), name);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    struct blob *blob = blob_new(0);
    char piece[65536];
    for (size_t n = fread(piece, 1, sizeof(piece), in); n > 0;
         n = fread(piece, 1, sizeof(piece), in))
        assert_int_equal(blob_append(blob, piece, n), 0);
    fclose(in);
    blob->skip = 2;
    assert_int_equal(model_convert(blob, &options, &file), 0);
    blob_unref(blob);
    return file;
}

static void test_any_number_of_threads_draws_the_same(void **state)
{
    static const char *const names[] = { "assembly", "bracket", "zoo", "legacy-3.4", "image-face" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct model_file file = convert(names[i]);
        struct render_picture one, many;
        struct render_options options =
            small("view=iso,30,-20&axes=1&grid=1&projection=perspective");
        options.width = 230;
        options.height = 170;
        assert_int_equal(render_draw(file.bytes->data, file.bytes->size, &options, &one), 0);
        options.threads = 5;
        assert_int_equal(render_draw(file.bytes->data, file.bytes->size, &options, &many), 0);
        assert_memory_equal(one.pixels, many.pixels, (size_t)4 * 230 * 170);
        render_picture_free(&one);
        render_picture_free(&many);
        model_file_free(&file);
    }
}

static void test_limits_end_a_picture_with_a_reason(void **state)
{
    struct model_file file = convert("zoo");
    struct render_picture picture;
    struct render_options options = small("");
    atomic_bool cancel = true;
    options.cancel = &cancel;
    assert_int_equal(render_draw(file.bytes->data, file.bytes->size, &options, &picture),
                     -ECANCELED);
    options.cancel = NULL;
    options.max_bytes = 300000;
    assert_int_equal(render_draw(file.bytes->data, file.bytes->size, &options, &picture), -EFBIG);
    assert_non_null(picture.fault);
    options.max_bytes = 1000;
    assert_int_equal(render_draw(file.bytes->data, file.bytes->size, &options, &picture), -EFBIG);
    render_options_init(&options);
    options.width = options.height = 2800;
    options.samples = 16;
    options.max_ms = 1;
    assert_int_equal(render_draw(file.bytes->data, file.bytes->size, &options, &picture),
                     -ETIMEDOUT);
    assert_string_equal(picture.fault, "the picture takes longer than is allowed");
    options.width = 5000;
    assert_int_equal(render_draw(file.bytes->data, file.bytes->size, &options, &picture), -EINVAL);
    model_file_free(&file);
}

/* ---- what is not valid ---- */

static void test_a_file_with_a_fault_is_refused_by_name(void **state)
{
#define FAULTY(array) "{" POINTS "," NORMALS "," array "}"
    static const struct {
        const char *instance;
        const char *part;
        const char *fault;
    } cases[] = {
        { FAULTY("\"triangles\":{\"shape\":[6],\"dtype\":\"int32\",\"offset\":48,\"bytes\":24}"),
          PART, "a triangle names a vertex that does not exist" },
        { FAULTY("\"triangles\":{\"shape\":[6],\"dtype\":\"int32\",\"offset\":98,\"bytes\":24}"),
          PART, "an array is not of its type, or lies outside the file" },
        { FAULTY("\"triangles\":{\"shape\":[6],\"dtype\":\"int32\",\"offset\":96,\"bytes\":2400}"),
          PART, "an array is not of its type, or lies outside the file" },
        { FAULTY("\"triangles\":{\"shape\":[6],\"dtype\":\"int32\",\"offset\":-16,\"bytes\":24}"),
          PART, "an array is not of its type, or lies outside the file" },
        { FAULTY("\"triangles\":{\"shape\":[6],\"dtype\":\"int32\",\"offset\":9223372036854775792,"
                 "\"bytes\":24}"),
          PART, "an array is not of its type, or lies outside the file" },
        { FAULTY("\"triangles\":{\"shape\":[6],\"dtype\":\"float32\",\"offset\":96,\"bytes\":24}"),
          PART, "an array is not of its type, or lies outside the file" },
        { FAULTY("\"triangles\":{\"shape\":[4],\"dtype\":\"int32\",\"offset\":96,\"bytes\":16}"),
          PART, "an array has an odd length" },
        { FAULTY("\"triangles\":[0,1,2]"), PART, "its arrays are plain lists" },
        { "{" POINTS "," CORNERS "}", PART, "a shape has not as many normals as vertices" },
        { "{\"vertices\":{\"shape\":[12],\"dtype\":\"float32\",\"offset\":128,\"bytes\":96},"
          "\"normals\":{\"shape\":[12],\"dtype\":\"float32\",\"offset\":128,\"bytes\":96},"
          "\"edges\":{\"shape\":[12],\"dtype\":\"float32\",\"offset\":0,\"bytes\":44}}",
          PART, "an array has an odd length" },
        { "7", PART, "a part has no shape" },
        { BARE, "{\"type\":\"shapes\",\"shape\":{\"ref\":1}}",
          "a part names an instance that does not exist" },
        { BARE, "{\"type\":\"shapes\",\"shape\":{\"ref\":-1}}",
          "a part names an instance that does not exist" },
        { BARE, "{\"type\":\"shapes\"}", "a part has no shape" },
        { BARE, "{\"type\":\"shapes\",\"shape\":{\"ref\":0},\"loc\":[[0,0],[0,0,0,1]]}",
          "the place of a part is not valid" },
        { BARE, "{\"type\":\"shapes\",\"shape\":{\"ref\":0},\"loc\":[[0,0,1e300],[0,0,0,1]]}",
          "the place of a part is not valid" },
        { BARE, "", "there is nothing to draw" },
        { BARE, "{\"type\":\"edges\",\"color\":[],\"shape\":{" EDGES "}}",
          "some lines have no colour" },
    };
    struct render_options options = small("");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct render_picture picture;
        assert_true(draw(cases[i].instance, cases[i].part, "", &options, &picture) < 0);
        assert_string_equal(picture.fault, cases[i].fault);
        assert_null(picture.pixels);
    }
}

static void test_a_coordinate_that_is_no_number_is_refused(void **state)
{
    size_t size;
    uint8_t *file = make_file(BARE, PART, "", &size);
    struct render_picture picture;
    struct render_options options = small("");
    memcpy(file + size - 224, &(float){ __builtin_nanf("") }, sizeof(float));
    assert_int_equal(render_draw(file, size, &options, &picture), -EINVAL);
    assert_string_equal(picture.fault, "a coordinate is not a number");
    free(file);
}

static void test_a_file_that_is_cut_or_foreign_is_refused(void **state)
{
    size_t size;
    uint8_t *file = make_file(BARE, PART, "", &size);
    struct render_picture picture;
    struct render_options options = small("");
    for (size_t n = 0; n < size - 104; n++) {
        uint8_t *cut = malloc(n == 0 ? 1 : n);
        memcpy(cut, file, n);
        assert_int_equal(render_draw(cut, n, &options, &picture), -EINVAL);
        free(cut);
    }
    file[8] = 2;
    assert_int_equal(render_draw(file, size, &options, &picture), -EINVAL);
    assert_string_equal(picture.fault, "this is not a model file");
    free(file);
}

static void test_deep_trees_end_with_a_reason(void **state)
{
    struct text parts = { 0 };
    struct render_picture picture;
    struct render_options options = small("");
    for (int i = 0; i < 600; i++)
        text_add(&parts, "{\"parts\":[");
    text_add(&parts, PART);
    for (int i = 0; i < 600; i++)
        text_add(&parts, "]}");
    assert_int_equal(draw(BARE, parts.data, "", &options, &picture), -E2BIG);
    text_free(&parts);
}

/* ---- parameters ---- */

static void test_parameters_are_checked_by_name(void **state)
{
    static const struct {
        const char *query;
        const char *why;
    } cases[] = {
        { "view=inside",
          "view must be iso, front, back, left, right, top, bottom or AZ,EL in degrees" },
        { "view=", "view must be iso, front, back, left, right, top, bottom or AZ,EL in degrees" },
        { "view=30",
          "view must be iso, front, back, left, right, top, bottom or AZ,EL in degrees" },
        { "view=30,91",
          "view must be iso, front, back, left, right, top, bottom or AZ,EL in degrees" },
        { "view=nan,0",
          "view must be iso, front, back, left, right, top, bottom or AZ,EL in degrees" },
        { "view=iso,iso,iso,iso,iso,iso,iso,iso,iso,iso", "view must be at most 9 views" },
        { "width=0", "width must be 1 to 4096 pixels" },
        { "width=4097", "width must be 1 to 4096 pixels" },
        { "height=12a", "height must be 1 to 4096 pixels" },
        { "height=-1", "height must be 1 to 4096 pixels" },
        { "width=4096&height=4096", "width and height must be at most 8388608 pixels together" },
        { "samples=5", "samples must be 4, 8 or 16" },
        { "edges=perhaps", "edges must be 1 or 0" },
        { "background=12345", "background must be RRGGBB, hexadecimal" },
        { "background=%23ff00zz", "background must be RRGGBB, hexadecimal" },
        { "projection=isometric", "projection must be orthographic or perspective" },
        { "colour=red", "there is no parameter colour" },
        { "view=%zz", "a parameter is not encoded as a URL's query" },
        { "view=%0a", "a parameter is not encoded as a URL's query" },
        { "view=%", "a parameter is not encoded as a URL's query" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct render_options options;
        struct text why = { 0 };
        render_options_init(&options);
        assert_true(query_read(&options, cases[i].query, &why) < 0);
        assert_string_equal(text_string(&why), cases[i].why);
        text_free(&why);
    }
}

static void test_parameters_are_read(void **state)
{
    struct render_options options;
    struct text why = { 0 };
    render_options_init(&options);
    assert_int_equal(query_read(&options,
                                "view=iso,30,-20,back&width=320&height=240&edges=0&axes&token=%%%"
                                "&&grid=yes&background=%23FF8000&projection=perspective&samples=16",
                                &why),
                     0);
    assert_int_equal(options.view_count, 3);
    assert_true(options.views[1].azimuth == 30 && options.views[1].elevation == -20);
    assert_string_equal(options.views[2].name, "back");
    assert_int_equal(options.width, 320);
    assert_int_equal(options.height, 240);
    assert_int_equal(options.edges, RENDER_OFF);
    assert_int_equal(options.axes, RENDER_ON);
    assert_int_equal(options.grid, RENDER_ON);
    assert_int_equal(options.ortho, RENDER_OFF);
    assert_int_equal(options.background[0], 255);
    assert_int_equal(options.background[1], 128);
    text_free(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_light_is_that_of_the_page),
        cmocka_unit_test(test_the_back_of_a_face_shows_only_if_it_is_asked_for),
        cmocka_unit_test(test_states_hide_shapes_and_edges_each),
        cmocka_unit_test(test_edges_and_points_have_their_width),
        cmocka_unit_test(test_numbers_stand_at_the_grid),
        cmocka_unit_test(test_parts_can_be_seen_through),
        cmocka_unit_test(test_several_views_share_a_picture),
        cmocka_unit_test(test_any_number_of_threads_draws_the_same),
        cmocka_unit_test(test_limits_end_a_picture_with_a_reason),
        cmocka_unit_test(test_a_file_with_a_fault_is_refused_by_name),
        cmocka_unit_test(test_a_coordinate_that_is_no_number_is_refused),
        cmocka_unit_test(test_a_file_that_is_cut_or_foreign_is_refused),
        cmocka_unit_test(test_deep_trees_end_with_a_reason),
        cmocka_unit_test(test_parameters_are_checked_by_name),
        cmocka_unit_test(test_parameters_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
