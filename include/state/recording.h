/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_RECORDING_H
#define CADCAST_STATE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/text.h"
#include "state/state_file.h"

/*
 * A recording: the pictures of all sessions, one after the other, with their times
 * (docs/recording.md). A picture holds the records that differ from the one before it of its
 * session. All functions block on the disk: they are for the worker pool, one at a time.
 */

/* The kinds of records that only recordings have; the others are those of enum state_kind. */
enum recording_kind {
    RECORDING_WHEN = 64, /* milliseconds since 1970 */
    RECORDING_LEFT_OUT,  /* how many pictures before this one were not written */
};

struct recording_picture {
    struct state_records records;
    bool present[STATE_KINDS]; /* the records that were read; an absent one has not changed */
    int64_t when;              /* milliseconds since 1970 */
    uint64_t left_out;         /* pictures before this one that are not in the recording */
};

void recording_picture_free(struct recording_picture *picture);

/* ---- writing ---- */

struct recording {
    int fd;               /* below 0: not open */
    uint64_t size;        /* bytes of the head and the whole pictures */
    uint64_t limit;       /* most bytes; 0: no limit */
    struct list sessions; /* struct session_place: what the recording has of each */
    void *context;        /* of the compressor */
    bool settled;         /* `size` is known */
};

/* Opens a recording to go on with it, or begins a new one; only its owner may read the file, and
 * only one process write it. 0; -EBUSY: another process writes it; -EBADMSG: the file is not a
 * recording, and is unchanged; -EPROTO: it is one of a later version; or the error of open. */
int recording_open(struct recording *recording, const char *path, uint64_t limit);

/* What came of a picture that was not written, without an error. */
enum {
    RECORDING_SAME = 1, /* nothing differs from the one before it */
    RECORDING_FULL,     /* the file would be larger than its limit */
};

/* Writes what differs from the session's picture before. 0, one of the above, or an error of the
 * disk. Unless it was written, the file has the pictures before; after an error or a full file, the
 * next one of each session is written whole. */
int recording_add(struct recording *recording, const struct recording_picture *picture);

void recording_close(struct recording *recording);

/* ---- reading ---- */

struct recording_reader;

/* Whether the file begins as a recording does. */
bool recording_is(const char *path);

/* Opens a recording. 0; -EBADMSG: it is none; -EPROTO: it is one of a later version; -ENOMEM; or
 * the error of open. `most`: bytes of one picture. */
int recording_reader_new(struct recording_reader **out, const char *path, uint64_t most);
void recording_reader_free(struct recording_reader *reader);

/*
 * Reads the next picture; recording_picture_free frees it. Errors, with `picture` empty:
 *   1         that was the last one
 *   -ENODATA  the file was cut off behind the last one
 *   -EBADMSG  damaged
 *   -EFBIG    the picture has more than `most` bytes
 *   -ENOMEM, or the error of read
 */
int recording_read(struct recording_reader *reader, struct recording_picture *picture);

/* The sentence about an error of these functions. */
void recording_why(int error, struct text *why);

/* For the recording_* modules: the head of a file. */
enum { RECORDING_HEAD = 128 };

/* 0, or -EBADMSG or -EPROTO: see recording_open. */
int recording_check_head(const uint8_t head[RECORDING_HEAD]);

#endif
