/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_MODEL_READ_H
#define CADCAST_VIEW_MODEL_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/model.h"

/* What becomes of a member of an encoded array. */
enum model_use {
    MODEL_KEEP,   /* stays as it is */
    MODEL_OFFSET, /* "buffer": gives way to "offset" */
    MODEL_BYTES,  /* "codec": gives way to "bytes" */
};

/* One such member, in the order of the text. All places count from the text's beginning. */
struct model_span {
    size_t start; /* of the member's name, its quote */
    size_t end;   /* behind the member's value */
    size_t chars; /* MODEL_OFFSET: where the base64 begins; it ends before end - 1 */
    size_t bytes; /* of the array, decoded */
    enum model_use use;
};

/* What reading a payload's text finds. The spans belong to whoever called model_read. */
struct model_spans {
    struct model_span *spans;
    size_t count;
    size_t room;
    size_t limit;  /* most bytes for `spans` */
    bool believed; /* some base64 was not looked at: it may be wrong, and what followed too */
};

/*
 * Reads the whole text once. Where an array's size is known before its base64 comes, that is
 * passed without a look, provided a quote stands where it should end: decoding will tell. With
 * `careful` every character is looked at. Fills what `file` says of the text; `spans` is emptied
 * first. Returns what model_convert does.
 */
int model_read(const uint8_t *text, size_t size, bool careful, struct model_spans *spans,
               struct model_file *file);

#endif
