/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The exact geometry of a show, in the form of a `B` message (docs/measuring.md). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "model/assemble.h"
#include "model/place.h"

/* A message while it is being written. */
struct writer {
    const struct plan *plan;
    struct blob *const *shapes;
    size_t max_bytes; /* 0: no limit */
    struct blob *out;
    int error; /* the first one */
};

static void put(struct writer *writer, const char *text, size_t size)
{
    if (writer->error < 0)
        return;
    if (writer->max_bytes > 0 && size > writer->max_bytes - writer->out->size)
        writer->error = -EFBIG;
    else
        writer->error = blob_append(writer->out, text, size);
}

static void put_text(struct writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

/* Writes a value, and releases it. */
static void put_json(struct writer *writer, json_t *value)
{
    char *dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value);
    if (dump == NULL && writer->error == 0)
        writer->error = -ENOMEM;
    put_text(writer, dump == NULL ? "" : dump);
    free(dump);
}

static void put_base64(struct writer *writer, const struct blob *shape)
{
    size_t size = base64_encoded_size(blob_payload_size(shape));
    struct blob *out = writer->out;
    if (writer->error == 0 && writer->max_bytes > 0 && size > writer->max_bytes - out->size)
        writer->error = -EFBIG;
    if (writer->error == 0)
        writer->error = blob_grow(out, out->size + size);
    if (writer->error < 0)
        return;
    base64_encode((char *)out->data + out->size, blob_payload(shape), blob_payload_size(shape));
    out->size += size;
}

static void put_leaf(struct writer *writer, const json_t *leaf, const struct place *place)
{
    uint32_t number = 0;
    plan_leaf(leaf, &number);
    const struct blob *shape = writer->shapes[writer->plan->shapes[number].same];
    put_text(writer, ",\"shape\":{\"obj\":\"");
    if (shape != NULL)
        put_base64(writer, shape);
    put_text(writer, "\",\"name\":");
    put_json(writer, json_string(json_string_value(json_object_get(leaf, "name"))));
    put_text(writer, "},\"loc\":");
    put_json(writer, place_json(place));
}

static void put_node(struct writer *writer, const json_t *node, const struct place *outer)
{
    size_t i;
    json_t *part;
    struct place place = place_within(outer, json_object_get(node, "loc"));
    const json_t *parts = json_object_get(node, "parts");
    put_text(writer, "{\"id\":");
    put_json(writer, json_string(json_string_value(json_object_get(node, "id"))));
    if (parts == NULL) {
        put_leaf(writer, node, &place);
    } else {
        put_text(writer, ",\"parts\":[");
        json_array_foreach(parts, i, part) {
            put_text(writer, i == 0 ? "" : ",");
            put_node(writer, part, &place);
        }
        put_text(writer, "]");
    }
    put_text(writer, "}");
}

int assemble_parts(const struct plan *plan, struct blob *const *shapes, size_t max_bytes,
                   struct blob **parts)
{
    struct place none = place_none();
    struct writer writer = {
        .plan = plan, .shapes = shapes, .max_bytes = max_bytes, .out = blob_new(64 * 1024)
    };
    *parts = NULL;
    if (writer.out == NULL)
        return -ENOMEM;
    put_text(&writer, "B:{\"model\":");
    put_node(&writer, plan->tree, &none);
    put_text(&writer, "}");
    if (writer.error < 0) {
        blob_unref(writer.out);
        return writer.error;
    }
    writer.out->skip = 2;
    *parts = writer.out;
    return 0;
}
