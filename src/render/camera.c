/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/camera.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/matrix.h"

/* The page's camera: distance in radii of the model, and the vertical angle of its perspective. */
#define DISTANCE 5
#define FIELD_OF_VIEW 22
#define RADIUS_LEAST 1e-9 /* of a single point at the origin */
#define DEGREE (3.14159265358979323846 / 180)

/* The direction from the model to the eye of each view's name, by what is up. */
struct direction {
    const char *name;
    double from[3][3]; /* by enum look_up */
};

static const struct direction directions[] = {
    { "iso", { { 1, -1, 1 }, { 1, 1, 1 }, { 1, 1, 1 } } },
    { "front", { { 0, -1, 0 }, { 0, 0, 1 }, { 1, 0, 0 } } },
    { "back", { { 0, 1, 0 }, { 0, 0, -1 }, { -1, 0, 0 } } },
    { "rear", { { 0, 1, 0 }, { 0, 0, -1 }, { -1, 0, 0 } } },
    { "left", { { -1, 0, 0 }, { -1, 0, 0 }, { 0, 1, 0 } } },
    { "right", { { 1, 0, 0 }, { 1, 0, 0 }, { 0, -1, 0 } } },
    { "top", { { 0, 0, 1 }, { 0, 1, 0 }, { 0, 0, 1 } } },
    { "bottom", { { 0, 0, -1 }, { 0, -1, 0 }, { 0, 0, -1 } } },
};

static const struct direction *find_direction(const char *name)
{
    for (size_t i = 0; i < sizeof(directions) / sizeof(directions[0]); i++) {
        if (strcmp(name, directions[i].name) == 0)
            return &directions[i];
    }
    return NULL;
}

int camera_view_parse(const char *text, struct camera_view *view)
{
    char *end = NULL;
    *view = (struct camera_view){ .named = find_direction(text) != NULL };
    if (view->named) {
        snprintf(view->name, sizeof(view->name), "%s", text);
        return 0;
    }
    if (strspn(text, "+-.0123456789,") != strlen(text))
        return -EINVAL;
    view->azimuth = strtod(text, &end);
    if (end == text || *end != ',')
        return -EINVAL;
    const char *rest = end + 1;
    view->elevation = strtod(rest, &end);
    if (end == rest || *end != '\0' || !(fabs(view->azimuth) <= 360) ||
        !(fabs(view->elevation) <= 90))
        return -EINVAL;
    return 0;
}

/* Turns the camera so that it looks against `back`, as three.js does. */
static void look_along(struct camera *camera, const double back[3], const double up[3])
{
    memcpy(camera->back, back, sizeof(camera->back));
    if (matrix_normalize(camera->back) == 0)
        camera->back[2] = 1;
    matrix_cross(up, camera->back, camera->right);
    if (matrix_normalize(camera->right) == 0) {
        camera->back[fabs(up[2]) == 1 ? 0 : 2] += 0.0001;
        matrix_normalize(camera->back);
        matrix_cross(up, camera->back, camera->right);
        matrix_normalize(camera->right);
    }
    matrix_cross(camera->back, camera->right, camera->up);
}

static void turn(struct camera *camera, const double quaternion[4])
{
    static const double origin[3];
    struct matrix m = matrix_place(origin, quaternion);
    for (int i = 0; i < 3; i++) {
        camera->right[i] = m.m[i][0];
        camera->up[i] = m.m[i][1];
        camera->back[i] = m.m[i][2];
    }
    matrix_normalize(camera->right);
    matrix_normalize(camera->up);
    matrix_normalize(camera->back);
}

/* A direction of a model with Z up, for one with another axis up. */
static void to_axes(double v[3], enum look_up up)
{
    double x = v[0], y = v[1], z = v[2];
    if (up == LOOK_UP_Y) {
        v[1] = z;
        v[2] = -y;
    } else if (up == LOOK_UP_LEGACY) {
        v[0] = -y;
        v[1] = x;
    }
}

static void turn_to_angles(struct camera *camera, const struct camera_view *view, enum look_up up)
{
    double a = view->azimuth * DEGREE;
    double e = view->elevation * DEGREE;
    double right[3] = { cos(a), sin(a), 0 };
    double back[3] = { sin(a) * cos(e), -cos(a) * cos(e), sin(e) };
    to_axes(right, up);
    to_axes(back, up);
    memcpy(camera->right, right, sizeof(right));
    memcpy(camera->back, back, sizeof(back));
    matrix_cross(back, right, camera->up);
}

static void turn_to_name(struct camera *camera, const char *name, enum look_up up)
{
    static const double upward[3][3] = { { 0, 0, 1 }, { 0, 1, 0 }, { 0, 0, 1 } };
    static const double from_top[4] = { 0, 0, 0, 1 };
    static const double from_bottom[4] = { 1, 0, 0, 0 };
    if (up == LOOK_UP_Z && strcmp(name, "top") == 0)
        turn(camera, from_top);
    else if (up == LOOK_UP_Z && strcmp(name, "bottom") == 0)
        turn(camera, from_bottom);
    else
        look_along(camera, find_direction(name)->from[up], upward[up]);
}

/* The camera that the settings or a browser have placed. In perspective, zoom is distance. */
static void place(struct camera *camera, const struct look_camera *placed, enum look_up up,
                  double distance)
{
    static const double upward[3][3] = { { 0, 0, 1 }, { 0, 1, 0 }, { 0, 0, 1 } };
    double back[3];
    memcpy(camera->eye, placed->position, sizeof(camera->eye));
    for (int i = 0; i < 3; i++)
        back[i] = placed->position[i] - placed->from[i];
    if (placed->turned && matrix_dot(placed->quaternion, placed->quaternion) > 0)
        turn(camera, placed->quaternion);
    else
        look_along(camera, back, upward[up]);
    if ((camera->ortho && !placed->follows) || matrix_normalize(back) == 0)
        return;
    for (int i = 0; i < 3; i++)
        camera->eye[i] = placed->target[i] + back[i] * distance;
}

static void open_lens(struct camera *camera, double radius, double zoom, unsigned width,
                      unsigned height)
{
    double aspect = (double)width / height;
    if (camera->ortho) {
        camera->half_width = (aspect < 1 ? radius : radius * aspect) / zoom;
        camera->half_height = (aspect < 1 ? radius / aspect : radius) / zoom;
    } else {
        camera->half_height = tan(FIELD_OF_VIEW * DEGREE / 2);
        camera->half_width = camera->half_height * aspect;
    }
    camera->near = fmax(0.1, 0.01 * radius);
    camera->far = 100 * radius;
}

/* The light stands at the camera and shines at the origin. */
static void place_light(struct camera *camera)
{
    double to[3] = { camera->eye[0], camera->eye[1], camera->eye[2] };
    matrix_normalize(to);
    camera->light[0] = matrix_dot(to, camera->right);
    camera->light[1] = matrix_dot(to, camera->up);
    camera->light[2] = matrix_dot(to, camera->back);
}

void camera_init(struct camera *camera, const struct camera_subject *subject,
                 const struct look *look, const struct camera_view *view, unsigned width,
                 unsigned height)
{
    struct look_camera placed = look->camera;
    double center[3], half[3];
    for (int i = 0; i < 3; i++) {
        center[i] = (subject->low[i] + subject->high[i]) / 2;
        half[i] = (subject->high[i] - subject->low[i]) / 2;
    }
    double radius = fmax(sqrt(matrix_dot(half, half)), sqrt(matrix_dot(center, center)));
    radius = fmax(radius, RADIUS_LEAST);
    memcpy(placed.from, placed.target, sizeof(placed.from));
    if (!placed.aimed)
        memcpy(placed.target, center, sizeof(center));
    if (!placed.follows)
        memcpy(placed.from, placed.target, sizeof(placed.from));
    *camera = (struct camera){ .ortho = look->ortho };
    double zoom = view != NULL || placed.zoom <= 0 ? 1 : placed.zoom;
    if (view == NULL && placed.placed && look->view[0] == '\0') {
        place(camera, &placed, look->up, DISTANCE * radius / zoom);
    } else {
        if (view != NULL && !view->named)
            turn_to_angles(camera, view, look->up);
        else
            turn_to_name(camera,
                         view != NULL            ? view->name
                         : look->view[0] == '\0' ? "iso"
                                                 : look->view,
                         look->up);
        const double *target = view != NULL ? center : placed.target;
        for (int i = 0; i < 3; i++)
            camera->eye[i] =
                target[i] + camera->back[i] * DISTANCE * radius / (camera->ortho ? 1 : zoom);
    }
    open_lens(camera, radius, zoom, width, height);
    place_light(camera);
}
