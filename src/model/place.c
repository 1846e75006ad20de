/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "model/place.h"

#include <math.h>
#include <string.h>

/* The least extent of a box, and what is added on both sides of a smaller one; and the box of
 * nothing. All as the clients have them. */
#define LEAST 1e-6
#define MARGIN 0.1
#define NOTHING 1e-6

static void cross(double out[3], const double a[3], const double b[3])
{
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        out[i] = a[j] * b[k] - a[k] * b[j];
    }
}

/* out = place * point; by v + 2 w (q x v) + 2 q x (q x v). `out` may be `point`. */
static void apply(double out[3], const struct place *place, const double point[3])
{
    double once[3], twice[3];
    cross(once, place->turn, point);
    cross(twice, place->turn, once);
    for (int i = 0; i < 3; i++)
        out[i] = point[i] + 2 * (place->turn[3] * once[i] + twice[i]) + place->at[i];
}

static void multiply(double out[4], const double a[4], const double b[4])
{
    double crossed[3];
    cross(crossed, a, b);
    for (int i = 0; i < 3; i++)
        out[i] = a[3] * b[i] + b[3] * a[i] + crossed[i];
    out[3] = a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2];
}

struct place place_none(void)
{
    return (struct place){ .turn = { 0, 0, 0, 1 } };
}

static void read(double *out, size_t count, const json_t *list)
{
    for (size_t i = 0; i < count; i++)
        out[i] = json_number_value(json_array_get(list, i));
}

static void normalize(double turn[4])
{
    double size =
        sqrt(turn[0] * turn[0] + turn[1] * turn[1] + turn[2] * turn[2] + turn[3] * turn[3]);
    for (int i = 0; i < 4; i++)
        turn[i] = size > 0 ? turn[i] / size : i == 3;
}

struct place place_within(const struct place *outer, const json_t *loc)
{
    struct place inner = place_none(), place;
    if (json_array_size(loc) != 2)
        return *outer;
    read(inner.at, 3, json_array_get(loc, 0));
    read(inner.turn, 4, json_array_get(loc, 1));
    normalize(inner.turn);
    apply(place.at, outer, inner.at);
    multiply(place.turn, outer->turn, inner.turn);
    return place;
}

bool place_is_shift(const struct place *place)
{
    return place->turn[0] == 0 && place->turn[1] == 0 && place->turn[2] == 0;
}

static void add(struct place_box *box, const double point[3])
{
    for (int i = 0; i < 3; i++) {
        if (!box->some || point[i] < box->least[i])
            box->least[i] = point[i];
        if (!box->some || point[i] > box->most[i])
            box->most[i] = point[i];
    }
    box->some = true;
}

void place_add_points(struct place_box *box, const struct place *place, const void *data,
                      size_t count)
{
    const char *from = data;
    for (size_t i = 0; i < count; i++, from += 3 * sizeof(float)) {
        float raw[3];
        memcpy(raw, from, sizeof(raw));
        double point[3] = { raw[0], raw[1], raw[2] };
        apply(point, place, point);
        add(box, point);
    }
}

void place_add_box(struct place_box *box, const struct place *place, const double sides[6])
{
    for (int side = 0; side < 6; side += 3) {
        double point[3];
        for (int i = 0; i < 3; i++)
            point[i] = sides[side + i] + place->at[i];
        add(box, point);
    }
}

void place_widen(struct place_box *box)
{
    for (int i = 0; box->some && i < 3; i++) {
        if (box->most[i] - box->least[i] >= LEAST)
            continue;
        box->most[i] += MARGIN;
        box->least[i] -= MARGIN;
    }
}

json_t *place_box_json(const struct place_box *box)
{
    static const struct place_box nothing = { .least = { -NOTHING, -NOTHING, -NOTHING },
                                              .most = { NOTHING, NOTHING, NOTHING } };
    const struct place_box *b = box->some ? box : &nothing;
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "xmin", b->least[0], "xmax", b->most[0],
                     "ymin", b->least[1], "ymax", b->most[1], "zmin", b->least[2], "zmax",
                     b->most[2]);
}

json_t *place_json(const struct place *place)
{
    return json_pack("[[f, f, f], [f, f, f, f]]", place->at[0], place->at[1], place->at[2],
                     place->turn[0], place->turn[1], place->turn[2], place->turn[3]);
}

void place_join_box(struct place_box *to, const struct place_box *box)
{
    struct place none = place_none();
    double sides[6] = { box->least[0], box->least[1], box->least[2],
                        box->most[0],  box->most[1],  box->most[2] };
    if (box->some)
        place_add_box(to, &none, sides);
}
