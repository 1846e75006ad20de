/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "compare/compare_report.h"

/* One of the two models in a few words. */
static json_t *describe(const struct compare_side *side)
{
    const char *name = json_string_value(json_object_get(side->root, "name"));
    json_t *row = json_pack("{s:s, s:I, s:b}", "name", name == NULL ? "" : name, "parts",
                            (json_int_t)side->count, "exact", side->exact != NULL);
    if (side->box.some)
        json_object_set_new(row, "box", place_box_json(&side->box));
    return row;
}

/* A part of one of them: null if it has none. */
static json_t *describe_part(const struct compare_side_part *part)
{
    if (part == NULL)
        return json_null();
    json_t *row = json_pack("{s:s, s:s}", "id", part->id, "name", part->name);
    json_t *color = json_object_get(part->json, "color");
    if (json_is_string(color))
        json_object_set(row, "color", color);
    json_object_set_new(row, "visible", json_boolean(part->faces || part->edges));
    /* Coordinates beyond a double have no box. */
    json_t *box = part->box.some ? place_box_json(&part->box) : NULL;
    if (box != NULL)
        json_object_set_new(row, "box", box);
    if (part->solid)
        json_object_set_new(row, "volume", json_real(part->volume));
    return row;
}

static json_t *differences(unsigned differs)
{
    static const struct {
        enum compare_match_what what;
        const char *name;
    } names[] = { { COMPARE_MATCH_SHAPE, "shape" },
                  { COMPARE_MATCH_PLACE, "place" },
                  { COMPARE_MATCH_COLOUR, "colour" },
                  { COMPARE_MATCH_VISIBLE, "visible" },
                  { COMPARE_MATCH_NAME, "name" } };
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (differs & names[i].what)
            json_array_append_new(list, json_string(names[i].name));
    }
    return list;
}

/* Whether exact geometry was compared; else the arrays alone. */
static bool by_exact(const struct compare_match_pair *pair)
{
    return pair->from != NULL && pair->from->exact != NULL && pair->to != NULL &&
           pair->to->exact != NULL;
}

static json_t *describe_pair(const struct compare_match_pair *pair)
{
    const struct compare_side_part *part = pair->to != NULL ? pair->to : pair->from;
    json_t *row = json_pack("{s:s, s:s, s:o, s:o, s:o}", "class", compare_match_name(pair->what),
                            "id", part->id, "differs", differences(pair->differs), "from",
                            describe_part(pair->from), "to", describe_part(pair->to));
    if (pair->differs & COMPARE_MATCH_SHAPE)
        json_object_set_new(row, "by", json_string(by_exact(pair) ? "exact" : "mesh"));
    return row;
}

static json_t *describe_counts(const struct compare_match *match)
{
    json_t *counts = json_object();
    for (int i = 0; i < COMPARE_MATCH_CLASSES; i++)
        json_object_set_new(counts, compare_match_name((enum compare_match_class)i),
                            json_integer((json_int_t)match->counts[i]));
    return counts;
}

/* A finer mesh of one shape differs too: that is to be known if only one model has more than that.
 * NULL: there is nothing to say. */
static const char *note_of(const struct compare_match *match, const struct compare_side *from,
                           const struct compare_side *to)
{
    bool doubt = false;
    for (size_t i = 0; i < match->count; i++) {
        const struct compare_match_pair *pair = &match->pairs[i];
        doubt = doubt || ((pair->differs & COMPARE_MATCH_SHAPE) != 0 && !by_exact(pair));
    }
    if (!doubt || (from->exact != NULL) == (to->exact != NULL))
        return NULL;
    return from->exact != NULL
               ? "The second model has no exact geometry here: shapes were compared by the bytes "
                 "of their meshes, and another mesh of one shape counts as changed."
               : "The first model has no exact geometry here: shapes were compared by the bytes of "
                 "their meshes, and another mesh of one shape counts as changed.";
}

json_t *compare_report(const struct compare_match *match, const struct compare_side *from,
                       const struct compare_side *to, size_t limit)
{
    json_t *list = json_array();
    size_t different = match->count - match->counts[COMPARE_MATCH_SAME];
    for (size_t i = 0; i < different && i < limit; i++)
        json_array_append_new(list, describe_pair(&match->pairs[i]));
    json_t *report = json_pack("{s:b, s:o, s:o, s:o, s:o}", "same", different == 0, "counts",
                               describe_counts(match), "from", describe(from), "to", describe(to),
                               "parts", list);
    const char *note = note_of(match, from, to);
    if (note != NULL)
        json_object_set_new(report, "note", json_string(note));
    if (different > limit)
        json_object_set_new(report, "left_out", json_integer((json_int_t)(different - limit)));
    return report;
}
