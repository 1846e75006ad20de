/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MODEL_MODEL_WRITE_H
#define CADCAST_MODEL_MODEL_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/*
 * Writes a model file (docs/model-format.md) that is made here and not converted from a message:
 * first all arrays are noted, whose offsets go into the JSON, then the file is written at once.
 * Zero-initialise; model_write_free when done.
 */
struct model_write {
    size_t data; /* bytes of the data area so far */
    struct model_write_array *arrays;
    size_t count, room;
};

/* Notes an array, whose bytes must stay until the file is written. Its offset in the data area;
 * -ENOMEM. */
long model_write_array(struct model_write *write, const uint8_t *data, size_t bytes);

/* Makes the file of that JSON and the arrays. 0: `bytes`, `hash`, `json` and `arrays` of `file` are
 * set, its other members are the caller's. -EFBIG: more than options->max_bytes; -ECANCELED;
 * -ENOMEM. */
int model_write_file(const struct model_write *write, const char *json, size_t size,
                     const struct model_options *options, struct model_file *file);

void model_write_free(struct model_write *write);

#endif
