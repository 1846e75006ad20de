/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_ENGINE_PIECES_H
#define CADCAST_ENGINE_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"
#include "engine/link.h"
#include "loop/work.h"

/*
 * Contents at the engine, by their SHA-256, in pieces that are compressed one by one. A value is a
 * letter, 'z' (zstd, RFC 8878) or 'r' (raw), and the piece. With its name it just fits a class of
 * the engine's allocator: of 64 bytes more, a quarter of the memory would be empty.
 */
enum {
    PIECES_VALUE = (1 << 20) - 64, /* longest value */
    PIECES_SIZE = PIECES_VALUE - 1,
    PIECES_LIFE = 86400,  /* seconds without use after which the engine may forget one */
    PIECES_HASH = 65,     /* 64 hexadecimal digits and a zero byte */
    PIECES_SKIP = 2,      /* bytes before the payload of what is fetched: for a kind and a colon */
    PIECES_BASE = 200,    /* most bytes of what the keys begin with */
    PIECES_SMALL = 65536, /* longest content that waits for no thread of the pool, in bytes */
};

/* Conditions of both. */
enum {
    PIECES_MISSING = 1, /* the engine has not all of them */
    PIECES_FULL = 2,    /* it has no memory for them */
};

/* What both directions need. */
struct pieces {
    struct link *link;
    struct work_jobs *jobs;
    char base[PIECES_BASE]; /* what the names of the pieces begin with */
};

/* The result: 0, a condition, or an error. `hash` is the content's, `content` only of pieces_get:
 * its receiver owns a reference. */
typedef void (*pieces_done)(void *arg, int status, const char hash[PIECES_HASH],
                            struct blob *content);

/* Sends the payload of `content`. Returns an error, or `done` is called exactly once, later. */
int pieces_put(const struct pieces *pieces, struct blob *content, pieces_done done, void *arg);

/* Fetches a payload of `size` bytes: -EBADMSG, if it has another hash, or `right` says no, which is
 * called on the pool, or on the loop if the content is small. As above. */
int pieces_get(const struct pieces *pieces, const char hash[PIECES_HASH], size_t size,
               bool (*right)(struct blob *content), pieces_done done, void *arg);

/* ---- for the pieces_* files ---- */

/* Writes the SHA-256 of a payload. 0 or -ENOMEM. */
int pieces_hash(const struct blob *content, char hash[PIECES_HASH]);

/* Makes the value of a piece of `length` bytes; the caller frees value->data. 0 or -ENOMEM. */
int pieces_pack(struct resp *value, const uint8_t *from, size_t length);

/* The way back: -EBADMSG, if it is not the value of a piece of that length. */
int pieces_unpack(const struct resp *value, uint8_t *to, size_t length);

#endif
