/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_H
#define CADCAST_EXPORT_EXPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/blob.h"
#include "model/delta.h"

/*
 * A model file as a file that other programs read: docs/exporting.md. Needs no loop: made for the
 * worker pool. The same input gives the same bytes.
 */
enum export_format {
    EXPORT_STL,
    EXPORT_GLB,
    EXPORT_3MF,
    EXPORT_HTML,
    EXPORT_STEP,
    EXPORT_BREP,
    EXPORT_FORMATS
};

/* A picture that was shown before, in an EXPORT_HTML. */
struct export_step {
    uint64_t number;
    int64_t when; /* seconds since 1970 */
    const char *name;
    unsigned parts;
    const struct blob *small; /* a small picture, PNG; NULL: none */
    const char *messages;     /* what changed it, as GET history has it */
    size_t messages_size;
    const struct delta *delta; /* its file: what that of the step before it in the list, of the
                                * first the model, does not have */
};

/* What a page of EXPORT_HTML needs besides the model. */
struct export_page {
    const char *path;   /* of what all pages have in common; NULL: it is missing */
    const char *values; /* of this one: export/export_html.h */
    const char *name;   /* of the model */
    size_t most;        /* bytes of the packed model; 0: as browsers take, EXPORT_HTML_MOST */
    const struct export_step *steps; /* the newest first */
    unsigned step_count;
    unsigned steps_left; /* how many are left out */
};

/* What STEP and BREP are made of. */
struct export_exact_source {
    const struct blob *parts; /* the `B` of the model, with its payload; NULL: there is none */
    const char *program;      /* path of cadcast-import; "": there is none */
    const char *name;         /* of the model, for the file's head */
    int64_t shown;            /* seconds since 1970, for the same */
    uint64_t memory;          /* bytes of the process at most; 0: no limit */
};

struct export_options {
    enum export_format format;
    const json_t *parts;  /* ids of parts or groups that are written, NULL or empty: all; borrowed
                           * as all JSON here */
    const json_t *hide;   /* ids of those that are not; may be NULL */
    bool visible;         /* only what is shown */
    const json_t *states; /* [faces, edges] by id of a part; overrides the model's; may be NULL */
    const struct export_page *page;          /* of EXPORT_HTML, which has all parts */
    const struct export_exact_source *exact; /* of STEP and BREP; may be NULL */
    size_t max_bytes;                        /* of memory, the result included */
    unsigned max_ms;                         /* 0: no limit of time */
    const atomic_bool *cancel;               /* may be NULL */
};

/* Room for a reason, with its zero byte. */
#define EXPORT_WHY 200

struct export_result {
    struct blob *bytes;     /* one reference, the caller's; NULL after an error */
    unsigned left_out;      /* parts that this format has no form for */
    char fault[EXPORT_WHY]; /* after an error: the reason */
};

/*
 * 0; or, with the reason in result->fault:
 *   -EINVAL     the file is no valid model file
 *   -ENOENT     there is no part of an id in `parts` or `hide`
 *   -ENODATA    nothing is left to write
 *   -E2BIG, -EFBIG  it needs more than the limits allow, or the format can hold
 *   -ENOTSUP    there is no page, or no program that writes STEP and BREP
 *   -ENXIO      STEP, BREP: there is no exact geometry
 *   -EBADMSG    STEP, BREP: that program cannot write it
 *   -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
int export_write(const uint8_t *file, size_t size, const struct export_options *options,
                 struct export_result *result);

/* The format of a name's extension, without the dot, in any case; EXPORT_FORMATS: none. */
enum export_format export_format_of(const char *extension);

/* The extension of a format, and its media type. */
const char *export_extension(enum export_format format);
const char *export_type(enum export_format format);

#endif
