/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MODEL_MODEL_H
#define CADCAST_MODEL_MODEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/blob.h"
#include "base/hash.h"

/*
 * Turns the payload of a `D` message, JSON with arrays as base64, into the file that our page
 * fetches instead: the JSON without the arrays, then the arrays as raw bytes. docs/model-format.md
 * describes it byte for byte. Needs no loop: made for the worker pool.
 */
enum {
    MODEL_DEPTH = 1024, /* deepest nesting that is converted */
    MODEL_NAME = 64,    /* room for a name with its zero byte; a longer one is cut */
    MODEL_NAMES = 8,    /* how many parts' names are kept */
    MODEL_ALIGN = 16,   /* each array begins at a multiple of this */
    MODEL_HEAD = 16,    /* bytes before the JSON */
};

/* The first bytes of a file. */
#define MODEL_MAGIC "CADCAST1"

struct model_file {
    struct blob *bytes; /* the file; one reference, the owner's */
    char hash[33];      /* of the file, by model_hash, in hexadecimal: its name in a URL */
    size_t json;        /* bytes of JSON in the file */
    unsigned arrays;    /* arrays in the data area */
    unsigned left;      /* encoded arrays with an error, which stay text in the JSON */
    unsigned leaves;    /* parts of the tree without parts of their own */
    unsigned parts;     /* parts directly below the root, all of them */
    int64_t count;      /* the payload's "count", -1 if there is none */
    bool splash; /* the settings have `"_splash": true`: the start picture, not a user's model */
    char type[MODEL_NAME];                    /* the payload's "type", "" if there is none */
    char name[MODEL_NAME];                    /* of the root of the tree */
    char part_names[MODEL_NAMES][MODEL_NAME]; /* of the first min(parts, MODEL_NAMES) parts */
};

struct model_options {
    size_t max_bytes;           /* most memory for the result and the conversion; 0: no limit */
    const atomic_bool *cancel;  /* read every 256 KiB; may be NULL */
    struct block_cache *blocks; /* to allocate the file from; may be NULL */
    /* The hash key: random bytes that must stay the same as long as equal models are to have equal
     * hashes. A server that keeps it over a restart keeps its browsers' caches valid. */
    uint8_t key[HASH_KEY];
};

/*
 * Converts the JSON text in the payload of `payload`; the caller keeps it referenced until
 * this returns. 0: `file` is filled. Otherwise `file` is empty and the payload must be sent to the
 * page as it is:
 *   -EINVAL     it is not JSON (UTF-8 is not checked)
 * -E2BIG      it is nested deeper than MODEL_DEPTH
 *   -ENOTSUP    it holds what looks like an array of the file's own kind
 *   -EFBIG      more than max_bytes, or the JSON that is left has 4 GiB or more
 *   -ECANCELED  `cancel` became true
 *   -ENOMEM
 * If `left` is not 0 the file is right, but a page that decodes no base64 cannot show it: then too
 * send the payload as it is.
 */
int model_convert(const struct blob *payload, const struct model_options *options,
                  struct model_file *file);

/*
 * Reads what `file` holds besides its bytes, of a file that assemble_model made: for one that was
 * read from the disk. Takes a reference to `bytes`. 0; -EBADMSG: it is not such a file; -ECANCELED;
 * -ENOMEM.
 */
int model_open(struct blob *bytes, const struct model_options *options, struct model_file *file);

/*
 * The file of a session's model, which is a message or such a file already: model_convert or
 * model_open. -ENOTSUP also if an array stays text, which the page cannot decode.
 */
int model_make(struct blob *message, const struct model_options *options, struct model_file *file);

/* Fills what is known of a file from its tree of parts and settings. */
void model_describe(struct model_file *file, const json_t *tree, const json_t *config,
                    int64_t count);

/* Whether a blob is a model file and not a message. */
bool model_is_file(const struct blob *blob);

/*
 * The `D` message that holds the same as the file in `bytes`, which assemble_model made: for
 * browsers that take text. 0: `*text` has one reference, its payload begins behind the kind and the
 * colon. -EBADMSG: it is not such a file; -EFBIG: more than max_bytes; -ECANCELED; -ENOMEM.
 */
int model_text(const struct blob *bytes, const struct model_options *options, struct blob **text);

/* Drops the file's reference and empties it. May be called on an empty one. */
void model_file_free(struct model_file *file);

#endif
