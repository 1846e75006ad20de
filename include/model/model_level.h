/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MODEL_MODEL_LEVEL_H
#define CADCAST_MODEL_MODEL_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model_read.h"

/* The state of the open brackets for model_read: model_read.c splits the text into tokens,
 * model_level.c interprets them. */

/* Member names with a meaning. */
enum model_key {
    MODEL_KEY_OTHER,
    MODEL_KEY_SHAPE,
    MODEL_KEY_DTYPE,
    MODEL_KEY_BUFFER,
    MODEL_KEY_CODEC,
    MODEL_KEY_OFFSET,
    MODEL_KEY_BYTES,
    MODEL_KEY_DATA,
    MODEL_KEY_SHAPES,
    MODEL_KEY_PARTS,
    MODEL_KEY_NAME,
    MODEL_KEY_CONFIG,
    MODEL_KEY_COUNT,
    MODEL_KEY_TYPE,
    MODEL_KEY_SPLASH,
    MODEL_KEY_KEYS,
};

/* The part of the message that an open bracket is. */
enum model_role {
    MODEL_ROLE_ANY,
    MODEL_ROLE_ROOT,
    MODEL_ROLE_ROOT_DATA,
    MODEL_ROLE_ROOT_CONFIG,
    MODEL_ROLE_TREE,       /* the root of the tree of parts */
    MODEL_ROLE_TREE_PARTS, /* its list of parts */
    MODEL_ROLE_TOP_PART,   /* one of them */
    MODEL_ROLE_DEEP_PARTS, /* the same further down */
    MODEL_ROLE_DEEP_PART,
    MODEL_ROLE_DIMENSIONS, /* the array of an array's dimensions */
};

/* The tokens allowed next. */
enum model_expect {
    MODEL_EXPECT_VALUE,
    MODEL_EXPECT_FIRST_VALUE,
    MODEL_EXPECT_MEMBER,
    MODEL_EXPECT_FIRST_MEMBER,
    MODEL_EXPECT_NEXT
};

struct model_level {
    enum model_role role;
    bool object;
    enum model_key key; /* of the member being read */
    size_t key_start;   /* offset of its name's quote */
    unsigned seen;      /* a bit for each key that occurred */
    unsigned repeated;  /* a bit for each that occurred again */
    unsigned item;      /* bytes of one element by "dtype"; 0: unknown */
    bool sized;         /* "shape" is an array of whole numbers, `elements` their product */
    size_t elements;    /* in MODEL_ROLE_DIMENSIONS: the product so far */
    bool base64;        /* "codec" is "b64" and has a span */
    bool plain;         /* "buffer" is a string without escapes and has a span */
    bool guessed;       /* a "buffer" was skipped unread, by its size alone */
    size_t spans;       /* the number of spans when it opened */
    size_t buffer_span; /* index into the spans, if `plain` */
    size_t codec_span;  /* the same, if `base64` */
};

struct model_reader {
    const uint8_t *text;
    const uint8_t *end;
    bool careful;
    struct model_spans *out;
    struct model_file *file;
    struct model_level *levels;
    unsigned depth;
    enum model_expect expect;
};

/* The innermost open bracket; NULL outside of all. */
static inline struct model_level *model_level_top(struct model_reader *reader)
{
    return reader->depth == 0 ? NULL : &reader->levels[reader->depth - 1];
}

/* A bracket opens. 0 or -E2BIG. */
int model_level_open(struct model_reader *reader, bool object);

/* The innermost bracket closes. 0 or -ENOTSUP, as model_convert. */
int model_level_close(struct model_reader *reader);

/* A member's name, `size` bytes at `p` between its quotes. */
void model_level_name(struct model_reader *reader, const uint8_t *p, size_t size, bool escaped);

/* A value that is a string, `size` bytes at `p` between its quotes. 0, -ENOMEM or -EFBIG. */
int model_level_string(struct model_reader *reader, const uint8_t *p, size_t size, bool escaped);

/* A value that is a number or a word. */
void model_level_scalar(struct model_reader *reader, const uint8_t *p, const uint8_t *end);

#endif
