/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/config_check.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "settings/config_write.h"
#include "settings/options_color.h"
#include "settings/options_hint.h"
#include "settings/options_table.h"
#include "settings/options_value.h"

/* Longest part of a value that a message repeats, in bytes. */
#define SHOWN_MAX 60

/* A setting of the file without an option. */
static const struct options_row tree = {
    .name = CONFIG_CHECK_TREE, .kind = OPTIONS_BOTH, .setting = true, .field = OPTIONS_NO_FIELD
};

/* Further settings that the clients read from the answer: passed on without a warning. */
static const char *const passed_on[] = {
    "analysis_tool",
    "cad_width",
    "clip_intersection",
    "clip_normal_0",
    "clip_normal_1",
    "clip_normal_2",
    "clip_object_colors",
    "clip_planes",
    "clip_slider_0",
    "clip_slider_1",
    "clip_slider_2",
    "edge_accuracy",
    "height",
    "helper_scale",
    "orbit_control",
    "position",
    "quaternion",
    "render_edges",
    "render_joints",
    "render_mates",
    "render_normals",
    "show_locals",
    "show_parent",
    "show_sketch_local",
    "states",
    "studio_4k_env_maps",
    "studio_ao_intensity",
    "studio_background",
    "studio_env_intensity",
    "studio_env_rotation",
    "studio_environment",
    "studio_exposure",
    "studio_shadow_intensity",
    "studio_shadow_softness",
    "studio_texture_mapping",
    "studio_tone_mapping",
    "tab",
    "target",
    "timeit",
    "zebra_color_scheme",
    "zebra_count",
    "zebra_direction",
    "zebra_mapping_mode",
    "zebra_opacity",
    "zoom",
};

/* The viewer's names, which the answer holds in any case, and the settings they are computed
 * from. */
static const char *const computed[][2] = {
    { "glass", "no_glass" },
    { "grid", "grid_xy, grid_xz and grid_yz" },
    { "ortho", "perspective" },
    { "tools", "no_tools" },
};

/* The row of a setting by exactly that name; names in the file have no dashes. */
static const struct options_row *row_of(const char *name)
{
    if (strcmp(name, tree.name) == 0)
        return &tree;
    const struct options_row *row = options_row(name, strlen(name));
    return row != NULL && row->setting && strcmp(row->name, name) == 0 ? row : NULL;
}

/* Adds the value in the form of the command line. */
static void add_plain(struct text *out, const struct options_row *row, const json_t *value)
{
    double number = json_number_value(value);
    if (json_is_string(value))
        text_add_bytes(out, json_string_value(value), json_string_length(value));
    else if (json_is_real(value) && row->kind == OPTIONS_INTEGER && number == floor(number))
        text_format(out, "%.0f", number);
    else
        config_write(out, value);
}

static void add_shown(struct text *out, const json_t *value)
{
    struct text all = { 0 };
    config_write(&all, value);
    text_format(out, "%.*s%s", SHOWN_MAX, text_string(&all), all.size > SHOWN_MAX ? "..." : "");
    if (all.failed)
        out->failed = true;
    text_free(&all);
}

static int complain(struct text *fault, const char *why, const json_t *value)
{
    text_format(fault, "%s, not ", why);
    add_shown(fault, value);
    return text_error(fault) < 0 ? -ENOMEM : -EINVAL;
}

/* The value to use for `value`, which the option parsed as `read`. A number or a boolean keeps its
 * form in the file, as 2 or 2.0; a word gets the spelling of the table. */
static json_t *in_use(const struct options_row *row, json_t *value, json_t *read)
{
    if (!json_is_string(value) && row->kind != OPTIONS_CHOICE)
        return json_incref(value);
    /* Switches can only be turned on: one that was turned off is not stored. */
    return read != NULL ? json_incref(read) : json_false();
}

/* Reads a single value by the rules of the command line. */
static int check_scalar(const struct options_row *row, json_t *value, json_t **use,
                        struct text *fault)
{
    struct options scratch = { .settings = json_object() };
    struct text plain = { 0 };
    struct text why = { 0 };
    add_plain(&plain, row, value);
    int r = scratch.settings == NULL || text_error(&plain) < 0 ? -ENOMEM : 0;
    /* A text with a zero byte inside is invalid. */
    bool whole = r == 0 && strlen(text_string(&plain)) == plain.size;
    if (r == 0)
        r = options_value_store(&scratch, row, whole ? text_string(&plain) : "\x7f", &why);
    if (r == 0)
        *use = in_use(row, value, json_object_get(scratch.settings, row->name));
    else if (r == -EINVAL)
        r = complain(fault, text_string(&why), value);
    json_decref(scratch.settings);
    text_free(&plain);
    text_free(&why);
    return r;
}

static int check_keys(const json_t *value, struct text *fault)
{
    const char *key;
    json_t *item;
    if (!json_is_object(value))
        return complain(fault, "takes a map of keys", value);
    bool platforms = json_object_get(value, "default") || json_object_get(value, "macOS");
    json_object_foreach((json_t *)value, key, item) {
        if (platforms && !json_is_object(item) && !json_is_null(item))
            return complain(fault, "takes a map of keys for each system", value);
    }
    return 0;
}

int config_check(const char *name, json_t *value, json_t **use, struct text *fault)
{
    const struct options_row *row = row_of(name);
    int r = 0;
    *use = NULL;
    if (json_is_null(value)) {
        r = 0;
    } else if (strcmp(name, CONFIG_CHECK_KEYS) == 0) {
        r = check_keys(value, fault);
    } else if (row != NULL && row->kind == OPTIONS_COLOR && !json_is_string(value)) {
        if (!options_color_list(value))
            r = complain(fault, "takes " OPTIONS_COLOR_TEXT ", [r, g, b] or [r, g, b, alpha]",
                         value);
    } else if (row != NULL) {
        return check_scalar(row, value, use, fault);
    }
    if (r == 0)
        *use = json_incref(value);
    return r;
}

static bool is_passed_on(const char *name)
{
    for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
        if (strcmp(name, passed_on[i]) == 0)
            return true;
    }
    return false;
}

static const char *made_from(const char *name)
{
    for (size_t i = 0; i < sizeof(computed) / sizeof(computed[0]); i++) {
        if (strcmp(name, computed[i][0]) == 0)
            return computed[i][1];
    }
    return NULL;
}

enum config_name config_check_name(const char *name, struct text *fault)
{
    size_t size = strlen(name);
    if (row_of(name) != NULL || strcmp(name, CONFIG_CHECK_KEYS) == 0 || is_passed_on(name))
        return CONFIG_NAME_KNOWN;
    const struct options_row *row = options_row(name, size);
    if (made_from(name) != NULL)
        text_format(fault, "has no effect here; set %s", made_from(name));
    else if (row != NULL && !row->setting)
        text_format(fault, "is an option of the command line, --%s, and has no effect here",
                    row->name);
    else if (options_hint_setting(name, size) != NULL)
        text_format(fault, "is not a known setting; did you mean %s?",
                    options_hint_setting(name, size));
    else {
        text_add(fault, "is not a known setting; it is passed on as it is");
        return CONFIG_NAME_UNKNOWN;
    }
    return CONFIG_NAME_MISTAKEN;
}
