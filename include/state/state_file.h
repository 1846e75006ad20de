/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_STATE_FILE_H
#define CADCAST_STATE_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"
#include "view/session.h"

/*
 * One session's picture as bytes; docs/state-format.md describes the file. A whole file is written
 * at once and ends with STATE_DONE. Records of small data that changes later, such as the camera,
 * are appended to it, so that turning a large model does not write the model again.
 */
enum state_kind {
    STATE_NAME = 1, /* the session's */
    STATE_FACTS,    /* the picture's number and time */
    STATE_MODEL,
    STATE_PARTS,
    STATE_SETTINGS, /* this kind and the following ones are small and may be appended */
    STATE_ANIMATION,
    STATE_TIME,
    STATE_STATUS,
    STATE_VIEWS,
    STATE_THUMBNAIL,
    STATE_DONE,
    STATE_PINNED, /* of the session, small; later than STATE_DONE, and skipped by versions before it
                   */
    STATE_KINDS,
};

struct state_record {
    struct blob *blob; /* NULL: no such record */
};

#define STATE_FACTS_SIZE 16 /* bytes of a record of the facts */

/* The content of a file: a picture as bytes. */
struct state_records {
    char name[SESSION_NAME_MAX + 1];
    uint64_t number;
    int64_t shown;                            /* seconds since 1970, 0 never */
    struct state_record records[STATE_KINDS]; /* STATE_MODEL to STATE_THUMBNAIL, STATE_PINNED */
};

/* The known content of a file, so that only records that differ are appended. */
struct state_place {
    uint64_t inode; /* 0: no file is known */
    uint64_t size;  /* bytes of valid records */
    uint64_t whole; /* bytes of them up to the end of STATE_DONE */
    struct {
        uint32_t check;
        uint64_t size;
    } last[STATE_KINDS];
};

/* A source of bytes. `read` works like pread(2), but reads all of `size` or fails. */
struct state_source {
    void *owner;
    uint64_t size;
    int (*read)(void *owner, uint64_t at, void *to, size_t size);
};

/* Makes the records of a picture: shares its blobs, serializes its JSON. Returns 0 or -ENOMEM. */
int state_records_from(struct state_records *records, const struct picture *picture);

/* Moves the records to an empty picture; omits JSON that cannot be parsed. */
void state_records_to(struct state_records *records, struct picture *picture);

/* What a record of the name (STATE_NAME), or of the facts (STATE_FACTS: STATE_FACTS_SIZE bytes),
 * says of the picture. Returns 0 or -EBADMSG. */
int state_records_set_name(struct state_records *records, const struct blob *blob);
int state_records_set_facts(struct state_records *records, const struct blob *blob);

/* Whether the session is pinned. */
int state_records_pin(struct state_records *records, bool pinned);
bool state_records_pinned(const struct state_records *records);

/* Drops the references of the records, and empties them. */
void state_records_free(struct state_records *picture);

/* Writes a whole file to `fd`, which must be empty. Fills `place` but for the inode. Returns 0 or
 * -errno. */
int state_file_write(int fd, const struct state_records *picture, struct state_place *place);

/* Appends the records that differ from `place` to `fd`, which must be positioned at its end.
 * Returns 0; 1 if nothing differs; or -errno: the file is valid up to place->size then. */
int state_file_append(int fd, const struct state_records *picture, struct state_place *place);

/*
 * Reads a file. 0: `picture` is filled, and `place` but for the inode; place->size is less than the
 * file's size if the last append was cut off. Errors, with `picture` empty:
 *   -EBADMSG  damaged, cut off, or not one of our files
 *   -EPROTO   written by a newer version
 *   -ENOMEM, or the error of source->read
 */
int state_file_read(const struct state_source *source, struct state_records *picture,
                    struct state_place *place);

#endif
