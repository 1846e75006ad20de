/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_MODEL_H
#define CADCAST_VIEW_MODEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/hash.h"

/*
 * Turns the payload of a `D` message, JSON with arrays as base64, into the file that our page
 * fetches instead: the JSON without the arrays, then the arrays as they lie in memory.
 * docs/model-format.md describes it byte for byte. Needs no loop: made for the worker pool.
 */
enum {
    MODEL_DEPTH = 1024, /* deepest nesting that is converted */
    MODEL_NAME = 64,    /* room for a name with its zero byte; a longer one is cut */
    MODEL_NAMES = 8,    /* how many parts' names are kept */
    MODEL_ALIGN = 16,   /* each array begins at a multiple of this */
    MODEL_HEAD = 16,    /* bytes before the JSON */
};

struct model_file {
    struct blob *bytes;    /* the file; one reference, the owner's */
    char hash[33];         /* of the file, by model_hash, in hexadecimal: its name in a URL */
    size_t json;           /* bytes of JSON in the file */
    unsigned arrays;       /* arrays in the data area */
    unsigned left;         /* encoded arrays that were not understood and stay text in the JSON */
    unsigned leaves;       /* parts of the tree that hold no parts themselves */
    unsigned parts;        /* parts directly below the root, all of them */
    int64_t count;         /* the payload's "count", -1 where there is none */
    bool splash;           /* the settings say `"_splash": true`: no model of the user's own */
    char type[MODEL_NAME]; /* the payload's "type", "" where there is none */
    char name[MODEL_NAME]; /* of the root of the tree */
    char part_names[MODEL_NAMES][MODEL_NAME]; /* of the first min(parts, MODEL_NAMES) parts */
};

struct model_options {
    size_t max_bytes;          /* most memory for the file and for making it; 0: no limit */
    const atomic_bool *cancel; /* looked at every 256 KiB; may be NULL */
    struct spares *spares;     /* where the file's memory comes from; may be NULL */
    /* Random bytes, the same for as long as equal models shall have equal hashes: a server that
     * keeps them over a restart keeps its browsers' caches. */
    uint8_t key[HASH_KEY];
};

/*
 * Converts the JSON text that begins at `offset` of `payload`; the caller keeps it referenced
 * until this returns. 0: `file` is filled. Otherwise `file` is empty and the payload must go to
 * the page as it is:
 *   -EINVAL     it is no JSON text (UTF-8 is not looked at)
 *   -E2BIG      it is nested deeper than MODEL_DEPTH
 *   -ENOTSUP    it holds what looks like an array of the file's own kind
 *   -EFBIG      more than max_bytes, or the JSON that is left has 4 GiB or more
 *   -ECANCELED  `cancel` became true
 *   -ENOMEM
 * Where `left` is not 0 the file is right, but a page that decodes nothing cannot show it: send
 * the payload as it is there too.
 */
int model_convert(const struct blob *payload, size_t offset, const struct model_options *options,
                  struct model_file *file);

/* Gives up the file's reference and empties it. An empty one is fine. */
void model_file_free(struct model_file *file);

#endif
