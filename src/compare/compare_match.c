/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "compare/compare_match.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How far two numbers of a place may be apart, of 1 or of their size. */
#define CLOSE 1e-9

/* Places are sorted by multiples of it, so that noise seldom decides. */
#define STEP 1e-6

/* Some parts of a model, sorted. */
struct rest {
    struct compare_side_part **parts;
    size_t count;
};

const char *compare_match_name(enum compare_match_class what)
{
    static const char *const names[COMPARE_MATCH_CLASSES] = {
        [COMPARE_MATCH_CHANGED] = "changed",
        [COMPARE_MATCH_MOVED] = "moved",
        [COMPARE_MATCH_RECOLOURED] = "recoloured",
        [COMPARE_MATCH_RENAMED] = "renamed",
        [COMPARE_MATCH_ADDED] = "added",
        [COMPARE_MATCH_REMOVED] = "removed",
        [COMPARE_MATCH_SAME] = "same",
    };
    return names[what];
}

/* ---- what is equal ---- */

static bool is_near(double a, double b)
{
    return a == b || fabs(a - b) <= CLOSE * fmax(1, fmax(fabs(a), fabs(b)));
}

/* A turn and its negative are one. */
static bool same_place(const struct place *a, const struct place *b)
{
    double along = 0;
    for (int i = 0; i < 4; i++)
        along += a->turn[i] * b->turn[i];
    for (int i = 0; i < 4; i++) {
        if (!is_near(a->turn[i], along < 0 ? -b->turn[i] : b->turn[i]))
            return false;
    }
    return is_near(a->at[0], b->at[0]) && is_near(a->at[1], b->at[1]) &&
           is_near(a->at[2], b->at[2]);
}

static bool same_hash(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool same_shape(const struct compare_side_part *a, const struct compare_side_part *b)
{
    bool exact = same_hash(a->exact, b->exact) || same_hash(a->also, b->exact) ||
                 same_hash(a->exact, b->also);
    return strcmp(a->type, b->type) == 0 &&
           (exact || memcmp(a->shape, b->shape, sizeof(a->shape)) == 0);
}

static unsigned differences(const struct compare_side_part *a, const struct compare_side_part *b)
{
    bool shown = a->faces == b->faces && a->edges == b->edges;
    return (same_shape(a, b) ? 0 : COMPARE_MATCH_SHAPE) |
           (same_place(&a->place, &b->place) ? 0 : COMPARE_MATCH_PLACE) |
           (memcmp(a->look, b->look, sizeof(a->look)) == 0 ? 0 : COMPARE_MATCH_COLOUR) |
           (shown ? 0 : COMPARE_MATCH_VISIBLE) |
           (strcmp(a->key, b->key) == 0 ? 0 : COMPARE_MATCH_NAME);
}

/* ---- pairs by key ---- */

static int by_order(const struct compare_side_part *a, const struct compare_side_part *b)
{
    return a->order < b->order ? -1 : a->order > b->order;
}

static int by_key(const void *left, const void *right)
{
    const struct compare_side_part *a = *(struct compare_side_part *const *)left;
    const struct compare_side_part *b = *(struct compare_side_part *const *)right;
    int order = strcmp(a->key, b->key);
    return order != 0 ? order : by_order(a, b);
}

/* The parts that have no other yet. 0 or -ENOMEM. */
static int take_rest(struct rest *rest, struct compare_side *side,
                     int (*order)(const void *, const void *))
{
    rest->count = 0;
    rest->parts = malloc((side->count + 1) * sizeof(struct compare_side_part *));
    if (rest->parts == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < side->count; i++) {
        if (side->parts[i].other == COMPARE_SIDE_NONE)
            rest->parts[rest->count++] = &side->parts[i];
    }
    qsort(rest->parts, rest->count, sizeof(struct compare_side_part *), order);
    return 0;
}

static void join(struct compare_side_part *a, struct compare_side_part *b)
{
    a->other = b->order;
    b->other = a->order;
}

/* Goes through two sorted lists, and joins those that `compare` finds equal, one for one. */
static void join_equal(const struct rest *from, const struct rest *to,
                       int (*compare)(const struct compare_side_part *,
                                      const struct compare_side_part *))
{
    size_t i = 0, j = 0;
    while (i < from->count && j < to->count) {
        int order = compare(from->parts[i], to->parts[j]);
        if (order == 0)
            join(from->parts[i], to->parts[j]);
        i += order <= 0;
        j += order >= 0;
    }
}

static int compare_keys(const struct compare_side_part *a, const struct compare_side_part *b)
{
    return strcmp(a->key, b->key);
}

/* ---- pairs of what was renamed ---- */

static int compare_shapes(const struct compare_side_part *a, const struct compare_side_part *b)
{
    int order = memcmp(a->shape, b->shape, sizeof(a->shape));
    return order != 0 ? order : strcmp(a->type, b->type);
}

static int order_places(const struct compare_side_part *a, const struct compare_side_part *b)
{
    int order = 0;
    for (int i = 0; order == 0 && i < 3; i++) {
        double one = rint(a->place.at[i] / STEP), two = rint(b->place.at[i] / STEP);
        order = one < two ? -1 : one > two;
    }
    return order;
}

static int compare_places(const struct compare_side_part *a, const struct compare_side_part *b)
{
    int order = compare_shapes(a, b);
    return order != 0 ? order : order_places(a, b);
}

static int by_place(const void *left, const void *right)
{
    const struct compare_side_part *a = *(struct compare_side_part *const *)left;
    const struct compare_side_part *b = *(struct compare_side_part *const *)right;
    int order = compare_places(a, b);
    return order != 0 ? order : by_order(a, b);
}

/* Parts without exact geometry come first. */
static int order_forms(const struct compare_side_part *a, const struct compare_side_part *b)
{
    if (a->form == NULL || b->form == NULL)
        return (a->form != NULL) - (b->form != NULL);
    int order = strcmp(a->form, b->form);
    return order != 0 ? order : strcmp(a->type, b->type);
}

static int by_form(const void *left, const void *right)
{
    const struct compare_side_part *a = *(struct compare_side_part *const *)left;
    const struct compare_side_part *b = *(struct compare_side_part *const *)right;
    int order = order_forms(a, b);
    if (order == 0)
        order = order_places(a, b);
    return order != 0 ? order : by_order(a, b);
}

/* Without exact geometry none is equal to another one. */
static int compare_forms(const struct compare_side_part *a, const struct compare_side_part *b)
{
    return a->form == NULL && b->form == NULL ? -1 : order_forms(a, b);
}

static int compare_forms_at(const struct compare_side_part *a, const struct compare_side_part *b)
{
    int order = compare_forms(a, b);
    return order != 0 ? order : order_places(a, b);
}

static int join_rest(struct compare_side *from, struct compare_side *to,
                     int (*order)(const void *, const void *),
                     int (*compare)(const struct compare_side_part *,
                                    const struct compare_side_part *))
{
    struct rest a = { 0 }, b = { 0 };
    int error = take_rest(&a, from, order);
    if (error == 0)
        error = take_rest(&b, to, order);
    if (error == 0)
        join_equal(&a, &b, compare);
    free(a.parts);
    free(b.parts);
    return error;
}

static void choose_form(struct compare_side *side, bool also)
{
    for (uint32_t i = 0; i < side->count; i++)
        side->parts[i].form = also ? side->parts[i].also : side->parts[i].exact;
}

/* By exact geometry, in each of its forms: equal arrays are no more than a sign of that. */
static int join_exact(struct compare_side *from, struct compare_side *to,
                      int (*compare)(const struct compare_side_part *,
                                     const struct compare_side_part *))
{
    static const bool also[][2] = { { false, false }, { true, false }, { false, true } };
    int error = 0;
    for (size_t i = 0; i < sizeof(also) / sizeof(also[0]) && error == 0; i++) {
        choose_form(from, also[i][0]);
        choose_form(to, also[i][1]);
        error = join_rest(from, to, by_form, compare);
    }
    return error;
}

static int join_renamed(struct compare_side *from, struct compare_side *to)
{
    int error = join_exact(from, to, compare_forms_at);
    if (error == 0)
        error = join_rest(from, to, by_place, compare_places);
    if (error == 0)
        error = join_exact(from, to, compare_forms);
    return error == 0 ? join_rest(from, to, by_place, compare_shapes) : error;
}

/* ---- the list ---- */

static enum compare_match_class class_of(unsigned differs)
{
    if (differs & COMPARE_MATCH_NAME)
        return COMPARE_MATCH_RENAMED;
    if (differs & COMPARE_MATCH_SHAPE)
        return COMPARE_MATCH_CHANGED;
    if (differs & COMPARE_MATCH_PLACE)
        return COMPARE_MATCH_MOVED;
    return differs == 0 ? COMPARE_MATCH_SAME : COMPARE_MATCH_RECOLOURED;
}

static void add_pair(struct compare_match *match, const struct compare_side_part *from,
                     const struct compare_side_part *to)
{
    struct compare_match_pair pair = { .from = from, .to = to };
    if (from != NULL && to != NULL) {
        pair.differs = differences(from, to);
        pair.what = class_of(pair.differs);
    } else {
        pair.what = from == NULL ? COMPARE_MATCH_ADDED : COMPARE_MATCH_REMOVED;
    }
    match->counts[pair.what]++;
    match->pairs[match->count++] = pair;
}

static int by_class(const void *left, const void *right)
{
    const struct compare_match_pair *a = left, *b = right;
    if (a->what != b->what)
        return a->what < b->what ? -1 : 1;
    return by_order(a->to != NULL ? a->to : a->from, b->to != NULL ? b->to : b->from);
}

static int make_list(struct compare_match *match, const struct compare_side *from,
                     const struct compare_side *to)
{
    match->pairs = malloc(((size_t)from->count + to->count + 1) * sizeof(*match->pairs));
    if (match->pairs == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < to->count; i++) {
        const struct compare_side_part *part = &to->parts[i];
        add_pair(match, part->other == COMPARE_SIDE_NONE ? NULL : &from->parts[part->other], part);
    }
    for (uint32_t i = 0; i < from->count; i++) {
        if (from->parts[i].other == COMPARE_SIDE_NONE)
            add_pair(match, &from->parts[i], NULL);
    }
    qsort(match->pairs, match->count, sizeof(*match->pairs), by_class);
    return 0;
}

int compare_match(struct compare_match *match, struct compare_side *from, struct compare_side *to)
{
    *match = (struct compare_match){ 0 };
    int error = join_rest(from, to, by_key, compare_keys);
    if (error == 0)
        error = join_renamed(from, to);
    return error == 0 ? make_list(match, from, to) : error;
}

void compare_match_free(struct compare_match *match)
{
    free(match->pairs);
    *match = (struct compare_match){ 0 };
}
