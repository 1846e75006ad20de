/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/query.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"
#include "render/color.h"
#include "render/tile.h"

/* Longest value of a parameter, with its zero byte. */
#define VALUE_SIZE 256

static int invalid(struct text *why, const char *name, const char *wanted)
{
    text_format(why, "%s must be %s", name, wanted);
    return -EINVAL;
}

static int read_whole(const char *value, unsigned long most, unsigned *to)
{
    char *end;
    if (value[0] < '0' || value[0] > '9')
        return -EINVAL;
    unsigned long number = strtoul(value, &end, 10);
    if (*end != '\0' || number < 1 || number > most)
        return -EINVAL;
    *to = (unsigned)number;
    return 0;
}

int query_switch(const char *value, const char *name, struct text *why)
{
    static const char *const words[2][6] = { { "0", "false", "False", "no", "off" },
                                             { "", "1", "true", "True", "yes", "on" } };
    for (int on = 0; on < 2; on++) {
        for (size_t i = 0; i < sizeof(words[0]) / sizeof(words[0][0]); i++) {
            if (words[on][i] != NULL && strcmp(value, words[on][i]) == 0)
                return on;
        }
    }
    return invalid(why, name, "1 or 0");
}

/* Cuts the next view off `*rest`: a name, or two numbers with a comma between. NULL: none is left.
 */
static char *next_view(char **rest)
{
    char *view = *rest;
    if (view == NULL)
        return NULL;
    bool numbers = view[0] != '\0' && strchr("+-.0123456789", view[0]) != NULL;
    char *comma = strchr(view, ',');
    if (numbers && comma != NULL)
        comma = strchr(comma + 1, ',');
    *rest = comma == NULL ? NULL : comma + 1;
    if (comma != NULL)
        *comma = '\0';
    return view;
}

static int set_views(struct render_options *options, const char *value, struct text *why)
{
    char copy[VALUE_SIZE];
    char *rest = copy;
    unsigned count = 0;
    snprintf(copy, sizeof(copy), "%s", value);
    if (strlen(value) >= sizeof(copy))
        return invalid(why, "view", "shorter");
    for (char *view = next_view(&rest); view != NULL; view = next_view(&rest)) {
        if (count == RENDER_VIEWS_MAX)
            return invalid(why, "view", "at most 9 views");
        if (camera_view_parse(view, &options->views[count++]) < 0)
            return invalid(why, "view",
                           "iso, front, back, left, right, top, bottom or AZ,EL in degrees");
    }
    options->view_count = count;
    return 0;
}

static int set_background(struct render_options *options, const char *value, struct text *why)
{
    char text[8];
    snprintf(text, sizeof(text), "%s%s", value[0] == '#' ? "" : "#", value);
    if (strlen(value) > 7 || strlen(text) != 7 || !color_parse(text, options->background))
        return invalid(why, "background", "RRGGBB, hexadecimal");
    options->colored = true;
    return 0;
}

static int set_projection(struct render_options *options, const char *value, struct text *why)
{
    bool ortho = strcmp(value, "orthographic") == 0;
    if (!ortho && strcmp(value, "perspective") != 0)
        return invalid(why, "projection", "orthographic or perspective");
    options->ortho = ortho ? RENDER_ON : RENDER_OFF;
    return 0;
}

static int set_renderer(struct render_options *options, const char *value, struct text *why)
{
    options->browser = strcmp(value, "browser") == 0;
    return options->browser || strcmp(value, "own") == 0
               ? 0
               : invalid(why, "renderer", "own or browser");
}

static int set_side(unsigned *to, const char *name, const char *value, struct text *why)
{
    return read_whole(value, RENDER_SIDE_MAX, to) == 0 ? 0 : invalid(why, name, "1 to 4096 pixels");
}

/* Whether a parameter turns something on or off, and what. */
static bool find_switch(struct render_options *options, const char *name, enum render_switch **to)
{
    bool edges = strcmp(name, "edges") == 0;
    bool axes = strcmp(name, "axes") == 0;
    bool fit = strcmp(name, "fit") == 0;
    bool lids = strcmp(name, "lids") == 0;
    *to = edges  ? &options->edges
          : axes ? &options->axes
          : fit  ? &options->fit
          : lids ? &options->lids
                 : &options->grid;
    return edges || axes || fit || lids || strcmp(name, "grid") == 0;
}

static int add_id(json_t **ids, const char *name, const char *value, struct text *why)
{
    if (value[0] == '\0')
        return invalid(why, name, "the id of a part");
    if (*ids == NULL)
        *ids = json_object();
    if (json_object_set_new(*ids, value, json_true()) == 0)
        return 0;
    text_add(why, "out of memory");
    return -ENOMEM;
}

/* Numbers with commas between, four for each plane. */
static int set_cuts(struct render_options *options, const char *value, struct text *why)
{
    static const char wanted[] = "NX,NY,NZ,D, or two or three times that";
    double *numbers = &options->cuts[0][0];
    const char *at = value;
    char *end = NULL;
    unsigned count = 0;
    do {
        double number = strtod(at, &end);
        if (end == at || strspn(at, "+-.0123456789eE") < (size_t)(end - at) ||
            !(fabs(number) < 1e9))
            return invalid(why, "clip", wanted);
        numbers[count++] = number;
        at = end + 1;
    } while (*end == ',' && count < 4 * RENDER_CUTS_MAX);
    bool whole = count % 4 == 0 && *end == '\0';
    options->cut_count = count / 4;
    for (unsigned i = 0; i < options->cut_count; i++) {
        const double *cut = options->cuts[i];
        whole = whole && cut[0] * cut[0] + cut[1] * cut[1] + cut[2] * cut[2] > 0;
    }
    return whole ? 0 : invalid(why, "clip", wanted);
}

/* The parameters that choose what of the model is seen. 1: it is none of these. */
static int set_choice(struct render_options *options, const char *name, const char *value,
                      struct text *why)
{
    if (strcmp(name, "parts") == 0)
        return add_id(&options->parts, name, value, why);
    if (strcmp(name, "hide") == 0)
        return add_id(&options->hide, name, value, why);
    return strcmp(name, "clip") == 0 ? set_cuts(options, value, why) : 1;
}

int query_step(const char *value, int64_t *step, struct text *why)
{
    char *end;
    long long number = strtoll(value, &end, 10);
    bool digits = value[0] != '\0' && strspn(value, "-0123456789") == strlen(value);
    *step = number;
    if (digits && *end == '\0' && number != 0 && number > LLONG_MIN && number < LLONG_MAX)
        return 0;
    return invalid(why, "step",
                   "the number of a step of the history, or -1 for the last before, -2, ...");
}

int query_set(struct render_options *options, const char *name, const char *value, struct text *why)
{
    enum render_switch *to;
    bool turns = find_switch(options, name, &to);
    bool transparent = strcmp(name, "transparent") == 0;
    bool camera = strcmp(name, "camera") == 0;
    int on = turns || transparent || camera ? query_switch(value, name, why) : 0;
    int choice = set_choice(options, name, value, why);
    if (choice <= 0)
        return choice;
    if (on < 0)
        return on;
    if (turns) {
        *to = on ? RENDER_ON : RENDER_OFF;
    } else if (transparent) {
        options->transparent = on;
    } else if (camera) {
        options->camera = on;
    } else if (strcmp(name, "view") == 0) {
        return set_views(options, value, why);
    } else if (strcmp(name, "width") == 0) {
        return set_side(&options->width, name, value, why);
    } else if (strcmp(name, "height") == 0) {
        return set_side(&options->height, name, value, why);
    } else if (strcmp(name, "samples") == 0) {
        bool good =
            read_whole(value, 16, &options->samples) == 0 && tile_samples_ok(options->samples);
        return good ? 0 : invalid(why, name, "4, 8 or 16");
    } else if (strcmp(name, "background") == 0) {
        return set_background(options, value, why);
    } else if (strcmp(name, "renderer") == 0) {
        return set_renderer(options, value, why);
    } else if (strcmp(name, "step") == 0) {
        return query_step(value, &options->step, why);
    } else if (strcmp(name, "projection") == 0) {
        return set_projection(options, value, why);
    } else {
        text_format(why, "there is no parameter %.40s", name);
        return -ENOENT;
    }
    return 0;
}

int query_check(const struct render_options *options, struct text *why)
{
    if (options->camera && options->view_count > 0) {
        text_add(why, "camera and view exclude each other");
        return -EINVAL;
    }
    bool chosen = options->parts != NULL || options->hide != NULL || options->cut_count > 0 ||
                  options->fit != RENDER_AS_IS || options->edges != RENDER_AS_IS ||
                  options->lids != RENDER_AS_IS || options->samples != 0;
    if (options->browser && chosen) {
        text_add(why, "renderer=browser has no parts, hide, clip, lids, fit, edges and samples");
        return -EINVAL;
    }
    if (options->width * options->height <= RENDER_PIXELS_MAX)
        return 0;
    text_format(why, "width and height must be at most %d pixels together", RENDER_PIXELS_MAX);
    return -EINVAL;
}

/* Undoes the encoding. False: it is not valid. */
static bool decode(const char *from, size_t size, struct text *out)
{
    text_free(out);
    for (size_t i = 0; i < size; i++) {
        char c = from[i] == '+' ? ' ' : from[i];
        if (c == '%') {
            int byte = hex_percent(from + i, size - i);
            if (byte < 0)
                return false;
            c = (char)byte;
            i += 2;
        }
        if ((unsigned char)c < 0x20 || c == 0x7f)
            return false;
        text_add_bytes(out, &c, 1);
    }
    return utf8_valid((const uint8_t *)text_string(out), out->size);
}

/* Takes the next parameter off. 1: `name` and `value` are set; 0: none is left; below 0: an error
 * of query_each. */
static int next(const char **query, struct text *name, struct text *value)
{
    const char *at = *query + strspn(*query, "&");
    size_t size = strcspn(at, "&#");
    const char *equals = memchr(at, '=', size);
    size_t split = equals == NULL ? size : (size_t)(equals - at);
    size_t rest = split < size ? split + 1 : size;
    *query = at + size;
    if (size == 0)
        return 0;
    /* What a token is made of is not looked at here. */
    if (split == 5 && memcmp(at, "token", 5) == 0)
        rest = size;
    if (!decode(at, split, name) || !decode(at + rest, size - rest, value))
        return -EINVAL;
    return text_error(name) < 0 || text_error(value) < 0 ? -ENOMEM : 1;
}

void query_add(struct text *query, const char *value)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    for (const char *c = value; *c != '\0'; c++)
        text_format(query, strchr(plain, *c) != NULL ? "%c" : "%%%02X", (unsigned char)*c);
}

int query_each(const char *query, query_take take, void *arg, struct text *why)
{
    struct text name = { 0 };
    struct text value = { 0 };
    int more = 1;
    int error = 0;
    while (error == 0 && (more = next(&query, &name, &value)) > 0) {
        if (strcmp(text_string(&name), "token") != 0)
            error = take(arg, text_string(&name), text_string(&value), why);
    }
    if (more < 0)
        text_add(why,
                 more == -ENOMEM ? "out of memory" : "a parameter is not encoded as a URL's query");
    text_free(&name);
    text_free(&value);
    return error < 0 ? error : more;
}

static int take(void *arg, const char *name, const char *value, struct text *why)
{
    return query_set(arg, name, value, why);
}

int query_read(struct render_options *options, const char *query, struct text *why)
{
    int error = query_each(query, take, options, why);
    return error < 0 ? error : query_check(options, why);
}
