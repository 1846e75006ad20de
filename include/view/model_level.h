/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_MODEL_LEVEL_H
#define CADCAST_VIEW_MODEL_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/model_read.h"

/* What model_read knows of the brackets that are open: model_read.c goes from token to token,
 * model_level.c understands them. */

/* Names that mean something here. */
enum key {
    OTHER,
    SHAPE,
    DTYPE,
    BUFFER,
    CODEC,
    OFFSET,
    BYTES,
    DATA,
    SHAPES,
    PARTS,
    NAME,
    CONFIG,
    COUNT,
    TYPE,
    SPLASH,
    KEYS,
};

/* What an open bracket is to the message. */
enum role {
    ANY,
    ROOT,
    ROOT_DATA,
    ROOT_CONFIG,
    TREE,       /* the root of the tree of parts */
    TREE_PARTS, /* its list of parts */
    TOP_PART,   /* one of them */
    DEEP_PARTS, /* the same further down */
    DEEP_PART,
    DIMENSIONS, /* the array of an array's dimensions */
};

/* What may come next. */
enum expect { VALUE, FIRST_VALUE, MEMBER, FIRST_MEMBER, NEXT };

struct level {
    enum role role;
    bool object;
    enum key key;       /* of the member being read */
    size_t key_start;   /* its name's quote */
    unsigned seen;      /* a bit for each key that came */
    unsigned repeated;  /* a bit for each that came again */
    unsigned item;      /* bytes of one element by "dtype"; 0: none that we know */
    bool sized;         /* "shape" is an array of whole numbers, `elements` their product */
    size_t elements;    /* in DIMENSIONS: of those so far */
    bool base64;        /* "codec" is "b64" and has a span */
    bool plain;         /* "buffer" is a string without escapes and has a span */
    bool guessed;       /* a "buffer" was passed unread, by its size alone */
    size_t spans;       /* how many spans there were when it opened */
    size_t buffer_span; /* index into the spans, where `plain` */
    size_t codec_span;  /* the same, where `base64` */
};

struct reader {
    const uint8_t *text;
    const uint8_t *end;
    bool careful;
    struct model_spans *out;
    struct model_file *file;
    struct level *levels;
    unsigned depth;
    enum expect expect;
};

/* The innermost open bracket; NULL outside all. */
static inline struct level *model_level_top(struct reader *reader)
{
    return reader->depth == 0 ? NULL : &reader->levels[reader->depth - 1];
}

/* A bracket opens. 0 or -E2BIG. */
int model_level_open(struct reader *reader, bool object);

/* The innermost bracket closes. 0 or -ENOTSUP, as model_convert. */
int model_level_close(struct reader *reader);

/* A member's name, `size` bytes at `p` between its quotes. */
void model_level_name(struct reader *reader, const uint8_t *p, size_t size, bool escaped);

/* A value that is a string, `size` bytes at `p` between its quotes. 0, -ENOMEM or -EFBIG. */
int model_level_string(struct reader *reader, const uint8_t *p, size_t size, bool escaped);

/* A value that is a number or a word. */
void model_level_scalar(struct reader *reader, const uint8_t *p, const uint8_t *end);

#endif
