/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/model_level.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/scan.h"

static const char *const key_names[KEYS] = {
    [OTHER] = "",        [SHAPE] = "shape",   [DTYPE] = "dtype",    [BUFFER] = "buffer",
    [CODEC] = "codec",   [OFFSET] = "offset", [BYTES] = "bytes",    [DATA] = "data",
    [SHAPES] = "shapes", [PARTS] = "parts",   [NAME] = "name",      [CONFIG] = "config",
    [COUNT] = "count",   [TYPE] = "type",     [SPLASH] = "_splash",
};

/* The element size of each type that the page has a view for. */
static unsigned item_size(const uint8_t *name, size_t size)
{
    static const struct {
        const char *name;
        unsigned size;
    } types[] = {
        { "float32", 4 }, { "int32", 4 }, { "uint32", 4 }, { "float64", 8 }, { "int16", 2 },
        { "uint16", 2 },  { "int8", 1 },  { "uint8", 1 },  { "int64", 8 },   { "uint64", 8 },
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strlen(types[i].name) == size && memcmp(types[i].name, name, size) == 0)
            return types[i].size;
    }
    return 0;
}

static enum key find_key(const uint8_t *name, size_t size, bool escaped)
{
    char plain[32];
    if (escaped) {
        long n = scan_unescape(plain, sizeof(plain), name, size);
        name = (const uint8_t *)plain;
        size = n < 0 ? 0 : (size_t)n;
    }
    for (enum key key = OTHER + 1; key < KEYS; key++) {
        const char *known = key_names[key];
        if (known[0] == (size > 0 ? (char)name[0] : '\0') && strlen(known) == size &&
            memcmp(known, name, size) == 0)
            return key;
    }
    return OTHER;
}

void model_level_name(struct reader *reader, const uint8_t *p, size_t size, bool escaped)
{
    struct level *level = model_level_top(reader);
    level->key = find_key(p, size, escaped);
    level->key_start = (size_t)(p - 1 - reader->text);
    unsigned bit = 1u << level->key;
    level->repeated |= level->seen & bit;
    level->seen |= bit;
}

static int add_span(struct model_spans *out, const struct model_span *span)
{
    if (out->count == out->room) {
        size_t room = out->room == 0 ? 64 : out->room * 2;
        if (room > out->limit / sizeof(*span))
            return -EFBIG;
        struct model_span *spans = realloc(out->spans, room * sizeof(*span));
        if (spans == NULL)
            return -ENOMEM;
        out->spans = spans;
        out->room = room;
    }
    out->spans[out->count++] = *span;
    return 0;
}

static enum role child_role(const struct level *parent, bool object)
{
    if (parent == NULL)
        return object ? ROOT : ANY;
    if (!object) {
        if (parent->object && parent->key == SHAPE)
            return DIMENSIONS;
        if (parent->key != PARTS)
            return ANY;
        if (parent->role == TREE)
            return TREE_PARTS;
        return parent->role == TOP_PART || parent->role == DEEP_PART ? DEEP_PARTS : ANY;
    }
    if (parent->role == ROOT && parent->key == DATA)
        return ROOT_DATA;
    if (parent->role == ROOT && parent->key == CONFIG)
        return ROOT_CONFIG;
    if (parent->role == ROOT_DATA && parent->key == SHAPES)
        return TREE;
    if (parent->role == TREE_PARTS)
        return TOP_PART;
    return parent->role == DEEP_PARTS ? DEEP_PART : ANY;
}

int model_level_open(struct reader *reader, bool object)
{
    if (reader->depth == MODEL_DEPTH)
        return -E2BIG;
    struct level *parent = model_level_top(reader);
    if (parent != NULL && parent->role == DIMENSIONS)
        parent->sized = false;
    struct level level = { .role = child_role(parent, object),
                           .object = object,
                           .elements = 1,
                           .sized = !object,
                           .spans = reader->out->count };
    if (level.role == TREE) {
        reader->file->parts = 0;
        reader->file->leaves = 0;
    }
    if (level.role == TOP_PART)
        reader->file->parts++;
    reader->levels[reader->depth++] = level;
    reader->expect = object ? FIRST_MEMBER : FIRST_VALUE;
    return 0;
}

/* Whether the characters are base64 throughout. */
static bool valid_base64(const uint8_t *chars, size_t size)
{
    enum { BLOCK = 4096 };
    uint8_t out[BLOCK / 4 * 3];
    for (; size > BLOCK; size -= BLOCK, chars += BLOCK) {
        /* Padding ends a text; inside it is as wrong as any other character. */
        if (base64_decode(out, (const char *)chars, BLOCK) != (long)sizeof(out))
            return false;
    }
    return base64_decode(out, (const char *)chars, size) >= 0;
}

/* Whether the object that closes is an array we can move; sets the spans' sizes. */
static bool take_array(struct reader *reader, const struct level *level)
{
    const unsigned wanted = 1u << SHAPE | 1u << DTYPE | 1u << BUFFER | 1u << CODEC;
    const unsigned known = wanted | 1u << OFFSET | 1u << BYTES;
    size_t bytes;
    if ((level->seen & known) != wanted || (level->repeated & known) != 0)
        return false;
    if (!level->sized || level->item == 0 || !level->base64 || !level->plain)
        return false;
    if (__builtin_mul_overflow(level->elements, (size_t)level->item, &bytes))
        return false;
    struct model_span *buffer = &reader->out->spans[level->buffer_span];
    struct model_span *codec = &reader->out->spans[level->codec_span];
    const uint8_t *chars = reader->text + buffer->chars;
    size_t size = buffer->end - 1 - buffer->chars;
    long decoded = base64_size((const char *)chars, size);
    if (decoded < 0 || (size_t)decoded != bytes)
        return false;
    if (reader->careful && !valid_base64(chars, size))
        return false;
    if (!reader->careful)
        reader->out->believed = true;
    buffer->bytes = bytes;
    buffer->use = MODEL_OFFSET;
    codec->bytes = bytes;
    codec->use = MODEL_BYTES;
    return true;
}

static int close_object(struct reader *reader, const struct level *level)
{
    const unsigned encoded = 1u << BUFFER | 1u << CODEC;
    const unsigned ours = 1u << SHAPE | 1u << DTYPE | 1u << OFFSET | 1u << BYTES;
    if ((level->seen & ours) == ours)
        return -ENOTSUP;
    if (take_array(reader, level)) {
        reader->file->arrays++;
        return 0;
    }
    /* Nobody will decode what was passed unread, so nobody would find out what it really is. */
    if (level->guessed)
        return -EINVAL;
    if ((level->seen & encoded) == encoded)
        reader->file->left++;
    /* Spans of no use are forgotten, unless those of an array inside came after them. */
    struct model_spans *out = reader->out;
    while (out->count > level->spans && out->spans[out->count - 1].use == MODEL_KEEP)
        out->count--;
    return 0;
}

int model_level_close(struct reader *reader)
{
    const struct level *level = model_level_top(reader);
    int error = level->object ? close_object(reader, level) : 0;
    bool part = level->role == TOP_PART || level->role == DEEP_PART;
    if (part && (level->seen & 1u << PARTS) == 0)
        reader->file->leaves++;
    reader->depth--;
    struct level *parent = model_level_top(reader);
    if (parent != NULL && level->role == DIMENSIONS) {
        parent->sized = level->sized;
        parent->elements = level->elements;
    }
    reader->expect = NEXT;
    return error;
}

/* One number among the dimensions of an array. */
static void take_dimension(struct level *level, const uint8_t *p, const uint8_t *end)
{
    size_t value = 0;
    for (; p < end; p++) {
        bool digit = *p >= '0' && *p <= '9';
        if (!digit || __builtin_mul_overflow(value, (size_t)10, &value) ||
            __builtin_add_overflow(value, (size_t)(*p - '0'), &value)) {
            level->sized = false;
            return;
        }
    }
    if (__builtin_mul_overflow(level->elements, value, &level->elements))
        level->sized = false;
}

static int64_t whole_number(const uint8_t *p, const uint8_t *end)
{
    int64_t value = 0;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9' || value > INT64_MAX / 10 - 1)
            return -1;
        value = value * 10 + (*p - '0');
    }
    return value;
}

void model_level_scalar(struct reader *reader, const uint8_t *p, const uint8_t *end)
{
    struct level *level = model_level_top(reader);
    if (level == NULL)
        return;
    if (level->role == DIMENSIONS)
        take_dimension(level, p, end);
    else if (level->role == ROOT && level->key == COUNT)
        reader->file->count = whole_number(p, end);
    else if (level->role == ROOT_CONFIG && level->key == SPLASH)
        reader->file->splash = *p == 't';
}

/* A name or type; `size` bytes at `p`, between the quotes. */
static void note_name(struct reader *reader, const struct level *level, const uint8_t *p,
                      size_t size)
{
    struct model_file *file = reader->file;
    char *room = NULL;
    if (level->role == ROOT && level->key == TYPE)
        room = file->type;
    else if (level->role == TREE && level->key == NAME)
        room = file->name;
    else if (level->role == TOP_PART && level->key == NAME && file->parts <= MODEL_NAMES)
        room = file->part_names[file->parts - 1];
    if (room != NULL)
        scan_unescape(room, MODEL_NAME, p, size);
}

int model_level_string(struct reader *reader, const uint8_t *p, size_t size, bool escaped)
{
    struct level *level = model_level_top(reader);
    if (level == NULL)
        return 0;
    if (level->role == DIMENSIONS)
        level->sized = false;
    if (!level->object)
        return 0;
    struct model_span span = { .start = level->key_start,
                               .chars = (size_t)(p - reader->text),
                               .end = (size_t)(p - reader->text) + size + 1 };
    if (level->key == DTYPE) {
        level->item = escaped ? 0 : item_size(p, size);
    } else if (level->key == BUFFER && !escaped && (level->repeated & 1u << BUFFER) == 0) {
        level->plain = true;
        level->buffer_span = reader->out->count;
        return add_span(reader->out, &span);
    } else if (level->key == CODEC && size == 3 && memcmp(p, "b64", 3) == 0 &&
               (level->repeated & 1u << CODEC) == 0) {
        level->base64 = true;
        level->codec_span = reader->out->count;
        return add_span(reader->out, &span);
    } else {
        note_name(reader, level, p, size);
    }
    return 0;
}
