/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "model/model_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"

/* Bytes that are hashed at a time, while they are still in the cache. */
#define BLOCK ((size_t)256 * 1024)

struct model_write_array {
    const uint8_t *data;
    size_t bytes;
};

static size_t aligned(size_t size)
{
    return (size + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
}

long model_write_array(struct model_write *write, const uint8_t *data, size_t bytes)
{
    if (write->count == write->room) {
        size_t room = write->room == 0 ? 64 : 2 * write->room;
        void *arrays = realloc(write->arrays, room * sizeof(write->arrays[0]));
        if (arrays == NULL)
            return -ENOMEM;
        write->arrays = arrays;
        write->room = room;
    }
    size_t offset = write->data;
    write->arrays[write->count].data = data;
    write->arrays[write->count++].bytes = bytes;
    write->data += aligned(bytes);
    return (long)offset;
}

static void put(struct blob *blob, const uint8_t *data, size_t bytes)
{
    size_t end = aligned(bytes);
    if (bytes > 0)
        memcpy(blob->data + blob->size, data, bytes);
    memset(blob->data + blob->size + bytes, 0, end - bytes);
    blob->size += end;
}

/* Writes the file into the blob, which has room for it, and hashes what is written. */
static int fill(const struct model_write *write, const char *json, size_t size,
                const atomic_bool *cancel, struct blob *blob, struct hash *hash)
{
    size_t hashed = 0;
    memcpy(blob->data, MODEL_MAGIC, 8);
    bytes_put(blob->data + 8, 1, 4);
    bytes_put(blob->data + 12, size, 4);
    blob->size = MODEL_HEAD;
    put(blob, (const uint8_t *)json, size);
    for (size_t i = 0; i <= write->count; i++) {
        if (i == write->count || blob->size - hashed >= BLOCK) {
            int error = hash_add(hash, blob->data + hashed, blob->size - hashed);
            if (error < 0)
                return error;
            hashed = blob->size;
            if (cancel != NULL && atomic_load_explicit(cancel, memory_order_relaxed))
                return -ECANCELED;
        }
        if (i < write->count)
            put(blob, write->arrays[i].data, write->arrays[i].bytes);
    }
    return 0;
}

int model_write_file(const struct model_write *write, const char *json, size_t json_size,
                     const struct model_options *options, struct model_file *file)
{
    struct hash *hash = NULL;
    size_t limit = options->max_bytes;
    size_t size = aligned(MODEL_HEAD + json_size) + write->data;
    if (json_size > UINT32_MAX || (limit > 0 && size > limit))
        return -EFBIG;
    struct blob *blob = blob_new_from(options->blocks, size);
    if (blob == NULL)
        return -ENOMEM;
    blob_prefault(blob, size, BLOCK_PAGES_LARGE);
    int error = hash_begin(&hash, options->key);
    if (error == 0)
        error = fill(write, json, json_size, options->cancel, blob, hash);
    if (error == 0)
        error = hash_end(hash, file->hash);
    hash_free(hash);
    if (error < 0) {
        blob_unref(blob);
        return error;
    }
    file->bytes = blob;
    file->json = json_size;
    file->arrays = (unsigned)write->count;
    return 0;
}

void model_write_free(struct model_write *write)
{
    free(write->arrays);
    *write = (struct model_write){ 0 };
}
