/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_ASSET_H
#define CADCAST_WEB_ASSET_H

#include "base/blob.h"

/* Limit of one file of the page, in bytes. */
#define ASSET_MAX (64L * 1024 * 1024)

/* One file of the page as sent to browsers. The owner of the struct holds one reference to each
 * blob. */
struct asset_bytes {
    struct blob *plain;
    struct blob *gzip; /* NULL: compressing does not make it smaller */
    char tag[33];      /* the first 16 bytes of the SHA-256 of the contents, in hexadecimal */
};

/* The media type of a path by its ending, never NULL. */
const char *asset_type(const char *path);

/* Reads a whole file. Blocking. `*out` is a new reference. 0 or a negative errno value; -EFBIG for
 * one larger than ASSET_MAX. */
int asset_read(const char *path, struct blob **out);

/*
 * Reads a file of the page and its gzip form. Blocking: call it on a pool thread. The gzip form is
 * made at build time and lies in the folder `packed` (NULL: there is none) as "TAG.gz"; the tag is
 * a hash of the contents, so a stale one is never served. If it is missing, the file is compressed
 * here. Errors as for asset_read.
 */
int asset_load(const char *path, const char *packed, struct asset_bytes *out);

/* Gives up the references. */
void asset_free(struct asset_bytes *bytes);

#endif
