/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/sys.h"

/* The head of a file: these 8 bytes, the version, CRC-32 of the mesh, bytes of the mesh, zeros. */
#define MAGIC "CADMESH\n"
#define SUFFIX ".mesh"

enum { HEAD = 32, VERSION = 1 };

/* A file while the oldest are being removed. */
struct found {
    char name[CACHE_NAME];
    int64_t used; /* nanoseconds since 1970 */
    uint64_t bytes;
};

int cache_open(struct cache *cache, const char *folder, const char *program, uint64_t limit)
{
    struct stat st;
    memset(cache, 0, sizeof(*cache));
    if (stat(program, &st) < 0)
        return -errno;
    cache->helper = (uint64_t)sys_modified(&st) ^ (uint64_t)st.st_size << 40;
    cache->limit = limit;
    atomic_init(&cache->bytes, UINT64_MAX);
    if (asprintf(&cache->folder, "%s/meshes/", folder) < 0) {
        cache->folder = NULL;
        return -ENOMEM;
    }
    return 0;
}

void cache_close(struct cache *cache)
{
    free(cache->folder);
    cache->folder = NULL;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

void cache_name(const struct cache *cache, const uint8_t hash[32], double deviation, double angle,
                char name[CACHE_NAME])
{
    for (size_t i = 0; i < 32; i++)
        snprintf(name + 2 * i, 3, "%02x", hash[i]);
    snprintf(name + 64, CACHE_NAME - 64, "-%016" PRIx64 "-%016" PRIx64 "-%016" PRIx64 SUFFIX,
             bits_of(deviation), bits_of(angle), cache->helper);
}

static char *path_of(const struct cache *cache, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s%s", cache->folder, name) < 0 ? NULL : path;
}

/* Reads all of an open file into a blob whose payload begins behind the head. */
static int read_all(int fd, struct blob **out)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_size < HEAD)
        return -EBADMSG;
    size_t size = (size_t)st.st_size;
    struct blob *blob = blob_new(size);
    if (blob == NULL)
        return -ENOMEM;
    while (blob->size < size) {
        ssize_t n = read(fd, blob->data + blob->size, size - blob->size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            int error = n < 0 ? -errno : -EBADMSG;
            blob_unref(blob);
            return error;
        }
        blob->size += (size_t)n;
    }
    blob->skip = HEAD;
    *out = blob;
    return 0;
}

static bool is_whole(const struct blob *blob)
{
    const uint8_t *head = blob->data;
    return memcmp(head, MAGIC, 8) == 0 && bytes_get(head + 8, 4) == VERSION &&
           bytes_get(head + 16, 8) == blob_payload_size(blob) &&
           bytes_get(head + 12, 4) == crc32_z(0, blob_payload(blob), blob_payload_size(blob));
}

int cache_read(struct cache *cache, const char *name, struct blob **blob)
{
    *blob = NULL;
    char *path = path_of(cache, name);
    if (path == NULL)
        return -ENOMEM;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int error = fd < 0 ? -errno : read_all(fd, blob);
    if (error == 0 && (*blob == NULL || !is_whole(*blob))) {
        blob_unref(*blob);
        *blob = NULL;
        error = -EBADMSG;
    }
    if (error == 0)
        futimens(fd, NULL);
    if (fd >= 0)
        close(fd);
    if (error == -EBADMSG)
        unlink(path);
    free(path);
    return error;
}

/* ---- the oldest go ---- */

static int older(const void *a, const void *b)
{
    const struct found *one = a, *other = b;
    return (one->used > other->used) - (one->used < other->used);
}

/* Adds a file of the folder to the list. */
static int add(int folder, const char *name, struct found **list, size_t *count)
{
    struct stat st;
    size_t size = strlen(name);
    if (size < sizeof(SUFFIX) || size >= CACHE_NAME ||
        strcmp(name + size - sizeof(SUFFIX) + 1, SUFFIX) != 0 ||
        fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    if ((*count & (*count - 1)) == 0) {
        struct found *more = realloc(*list, (*count == 0 ? 1 : 2 * *count) * sizeof(**list));
        if (more == NULL)
            return -ENOMEM;
        *list = more;
    }
    struct found *found = &(*list)[(*count)++];
    snprintf(found->name, sizeof(found->name), "%s", name);
    found->used = sys_modified(&st);
    found->bytes = (uint64_t)st.st_size;
    return 0;
}

static int list_files(DIR *folder, struct found **list, size_t *count)
{
    int error = 0;
    struct dirent *entry;
    while (error == 0 && (entry = readdir(folder)) != NULL)
        error = add(dirfd(folder), entry->d_name, list, count);
    return error;
}

/* Counts the files, and removes the oldest until three quarters of the limit are left, so that this
 * is not needed again soon. */
static int trim(struct cache *cache)
{
    struct found *list = NULL;
    size_t count = 0;
    uint64_t total = 0;
    DIR *folder = opendir(cache->folder);
    if (folder == NULL)
        return -errno;
    int error = list_files(folder, &list, &count);
    for (size_t i = 0; i < count; i++)
        total += list[i].bytes;
    if (error == 0 && total > cache->limit) {
        qsort(list, count, sizeof(*list), older);
        for (size_t i = 0; i < count && total > cache->limit / 4 * 3; i++) {
            if (unlinkat(dirfd(folder), list[i].name, 0) == 0)
                total -= list[i].bytes;
        }
    }
    free(list);
    closedir(folder);
    if (error == 0)
        atomic_store(&cache->bytes, total);
    return error;
}

int cache_write(struct cache *cache, const char *name, const struct blob *blob)
{
    size_t size = blob_payload_size(blob);
    /* One that would drive out most of the others is not worth it. */
    if (size + HEAD > cache->limit / 4)
        return 0;
    uint8_t *file = calloc(1, HEAD + size);
    char *path = path_of(cache, name);
    int error = file == NULL || path == NULL ? -ENOMEM : file_make_folders(cache->folder, 0700);
    if (error == 0) {
        memcpy(file, MAGIC, 8);
        bytes_put(file + 8, VERSION, 4);
        bytes_put(file + 12, crc32_z(0, blob_payload(blob), size), 4);
        bytes_put(file + 16, size, 8);
        memcpy(file + HEAD, blob_payload(blob), size);
        error = file_replace(path, file, HEAD + size, 0);
    }
    free(file);
    free(path);
    if (error == 0 && (atomic_load(&cache->bytes) == UINT64_MAX ||
                       atomic_fetch_add(&cache->bytes, HEAD + size) + HEAD + size > cache->limit))
        error = trim(cache);
    return error;
}
