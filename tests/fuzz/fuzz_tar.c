/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The reader of archives: the first byte says in what pieces the rest comes. However it is cut, the
 * same files must come out, and no path may leave its folder. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files/tar.h"

struct digest {
    uint64_t sum;
    uint64_t left; /* bytes of the open file that are to come */
    bool open;
};

static void need(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "tar failed: %s\n", what);
    abort();
}

static void add(struct digest *digest, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        digest->sum = digest->sum * 131 + ((const uint8_t *)data)[i];
}

static int on_file(void *arg, const char *path, uint64_t size)
{
    struct digest *digest = arg;
    size_t n = strlen(path);
    need(!digest->open, "a file within a file");
    need(n > 0 && n <= TAR_PATH_MAX && path[0] != '/' && path[n - 1] != '/', "an absolute path");
    need(strcmp(path, "..") != 0 && strncmp(path, "../", 3) != 0 && strstr(path, "/../") == NULL &&
             (n < 3 || strcmp(path + n - 3, "/..") != 0),
         "a path that climbs");
    need(strpbrk(path, "\\\n\r\t") == NULL, "a control character");
    digest->open = true;
    digest->left = size;
    add(digest, path, n + 1);
    return 0;
}

static int on_data(void *arg, const void *data, size_t size)
{
    struct digest *digest = arg;
    need(digest->open && size > 0 && size <= digest->left, "bytes of no file");
    digest->left -= size;
    add(digest, data, size);
    return 0;
}

static int on_end(void *arg)
{
    struct digest *digest = arg;
    need(digest->open && digest->left == 0, "an end before the end");
    digest->open = false;
    add(digest, "end", 3);
    return 0;
}

static int read_all(struct digest *digest, const uint8_t *data, size_t size, size_t piece)
{
    static const struct tar_events events = { .file = on_file, .data = on_data, .end = on_end };
    struct tar tar = { 0 };
    const char *why = NULL;
    int error = 0;
    memset(digest, 0, sizeof(*digest));
    for (size_t at = 0; at < size && error == 0; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        uint8_t *copy = malloc(n);
        memcpy(copy, data + at, n);
        error = tar_feed(&tar, &events, digest, copy, n, &why);
        free(copy);
    }
    if (error == 0)
        error = tar_end(&tar, &why);
    need((error == 0) == (why == NULL), "an error without a reason");
    need(error != 0 || !digest->open, "a file without an end");
    tar_free(&tar);
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct digest whole, pieces;
    if (size == 0)
        return 0;
    int one = read_all(&whole, data + 1, size - 1, SIZE_MAX / 2);
    int other = read_all(&pieces, data + 1, size - 1, 1 + data[0]);
    need(one == other && whole.sum == pieces.sum, "pieces make other files");
    return 0;
}
