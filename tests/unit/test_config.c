/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "settings/config.h"
#include "settings/config_create.h"
#include "settings/config_settings.h"
#include "settings/config_write.h"
#include "settings/config_yaml.h"

static char *load_text(const char *yaml, size_t size)
{
    struct config_yaml_error error = { 0 };
    struct text text = { 0 };
    json_t *value = NULL;
    int r = config_yaml_load(yaml, size, &value, NULL, &error);
    if (r == 0)
        config_write(&text, value);
    else
        text_format(&text, "%zu:%zu %s", error.line, error.column, error.text);
    json_decref(value);
    return text.data;
}

static void check_yaml(const char *yaml, const char *expected)
{
    char *text = load_text(yaml, strlen(yaml));
    if (strcmp(text, expected) != 0)
        fail_msg("%s\n is %s\n not %s", yaml, text, expected);
    free(text);
}

static void test_words_are_resolved_as_in_yaml_1_1(void **state)
{
    static const char *const cases[][2] = {
        { "yes", "true" },
        { "No", "false" },
        { "on", "true" },
        { "OFF", "false" },
        { "y", "\"y\"" },
        { "yEs", "\"yEs\"" },
        { "~", "null" },
        { "", "null" },
        { "Null", "null" },
        { "nULL", "\"nULL\"" },
        { "0", "0" },
        { "-0", "0" },
        { "12", "12" },
        { "+12", "12" },
        { "1_000", "1000" },
        { "0x1F", "31" },
        { "-0x10", "-16" },
        { "0b101", "5" },
        { "010", "8" },
        { "08", "\"08\"" },
        { "0o7", "\"0o7\"" },
        { "0x", "\"0x\"" },
        { "0x_", "\"0x_\"" },
        { "1:30", "90" },
        { "-1:30:00", "-5400" },
        { "1:60", "\"1:60\"" },
        { "0:30", "\"0:30\"" },
        { "1:30.5", "90.5" },
        { "1.5", "1.5" },
        { "1.", "1.0" },
        { "-1_0.2_5", "-10.25" },
        { ".5", "0.5" },
        { "-.5", "\"-.5\"" },
        { "1e3", "\"1e3\"" },
        { "1.0e3", "\"1.0e3\"" },
        { "1.0e+3", "1000.0" },
        { "1.5E-3", "0.0015" },
        { ".", "\".\"" },
        { "._1", "\"._1\"" },
        { ".inf", "null" },
        { "-.INF", "null" },
        { ".NaN", "null" },
        { "+.nan", "\"+.nan\"" },
        { "0.1", "0.1" },
        { "9223372036854775807", "9223372036854775807" },
        { "1.0e+300", "1e+300" },
        { "9223372036854775808", "9.223372036854778e+18" },
        { "2024-01-02", "\"2024-01-02\"" },
        { "2024-1-2", "\"2024-1-2\"" },
        { "2024-01-02 03:04:05", "\"2024-01-02T03:04:05\"" },
        { "2024-1-2t3:04:05.10 -5", "\"2024-01-02T03:04:05.100000-05:00\"" },
        { "2024-01-02T03:04:05.0Z", "\"2024-01-02T03:04:05+00:00\"" },
        { "2024-01-02T03:04", "\"2024-01-02T03:04\"" },
        { "\"12\"", "\"12\"" },
        { "'no'", "\"no\"" },
        { "! 12", "12" },
        { "!!str 12", "\"12\"" },
        { "!!int '12'", "12" },
        { "!!float 3", "3.0" },
        { "!!bool \"yes\"", "true" },
        { "|\n  a\n  b\n", "\"a\\u000ab\\u000a\"" },
        { "a # b", "\"a\"" },
        { "=", "\"=\"" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char yaml[200];
        char expected[200];
        snprintf(yaml, sizeof(yaml), "k: %s", cases[i][0]);
        snprintf(expected, sizeof(expected), "{\"k\":%s}", cases[i][1]);
        check_yaml(yaml, expected);
    }
}

static void test_structure_is_kept(void **state)
{
    check_yaml("", "{}");
    check_yaml("# nothing\n", "{}");
    check_yaml("---\n...\n", "{}");
    check_yaml("%YAML 1.1\n---\na: 1\n", "{\"a\":1}");
    check_yaml("a: {b: [1, [2], {}], c: }\nd:\n- x\n- y: z\n",
               "{\"a\":{\"b\":[1,[2],{}],\"c\":null},\"d\":[\"x\",{\"y\":\"z\"}]}");
    check_yaml("a: 1\nb: 2\na: 3\n", "{\"a\":3,\"b\":2}");
    check_yaml("1: a\n1.5: b\nyes: c\n~: d\n",
               "{\"1\":\"a\",\"1.5\":\"b\",\"true\":\"c\",\"null\":\"d\"}");
    check_yaml("a: &x [1]\nb: *x\n", "{\"a\":[1],\"b\":[1]}");
    check_yaml("a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}");
    check_yaml("&k key: 1\nother: *k\n", "{\"key\":1,\"other\":\"key\"}");
    check_yaml("b: &b {x: 1, y: 2}\nc: {<<: *b, y: 3, z: 4}\n",
               "{\"b\":{\"x\":1,\"y\":2},\"c\":{\"x\":1,\"y\":3,\"z\":4}}");
    check_yaml("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n",
               "{\"a\":{\"x\":1},\"b\":{\"x\":2,\"y\":2},\"c\":{\"x\":1,\"y\":2}}");
    check_yaml("'<<': 1\n", "{\"\\u003c\\u003c\":1}");
    check_yaml("a: !!set {x, y}\nb: !!omap [x: 1]\n",
               "{\"a\":{\"x\":null,\"y\":null},\"b\":[{\"x\":1}]}");
    check_yaml("a: \xc3\xa4\n", "{\"a\":\"\xc3\xa4\"}");
}

static void test_faults_are_named_with_their_place(void **state)
{
    static const char *const cases[][2] = {
        { "a: 1\nb: [1\n", "3:1 " },
        { "a: 1\n b: 2\n", "2:3 " },
        { "a: 1\n\tb: 2\n", "2:1 " },
        { "- 1\n", "1:1 not a map of settings" },
        { "text", "1:1 not a map of settings" },
        { "a: 1\n---\nb: 2\n", "2:1 a second document" },
        { "a: *x\n", "1:4 an alias without an anchor" },
        { "a: &x [*x]\n", "1:8 an alias inside its own anchor" },
        { "a: !custom 1\n", "1:4 a tag that does not fit or is not known" },
        { "a: !!python/object/apply:os.system [x]\n", "1:4 a tag" },
        { "a: !!int x\n", "1:4 a tag" },
        { "? [1]\n: 2\n", "1:3 a key that is a map or a list" },
        { "\"a\\0b\": 2\n", "1:1 a key with a zero byte" },
        { "<<: 1\n", "1:5 only maps can be merged" },
        { "<<: [1]\n", "1:5 only maps can be merged" },
        { "a: 1\nb: \xff\n", "2:4 " },
        { "a: @x\n", "1:4 " },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = load_text(cases[i][0], strlen(cases[i][0]));
        if (strncmp(text, cases[i][1], strlen(cases[i][1])) != 0)
            fail_msg("%s: %s, not %s", cases[i][0], text, cases[i][1]);
        free(text);
    }
}

static void expect_fault(const struct text *yaml, const char *fault)
{
    char *text = load_text(yaml->data, yaml->size);
    if (strstr(text, fault) == NULL)
        fail_msg("%.80s...: %.80s, not %s", yaml->data, text, fault);
    free(text);
}

static void test_bombs_are_refused(void **state)
{
    struct text yaml = { 0 };
    /* Ten lists of ten of the one before: 10^10 values in 600 bytes. */
    text_add(&yaml, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 10; i++) {
        text_format(&yaml, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            text_format(&yaml, "*a%d,", i - 1);
        text_add(&yaml, "]\n");
    }
    expect_fault(&yaml, "too large, with aliases expanded");
    text_free(&yaml);

    /* One long text, many times. */
    text_add(&yaml, "a: &a ");
    for (int i = 0; i < 20000; i++)
        text_add(&yaml, "0123456789");
    text_add(&yaml, "\nb: [");
    for (int i = 0; i < 100; i++)
        text_add(&yaml, "*a,");
    text_add(&yaml, "]\n");
    expect_fault(&yaml, "too large, with aliases expanded");
    text_free(&yaml);

    text_add(&yaml, "a: ");
    for (int i = 0; i < 100000; i++)
        text_add(&yaml, "[");
    expect_fault(&yaml, "nested too deep");
    text_free(&yaml);

    /* Each line only nests a little, but on top of the one before. */
    text_add(&yaml, "a0: &a0 [[[[[[[[[[x]]]]]]]]]]\n");
    for (int i = 1; i < 20; i++)
        text_format(&yaml, "a%d: &a%d [[[[[[[[[[*a%d]]]]]]]]]]\n", i, i, i - 1);
    expect_fault(&yaml, "nested too deep, with aliases expanded");
    text_free(&yaml);

    for (int i = 0; i < 1001; i++)
        text_format(&yaml, "k%d: &a%d 1\n", i, i);
    expect_fault(&yaml, "too many anchors");
    text_free(&yaml);
}

struct place {
    char home[64];
    char file[128];
    int ends[2];
    struct log log;
    struct options options;
    struct config *config;
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    strcpy(place->home, "/tmp/cadcast-config-XXXXXX");
    if (mkdtemp(place->home) == NULL || pipe2(place->ends, O_NONBLOCK) < 0)
        return -1;
    snprintf(place->file, sizeof(place->file), "%s/.ocpvscode_standalone", place->home);
    place->log = (struct log){ .fd = place->ends[1], .level = LOG_WARNING };
    place->options.settings = json_object();
    place->config = config_new(&place->options, place->home, &place->log);
    *state = place;
    return place->config != NULL ? 0 : -1;
}

static int drop_place(void **state)
{
    struct place *place = *state;
    char backup[140];
    snprintf(backup, sizeof(backup), "%s.bak", place->file);
    config_free(place->config);
    json_decref(place->options.settings);
    close(place->ends[0]);
    close(place->ends[1]);
    unlink(place->file);
    rmdir(place->file);
    unlink(backup);
    rmdir(place->home);
    free(place);
    return 0;
}

static void write_file(const struct place *place, const char *contents)
{
    FILE *file = fopen(place->file, "w");
    assert_non_null(file);
    fputs(contents, file);
    fclose(file);
}

static json_t *answer(struct place *place)
{
    struct text text = { 0 };
    assert_int_equal(config_answer(place->config, true, &text), 0);
    json_t *value = json_loadb(text.data, text.size, 0, NULL);
    assert_non_null(value);
    assert_true(json_is_true(json_object_get(value, "_splash")));
    text_free(&text);
    return value;
}

static void check_answer(struct place *place, const char *key, const char *expected)
{
    struct text text = { 0 };
    json_t *value = answer(place);
    if (json_object_get(value, key) != NULL)
        config_write(&text, json_object_get(value, key));
    assert_string_equal(text_string(&text), expected);
    text_free(&text);
    json_decref(value);
}

/* How many lines were logged since the last call; the last read is in `out`. */
static int logged(struct place *place, char *out, size_t size)
{
    int lines = 0;
    ssize_t n = read(place->ends[0], out, size - 1);
    out[n > 0 ? n : 0] = '\0';
    for (char *c = out; *c != '\0'; c++)
        lines += *c == '\n';
    return lines;
}

static void test_defaults_are_answered_in_the_viewers_words(void **state)
{
    struct place *place = *state;
    struct text text = { 0 };
    assert_int_equal(config_answer(place->config, false, &text), 0);
    assert_string_equal(
        text_string(&text),
        "{\"ambient_intensity\":1,\"angular_tolerance\":0.2,\"axes\":false,\"axes0\":true,"
        "\"black_edges\":false,\"center_grid\":false,\"collapse\":\"leaves\","
        "\"control\":\"trackball\",\"debug\":false,\"default_color\":\"#e8b024\","
        "\"default_edgecolor\":\"#707070\",\"default_facecolor\":\"Violet\","
        "\"default_opacity\":0.5,\"default_thickedgecolor\":\"MediumOrchid\","
        "\"default_vertexcolor\":\"MediumOrchid\",\"deviation\":0.1,\"direct_intensity\":1.1,"
        "\"explode\":false,\"glass\":true,\"grid\":[false,false,false],\"grid_font_size\":12,"
        "\"metalness\":0.3,\"modifier_keys\":{\"shift\":\"shiftKey\",\"ctrl\":\"ctrlKey\","
#ifdef __APPLE__
        "\"meta\":\"metaKey\",\"alt\":\"altKey\"},"
#else
        "\"meta\":\"altKey\",\"alt\":\"metaKey\"},"
#endif
        "\"new_tree_behavior\":true,\"ortho\":true,\"pan_speed\":1,\"python_enumeration\":true,"
        "\"reset_camera\":\"KEEP\",\"rotate_speed\":1,\"roughness\":0.65,\"theme\":\"browser\","
        "\"ticks\":5,\"tools\":true,\"transparent\":false,\"tree_width\":240,\"up\":\"Z\","
        "\"zoom_speed\":1,\"_splash\":false}");
    text_free(&text);
    assert_int_equal(config_page(place->config, &text), 0);
    assert_null(strstr(text_string(&text), "_splash"));
    text_free(&text);
}

static void test_file_stands_over_defaults_and_below_options(void **state)
{
    struct place *place = *state;
    write_file(place, "grid_xy: yes\nno_glass: on\nno_tools: 1\nperspective: true\ncollapse: 1\n"
                      "reset_camera: center\ntree_width: 300\ntheme: dark\nmine: {a: [1, 2.5]}\n"
                      "grid: nonsense\nglass: nonsense\nup:\npan_speed: 2\n");
    check_answer(place, "grid", "[true,false,false]");
    check_answer(place, "glass", "false");
    check_answer(place, "tools", "false");
    check_answer(place, "ortho", "false");
    check_answer(place, "collapse", "\"1\"");
    check_answer(place, "reset_camera", "\"CENTER\"");
    check_answer(place, "tree_width", "300");
    check_answer(place, "mine", "{\"a\":[1,2.5]}");
    check_answer(place, "up", "\"Z\"");
    check_answer(place, "no_glass", "");
    check_answer(place, "grid_xy", "");
    json_object_set_new(place->options.settings, "grid_yz", json_true());
    json_object_set_new(place->options.settings, "tree_width", json_integer(500));
    json_object_set_new(place->options.settings, "pan_speed", json_real(2));
    json_object_set_new(place->options.settings, "zoom_speed", json_real(2));
    json_object_set_new(place->options.settings, "timeit", json_true());
    write_file(place, "grid_xy: yes\ntree_width: 301\npan_speed: 2\ntheme: light\n");
    check_answer(place, "grid", "[true,false,true]");
    check_answer(place, "tree_width", "500");
    check_answer(place, "theme", "\"light\"");
    check_answer(place, "pan_speed", "2");
    check_answer(place, "zoom_speed", "2.0");
    check_answer(place, "timeit", "true");
    check_answer(place, "mine", "");
}

static void check_keys(const char *yaml, bool mac, const char *expected)
{
    struct config_yaml_error error;
    struct text text = { 0 };
    json_t *value = NULL;
    assert_int_equal(config_yaml_load(yaml, strlen(yaml), &value, NULL, &error), 0);
    json_t *keys = config_settings_keys(value, mac);
    config_write(&text, keys);
    assert_string_equal(text_string(&text), expected);
    text_free(&text);
    json_decref(keys);
    json_decref(value);
}

static void test_modifier_keys_of_every_age(void **state)
{
    check_keys("{shift: a, alt: b}", false, "{\"shift\":\"a\",\"alt\":\"b\"}");
    check_keys("{shift: a}", true, "{\"shift\":\"a\",\"alt\":\"altKey\"}");
    check_keys("{shift: a, alt: }", false, "{\"shift\":\"a\",\"alt\":\"altKey\"}");
    check_keys("{macOS: {alt: m}, default: {alt: d}}", true, "{\"alt\":\"m\"}");
    check_keys("{macOS: {alt: m}, default: {alt: d}}", false, "{\"alt\":\"d\"}");
    check_keys("{macOS: {alt: m}}", false, "{\"alt\":\"m\"}");
    check_keys("{default: {alt: d}}", true, "{\"alt\":\"d\"}");
    check_keys("{macOS: , default: {alt: d}}", true, "{\"alt\":\"d\"}");
    check_keys("{default: }", false,
               "{\"shift\":\"shiftKey\",\"ctrl\":\"ctrlKey\",\"meta\":\"altKey\","
               "\"alt\":\"metaKey\"}");
}

static void test_broken_files_keep_the_last_good_values(void **state)
{
    static const char *const broken[] = { "a: [}", "- 1", "\xff", "x: *y", "a: !!python/none 1" };
    struct place *place = *state;
    char line[2000];
    write_file(place, "tree_width: 300\n");
    check_answer(place, "tree_width", "300");
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        write_file(place, broken[i]);
        check_answer(place, "tree_width", "300");
        check_answer(place, "tree_width", "300");
        assert_int_equal(logged(place, line, sizeof(line)), 1);
        assert_non_null(strstr(line, ".ocpvscode_standalone:1:"));
        assert_non_null(strstr(line, "the last good settings stay"));
    }
    /* Touched, not changed. */
    assert_int_equal(utimensat(AT_FDCWD, place->file, NULL, 0), 0);
    check_answer(place, "tree_width", "300");
    assert_int_equal(logged(place, line, sizeof(line)), 0);
    unlink(place->file);
    check_answer(place, "tree_width", "240");
    write_file(place, broken[0]);
    check_answer(place, "tree_width", "240");
    assert_int_equal(logged(place, line, sizeof(line)), 1);
}

static void test_wrong_values_cost_only_themselves(void **state)
{
    struct place *place = *state;
    char line[4000];
    write_file(place, "tree_width: 300\nticks: 7\n");
    check_answer(place, "tree_width", "300");
    write_file(place, "ticks: 8\ntree_width: wide\naxes: maybe\nup: 5\ncollapse: [1]\n"
                      "modifier_keys: x\nreset_camera: true\nnew_tree_behavior: {}\n");
    check_answer(place, "tree_width", "300");
    check_answer(place, "ticks", "8");
    check_answer(place, "axes", "false");
    check_answer(place, "up", "\"Z\"");
    check_answer(place, "collapse", "\"leaves\"");
    check_answer(place, "reset_camera", "\"KEEP\"");
    check_answer(place, "new_tree_behavior", "true");
    assert_int_equal(logged(place, line, sizeof(line)), 7);
    assert_non_null(strstr(line, ":2:13: tree_width takes a whole number from 0 to 100000, not "
                                 "\"wide\"; its last good value stays"));
    assert_non_null(strstr(line, ":3:7: axes takes 1 or 0, true or false"));
    assert_non_null(strstr(line, ":7:15: reset_camera takes one of reset|"));
    write_file(place, "modifier_keys: {default: 1}\n");
    check_answer(place, "tree_width", "240");
    assert_int_equal(logged(place, line, sizeof(line)), 1);
}

/* Every form with the same meaning as the one in the table is accepted. */
static void test_values_in_every_form(void **state)
{
    static const char *const cases[][3] = {
        { "default_color", "[255, 0, 0]", "[255,0,0]" },
        { "default_color", "[1.0, 0, 0.5]", "[1.0,0,0.5]" },
        { "default_color", "[1, 2, 3, 0.5]", "[1,2,3,0.5]" },
        { "default_color", "[1, 2, 3, 255]", "[1,2,3,255]" },
        { "default_edgecolor", "'#FFF'", "\"#FFF\"" },
        { "default_facecolor", "DarkSlateGrey", "\"DarkSlateGrey\"" },
        { "default_vertexcolor", "'#01020380'", "\"#01020380\"" },
        { "theme", "Dark", "\"dark\"" },
        { "up", "y", "\"Y\"" },
        { "control", "ORBIT", "\"orbit\"" },
        { "collapse", "Leaves", "\"leaves\"" },
        { "collapse", "e", "\"E\"" },
        { "collapse", "1", "\"1\"" },
        { "reset_camera", "Center", "\"CENTER\"" },
        { "reset_camera", "iso", "\"ISO\"" },
        { "ticks", "'7'", "7" },
        { "ticks", "7.0", "7.0" },
        { "pan_speed", "'0.5'", "0.5" },
        { "pan_speed", "2", "2" },
        { "deviation", "1.0e-05", "1e-05" },
        { "axes", "'yes'", "true" },
        { "axes0", "'off'", "false" },
        { "axes0", "0", "0" },
        { "python_enumeration", "no", "false" },
        { "new_tree_behavior", "'no'", "false" },
    };
    struct place *place = *state;
    char line[2000];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char contents[100];
        snprintf(contents, sizeof(contents), "%s: %s\n", cases[i][0], cases[i][1]);
        write_file(place, contents);
        check_answer(place, cases[i][0], cases[i][2]);
        if (logged(place, line, sizeof(line)) != 0)
            fail_msg("%s%s", contents, line);
    }
}

static void test_values_out_of_range_are_named(void **state)
{
    static const char *const cases[][2] = {
        { "default_color", "notacolor" },
        { "default_color", "transparent" },
        { "default_color", "'#12345'" },
        { "default_color", "''" },
        { "default_color", "'#1234567'" },
        { "default_color", "'#gggggg'" },
        { "default_color", "[1, 2]" },
        { "default_color", "[300, 0, 0]" },
        { "default_color", "[1.5, 0, 0]" },
        { "default_color", "[-1, 0, 0]" },
        { "default_color", "['1', 2, 3]" },
        { "default_color", "[1, 2, 3, x]" },
        { "default_color", "16711680" },
        { "default_color", "{r: 1}" },
        { "collapse", "nonsense" },
        { "collapse", "true" },
        { "collapse", "-1" },
        { "reset_camera", "nonsense" },
        { "reset_camera", "rear" },
        { "theme", "blue" },
        { "theme", "\"dark\\0\"" },
        { "up", "X" },
        { "ticks", "-3" },
        { "ticks", "5.5" },
        { "ticks", "true" },
        { "default_opacity", "7" },
        { "deviation", "[0.1]" },
        { "axes", "maybe" },
    };
    struct place *place = *state;
    char line[2000];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char contents[100];
        char start[60];
        snprintf(contents, sizeof(contents), "%s: %s\n", cases[i][0], cases[i][1]);
        snprintf(start, sizeof(start), "_standalone:1:%zu: %s takes ", strlen(cases[i][0]) + 3,
                 cases[i][0]);
        write_file(place, contents);
        json_decref(answer(place));
        if (logged(place, line, sizeof(line)) != 1 || strstr(line, start) == NULL)
            fail_msg("%s%s", contents, line);
    }
}

static void test_names_that_are_not_known_are_named(void **state)
{
    struct place *place = *state;
    char line[2000];
    uint64_t version;
    write_file(place, "themes: dark\nport: 4000\nglass: true\nmine: 1\nzebra_count: 3\n");
    check_answer(place, "themes", "\"dark\"");
    check_answer(place, "mine", "1");
    assert_int_equal(logged(place, line, sizeof(line)), 4);
    assert_non_null(strstr(line, "1:9: themes is not a known setting; did you mean theme?"));
    assert_non_null(strstr(line, "2:7: port is an option of the command line, --port"));
    assert_non_null(strstr(line, "3:8: glass has no effect here; set no_glass"));
    assert_non_null(strstr(line, "4:7: mine is not a known setting; it is passed on as it is"));
    /* A fault that may be intended is not shown in pages. */
    assert_null(strstr(config_notice(place->config, &version), "mine"));
    assert_non_null(strstr(config_notice(place->config, &version), "themes"));
}

static void test_notice_holds_while_the_file_is_wrong(void **state)
{
    struct place *place = *state;
    uint64_t first;
    uint64_t version;
    assert_string_equal(config_notice(place->config, &first), "");
    write_file(place, "ticks: [\n");
    json_decref(answer(place));
    assert_non_null(strstr(config_notice(place->config, &version), "_standalone:2:1: "));
    assert_true(version > first);
    json_decref(answer(place));
    assert_non_null(strstr(config_notice(place->config, &first), "_standalone:2:1: "));
    write_file(place, "ticks: a\nup: b\ntheme: c\ncontrol: d\naxes: e\n");
    json_decref(answer(place));
    assert_non_null(strstr(config_notice(place->config, &version), "And 2 more: see the log."));
    write_file(place, "ticks: 4\n");
    json_decref(answer(place));
    assert_string_equal(config_notice(place->config, &version), "");
    assert_int_equal(unlink(place->file), 0);
    assert_int_equal(mkdir(place->file, 0700), 0);
    json_decref(answer(place));
    assert_non_null(strstr(config_notice(place->config, &version), "is not a file"));
    assert_int_equal(rmdir(place->file), 0);
    json_decref(answer(place));
    assert_string_equal(config_notice(place->config, &version), "");
}

static void test_what_cannot_be_read_is_said_once(void **state)
{
    struct place *place = *state;
    char line[2000];
    assert_int_equal(mkdir(place->file, 0700), 0);
    check_answer(place, "tree_width", "240");
    check_answer(place, "tree_width", "240");
    assert_int_equal(logged(place, line, sizeof(line)), 1);
    assert_non_null(strstr(line, "is not a file"));
    rmdir(place->file);
    /* The FIFO has no writer: waiting for one would never end. */
    assert_int_equal(mkfifo(place->file, 0600), 0);
    check_answer(place, "tree_width", "240");
    unlink(place->file);
    logged(place, line, sizeof(line));
    write_file(place, "");
    assert_int_equal(truncate(place->file, CONFIG_FILE_MAX + 1), 0);
    check_answer(place, "tree_width", "240");
    assert_int_equal(logged(place, line, sizeof(line)), 1);
    assert_non_null(strstr(line, "longer than 1 MB"));
    write_file(place, "tree_width: 1\n");
    check_answer(place, "tree_width", "1");
}

/* Files of the same length, one right after the other. */
static void test_quick_changes_are_seen(void **state)
{
    struct place *place = *state;
    for (int i = 100; i < 300; i++) {
        char contents[40];
        char expected[8];
        snprintf(contents, sizeof(contents), "tree_width: %d\n", i);
        snprintf(expected, sizeof(expected), "%d", i);
        write_file(place, contents);
        check_answer(place, "tree_width", expected);
    }
}

/* The width that is answered without reading the disk; 0: none is. */
static int width_at_once(struct place *place)
{
    struct text text = { 0 };
    int r = config_answer_at_once(place->config, true, &text);
    assert_true(r == 0 || (r == -EAGAIN && text.size == 0));
    json_t *value = r < 0 ? NULL : json_loadb(text.data, text.size, 0, NULL);
    assert_true(r < 0 || json_is_true(json_object_get(value, "_splash")));
    int width = (int)json_integer_value(json_object_get(value, "tree_width"));
    json_decref(value);
    text_free(&text);
    return width;
}

/* A file that has just been changed may change again within a tick of the clock, so its time is
 * not relied on yet; and old systems have no such call. */
static void wait_for_width(struct place *place, int width)
{
    struct stat st;
    char text[8];
    snprintf(text, sizeof(text), "%d", width);
    for (unsigned i = 0; i < 1000; i++) {
        check_answer(place, "tree_width", text);
        if (width_at_once(place) == width || file_glance("/", &st) == -EAGAIN)
            return;
        usleep(10000);
    }
    fail_msg("the disk is asked for ever");
}

static void test_a_known_file_is_answered_at_once(void **state)
{
    struct place *place = *state;
    wait_for_width(place, 240);
    write_file(place, "tree_width: 300\n");
    assert_int_equal(width_at_once(place), 0);
    wait_for_width(place, 300);
    write_file(place, "tree_width: 301\n");
    assert_int_equal(width_at_once(place), 0);
    wait_for_width(place, 301);
    unlink(place->file);
    assert_int_equal(width_at_once(place), 0);
    wait_for_width(place, 240);
    mkdir(place->file, 0700);
    assert_int_equal(width_at_once(place), 0);
}

static void test_a_glance_is_what_stat_says(void **state)
{
    struct place *place = *state;
    struct stat st, seen;
    write_file(place, "tree_width: 300\n");
    assert_int_equal(stat(place->file, &st), 0);
    if (file_glance(place->file, &seen) == -EAGAIN)
        skip();
    assert_int_equal(seen.st_ino, st.st_ino);
    assert_int_equal(seen.st_dev, st.st_dev);
    assert_int_equal(seen.st_size, st.st_size);
    assert_int_equal(seen.st_mode, st.st_mode);
    assert_memory_equal(&seen.st_mtim, &st.st_mtim, sizeof(st.st_mtim));
    assert_memory_equal(&seen.st_ctim, &st.st_ctim, sizeof(st.st_ctim));
    /* Either it is known not to exist, or the system has no such call. */
    assert_true(file_glance("/nonexistent/file", &seen) < 0);
}

static void test_no_home_is_fine(void **state)
{
    struct place *place = *state;
    struct text text = { 0 };
    struct config *config = config_new(&place->options, NULL, NULL);
    assert_int_equal(config_page(config, &text), 0);
    assert_int_equal(config_answer_at_once(config, false, &text), 0);
    assert_int_equal(config_create_file(NULL, &text), -ENOENT);
    text_free(&text);
    config_free(config);
}

static void test_created_file_says_the_defaults(void **state)
{
    struct place *place = *state;
    struct text path = { 0 };
    struct text contents = { 0 };
    struct config_yaml_error error;
    json_t *value = NULL;
    char backup[140];
    assert_int_equal(config_create_file(place->home, &path), 0);
    assert_string_equal(text_string(&path), place->file);
    assert_int_equal(file_read(place->file, 100000, &contents, NULL), 0);
    assert_int_equal(config_yaml_load(contents.data, contents.size, &value, NULL, &error), 0);
    json_t *defaults = config_settings_defaults();
    assert_true(json_equal(value, defaults));
    json_decref(defaults);
    json_decref(value);
    text_free(&contents);

    /* Again, over a file that the user edited. */
    snprintf(backup, sizeof(backup), "%s.bak", place->file);
    write_file(place, "theme: dark\n");
    text_free(&path);
    assert_int_equal(config_create_file(place->home, &path), CONFIG_CREATE_KEPT);
    assert_int_equal(file_read(backup, 100, &contents, NULL), 0);
    assert_string_equal(text_string(&contents), "theme: dark\n");
    text_free(&contents);
    text_free(&path);
    assert_int_equal(config_create_file("/nonexistent", &path), -ENOENT);
    text_free(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_resolved_as_in_yaml_1_1),
        cmocka_unit_test(test_structure_is_kept),
        cmocka_unit_test(test_faults_are_named_with_their_place),
        cmocka_unit_test(test_bombs_are_refused),
        cmocka_unit_test(test_modifier_keys_of_every_age),
        cmocka_unit_test_setup_teardown(test_defaults_are_answered_in_the_viewers_words, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(test_file_stands_over_defaults_and_below_options,
                                        make_place, drop_place),
        cmocka_unit_test_setup_teardown(test_broken_files_keep_the_last_good_values, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(test_wrong_values_cost_only_themselves, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(test_values_in_every_form, make_place, drop_place),
        cmocka_unit_test_setup_teardown(test_values_out_of_range_are_named, make_place, drop_place),
        cmocka_unit_test_setup_teardown(test_names_that_are_not_known_are_named, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(test_notice_holds_while_the_file_is_wrong, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_read_is_said_once, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(test_quick_changes_are_seen, make_place, drop_place),
        cmocka_unit_test_setup_teardown(test_a_known_file_is_answered_at_once, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(test_a_glance_is_what_stat_says, make_place, drop_place),
        cmocka_unit_test_setup_teardown(test_no_home_is_fine, make_place, drop_place),
        cmocka_unit_test_setup_teardown(test_created_file_says_the_defaults, make_place,
                                        drop_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
