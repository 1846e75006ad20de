/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "compare/compare_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "compare/compare_hash.h"
#include "model/model_write.h"

#define ROOT "/compare"

/* How a class is drawn, and which model its parts come from. */
struct group {
    const char *name;
    enum compare_match_class what;
    bool old; /* the parts are those of the first model */
    const char *color;
    double alpha;
};

/* In the order of the tree. Ghosts come behind what they were. */
static const struct group groups[] = {
    { "changed", COMPARE_MATCH_CHANGED, false, "#ff8c00", 1 },
    { "changed, before", COMPARE_MATCH_CHANGED, true, "#ffc37a", 0.3 },
    { "moved", COMPARE_MATCH_MOVED, false, "#1f6fd0", 1 },
    { "moved, before", COMPARE_MATCH_MOVED, true, "#8ab8ee", 0.3 },
    { "recoloured", COMPARE_MATCH_RECOLOURED, false, "#9a4fc4", 1 },
    { "renamed", COMPARE_MATCH_RENAMED, false, "#1aa3a3", 1 },
    { "added", COMPARE_MATCH_ADDED, false, "#2e9e3a", 1 },
    { "removed", COMPARE_MATCH_REMOVED, true, "#d62728", 0.4 },
    { "same", COMPARE_MATCH_SAME, false, "#b4b4b4", 1 },
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

/* The model while it is made. */
struct making {
    const struct compare_side *sides[2];  /* from, to */
    enum compare_match_class *classes[2]; /* of their parts */
    struct model_write write;
    json_t *instances;
    json_t *numbers; /* of the instances, by their hash */
    const struct group *group;
    uint32_t leaf; /* the next leaf of the tree that is copied */
};

/* ---- arrays ---- */

static int rewrite(struct making *making, const struct scene *scene, json_t *value);

static int rewrite_array(struct making *making, json_t *value, const uint8_t *data, size_t bytes)
{
    long offset = model_write_array(&making->write, data, bytes);
    if (offset < 0)
        return (int)offset;
    return json_object_set_new(value, "offset", json_integer(offset)) < 0 ? -ENOMEM : 0;
}

/* Gives all arrays in a copied value their place in the new file. */
static int rewrite(struct making *making, const struct scene *scene, json_t *value)
{
    const uint8_t *data = NULL;
    size_t bytes = 0, index;
    const char *name;
    json_t *inner;
    int error = compare_hash_array(scene, value, &data, &bytes);
    if (error > 0)
        return rewrite_array(making, value, data, bytes);
    json_object_foreach(value, name, inner) {
        if (error == 0)
            error = rewrite(making, scene, inner);
    }
    json_array_foreach(value, index, inner) {
        if (error == 0)
            error = rewrite(making, scene, inner);
    }
    return error;
}

/* Copies a value with its arrays. */
static int copy(struct making *making, const struct scene *scene, const json_t *value, json_t **out)
{
    *out = json_deep_copy(value);
    return *out == NULL ? -ENOMEM : rewrite(making, scene, *out);
}

/* The number of an instance in the new file, each of the same arrays once. Below 0: an error. */
static json_int_t instance_of(struct making *making, const struct compare_side *side,
                              const struct compare_side_part *part, json_int_t ref)
{
    char hex[COMPARE_HASH_HEX];
    json_t *copied;
    const struct scene *scene = &side->scene;
    json_t *list = json_object_get(json_object_get(scene->root, "data"), "instances");
    compare_hash_hex(part->shape, hex);
    const json_t *known = json_object_get(making->numbers, hex);
    if (known != NULL)
        return json_integer_value(known);
    int error = copy(making, scene, json_array_get(list, (size_t)ref), &copied);
    if (error < 0) {
        json_decref(copied);
        return error;
    }
    json_int_t number = (json_int_t)json_array_size(making->instances);
    if (json_array_append_new(making->instances, copied) < 0 ||
        json_object_set_new(making->numbers, hex, json_integer(number)) < 0)
        return -ENOMEM;
    return number;
}

/* ---- parts ---- */

static int set_id(const struct making *making, const struct compare_side *side, json_t *to,
                  const char *id)
{
    struct text text = { 0 };
    const char *key = compare_side_key(side, id);
    text_format(&text, ROOT "/%s%s%s", making->group->name,
                key[0] == '/' || key[0] == '\0' ? "" : "/", key);
    int error = json_object_set_new(to, "id", json_string(text_string(&text)));
    text_free(&text);
    return error;
}

/* What differs is shown, whether or not it was; the old one without its edges. */
static int set_state(const struct making *making, json_t *to)
{
    const struct group *group = making->group;
    json_t *state = json_object_get(to, "state");
    int error = 0;
    if (group->what == COMPARE_MATCH_SAME || json_array_size(state) != 2)
        return 0;
    for (size_t i = 0; i < 2; i++) {
        bool ghost = i == 1 && group->old && group->what != COMPARE_MATCH_REMOVED &&
                     json_integer_value(json_array_get(state, 0)) != 3;
        /* 3: the part has none. */
        if (json_integer_value(json_array_get(state, i)) != 3)
            error |= json_array_set_new(state, i, json_integer(ghost ? 0 : 1));
    }
    return error;
}

static int color(const struct making *making, json_t *to)
{
    static const char *const own[] = { "texture", "material", "normalize_uvs" };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        json_object_del(to, own[i]);
    return json_object_set_new(to, "color", json_string(making->group->color)) |
           json_object_set_new(to, "alpha", json_real(making->group->alpha)) |
           set_state(making, to);
}

static int copy_leaf(struct making *making, const struct compare_side *side,
                     const struct compare_side_part *part, json_t **out)
{
    json_t *shallow = json_copy((json_t *)(uintptr_t)part->json);
    json_t *shape = json_object_get(part->json, "shape");
    json_t *ref = json_object_get(shape, "ref");
    int error = shallow == NULL ? -ENOMEM : 0;
    json_int_t number = 0;
    if (error == 0 && ref != NULL) {
        number = instance_of(making, side, part, json_integer_value(ref));
        error = number < 0 ? (int)number : 0;
    }
    json_object_del(shallow, "texture");
    json_object_del(shallow, "material");
    if (error == 0)
        error = copy(making, &side->scene, shallow, out);
    json_decref(shallow);
    if (error == 0 && ref != NULL &&
        json_object_set_new(json_object_get(*out, "shape"), "ref", json_integer(number)) < 0)
        error = -ENOMEM;
    if (error == 0 && (color(making, *out) < 0 || set_id(making, side, *out, part->id) < 0))
        error = -ENOMEM;
    return error;
}

static int copy_node(struct making *making, const struct compare_side *side, const json_t *node,
                     json_t **out);

/* A group with the leaves of the class that is being made; *out NULL: it has none. */
static int copy_group(struct making *making, const struct compare_side *side, const json_t *node,
                      json_t **out)
{
    size_t index;
    json_t *part;
    json_t *parts = json_array();
    int error = parts == NULL ? -ENOMEM : 0;
    json_array_foreach(json_object_get(node, "parts"), index, part) {
        json_t *copied = NULL;
        if (error == 0)
            error = copy_node(making, side, part, &copied);
        if (error < 0)
            json_decref(copied);
        else if (copied != NULL && json_array_append_new(parts, copied) < 0)
            error = -ENOMEM;
    }
    if (error == 0 && json_array_size(parts) > 0) {
        const char *id = json_string_value(json_object_get(node, "id"));
        const char *name = json_string_value(json_object_get(node, "name"));
        json_t *loc = json_object_get(node, "loc");
        *out = json_pack("{s:s, s:O}", "name", name == NULL ? "" : name, "parts", parts);
        if (*out == NULL || set_id(making, side, *out, id == NULL ? "" : id) < 0 ||
            json_object_set_new(*out, "loc", loc == NULL ? json_null() : json_deep_copy(loc)) < 0)
            error = -ENOMEM;
    }
    json_decref(parts);
    return error;
}

static int copy_node(struct making *making, const struct compare_side *side, const json_t *node,
                     json_t **out)
{
    *out = NULL;
    if (json_object_get(node, "parts") != NULL)
        return copy_group(making, side, node, out);
    const struct compare_side_part *part = &side->parts[making->leaf++];
    bool wanted = making->classes[side == making->sides[1]][part->order] == making->group->what;
    return wanted ? copy_leaf(making, side, part, out) : 0;
}

/* ---- the whole ---- */

static int note_classes(struct making *making, const struct compare_match *match)
{
    for (int i = 0; i < 2; i++) {
        making->classes[i] =
            calloc((size_t)making->sides[i]->count + 1, sizeof(enum compare_match_class));
        if (making->classes[i] == NULL)
            return -ENOMEM;
    }
    for (size_t i = 0; i < match->count; i++) {
        const struct compare_match_pair *pair = &match->pairs[i];
        if (pair->from != NULL)
            making->classes[0][pair->from->order] = pair->what;
        if (pair->to != NULL)
            making->classes[1][pair->to->order] = pair->what;
    }
    return 0;
}

/* Adds a class to the tree, if anything is of it. */
static int add_group(struct making *making, const struct group *group, json_t *parts)
{
    const struct compare_side *side = making->sides[group->old ? 0 : 1];
    json_t *root = NULL;
    making->group = group;
    making->leaf = 0;
    int error = copy_node(making, side, side->root, &root);
    /* The root may be a part itself. */
    if (error == 0 && root != NULL && json_object_get(root, "parts") == NULL)
        root = json_pack("{s:[o], s:n, s:s}", "parts", root, "loc", "id", ROOT);
    if (error == 0 && root != NULL) {
        struct text id = { 0 };
        text_format(&id, ROOT "/%s", group->name);
        if (json_object_set_new(root, "name", json_string(group->name)) < 0 ||
            json_object_set_new(root, "id", json_string(text_string(&id))) < 0 ||
            json_array_append(parts, root) < 0)
            error = -ENOMEM;
        text_free(&id);
    }
    json_decref(root);
    return error;
}

static int make_tree(struct making *making, json_t **tree)
{
    json_t *parts = json_array();
    struct place_box box = { .some = false };
    struct place none = place_none();
    int error = parts == NULL ? -ENOMEM : 0;
    for (size_t i = 0; error == 0 && i < GROUPS; i++)
        error = add_group(making, &groups[i], parts);
    if (error == 0 && json_array_size(parts) == 0)
        error = -ENODATA;
    for (int i = 0; i < 2; i++) {
        const struct place_box *one = &making->sides[i]->box;
        double sides[6] = { one->least[0], one->least[1], one->least[2],
                            one->most[0],  one->most[1],  one->most[2] };
        if (one->some)
            place_add_box(&box, &none, sides);
    }
    if (error == 0) {
        *tree =
            json_pack("{s:i, s:O, s:n, s:s, s:s, s:i, s:o*}", "version", 3, "parts", parts, "loc",
                      "name", &ROOT[1], "id", ROOT, "normal_len", 0, "bb", place_box_json(&box));
        error = *tree == NULL ? -ENOMEM : 0;
    }
    json_decref(parts);
    return error;
}

/* The settings of the second model, without its camera. */
static json_t *make_config(const struct compare_side *side)
{
    static const char *const own[] = { "_splash", "position", "quaternion", "target",
                                       "zoom",    "states",   "normalLen" };
    json_t *config = json_deep_copy(json_object_get(side->scene.root, "config"));
    if (!json_is_object(config)) {
        json_decref(config);
        config = json_object();
    }
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        json_object_del(config, own[i]);
    json_object_set_new(config, "resetCamera", json_string("iso"));
    return config;
}

static int write_model(struct making *making, json_t *tree, json_t *config, size_t count,
                       const struct model_options *options, struct model_file *file)
{
    json_t *root =
        json_pack("{s:{s:O, s:O}, s:s, s:O, s:I}", "data", "instances", making->instances, "shapes",
                  tree, "type", "data", "config", config, "count", (json_int_t)count);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    int error = text == NULL ? -ENOMEM
                             : model_write_file(&making->write, text, strlen(text), options, file);
    if (error == 0)
        model_describe(file, tree, config, (int64_t)count);
    free(text);
    json_decref(root);
    return error;
}

int compare_model(const struct compare_match *match, const struct compare_side *from,
                  const struct compare_side *to, const struct model_options *options,
                  struct model_file *file)
{
    json_t *tree = NULL;
    json_t *config = make_config(to);
    struct making making = { .sides = { from, to },
                             .instances = json_array(),
                             .numbers = json_object() };
    bool failed = config == NULL || making.instances == NULL || making.numbers == NULL;
    *file = (struct model_file){ 0 };
    int error = failed ? -ENOMEM : note_classes(&making, match);
    if (error == 0)
        error = make_tree(&making, &tree);
    if (error == 0)
        error = write_model(&making, tree, config, match->count, options, file);
    json_decref(tree);
    json_decref(config);
    json_decref(making.instances);
    json_decref(making.numbers);
    free(making.classes[0]);
    free(making.classes[1]);
    model_write_free(&making.write);
    return error;
}
