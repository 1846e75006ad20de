/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "model/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* A payload while it is being checked. */
struct check {
    struct plan *plan;
    uint64_t max_shape;
    char *why;
};

static int fault(struct check *check, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fault(struct check *check, int error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(check->why, PLAN_WHY, format, args);
    va_end(args);
    return error;
}

static int no_memory(struct check *check)
{
    return fault(check, -ENOMEM, "out of memory");
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hash(uint8_t hash[PLAN_HASH], const char *text)
{
    if (text == NULL || strlen(text) != 2 * (size_t)PLAN_HASH)
        return false;
    for (size_t i = 0; i < PLAN_HASH; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        hash[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static int read_shape(struct check *check, uint32_t i, const json_t *from)
{
    struct plan_shape *shape = &check->plan->shapes[i];
    const json_t *bytes = json_object_get(from, "bytes");
    if (!read_hash(shape->hash, json_string_value(json_object_get(from, "hash"))))
        return fault(check, -EINVAL, "shape %" PRIu32 " has no hash of 64 digits", i);
    if (!json_is_integer(bytes) || json_integer_value(bytes) <= 0)
        return fault(check, -EINVAL, "shape %" PRIu32 " has no number of bytes", i);
    shape->bytes = (uint64_t)json_integer_value(bytes);
    shape->same = i;
    if (shape->bytes > check->max_shape)
        return fault(check, -EFBIG,
                     "shape %" PRIu32 " of %" PRIu64 " bytes is over the limit of %" PRIu64, i,
                     shape->bytes, check->max_shape);
    return 0;
}

/* Orders shapes by hash, and by number: they stand in one array. */
static int compare(const void *a, const void *b)
{
    const struct plan_shape *one = *(const struct plan_shape *const *)a;
    const struct plan_shape *other = *(const struct plan_shape *const *)b;
    int by_hash = memcmp(one->hash, other->hash, PLAN_HASH);
    return by_hash != 0 ? by_hash : (one > other) - (one < other);
}

/* Sorts the shapes' numbers, and finds those with the same hash. */
static int sort_shapes(struct check *check)
{
    struct plan *plan = check->plan;
    for (uint32_t i = 0; i < plan->shape_count; i++)
        plan->order[i] = &plan->shapes[i];
    qsort(plan->order, plan->shape_count, sizeof(struct plan_shape *), compare);
    for (uint32_t i = 1; i < plan->shape_count; i++) {
        const struct plan_shape *before = plan->order[i - 1];
        struct plan_shape *shape = &plan->shapes[plan->order[i] - plan->shapes];
        if (memcmp(before->hash, shape->hash, PLAN_HASH) != 0)
            continue;
        if (shape->bytes != before->bytes)
            return fault(check, -EINVAL, "shapes %" PRIu32 " and %" PRIu32 " differ in bytes only",
                         before->same, shape->same);
        shape->same = before->same;
    }
    return 0;
}

static int read_shapes(struct check *check)
{
    struct plan *plan = check->plan;
    const json_t *list = json_object_get(plan->root, "shapes");
    if (!json_is_array(list))
        return fault(check, -EINVAL, "it has no list of shapes");
    size_t count = json_array_size(list);
    if (count > PLAN_SHAPES)
        return fault(check, -EINVAL, "it has %zu shapes, over %d", count, PLAN_SHAPES);
    plan->shapes = calloc(count + 1, sizeof(plan->shapes[0]));
    plan->order = calloc(count + 1, sizeof(struct plan_shape *));
    if (plan->shapes == NULL || plan->order == NULL)
        return no_memory(check);
    for (uint32_t i = 0; i < count; i++) {
        int error = read_shape(check, i, json_array_get(list, i));
        if (error < 0)
            return error;
    }
    plan->shape_count = (uint32_t)count;
    return sort_shapes(check);
}

/* Whether an object would be taken for an array, of a message or of a model file: none may be in
 * the tree or the settings, since an assembled file must hold no others than its own. */
static bool is_array(const json_t *object)
{
    bool encoded = json_object_get(object, "buffer") != NULL && //
                   json_object_get(object, "codec") != NULL;
    bool stored = json_object_get(object, "offset") != NULL &&
                  json_object_get(object, "bytes") != NULL &&
                  json_object_get(object, "dtype") != NULL;
    return encoded || stored;
}

static bool holds_array(const json_t *json)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_object(json)) {
        if (is_array(json))
            return true;
        /* The macro takes a non-const pointer, but does not change the value. */
        json_object_foreach((json_t *)json, key, value) {
            if (holds_array(value))
                return true;
        }
    }
    json_array_foreach(json, i, value) {
        if (holds_array(value))
            return true;
    }
    return false;
}

bool plan_leaf(const json_t *leaf, uint32_t *number)
{
    const json_t *ref = json_object_get(json_object_get(leaf, "shape"), "ref");
    json_int_t value = json_is_integer(ref) ? json_integer_value(ref) : -1;
    if (value < 0 || value >= PLAN_SHAPES)
        return false;
    *number = (uint32_t)value;
    return true;
}

/* null, or [[x,y,z],[x,y,z,w]]. */
static bool is_location(const json_t *loc)
{
    size_t i;
    json_t *list, *number;
    if (loc == NULL || json_is_null(loc))
        return true;
    if (json_array_size(loc) != 2 || json_array_size(json_array_get(loc, 0)) != 3 ||
        json_array_size(json_array_get(loc, 1)) != 4)
        return false;
    json_array_foreach(loc, i, list) {
        size_t k;
        json_array_foreach(list, k, number) {
            if (!json_is_number(number))
                return false;
        }
    }
    return true;
}

static int read_leaf(struct check *check, const json_t *leaf, const char *id)
{
    uint32_t number;
    struct plan *plan = check->plan;
    if (!plan_leaf(leaf, &number) || number >= plan->shape_count)
        return fault(check, -EINVAL, "%.80s refers to no shape", id);
    struct plan_shape *shape = &plan->shapes[plan->shapes[number].same];
    if (shape->part == NULL)
        shape->part = id;
    plan->leaves++;
    return 0;
}

static int read_node(struct check *check, const json_t *node, unsigned depth)
{
    size_t i;
    json_t *child;
    const char *id = json_string_value(json_object_get(node, "id"));
    const json_t *parts = json_object_get(node, "parts");
    if (id == NULL || json_string_value(json_object_get(node, "name")) == NULL)
        return fault(check, -EINVAL, "a part of the tree has no id or no name");
    if (!is_location(json_object_get(node, "loc")))
        return fault(check, -EINVAL, "%.80s has no location of three and four numbers", id);
    if (depth > PLAN_DEPTH)
        return fault(check, -EINVAL, "groups are nested too deep");
    if (parts == NULL)
        return read_leaf(check, node, id);
    if (!json_is_array(parts))
        return fault(check, -EINVAL, "the parts of %.80s are no list", id);
    int error = 0;
    json_array_foreach(parts, i, child) {
        if (error == 0)
            error = read_node(check, child, depth + 1);
    }
    return error;
}

static bool positive(const json_t *number, double *out)
{
    *out = json_number_value(number);
    return json_is_number(number) && isfinite(*out) && *out > 0;
}

static int read_members(struct check *check)
{
    struct plan *plan = check->plan;
    const json_t *version = json_object_get(plan->root, "version");
    const json_t *mesh = json_object_get(plan->root, "mesh");
    const json_t *count = json_object_get(plan->root, "count");
    plan->tree = json_object_get(plan->root, "tree");
    plan->config = json_object_get(plan->root, "config");
    if (!json_is_integer(version) || json_integer_value(version) != 1)
        return fault(check, -EINVAL, "it is not of version 1");
    if (!json_is_array(json_object_get(plan->tree, "parts")))
        return fault(check, -EINVAL, "it has no tree of parts");
    if (!json_is_object(plan->config))
        return fault(check, -EINVAL, "it has no config");
    if (!positive(json_object_get(mesh, "deviation"), &plan->deviation) ||
        !positive(json_object_get(mesh, "angular_tolerance"), &plan->angle))
        return fault(check, -EINVAL, "its mesh needs a deviation and an angular_tolerance");
    if (!json_is_integer(count))
        return fault(check, -EINVAL, "it has no count");
    plan->count = json_integer_value(count);
    if (holds_array(plan->tree) || holds_array(plan->config))
        return fault(check, -EINVAL, "it holds an array outside of its shapes");
    int error = read_shapes(check);
    return error < 0 ? error : read_node(check, plan->tree, 0);
}

int plan_read(struct plan **result, const void *text, size_t size, uint64_t max_shape,
              char why[PLAN_WHY])
{
    json_error_t json_error;
    struct check check = { .plan = calloc(1, sizeof(*check.plan)),
                           .max_shape = max_shape,
                           .why = why };
    struct plan *plan = check.plan;
    *result = NULL;
    if (plan == NULL)
        return no_memory(&check);
    plan->refs = 1;
    plan->root = json_read(text, size, 0, &json_error);
    int error = json_is_object(plan->root) ? read_members(&check)
                : plan->root != NULL
                    ? fault(&check, -EINVAL, "it is no object")
                    : fault(&check, -EINVAL, "it is not JSON: %.100s", json_error.text);
    if (error < 0)
        plan_unref(plan);
    else
        *result = plan;
    return error;
}

long plan_find(const struct plan *plan, const uint8_t hash[PLAN_HASH])
{
    size_t low = 0, high = plan->shape_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (memcmp(plan->order[middle]->hash, hash, PLAN_HASH) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == plan->shape_count || memcmp(plan->order[low]->hash, hash, PLAN_HASH) != 0)
        return -1;
    return plan->order[low] - plan->shapes;
}

struct plan *plan_ref(struct plan *plan)
{
    plan->refs++;
    return plan;
}

void plan_unref(struct plan *plan)
{
    if (plan == NULL || --plan->refs > 0)
        return;
    json_decref(plan->root);
    free(plan->shapes);
    free(plan->order);
    free(plan);
}
