/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MODEL_PLACE_H
#define CADCAST_MODEL_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* A location as models write it: a translation and a unit quaternion x, y, z, w. */
struct place {
    double at[3];
    double turn[4];
};

/* A box; it is empty until something was added. */
struct place_box {
    bool some;
    double least[3];
    double most[3];
};

/* The location of a part in the model: its `loc` ([[x,y,z],[x,y,z,w]], null or none) within
 * `outer`. */
struct place place_within(const struct place *outer, const json_t *loc);

/* The location that moves nothing. */
struct place place_none(void);

/* Whether it only shifts. */
bool place_is_shift(const struct place *place);

/* Adds `count` points of three floats at `data`, placed. */
void place_add_points(struct place_box *box, const struct place *place, const void *data,
                      size_t count);

/* Adds a box, shifted: `sides` are xmin, ymin, zmin, xmax, ymax, zmax. */
void place_add_box(struct place_box *box, const struct place *place, const double sides[6]);

/* Adds all of another box; an empty one adds nothing. */
void place_join_box(struct place_box *to, const struct place_box *box);

/* Widens dimensions that are too small to be looked at, as the clients do. */
void place_widen(struct place_box *box);

/* As models write it, xmin to zmax; of an empty box one around the origin. NULL: no memory. */
json_t *place_box_json(const struct place_box *box);

/* As models write it. NULL: no memory. */
json_t *place_json(const struct place *place);

#endif
