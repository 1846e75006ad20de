/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "offline/upload.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <jansson.h>

#include "base/file.h"
#include "base/hex.h"

#define BLOCK 512
#define NAME_MAX_PLAIN 100

/* Bytes of an OBJ file in which its libraries are looked for, and of a glTF file at most. */
#define OBJ_HEAD ((size_t)1 << 20)
#define GLTF_MAX ((size_t)256 << 20)

static bool ends_with(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n >= m && strcasecmp(path + n - m, ending) == 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static struct upload_file *find(struct upload *upload, const char *name)
{
    for (size_t i = 0; i < upload->count; i++) {
        if (strcmp(upload->files[i].name, name) == 0)
            return &upload->files[i];
    }
    return NULL;
}

static int add(struct upload *upload, const char *path, const char *name)
{
    if (upload->count == UPLOAD_FILES_MAX)
        return -E2BIG;
    struct upload_file *file = &upload->files[upload->count];
    file->path = strdup(path);
    file->name = strdup(name);
    if (file->path == NULL || file->name == NULL) {
        free(file->path);
        free(file->name);
        return -ENOMEM;
    }
    upload->count++;
    return 0;
}

/* ---- what a model refers to ---- */

/* Adds a file beside the model, if it is there: a missing one is the importer's to tell. */
static int add_beside(struct upload *upload, const char *model, const char *name)
{
    char path[PATH_MAX];
    struct stat st;
    size_t folder = (size_t)(base_name(model) - model);
    if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL ||
        strchr(name, '\\') != NULL || strchr(name, ':') != NULL || find(upload, name) != NULL ||
        snprintf(path, sizeof(path), "%.*s%s", (int)folder, model, name) >= (int)sizeof(path) ||
        stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return 0;
    upload->archive = true;
    return add(upload, path, name);
}

static int add_libraries(struct upload *upload, const char *model)
{
    char line[1024];
    int error = 0;
    FILE *file = fopen(model, "re");
    if (file == NULL)
        return -errno;
    for (size_t seen = 0; error == 0 && seen < OBJ_HEAD && fgets(line, sizeof(line), file) != NULL;
         seen += strlen(line)) {
        if (strncmp(line, "mtllib ", 7) != 0)
            continue;
        line[strcspn(line, "\r\n")] = '\0';
        error = add_beside(upload, model, line + 7);
    }
    fclose(file);
    return error;
}

static void undo_percent(char *uri)
{
    char *to = uri;
    const char *end = uri + strlen(uri);
    for (const char *c = uri; c < end; c++) {
        int byte = hex_percent(c, (size_t)(end - c));
        *to++ = byte < 0 ? *c : (char)byte;
        c += byte < 0 ? 0 : 2;
    }
    *to = '\0';
}

static int add_uris(struct upload *upload, const char *model, const json_t *list)
{
    size_t i;
    json_t *each;
    int error = 0;
    json_array_foreach(list, i, each) {
        const char *uri = json_string_value(json_object_get(each, "uri"));
        char *name = uri == NULL || strncmp(uri, "data:", 5) == 0 ? NULL : strdup(uri);
        if (name == NULL)
            continue;
        undo_percent(name);
        error = error == 0 ? add_beside(upload, model, name) : error;
        free(name);
    }
    return error;
}

static int add_buffers(struct upload *upload, const char *model)
{
    struct text text = { 0 };
    int error = file_read(model, GLTF_MAX, &text, NULL);
    json_t *gltf = error == 0 ? json_loadb(text_string(&text), text.size, 0, NULL) : NULL;
    text_free(&text);
    if (error == 0)
        error = add_uris(upload, model, json_object_get(gltf, "buffers"));
    if (error == 0)
        error = add_uris(upload, model, json_object_get(gltf, "images"));
    json_decref(gltf);
    return error;
}

int upload_add(struct upload *upload, const char *path)
{
    char name[NAME_MAX + 32];
    struct stat st;
    if (stat(path, &st) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    snprintf(name, sizeof(name), "%s", base_name(path));
    for (unsigned i = 2; find(upload, name) != NULL; i++)
        snprintf(name, sizeof(name), "%u-%s", i, base_name(path));
    upload->archive = upload->archive || upload->count > 0;
    size_t number = upload->count;
    int error = add(upload, path, name);
    if (error == 0)
        upload->files[number].model = true;
    if (error == 0 && ends_with(path, ".obj"))
        error = add_libraries(upload, path);
    if (error == 0 && ends_with(path, ".gltf"))
        error = add_buffers(upload, path);
    return error;
}

/* ---- the bytes ---- */

static uint64_t padded(uint64_t size)
{
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* A header of POSIX ustar. */
static void add_header(struct text *out, const char *name, uint64_t size, char type)
{
    char block[BLOCK] = { 0 };
    unsigned sum = 0;
    snprintf(block, NAME_MAX_PLAIN + 1, "%s", name);
    memcpy(block + 100, "0000600\0000000000\0000000000", 24);
    snprintf(block + 124, 12, "%011llo", (unsigned long long)size);
    memcpy(block + 136, "00000000000", 12);
    memset(block + 148, ' ', 8);
    block[156] = type;
    memcpy(block + 257, "ustar\00000", 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += (unsigned char)block[i];
    snprintf(block + 148, 7, "%06o", sum);
    text_add_bytes(out, block, BLOCK);
}

static void add_padding(struct text *out, uint64_t size)
{
    static const char zeros[BLOCK] = { 0 };
    text_add_bytes(out, zeros, (size_t)(padded(size) - size));
}

/* Of a long name comes a file with the name before, as GNU tar writes it. */
static void add_head(struct text *out, const struct upload_file *file)
{
    size_t n = strlen(file->name);
    if (n >= NAME_MAX_PLAIN) {
        add_header(out, "././@LongLink", n + 1, 'L');
        text_add_bytes(out, file->name, n + 1);
        add_padding(out, n + 1);
    }
    add_header(out, file->name, file->size, '0');
}

int upload_begin(struct upload *upload)
{
    struct stat st;
    for (size_t i = 0; i < upload->count; i++) {
        struct upload_file *file = &upload->files[i];
        upload->broken = file->path;
        if (stat(file->path, &st) < 0)
            return -errno;
        file->size = (uint64_t)st.st_size;
    }
    upload->broken = NULL;
    if (upload->open != NULL)
        fclose(upload->open);
    upload->open = NULL;
    upload->at = 0;
    upload->head.size = 0;
    upload->head_at = 0;
    return 0;
}

uint64_t upload_size(const struct upload *upload)
{
    uint64_t size = upload->archive ? 2 * BLOCK : upload->files[0].size;
    for (size_t i = 0; upload->archive && i < upload->count; i++) {
        size_t n = strlen(upload->files[i].name);
        size += BLOCK + padded(upload->files[i].size);
        size += n >= NAME_MAX_PLAIN ? BLOCK + padded(n + 1) : 0;
    }
    return size;
}

/* Goes to the next file, or to the end of the archive. */
static int next_file(struct upload *upload)
{
    const struct upload_file *file = &upload->files[upload->at];
    upload->head.size = 0;
    upload->head_at = 0;
    if (upload->at == upload->count) {
        if (upload->archive)
            text_add_bytes(&upload->head, (const char[2 * BLOCK]){ 0 }, 2 * BLOCK);
        upload->at++;
        return text_error(&upload->head);
    }
    upload->broken = file->path;
    upload->open = fopen(file->path, "re");
    if (upload->open == NULL)
        return -errno;
    upload->left = file->size;
    if (upload->archive)
        add_head(&upload->head, file);
    return text_error(&upload->head);
}

static void end_file(struct upload *upload)
{
    fclose(upload->open);
    upload->open = NULL;
    upload->broken = NULL;
    upload->head.size = 0;
    upload->head_at = 0;
    if (upload->archive)
        add_padding(&upload->head, upload->files[upload->at].size);
    upload->at++;
}

long upload_read(struct upload *upload, void *buffer, size_t room)
{
    while (upload->head_at == upload->head.size) {
        if (upload->open == NULL && upload->at > upload->count)
            return 0;
        int error = upload->open == NULL ? next_file(upload) : 0;
        if (error < 0)
            return error;
        if (upload->open == NULL || upload->head_at < upload->head.size)
            continue;
        if (upload->left == 0) {
            end_file(upload);
            continue;
        }
        size_t n =
            fread(buffer, 1, upload->left < room ? (size_t)upload->left : room, upload->open);
        upload->left -= n;
        return n > 0 ? (long)n : -EIO;
    }
    size_t n = upload->head.size - upload->head_at;
    n = n < room ? n : room;
    memcpy(buffer, upload->head.data + upload->head_at, n);
    upload->head_at += n;
    return (long)n;
}

void upload_free(struct upload *upload)
{
    if (upload->open != NULL)
        fclose(upload->open);
    for (size_t i = 0; i < upload->count; i++) {
        free(upload->files[i].path);
        free(upload->files[i].name);
    }
    text_free(&upload->head);
    memset(upload, 0, sizeof(*upload));
}
