/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STEPS_PAST_H
#define CADCAST_STEPS_PAST_H

#include <stddef.h>

#include "base/text.h"
#include "export/export.h"
#include "render/limit.h"
#include "view/session.h"

/* One step, from the loop to the file. */
struct past_step {
    struct picture picture;
    struct model_file file;    /* what is known of it */
    struct stored_file stored; /* its bytes */
    struct delta *delta;       /* what of it the one after it does not have */
    struct text messages;      /* what changed it since */
};

/* The history of a session, for one HTML file: the newest first. */
struct past {
    struct past_step *steps;
    unsigned count;
    unsigned made; /* of them, those that are written */
    struct export_step *written;
};

/* Takes the steps that are there; on the loop. 0 or -ENOMEM. past_free is to be called in any case.
 */
int past_take(struct past *past, const struct session *session);

/* Makes what is written, the newest first, of at most `most` bytes besides `current`, the file of
 * the picture; the others are left out. On the pool. 0 or an error of limit_check, -ENOMEM. */
int past_make(struct past *past, struct blob *current, size_t most, struct limit *limit);

void past_free(struct past *past);

#endif
