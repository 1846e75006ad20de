/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_STATE_FILE_H
#define CADCAST_DAEMON_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"
#include "view/session.h"

/*
 * One session's picture as bytes; docs/state-format.md describes the file. A whole file is written
 * at once and ends with STATE_DONE; small things that change later (the camera, say) are appended
 * behind it, so that turning a large model does not write the model again.
 */
enum state_kind {
    STATE_NAME = 1, /* the session's */
    STATE_FACTS,    /* number and time */
    STATE_MODEL,
    STATE_PARTS,
    STATE_SETTINGS, /* from here on small, and may be appended */
    STATE_ANIMATION,
    STATE_TIME,
    STATE_STATUS,
    STATE_VIEWS,
    STATE_THUMBNAIL,
    STATE_DONE,
    STATE_KINDS,
};

struct state_record {
    struct blob *blob; /* NULL: there is none */
    size_t offset;     /* where the payload begins in it; what is before that is not kept */
};

struct state_picture {
    char name[SESSION_NAME_MAX + 1];
    uint64_t number;
    int64_t shown;                            /* seconds since 1970, 0 never */
    struct state_record records[STATE_KINDS]; /* STATE_MODEL to STATE_THUMBNAIL */
};

/* What a file is known to hold, so that only what differs is appended. */
struct state_place {
    uint64_t inode; /* 0: there is no file that we know of */
    uint64_t size;  /* bytes that are good */
    uint64_t whole; /* of them, up to and with STATE_DONE */
    struct {
        uint32_t check;
        uint64_t size;
    } last[STATE_KINDS];
};

/* Where bytes come from: like pread(2), all of `size` or an error. */
struct state_source {
    void *owner;
    uint64_t size;
    int (*read)(void *owner, uint64_t at, void *to, size_t size);
};

/* Frees what the picture refers to, and empties it. */
void state_picture_free(struct state_picture *picture);

/* Writes a whole file to `fd`, which is empty. `place` is filled but for the inode. 0 or -errno. */
int state_file_write(int fd, const struct state_picture *picture, struct state_place *place);

/* Appends what differs from `place` to `fd`, which stands at its end. Returns 0, or -errno, the
 * file then being good up to place->size; or 1 where nothing differs. */
int state_file_append(int fd, const struct state_picture *picture, struct state_place *place);

/*
 * Reads. 0: `picture` is filled, `place` too but for the inode, and place->size may be less than
 * the file's where the last addition was cut off. Errors, `picture` then being empty:
 *   -EBADMSG  damaged, cut off, or not one of our files
 *   -EPROTO   of a version to come
 *   -ENOMEM, or what read said
 */
int state_file_read(const struct state_source *source, struct state_picture *picture,
                    struct state_place *place);

#endif
