/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "files/tar.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"

/* Longest name or pax header. */
#define EXTRA_MAX 65536

/* Fields of a ustar header (POSIX.1-2017, pax, "ustar Interchange Format"). */
#define NAME_SIZE 100
#define SIZE_AT 124
#define SUM_AT 148
#define SUM_SIZE 8
#define NUMBER_SIZE 12
#define TYPE_AT 156
#define MAGIC_AT 257
#define PREFIX_AT 345
#define PREFIX_SIZE 155

static int refuse(const char **why, const char *text)
{
    *why = text;
    return -EPROTO;
}

/* An octal number, or one in base 256 as GNU writes large ones. UINT64_MAX: neither. */
static uint64_t number(const uint8_t *field, size_t size)
{
    uint64_t value = 0;
    size_t i = 0;
    if (field[0] == 0x80) {
        for (i = 1; i < size; i++) {
            if (value >> 48 != 0)
                return UINT64_MAX;
            value = value << 8 | field[i];
        }
        return value;
    }
    while (i < size && field[i] == ' ')
        i++;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
        value = value << 3 | (uint64_t)(field[i] - '0');
    return i < size && field[i] != ' ' && field[i] != '\0' ? UINT64_MAX : value;
}

static bool sum_is_right(const uint8_t *block)
{
    uint64_t sum = SUM_SIZE * (uint64_t)' ';
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        if (i < SUM_AT || i >= SUM_AT + SUM_SIZE)
            sum += block[i];
    }
    return sum == number(block + SUM_AT, SUM_SIZE);
}

static bool is_zero(const uint8_t *block)
{
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        if (block[i] != 0)
            return false;
    }
    return true;
}

static void add_field(struct text *path, const uint8_t *field, size_t size)
{
    text_add_bytes(path, field, strnlen((const char *)field, size));
}

/* One folder or name of a path. */
static bool segment_is_good(const char *segment, size_t size)
{
    if (size == 0 || size > 255 || (size == 1 && segment[0] == '.') ||
        (size == 2 && segment[0] == '.' && segment[1] == '.'))
        return false;
    for (size_t i = 0; i < size; i++) {
        if ((uint8_t)segment[i] < 0x20 || segment[i] == 0x7f || segment[i] == '\\')
            return false;
    }
    return true;
}

static bool path_is_good(const char *path, size_t size)
{
    unsigned depth = 0;
    if (size > TAR_PATH_MAX || strlen(path) != size || !utf8_valid((const uint8_t *)path, size))
        return false;
    for (const char *at = path;; at++) {
        size_t n = strcspn(at, "/");
        if (!segment_is_good(at, n) || ++depth > TAR_DEPTH_MAX)
            return false;
        at += n;
        if (*at == '\0')
            return true;
    }
}

/* A regular file: finds its path, and tells of it. */
static int begin_file(struct tar *tar, const struct tar_events *events, void *arg, const char **why)
{
    if (tar->path.size == 0) {
        if (memcmp(tar->block + MAGIC_AT, "ustar", 5) == 0 && tar->block[PREFIX_AT] != '\0') {
            add_field(&tar->path, tar->block + PREFIX_AT, PREFIX_SIZE);
            text_add(&tar->path, "/");
        }
        add_field(&tar->path, tar->block, NAME_SIZE);
    }
    if (text_error(&tar->path) < 0)
        return -ENOMEM;
    const char *path = text_string(&tar->path);
    size_t size = tar->path.size;
    while (size > 2 && path[0] == '.' && path[1] == '/') {
        path += 2;
        size -= 2;
    }
    if (!path_is_good(path, size))
        return refuse(why, "a name in it is no relative path");
    tar->content = TAR_CONTENT_FILE;
    int error = events->file(arg, path, tar->left);
    tar->path.size = 0;
    return error;
}

static int begin(struct tar *tar, const struct tar_events *events, void *arg, const char **why)
{
    char type = (char)tar->block[TYPE_AT];
    tar->have = 0;
    if (is_zero(tar->block)) {
        tar->ended = true;
        return 0;
    }
    tar->left = number(tar->block + SIZE_AT, NUMBER_SIZE);
    if (!sum_is_right(tar->block) || tar->left > UINT64_MAX / 4)
        return refuse(why, "it is no tar archive, or damaged");
    tar->padding = (TAR_BLOCK - tar->left % TAR_BLOCK) % TAR_BLOCK;
    tar->content = TAR_CONTENT_NONE;
    tar->extra.size = 0;
    switch (type) {
    case '0':
    case '\0':
        return begin_file(tar, events, arg, why);
    case 'L':
        tar->content = TAR_CONTENT_NAME;
        break;
    case 'x':
        tar->content = TAR_CONTENT_PAX;
        break;
    case '5':
    case 'g':
        break;
    default:
        return refuse(why, "it holds a link or a device");
    }
    if (tar->content != TAR_CONTENT_NONE && tar->left > EXTRA_MAX)
        return refuse(why, "a name in it is too long");
    return 0;
}

/* The path in a pax header, whose records are "LENGTH KEY=VALUE\n". */
static int read_pax(struct tar *tar, const char **why)
{
    const char *at = text_string(&tar->extra);
    size_t left = tar->extra.size;
    while (left > 0) {
        size_t length = 0;
        size_t i = 0;
        for (; i < left && at[i] >= '0' && at[i] <= '9' && length < EXTRA_MAX; i++)
            length = 10 * length + (size_t)(at[i] - '0');
        if (i == left || at[i] != ' ' || length > left || length < i + 3 || at[length - 1] != '\n')
            return refuse(why, "a pax header in it is damaged");
        if (length > i + 6 && memcmp(at + i + 1, "path=", 5) == 0) {
            tar->path.size = 0;
            text_add_bytes(&tar->path, at + i + 6, length - i - 7);
        }
        if (length > i + 6 && memcmp(at + i + 1, "size=", 5) == 0)
            return refuse(why, "a file in it is too large");
        at += length;
        left -= length;
    }
    return 0;
}

static int finish(struct tar *tar, const struct tar_events *events, void *arg, const char **why)
{
    enum tar_content content = tar->content;
    tar->content = TAR_CONTENT_NONE;
    if (text_error(&tar->extra) < 0)
        return -ENOMEM;
    if (content == TAR_CONTENT_FILE)
        return events->end(arg);
    if (content == TAR_CONTENT_PAX)
        return read_pax(tar, why);
    if (content == TAR_CONTENT_NAME) {
        const char *name = text_string(&tar->extra);
        tar->path.size = 0;
        text_add_bytes(&tar->path, name, strnlen(name, tar->extra.size));
    }
    return 0;
}

/* Takes content; returns the bytes used, or an error. */
static long take_content(struct tar *tar, const struct tar_events *events, void *arg,
                         const uint8_t *data, size_t size)
{
    size_t n = size < tar->left ? size : (size_t)tar->left;
    int error = 0;
    tar->left -= n;
    if (tar->content == TAR_CONTENT_FILE)
        error = n > 0 ? events->data(arg, data, n) : 0;
    else if (tar->content != TAR_CONTENT_NONE)
        text_add_bytes(&tar->extra, data, n);
    return error < 0 ? error : (long)n;
}

int tar_feed(struct tar *tar, const struct tar_events *events, void *arg, const void *bytes,
             size_t size, const char **why)
{
    const uint8_t *data = bytes;
    /* What follows the end is padding. */
    while (size > 0 && !tar->ended) {
        size_t n;
        int error = 0;
        if (tar->left > 0) {
            long used = take_content(tar, events, arg, data, size);
            if (used < 0)
                return (int)used;
            n = (size_t)used;
        } else if (tar->padding > 0) {
            n = size < tar->padding ? size : (size_t)tar->padding;
            tar->padding -= n;
        } else {
            n = size < TAR_BLOCK - tar->have ? size : TAR_BLOCK - tar->have;
            memcpy(tar->block + tar->have, data, n);
            tar->have += n;
            error = tar->have == TAR_BLOCK ? begin(tar, events, arg, why) : 0;
        }
        if (error == 0 && tar->left == 0 && tar->content != TAR_CONTENT_NONE)
            error = finish(tar, events, arg, why);
        if (error < 0)
            return error;
        data += n;
        size -= n;
    }
    return 0;
}

int tar_end(const struct tar *tar, const char **why)
{
    if (tar->ended || (tar->have == 0 && tar->left == 0 && tar->padding == 0))
        return 0;
    return refuse(why, "it is cut off");
}

void tar_free(struct tar *tar)
{
    text_free(&tar->extra);
    text_free(&tar->path);
}
