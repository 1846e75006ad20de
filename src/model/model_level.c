/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "model/model_level.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/scan.h"

static const char *const key_names[MODEL_KEY_KEYS] = {
    [MODEL_KEY_OTHER] = "",        [MODEL_KEY_SHAPE] = "shape", [MODEL_KEY_DTYPE] = "dtype",
    [MODEL_KEY_BUFFER] = "buffer", [MODEL_KEY_CODEC] = "codec", [MODEL_KEY_OFFSET] = "offset",
    [MODEL_KEY_BYTES] = "bytes",   [MODEL_KEY_DATA] = "data",   [MODEL_KEY_SHAPES] = "shapes",
    [MODEL_KEY_PARTS] = "parts",   [MODEL_KEY_NAME] = "name",   [MODEL_KEY_CONFIG] = "config",
    [MODEL_KEY_COUNT] = "count",   [MODEL_KEY_TYPE] = "type",   [MODEL_KEY_SPLASH] = "_splash",
};

/* The element size, in bytes, of each type that the page has a view for. */
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

static enum model_key find_key(const uint8_t *name, size_t size, bool escaped)
{
    char plain[32];
    if (escaped) {
        long n = scan_unescape(plain, sizeof(plain), name, size);
        name = (const uint8_t *)plain;
        size = n < 0 ? 0 : (size_t)n;
    }
    for (enum model_key key = MODEL_KEY_OTHER + 1; key < MODEL_KEY_KEYS; key++) {
        const char *known = key_names[key];
        if (known[0] == (size > 0 ? (char)name[0] : '\0') && strlen(known) == size &&
            memcmp(known, name, size) == 0)
            return key;
    }
    return MODEL_KEY_OTHER;
}

void model_level_name(struct model_reader *reader, const uint8_t *p, size_t size, bool escaped)
{
    struct model_level *level = model_level_top(reader);
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

static enum model_role child_role(const struct model_level *parent, bool object)
{
    if (parent == NULL)
        return object ? MODEL_ROLE_ROOT : MODEL_ROLE_ANY;
    if (!object) {
        if (parent->object && parent->key == MODEL_KEY_SHAPE)
            return MODEL_ROLE_DIMENSIONS;
        if (parent->key != MODEL_KEY_PARTS)
            return MODEL_ROLE_ANY;
        if (parent->role == MODEL_ROLE_TREE)
            return MODEL_ROLE_TREE_PARTS;
        return parent->role == MODEL_ROLE_TOP_PART || parent->role == MODEL_ROLE_DEEP_PART
                   ? MODEL_ROLE_DEEP_PARTS
                   : MODEL_ROLE_ANY;
    }
    if (parent->role == MODEL_ROLE_ROOT && parent->key == MODEL_KEY_DATA)
        return MODEL_ROLE_ROOT_DATA;
    if (parent->role == MODEL_ROLE_ROOT && parent->key == MODEL_KEY_CONFIG)
        return MODEL_ROLE_ROOT_CONFIG;
    if (parent->role == MODEL_ROLE_ROOT_DATA && parent->key == MODEL_KEY_SHAPES)
        return MODEL_ROLE_TREE;
    if (parent->role == MODEL_ROLE_TREE_PARTS)
        return MODEL_ROLE_TOP_PART;
    return parent->role == MODEL_ROLE_DEEP_PARTS ? MODEL_ROLE_DEEP_PART : MODEL_ROLE_ANY;
}

int model_level_open(struct model_reader *reader, bool object)
{
    if (reader->depth == MODEL_DEPTH)
        return -E2BIG;
    struct model_level *parent = model_level_top(reader);
    if (parent != NULL && parent->role == MODEL_ROLE_DIMENSIONS)
        parent->sized = false;
    struct model_level level = { .role = child_role(parent, object),
                                 .object = object,
                                 .elements = 1,
                                 .sized = !object,
                                 .spans = reader->out->count };
    if (level.role == MODEL_ROLE_TREE) {
        reader->file->parts = 0;
        reader->file->leaves = 0;
    }
    if (level.role == MODEL_ROLE_TOP_PART)
        reader->file->parts++;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the caller checked the depth. */
    reader->levels[reader->depth++] = level;
    reader->expect = object ? MODEL_EXPECT_FIRST_MEMBER : MODEL_EXPECT_FIRST_VALUE;
    return 0;
}

/* Whether the characters are base64 throughout. */
static bool valid_base64(const uint8_t *chars, size_t size)
{
    enum { BLOCK = 4096 };
    uint8_t out[BLOCK / 4 * 3];
    for (; size > BLOCK; size -= BLOCK, chars += BLOCK) {
        /* Padding ends a text; inside it is an error. */
        if (base64_decode(out, (const char *)chars, BLOCK) != (long)sizeof(out))
            return false;
    }
    return base64_decode(out, (const char *)chars, size) >= 0;
}

/* Whether the closing object is an array that can be moved; sets the spans' sizes. */
static bool take_array(struct model_reader *reader, const struct model_level *level)
{
    const unsigned wanted = 1u << MODEL_KEY_SHAPE | 1u << MODEL_KEY_DTYPE | 1u << MODEL_KEY_BUFFER |
                            1u << MODEL_KEY_CODEC;
    const unsigned known = wanted | 1u << MODEL_KEY_OFFSET | 1u << MODEL_KEY_BYTES;
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

static int close_object(struct model_reader *reader, const struct model_level *level)
{
    const unsigned encoded = 1u << MODEL_KEY_BUFFER | 1u << MODEL_KEY_CODEC;
    const unsigned ours = 1u << MODEL_KEY_SHAPE | 1u << MODEL_KEY_DTYPE | 1u << MODEL_KEY_OFFSET |
                          1u << MODEL_KEY_BYTES;
    if ((level->seen & ours) == ours)
        return -ENOTSUP;
    if (take_array(reader, level)) {
        reader->file->arrays++;
        return 0;
    }
    /* An array that stays text is never decoded, so an error in its unread base64 would go
     * unnoticed. */
    if (level->guessed)
        return -EINVAL;
    if ((level->seen & encoded) == encoded)
        reader->file->left++;
    /* Drops unused spans, unless those of a nested array come after them. */
    struct model_spans *out = reader->out;
    while (out->count > level->spans && out->spans[out->count - 1].use == MODEL_KEEP)
        out->count--;
    return 0;
}

int model_level_close(struct model_reader *reader)
{
    const struct model_level *level = model_level_top(reader);
    int error = level->object ? close_object(reader, level) : 0;
    bool part = level->role == MODEL_ROLE_TOP_PART || level->role == MODEL_ROLE_DEEP_PART;
    if (part && (level->seen & 1u << MODEL_KEY_PARTS) == 0)
        reader->file->leaves++;
    reader->depth--;
    struct model_level *parent = model_level_top(reader);
    if (parent != NULL && level->role == MODEL_ROLE_DIMENSIONS) {
        parent->sized = level->sized;
        parent->elements = level->elements;
    }
    reader->expect = MODEL_EXPECT_NEXT;
    return error;
}

/* One number among the dimensions of an array. */
static void take_dimension(struct model_level *level, const uint8_t *p, const uint8_t *end)
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

void model_level_scalar(struct model_reader *reader, const uint8_t *p, const uint8_t *end)
{
    struct model_level *level = model_level_top(reader);
    if (level == NULL)
        return;
    if (level->role == MODEL_ROLE_DIMENSIONS)
        take_dimension(level, p, end);
    else if (level->role == MODEL_ROLE_ROOT && level->key == MODEL_KEY_COUNT)
        reader->file->count = whole_number(p, end);
    else if (level->role == MODEL_ROLE_ROOT_CONFIG && level->key == MODEL_KEY_SPLASH)
        reader->file->splash = *p == 't';
}

/* A name or type; `size` bytes at `p`, between the quotes. */
static void note_name(struct model_reader *reader, const struct model_level *level,
                      const uint8_t *p, size_t size)
{
    struct model_file *file = reader->file;
    char *room = NULL;
    if (level->role == MODEL_ROLE_ROOT && level->key == MODEL_KEY_TYPE)
        room = file->type;
    else if (level->role == MODEL_ROLE_TREE && level->key == MODEL_KEY_NAME)
        room = file->name;
    else if (level->role == MODEL_ROLE_TOP_PART && level->key == MODEL_KEY_NAME &&
             file->parts <= MODEL_NAMES)
        room = file->part_names[file->parts - 1];
    if (room != NULL)
        scan_unescape(room, MODEL_NAME, p, size);
}

int model_level_string(struct model_reader *reader, const uint8_t *p, size_t size, bool escaped)
{
    struct model_level *level = model_level_top(reader);
    if (level == NULL)
        return 0;
    if (level->role == MODEL_ROLE_DIMENSIONS)
        level->sized = false;
    if (!level->object)
        return 0;
    struct model_span span = { .start = level->key_start,
                               .chars = (size_t)(p - reader->text),
                               .end = (size_t)(p - reader->text) + size + 1 };
    if (level->key == MODEL_KEY_DTYPE) {
        level->item = escaped ? 0 : item_size(p, size);
    } else if (level->key == MODEL_KEY_BUFFER && !escaped &&
               (level->repeated & 1u << MODEL_KEY_BUFFER) == 0) {
        level->plain = true;
        level->buffer_span = reader->out->count;
        return add_span(reader->out, &span);
    } else if (level->key == MODEL_KEY_CODEC && size == 3 && memcmp(p, "b64", 3) == 0 &&
               (level->repeated & 1u << MODEL_KEY_CODEC) == 0) {
        level->base64 = true;
        level->codec_span = reader->out->count;
        return add_span(reader->out, &span);
    } else {
        note_name(reader, level, p, size);
    }
    return 0;
}
