/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/look.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "render/color.h"

/* Most lines of a grid: the page takes what it is given, a picture has a limit of time. */
#define TICKS_MAX 100

/* three.js's light for an intensity of the settings. */
static double light(double intensity)
{
    return floor(3.14159265358979323846 * intensity + 0.5);
}

void look_init(struct look *look)
{
    *look = (struct look){ .ambient = light(1),
                           .direct = light(1.1),
                           .metalness = 0.3,
                           .roughness = 0.65,
                           .opacity = 0.5,
                           .edges = { 0x70, 0x70, 0x70 },
                           .ortho = true,
                           .ticks = 10,
                           .grid_font = 12,
                           .keeps = true,
                           .camera = { .zoom = 1 } };
}

/* A setting by its name of today, or the one that clients before ocp-viewer-core 1.0 used. */
static json_t *find(const json_t *config, const char *name, const char *older)
{
    json_t *value = json_object_get(config, name);
    return value == NULL && older != NULL ? json_object_get(config, older) : value;
}

static void take_number(double *to, const json_t *value, double low, double high)
{
    double number = json_number_value(value);
    if (json_is_number(value) && number >= low && number <= high)
        *to = number;
}

static void take_flag(bool *to, const json_t *value)
{
    if (json_is_boolean(value))
        *to = json_is_true(value);
}

static bool take_vector(double *to, size_t size, const json_t *value)
{
    double numbers[4];
    if (json_array_size(value) != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        numbers[i] = json_number_value(json_array_get(value, i));
        /* Beyond it the projection's squares are no numbers any more. */
        if (!json_is_number(json_array_get(value, i)) || !(fabs(numbers[i]) < 1e30))
            return false;
    }
    memcpy(to, numbers, size * sizeof(double));
    return true;
}

/* A text, or a list of numbers up to 255, or up to 1 if none of them is larger. */
static void take_color(uint8_t to[3], const json_t *value)
{
    double rgb[3];
    uint8_t parsed[3];
    if (json_is_string(value) && color_parse(json_string_value(value), parsed))
        memcpy(to, parsed, 3);
    if (json_array_size(value) < 3)
        return;
    for (size_t i = 0; i < 3; i++)
        rgb[i] = json_number_value(json_array_get(value, i));
    bool parts = rgb[0] <= 1 && rgb[1] <= 1 && rgb[2] <= 1;
    for (size_t i = 0; i < 3; i++) {
        double scaled = rgb[i] * (parts ? 255 : 1);
        to[i] = (uint8_t)(scaled > 255 ? 255 : scaled > 0 ? scaled + 0.5 : 0);
    }
}

static void take_camera(struct look_camera *camera, const json_t *values)
{
    camera->placed |= take_vector(camera->position, 3, json_object_get(values, "position"));
    camera->turned |= take_vector(camera->quaternion, 4, json_object_get(values, "quaternion"));
    camera->aimed |= take_vector(camera->target, 3, json_object_get(values, "target"));
    take_number(&camera->zoom, json_object_get(values, "zoom"), 1e-6, 1e6);
}

static void take_grid(bool grid[3], const json_t *value)
{
    for (size_t i = 0; i < 3; i++) {
        if (json_is_boolean(value))
            grid[i] = json_is_true(value);
        else
            take_flag(&grid[i], json_array_get(value, i));
    }
}

static void take_up(enum look_up *up, const char *name)
{
    if (name != NULL && strchr("YZL", name[0]) != NULL && name[0] != '\0')
        *up = name[0] == 'Y' ? LOOK_UP_Y : name[0] == 'Z' ? LOOK_UP_Z : LOOK_UP_LEGACY;
}

/* "iso", "left" and the like set a view; "keep", "center" and "reset" do not. */
static void take_reset(struct look *look, const char *name)
{
    static const char *const views[] = { "iso", "left", "right", "top", "bottom", "rear", "front" };
    if (name == NULL)
        return;
    look->centers = strcasecmp(name, "center") == 0;
    look->keeps = look->centers || strcasecmp(name, "keep") == 0;
    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        if (strcasecmp(name, views[i]) == 0)
            snprintf(look->view, sizeof(look->view), "%s", views[i]);
    }
}

void look_settings(struct look *look, const json_t *config)
{
    double ticks = look->ticks;
    double intensity = -1;
    take_number(&intensity, find(config, "ambientIntensity", "ambient_intensity"), 0, 1000);
    if (intensity >= 0)
        look->ambient = light(intensity);
    intensity = -1;
    take_number(&intensity, find(config, "directIntensity", "direct_intensity"), 0, 1000);
    if (intensity >= 0)
        look->direct = light(intensity);
    take_number(&look->metalness, find(config, "metalness", NULL), 0, 1);
    take_number(&look->roughness, find(config, "roughness", NULL), 0, 1);
    take_number(&look->opacity, find(config, "defaultOpacity", "default_opacity"), 0, 1);
    take_color(look->edges, find(config, "edgeColor", "default_edgecolor"));
    take_flag(&look->transparent, find(config, "transparent", NULL));
    take_flag(&look->black_edges, find(config, "blackEdges", "black_edges"));
    take_flag(&look->axes, find(config, "axes", NULL));
    take_flag(&look->axes0, find(config, "axes0", NULL));
    take_grid(look->grid, find(config, "grid", NULL));
    take_flag(&look->center_grid, find(config, "centerGrid", "center_grid"));
    take_flag(&look->ortho, find(config, "ortho", NULL));
    take_number(&ticks, find(config, "ticks", NULL), 1, TICKS_MAX);
    take_number(&look->grid_font, find(config, "gridFontSize", "grid_font_size"), 1, 100);
    look->ticks = (int)ticks;
    const char *theme = json_string_value(find(config, "theme", NULL));
    if (theme != NULL)
        look->dark = strcmp(theme, "dark") == 0;
    take_up(&look->up, json_string_value(find(config, "up", NULL)));
    take_reset(look, json_string_value(find(config, "resetCamera", "reset_camera")));
    take_camera(&look->camera, config);
}

void look_reported(struct look *look, const json_t *status, bool same)
{
    struct look_camera reported = { .zoom = 1 };
    take_camera(&reported, status);
    bool whole = reported.placed && reported.turned && reported.aimed;
    if (!whole || (!same && (look->camera.placed || !look->keeps)))
        return;
    reported.follows = !same;
    reported.aimed = same || !look->centers;
    look->camera = reported;
    if (!same)
        return;
    look->view[0] = '\0';
    take_flag(&look->ortho, json_object_get(status, "ortho"));
    take_flag(&look->transparent, json_object_get(status, "transparent"));
    take_flag(&look->black_edges, json_object_get(status, "black_edges"));
}
