/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/asset.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "base/compress.h"
#include "base/file.h"
#include "base/text.h"

/* Below this size gzip's header outweighs the gain. */
#define PACK_FROM 512

static const struct type {
    const char *ending;
    const char *name;
    bool text; /* worth compressing */
} types[] = {
    { ".css", "text/css; charset=utf-8", true },
    { ".html", "text/html; charset=utf-8", true },
    { ".ico", "image/x-icon", false },
    { ".js", "text/javascript; charset=utf-8", true },
    { ".json", "application/json", true },
    { ".map", "application/json", true },
    { ".mjs", "text/javascript; charset=utf-8", true },
    { ".png", "image/png", false },
    { ".svg", "image/svg+xml", true },
    { ".txt", "text/plain; charset=utf-8", true },
    { ".wasm", "application/wasm", false },
    { ".woff2", "font/woff2", false },
};

/* The system's table of types is not used: a wrong entry there would make a blank page. */
static const struct type *find_type(const char *path)
{
    size_t size = strlen(path);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t n = strlen(types[i].ending);
        if (size > n && strcmp(path + size - n, types[i].ending) == 0)
            return &types[i];
    }
    return NULL;
}

const char *asset_type(const char *path)
{
    const struct type *type = find_type(path);
    return type == NULL ? "application/octet-stream" : type->name;
}

int asset_read(const char *path, struct blob **out)
{
    struct text text = { 0 };
    int error = file_read(path, ASSET_MAX, &text, NULL);
    if (error == 0)
        *out = blob_copy(text.data, text.size);
    if (error == 0 && *out == NULL)
        error = -ENOMEM;
    text_free(&text);
    return error;
}

static struct blob *read_packed(const char *packed, const char *tag)
{
    struct text path = { 0 };
    struct blob *blob = NULL;
    text_format(&path, "%s/%s.gz", packed, tag);
    if (text_error(&path) == 0)
        asset_read(path.data, &blob);
    text_free(&path);
    return blob;
}

int asset_load(const char *path, const char *packed, struct asset_bytes *out)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    memset(out, 0, sizeof(*out));
    int error = asset_read(path, &out->plain);
    if (error < 0)
        return error;
    EVP_Digest(out->plain->data, out->plain->size, digest, NULL, EVP_sha256(), NULL);
    for (int i = 0; i < 16; i++)
        snprintf(out->tag + 2 * i, 3, "%02x", digest[i]);
    const struct type *type = find_type(path);
    if (type == NULL || !type->text || out->plain->size <= PACK_FROM)
        return 0;
    if (packed != NULL)
        out->gzip = read_packed(packed, out->tag);
    if (out->gzip == NULL)
        compress_blob(COMPRESS_GZIP, 6, out->plain, NULL, &out->gzip);
    return 0;
}

void asset_free(struct asset_bytes *bytes)
{
    blob_unref(bytes->plain);
    blob_unref(bytes->gzip);
    memset(bytes, 0, sizeof(*bytes));
}
