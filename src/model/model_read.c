/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "model/model_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "model/model_level.h"

/* The expected end, by the array's size, of the base64 that begins at `p`; NULL if the size is not
 * known or no quote stands there. */
static const uint8_t *guess_end(const struct model_reader *reader, const struct model_level *level,
                                const uint8_t *p)
{
    size_t bytes;
    if (reader->careful || level == NULL || !level->object || level->key != MODEL_KEY_BUFFER)
        return NULL;
    if (!level->sized || level->item == 0 ||
        __builtin_mul_overflow(level->elements, (size_t)level->item, &bytes))
        return NULL;
    size_t left = (size_t)(reader->end - p);
    if (bytes > left)
        return NULL;
    size_t chars = (bytes + 2) / 3 * 4;
    return chars < left && p[chars] == '"' ? p + chars : NULL;
}

/* A string value; `p` is behind its opening quote. Returns the place behind the closing one, NULL
 * for an error. */
static const uint8_t *read_string(struct model_reader *reader, const uint8_t *p, int *error)
{
    bool escaped = false;
    const uint8_t *close = guess_end(reader, model_level_top(reader), p);
    const uint8_t *next = close == NULL ? scan_string_end(p, reader->end, &escaped) : close + 1;
    if (close != NULL) {
        reader->out->believed = true;
        model_level_top(reader)->guessed = true;
    }
    if (next == NULL) {
        *error = -EINVAL;
        return NULL;
    }
    *error = model_level_string(reader, p, (size_t)(next - 1 - p), escaped);
    reader->expect = MODEL_EXPECT_NEXT;
    return *error < 0 ? NULL : next;
}

static const uint8_t *read_scalar(struct model_reader *reader, const uint8_t *p, int *error)
{
    const uint8_t *next = scan_scalar(p, reader->end);
    if (next == NULL) {
        *error = -EINVAL;
        return NULL;
    }
    model_level_scalar(reader, p, next);
    reader->expect = MODEL_EXPECT_NEXT;
    return next;
}

/* Reads a member's name and the colon. `p` is at the name's quote. */
static const uint8_t *read_name(struct model_reader *reader, const uint8_t *p)
{
    bool escaped = false;
    const uint8_t *next = scan_string_end(p + 1, reader->end, &escaped);
    if (next == NULL)
        return NULL;
    model_level_name(reader, p + 1, (size_t)(next - p - 2), escaped);
    next = scan_space(next, reader->end);
    if (next == reader->end || *next != ':')
        return NULL;
    reader->expect = MODEL_EXPECT_VALUE;
    return next + 1;
}

static const uint8_t *read_value(struct model_reader *reader, const uint8_t *p, int *error)
{
    if (*p == '"')
        return read_string(reader, p + 1, error);
    if (*p != '{' && *p != '[')
        return read_scalar(reader, p, error);
    *error = model_level_open(reader, *p == '{');
    return *error < 0 ? NULL : p + 1;
}

/* Reads the next token, at `p`, which is not white space. NULL for an error. */
static const uint8_t *read_token(struct model_reader *reader, const uint8_t *p, int *error)
{
    const struct model_level *level = model_level_top(reader);
    *error = -EINVAL;
    bool may_close = reader->expect == MODEL_EXPECT_FIRST_VALUE ||
                     reader->expect == MODEL_EXPECT_FIRST_MEMBER ||
                     reader->expect == MODEL_EXPECT_NEXT;
    if (level != NULL && may_close && *p == (level->object ? '}' : ']')) {
        *error = model_level_close(reader);
        return *error < 0 ? NULL : p + 1;
    }
    if (reader->expect == MODEL_EXPECT_VALUE || reader->expect == MODEL_EXPECT_FIRST_VALUE)
        return read_value(reader, p, error);
    if (reader->expect != MODEL_EXPECT_NEXT)
        return *p == '"' ? read_name(reader, p) : NULL;
    if (level == NULL || *p != ',')
        return NULL;
    reader->expect = level->object ? MODEL_EXPECT_MEMBER : MODEL_EXPECT_VALUE;
    return p + 1;
}

static int read_all(struct model_reader *reader)
{
    const uint8_t *p = scan_space(reader->text, reader->end);
    while (p < reader->end) {
        int error;
        p = read_token(reader, p, &error);
        if (p == NULL)
            return error;
        p = scan_space(p, reader->end);
    }
    return reader->depth == 0 && reader->expect == MODEL_EXPECT_NEXT ? 0 : -EINVAL;
}

int model_read(const uint8_t *text, size_t size, bool careful, struct model_spans *spans,
               struct model_file *file)
{
    struct model_reader reader = { .text = text,
                                   .end = text + size,
                                   .careful = careful,
                                   .out = spans,
                                   .file = file,
                                   .expect = MODEL_EXPECT_VALUE };
    memset(file, 0, sizeof(*file));
    file->count = -1;
    spans->count = 0;
    spans->believed = false;
    reader.levels = malloc(MODEL_DEPTH * sizeof(*reader.levels));
    if (reader.levels == NULL)
        return -ENOMEM;
    int error = read_all(&reader);
    free(reader.levels);
    return error;
}
