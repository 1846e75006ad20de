/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_FILES_TAR_H
#define CADCAST_FILES_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define TAR_BLOCK 512
#define TAR_PATH_MAX 1024 /* bytes of a path */
#define TAR_DEPTH_MAX 16  /* folders in it */

/*
 * Reads an uncompressed tar archive (POSIX ustar, its pax extension, and GNU's long names) piece by
 * piece. Regular files only: folders are passed over, links and devices refused. Each path is
 * relative and stays within its folder: a name is a label.
 */
struct tar_events {
    /* A file of `size` bytes begins. */
    int (*file)(void *arg, const char *path, uint64_t size);
    int (*data)(void *arg, const void *data, size_t size);
    int (*end)(void *arg);
};

/* What the bytes behind a header are. */
enum tar_content { TAR_CONTENT_NONE, TAR_CONTENT_FILE, TAR_CONTENT_NAME, TAR_CONTENT_PAX };

/* Zero-initialise. */
struct tar {
    uint8_t block[TAR_BLOCK];
    size_t have;       /* bytes of the header block */
    uint64_t left;     /* bytes of content that have not come */
    uint64_t padding;  /* bytes behind it up to a whole block */
    struct text extra; /* a long name or a pax header, while it comes */
    struct text path;  /* of the next file, if an extension gave it */
    enum tar_content content;
    bool ended; /* by the block of zeros */
};

/* Takes bytes. 0; -EPROTO: this is no such archive, and *why says what is wrong with it, a literal;
 * -ENOMEM; or the error of an event. After an error it must not be fed any more. */
int tar_feed(struct tar *tar, const struct tar_events *events, void *arg, const void *data,
             size_t size, const char **why);

/* All bytes were fed. 0, or -EPROTO: the archive is cut off. */
int tar_end(const struct tar *tar, const char **why);

void tar_free(struct tar *tar);

#endif
