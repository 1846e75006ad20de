/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/config_settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "settings/config_check.h"
#include "settings/config_scalar.h"
#include "settings/config_write.h"
#include "settings/options_table.h"

#define KEYS CONFIG_CHECK_KEYS
#define TREE CONFIG_CHECK_TREE

/* Meta is the Command key on a Mac; elsewhere the desktop intercepts it before a page gets it, so
 * meta and alt change places. */
static json_t *default_keys(bool mac)
{
    return json_pack("{s:s,s:s,s:s,s:s}", "shift", "shiftKey", "ctrl", "ctrlKey", "meta",
                     mac ? "metaKey" : "altKey", "alt", mac ? "altKey" : "metaKey");
}

json_t *config_settings_defaults(void)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    json_t *out = json_pack("{s:{s:o,s:o},s:b}", KEYS, "macOS", default_keys(true), "default",
                            default_keys(false), TREE, 1);
    for (size_t i = 0; i < count && out != NULL; i++) {
        if (!rows[i].setting)
            continue;
        json_t *value = config_scalar(rows[i].value, strlen(rows[i].value));
        if (json_object_set_new(out, rows[i].name, value) < 0) {
            json_decref(out);
            return NULL;
        }
    }
    return out;
}

json_t *config_settings_keys(const json_t *value, bool mac)
{
    json_t *macs = json_object_get(value, "macOS");
    json_t *others = json_object_get(value, "default");
    json_t *out;
    if (macs == NULL && others == NULL)
        out = json_is_object(value) ? json_copy((json_t *)value) : NULL;
    else if (json_is_object(macs) && (mac || !json_is_object(others)))
        out = json_copy(macs);
    else
        out = json_is_object(others) ? json_copy(others) : NULL;
    if (out == NULL)
        out = default_keys(mac);
    json_t *alt = json_object_get(out, "alt");
    if ((alt == NULL || json_is_null(alt)) &&
        json_object_set_new(out, "alt", json_string("altKey")) < 0) {
        json_decref(out);
        return NULL;
    }
    return out;
}

static bool is_true(const json_t *value)
{
    return json_is_true(value) || (json_is_number(value) && json_number_value(value) != 0);
}

/* A value in the form of Python's str(). */
static json_t *as_text(const json_t *value, bool upper)
{
    struct text text = { 0 };
    if (json_is_string(value))
        text_add_bytes(&text, json_string_value(value), json_string_length(value));
    else if (json_is_boolean(value))
        text_add(&text, json_is_true(value) ? "True" : "False");
    else
        config_write(&text, value);
    for (size_t i = 0; upper && i < text.size; i++)
        text.data[i] = (char)toupper((unsigned char)text.data[i]);
    json_t *out = text_error(&text) == 0 ? json_stringn(text_string(&text), text.size) : NULL;
    text_free(&text);
    return out;
}

/* Overrides `settings` with `over`. null keeps the value; so does, with `loose`, a number that is
 * equal in another form: the command line has no 1 that is not 1.0. */
static int overlay(json_t *settings, const json_t *over, bool loose)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)over, key, value) {
        json_t *old = json_object_get(settings, key);
        bool same = loose && json_is_number(old) && json_is_number(value) &&
                    json_number_value(old) == json_number_value(value);
        bool unset = json_is_null(value) && old != NULL;
        if (!same && !unset && json_object_set(settings, key, value) < 0)
            return -1;
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *sorted(const json_t *object)
{
    size_t count = 0;
    const char *key;
    json_t *value;
    json_t *out = json_object();
    const char **keys = calloc(json_object_size(object) + 1, sizeof(*keys));
    if (keys == NULL || out == NULL) {
        free(keys);
        json_decref(out);
        return NULL;
    }
    json_object_foreach((json_t *)object, key, value)
        keys[count++] = key;
    qsort(keys, count, sizeof(*keys), by_name);
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++)
        r = json_object_set(out, keys[i], json_object_get(object, keys[i]));
    free(keys);
    if (r == 0)
        return out;
    json_decref(out);
    return NULL;
}

/* Renames the settings of the file to those of the viewer, in place. */
static int translate(json_t *settings)
{
    static const char *const gone[] = { "grid_xy",  "grid_xz",  "grid_yz",
                                        "no_glass", "no_tools", "perspective" };
    int r = 0;
    json_t *grid =
        json_pack("[O,O,O]", json_object_get(settings, "grid_xy"),
                  json_object_get(settings, "grid_xz"), json_object_get(settings, "grid_yz"));
    bool glass = !is_true(json_object_get(settings, "no_glass"));
    bool tools = !is_true(json_object_get(settings, "no_tools"));
    bool ortho = !is_true(json_object_get(settings, "perspective"));
    r |= json_object_set_new(settings, "grid", grid);
    r |= json_object_set_new(settings, "glass", json_boolean(glass));
    r |= json_object_set_new(settings, "tools", json_boolean(tools));
    r |= json_object_set_new(settings, "ortho", json_boolean(ortho));
    r |= json_object_set_new(settings, "collapse",
                             as_text(json_object_get(settings, "collapse"), false));
    r |= json_object_set_new(settings, "reset_camera",
                             as_text(json_object_get(settings, "reset_camera"), true));
    r |= json_object_set_new(settings, KEYS,
                             config_settings_keys(json_object_get(settings, KEYS), sys_is_mac()));
    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
        json_object_del(settings, gone[i]);
    return r;
}

json_t *config_settings_resolve(const json_t *file, const json_t *given)
{
    json_t *settings = config_settings_defaults();
    json_t *out = NULL;
    if (settings != NULL && overlay(settings, file, false) == 0 &&
        overlay(settings, given, true) == 0 && translate(settings) == 0)
        out = sorted(settings);
    json_decref(settings);
    return out;
}

static void add_keys(struct text *out, const char *name, bool mac)
{
    json_t *keys = default_keys(mac);
    const char *key;
    json_t *value;
    text_format(out, "  %s:\n", name);
    json_object_foreach(keys, key, value)
        text_format(out, "    %s: %s\n", key, json_string_value(value));
    json_decref(keys);
}

static bool is_word(const struct options_row *row)
{
    return row->kind == OPTIONS_TEXT || row->kind == OPTIONS_COLOR || row->kind == OPTIONS_CHOICE;
}

void config_settings_file(struct text *out)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    text_add(out, "# Settings of the viewer. What is left out has its default; the command line "
                  "wins over\n# this file. It is read again for every show.\n");
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].setting)
            continue;
        const char *quote = is_word(&rows[i]) ? "\"" : "";
        text_format(out, "\n# %s", rows[i].help);
        if (rows[i].choices != NULL)
            text_format(out, ": %s", rows[i].choices);
        text_format(out, "\n%s: %s%s%s\n", rows[i].name, quote, rows[i].value, quote);
    }
    text_add(out,
             "\n# Let the eye of the tree hide a shape together with its edges\n" TREE ": true\n");
    text_add(out, "\n# Which key of the keyboard does what, for each system\n" KEYS ":\n");
    add_keys(out, "macOS", true);
    add_keys(out, "default", false);
}
