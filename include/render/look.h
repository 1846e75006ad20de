/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_LOOK_H
#define CADCAST_RENDER_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/* Which axis points up, and so what the views' names mean: the page's "up". */
enum look_up { LOOK_UP_Z, LOOK_UP_Y, LOOK_UP_LEGACY };

/* A camera as the page reports it. */
struct look_camera {
    bool placed;          /* `position` is given, with `target` and `quaternion` if they are */
    bool turned;          /* `quaternion` is given */
    bool aimed;           /* `target` is given */
    bool follows;         /* it is of another model: its direction counts, the distance follows */
    double position[3];   /* millimetres, as the model */
    double quaternion[4]; /* x, y, z, w */
    double target[3];
    double from[3]; /* the target that `position` was seen from */
    double zoom;    /* 1: the model's sphere fits */
};

/* Everything a picture depends on besides the model and its size. The defaults are the page's. */
struct look {
    double ambient; /* light, in three.js's units */
    double direct;
    double metalness;
    double roughness;
    double opacity;   /* of shapes if `transparent` */
    uint8_t edges[3]; /* default colour of edges, sRGB */
    bool transparent;
    bool black_edges;
    bool hide_edges; /* of shapes */
    bool axes;
    bool axes0; /* axes and grid at the origin; otherwise in the middle of the model */
    bool grid[3];
    bool center_grid;
    bool ortho;
    bool dark;
    int ticks;
    double grid_font; /* pixels */
    enum look_up up;
    bool keeps;   /* the camera of the last model stays for the next one, with its target ... */
    bool centers; /* ... or aimed at the middle of that */
    char view[8]; /* name of the view that the settings ask for; "": iso */
    struct look_camera camera;
};

void look_init(struct look *look);

/* Takes over the settings of a model or of a settings message, under their names of any client's
 * version. `config` may be NULL; values of other types are ignored, as the page does. */
void look_settings(struct look *look, const json_t *config);

/* Takes over what a browser reported of its view (session_status). `same`: about this very model.
 * For another one only the direction of its camera counts, and only if the model's settings keep
 * the camera. */
void look_reported(struct look *look, const json_t *status, bool same);

#endif
