/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_OFFLINE_UPLOAD_H
#define CADCAST_OFFLINE_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

/* Files in one upload, with those that models refer to. */
#define UPLOAD_FILES_MAX 256

struct upload_file {
    char *path; /* on this machine */
    char *name; /* in the archive */
    bool model; /* it was asked for; else a model refers to it */
    uint64_t size;
};

/*
 * Files as the body of a request: one as it is, several as a tar archive, into which those that an
 * OBJ or glTF file names come too. Zero-initialise.
 */
struct upload {
    struct upload_file files[UPLOAD_FILES_MAX];
    size_t count;
    bool archive;
    /* Where the reading is. */
    size_t at;        /* the file */
    FILE *open;       /* NULL: its head is next, or it is over */
    uint64_t left;    /* bytes of it */
    struct text head; /* bytes that come before anything else */
    size_t head_at;
    const char *broken; /* path of the file that could not be read */
};

/* Adds a model and what it refers to. 0, or an error about `path`. */
int upload_add(struct upload *upload, const char *path);

/* Looks at all files anew, and begins at the first byte. 0; or an error about the file
 * upload->broken. */
int upload_begin(struct upload *upload);

/* Bytes of the whole body, after upload_begin. */
uint64_t upload_size(const struct upload *upload);

/* Reads on: bytes, 0 at the end, below 0 if upload->broken cannot be read. */
long upload_read(struct upload *upload, void *buffer, size_t room);

void upload_free(struct upload *upload);

#endif
