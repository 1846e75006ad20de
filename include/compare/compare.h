/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMPARE_COMPARE_H
#define CADCAST_COMPARE_COMPARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/blob.h"
#include "model/model.h"

/*
 * Compares two models part by part: docs/comparing.md. Needs no loop: made for the worker pool. The
 * same input gives the same bytes.
 */
struct compare_input {
    const struct blob *file;  /* a model file; borrowed as all here */
    const struct blob *exact; /* the message with its exact geometry; may be NULL */
    const struct blob *also;  /* another form of the same: equal in one form is equal; NULL: none */
    const json_t *states;     /* [faces, edges] by id of a part, as a browser reported them; they
                               * override the model's; may be NULL */
};

struct compare_options {
    bool picture;              /* make result->model */
    size_t limit;              /* parts that are listed; the others are only counted */
    size_t max_bytes;          /* of memory, the result included */
    unsigned max_ms;           /* 0: no limit of time */
    const atomic_bool *cancel; /* may be NULL */
    uint8_t key[HASH_KEY];     /* of the hash of result->model */
};

/* Room for a reason, with its zero byte. */
#define COMPARE_WHY 200

struct compare_result {
    bool same;               /* nothing differs */
    json_t *report;          /* counts and list (docs/comparing.md); owned by the caller */
    struct model_file model; /* a model that shows the comparison, with options.picture; the
                              * caller's, model_file_free */
    char fault[COMPARE_WHY]; /* after an error: the reason */
};

/*
 * 0; or, with the reason in result->fault:
 *   -EINVAL     one of them is no valid model file
 *   -E2BIG, -EFBIG  it needs more than the limits allow
 *   -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
int compare_models(const struct compare_input *from, const struct compare_input *to,
                   const struct compare_options *options, struct compare_result *result);

/* Drops what the result holds. */
void compare_result_free(struct compare_result *result);

#endif
