/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MODEL_MODEL_READ_H
#define CADCAST_MODEL_MODEL_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* How a member of an encoded array is rewritten. */
enum model_use {
    MODEL_KEEP,   /* stays as it is */
    MODEL_OFFSET, /* "buffer": replaced by "offset" */
    MODEL_BYTES,  /* "codec": replaced by "bytes" */
};

/* One such member, in the order of the text. Offsets count from the text's beginning. */
struct model_span {
    size_t start; /* of the member's name, its quote */
    size_t end;   /* behind the member's value */
    size_t chars; /* MODEL_OFFSET: start of the base64; it ends before end - 1 */
    size_t bytes; /* of the array, decoded */
    enum model_use use;
};

/* The result of reading a payload's text. The caller of model_read frees the spans. */
struct model_spans {
    struct model_span *spans;
    size_t count;
    size_t room;
    size_t limit;  /* most bytes for `spans` */
    bool believed; /* some base64 was skipped unread: it, and the text after it, may be wrong */
};

/*
 * Reads the whole text once. If an array's size is known before its base64, the base64 is skipped
 * unread, provided a quote stands at the expected end: decoding will check it. With `careful` every
 * character is read. Fills the fields of `file` that describe the text; `spans` is emptied first.
 * Returns the errors of model_convert.
 */
int model_read(const uint8_t *text, size_t size, bool careful, struct model_spans *spans,
               struct model_file *file);

#endif
