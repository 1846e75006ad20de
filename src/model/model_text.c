/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Reads files that assemble_model made, and writes the message that holds the same. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "model/model.h"

/* The two areas of a file. */
struct areas {
    const char *json;
    size_t json_size;
    const uint8_t *data;
    size_t data_size;
};

/* A message while it is being written. */
struct writer {
    struct areas areas;
    const struct model_options *options;
    struct blob *out;
    int error; /* the first one */
};

bool model_is_file(const struct blob *blob)
{
    return blob->size >= MODEL_HEAD && blob->skip == 0 && memcmp(blob->data, MODEL_MAGIC, 8) == 0;
}

static int find_areas(const struct blob *bytes, struct areas *areas)
{
    if (!model_is_file(bytes) || bytes_get(bytes->data + 8, 4) != 1)
        return -EBADMSG;
    size_t json = (size_t)bytes_get(bytes->data + 12, 4);
    size_t data = (MODEL_HEAD + json + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    if (json > bytes->size - MODEL_HEAD || data > bytes->size)
        return -EBADMSG;
    *areas = (struct areas){ .json = (const char *)bytes->data + MODEL_HEAD,
                             .json_size = json,
                             .data = bytes->data + data,
                             .data_size = bytes->size - data };
    return 0;
}

/* ---- the message ---- */

static void put(struct writer *writer, const char *text, size_t size)
{
    size_t limit = writer->options->max_bytes;
    if (writer->error < 0)
        return;
    if (limit > 0 && size > limit - writer->out->size)
        writer->error = -EFBIG;
    else
        writer->error = blob_append(writer->out, text, size);
}

static void put_text(struct writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

static void put_value(struct writer *writer, const json_t *value)
{
    char *dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (dump == NULL && writer->error == 0)
        writer->error = -ENOMEM;
    put_text(writer, dump == NULL ? "" : dump);
    free(dump);
}

static void put_name(struct writer *writer, const char *name)
{
    json_t *string = json_string(name);
    put_value(writer, string);
    json_decref(string);
}

/* Whether an object is an array of the file's. */
static bool is_array(const json_t *object)
{
    return json_object_get(object, "shape") != NULL && json_object_get(object, "dtype") != NULL &&
           json_object_get(object, "offset") != NULL && json_object_get(object, "bytes") != NULL;
}

/* Writes an array's bytes, with `buffer` in place of `offset`. */
static void put_buffer(struct writer *writer, const json_t *array)
{
    json_int_t offset = json_integer_value(json_object_get(array, "offset"));
    json_int_t bytes = json_integer_value(json_object_get(array, "bytes"));
    const struct areas *areas = &writer->areas;
    size_t limit = writer->options->max_bytes;
    struct blob *out = writer->out;
    if (writer->error < 0)
        return;
    if (offset < 0 || bytes < 0 || (uint64_t)offset > areas->data_size ||
        (uint64_t)bytes > areas->data_size - (uint64_t)offset) {
        writer->error = -EBADMSG;
        return;
    }
    size_t size = base64_encoded_size((size_t)bytes);
    if (limit > 0 && size + 2 > limit - out->size)
        writer->error = -EFBIG;
    else
        writer->error = blob_grow(out, out->size + size + 2);
    if (writer->error < 0)
        return;
    out->data[out->size++] = '"';
    base64_encode((char *)out->data + out->size, areas->data + offset, (size_t)bytes);
    out->size += size;
    out->data[out->size++] = '"';
}

static void put_json(struct writer *writer, const json_t *json);

static void put_object(struct writer *writer, const json_t *object)
{
    const char *key;
    json_t *value;
    const char *before = "{";
    bool array = is_array(object);
    /* The macro takes a non-const pointer, but does not change the value. */
    json_object_foreach((json_t *)object, key, value) {
        bool offset = array && strcmp(key, "offset") == 0;
        bool bytes = array && strcmp(key, "bytes") == 0;
        put_text(writer, before);
        before = ",";
        put_name(writer, offset ? "buffer" : bytes ? "codec" : key);
        put_text(writer, ":");
        if (offset)
            put_buffer(writer, object);
        else if (bytes)
            put_text(writer, "\"b64\"");
        else
            put_json(writer, value);
    }
    put_text(writer, before[0] == '{' ? "{}" : "}");
}

static void put_json(struct writer *writer, const json_t *json)
{
    size_t i;
    json_t *value;
    const atomic_bool *cancel = writer->options->cancel;
    if (cancel != NULL && atomic_load_explicit(cancel, memory_order_relaxed))
        writer->error = -ECANCELED;
    if (json_is_object(json)) {
        put_object(writer, json);
    } else if (json_is_array(json)) {
        put_text(writer, "[");
        json_array_foreach(json, i, value) {
            put_text(writer, i == 0 ? "" : ",");
            put_json(writer, value);
        }
        put_text(writer, "]");
    } else {
        put_value(writer, json);
    }
}

int model_text(const struct blob *bytes, const struct model_options *options, struct blob **text)
{
    struct writer writer = { .options = options };
    *text = NULL;
    int error = find_areas(bytes, &writer.areas);
    if (error < 0)
        return error;
    json_t *json = json_loadb(writer.areas.json, writer.areas.json_size, 0, NULL);
    /* Room for nearly all of it, so that it need not grow. */
    size_t room = writer.areas.json_size + writer.areas.json_size / 4 +
                  base64_encoded_size(writer.areas.data_size);
    writer.out = json == NULL ? NULL : blob_new_from(options->blocks, room);
    if (writer.out == NULL) {
        json_decref(json);
        return json == NULL ? -EBADMSG : -ENOMEM;
    }
    put_text(&writer, "D:");
    put_json(&writer, json);
    json_decref(json);
    if (writer.error < 0) {
        blob_unref(writer.out);
        return writer.error;
    }
    writer.out->skip = 2;
    *text = writer.out;
    return 0;
}

/* ---- what a file holds ---- */

static void copy_name(char to[MODEL_NAME], const json_t *node)
{
    const char *name = json_string_value(json_object_get(node, "name"));
    snprintf(to, MODEL_NAME, "%s", name == NULL ? "" : name);
}

static unsigned count_leaves(const json_t *node)
{
    size_t i;
    json_t *part;
    unsigned count = 0;
    const json_t *parts = json_object_get(node, "parts");
    if (!json_is_array(parts))
        return 1;
    json_array_foreach(parts, i, part)
        count += count_leaves(part);
    return count;
}

void model_describe(struct model_file *file, const json_t *tree, const json_t *config,
                    int64_t count)
{
    const json_t *parts = json_object_get(tree, "parts");
    file->leaves = count_leaves(tree);
    file->parts = (unsigned)json_array_size(parts);
    file->count = count;
    file->splash = json_is_true(json_object_get(config, "_splash"));
    snprintf(file->type, sizeof(file->type), "data");
    copy_name(file->name, tree);
    for (size_t i = 0; i < MODEL_NAMES && i < file->parts; i++)
        copy_name(file->part_names[i], json_array_get(parts, i));
}

static int hash_all(const struct blob *bytes, const struct model_options *options,
                    char out[HASH_TEXT])
{
    struct hash *hash;
    int error = hash_begin(&hash, options->key);
    if (error == 0)
        error = hash_add(hash, bytes->data, bytes->size);
    if (error == 0)
        error = hash_end(hash, out);
    hash_free(hash);
    return error;
}

int model_open(struct blob *bytes, const struct model_options *options, struct model_file *file)
{
    struct areas areas;
    memset(file, 0, sizeof(*file));
    int error = find_areas(bytes, &areas);
    if (error < 0)
        return error;
    json_t *json = json_loadb(areas.json, areas.json_size, 0, NULL);
    const json_t *tree = json_object_get(json_object_get(json, "data"), "shapes");
    if (!json_is_array(json_object_get(tree, "parts"))) {
        json_decref(json);
        return -EBADMSG;
    }
    model_describe(file, tree, json_object_get(json, "config"),
                   json_integer_value(json_object_get(json, "count")));
    json_decref(json);
    error = hash_all(bytes, options, file->hash);
    if (error < 0) {
        memset(file, 0, sizeof(*file));
        return error;
    }
    file->json = areas.json_size;
    file->bytes = blob_ref(bytes);
    return 0;
}
