/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_ASSET_H
#define CADCAST_WEB_ASSET_H

#include "base/blob.h"

/* No file of a page is larger. */
#define ASSET_MAX (64L * 1024 * 1024)

/* What a file of the page is to a browser; one reference to each blob, the owner's. */
struct asset_bytes {
    struct blob *plain;
    struct blob *gzip; /* NULL: not worth it */
    char tag[33];      /* the first 16 bytes of the SHA-256 of the contents, in hexadecimal */
};

/* The media type of a path by its ending, never NULL. */
const char *asset_type(const char *path);

/* Reads a whole file. Blocking. `*out` is a new reference. 0 or a negative errno value; -EFBIG for
 * one larger than ASSET_MAX. */
int asset_read(const char *path, struct blob **out);

/*
 * Reads a file of the page and its gzip form. Blocking: made for the pool. The latter was made when
 * cadcast was built and lies in the folder `packed` (NULL: there is none) under the name "TAG.gz",
 * so what it was made from is what it is served for. Where it is not there, it is made here.
 * Errors as for asset_read.
 */
int asset_load(const char *path, const char *packed, struct asset_bytes *out);

/* Gives up the references. */
void asset_free(struct asset_bytes *bytes);

#endif
