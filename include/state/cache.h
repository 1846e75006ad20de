/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_CACHE_H
#define CADCAST_STATE_CACHE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/blob.h"

/*
 * Meshes on disk, for the next start: a file each, named after the shape's hash, how it was meshed,
 * and the helper that did it (docs/state-format.md). Files used longest ago are removed when there
 * are too many bytes. cache_read and cache_write block on the disk: they are for the worker pool,
 * and several threads may call them.
 */
struct cache {
    char *folder;
    uint64_t helper;            /* names the helper program: another one makes other meshes */
    uint64_t limit;             /* bytes of all files */
    atomic_uint_fast64_t bytes; /* of all files; UINT64_MAX: not counted yet */
};

/* Room for a file's name, with its zero byte. */
#define CACHE_NAME 128

/* Prepares the cache in that folder, which need not exist. `program`: the path of the helper.
 * Touches no disk but for the status of the program. 0, -ENOMEM, or an error of that. */
int cache_open(struct cache *cache, const char *folder, const char *program, uint64_t limit);
void cache_close(struct cache *cache);

/* Writes the file name of a mesh. */
void cache_name(const struct cache *cache, const uint8_t hash[32], double deviation, double angle,
                char name[CACHE_NAME]);

/* Reads a mesh, and marks it as used: its payload is what cache_write was given. 0: `*blob` has one
 * reference; -ENOENT: there is none; -EBADMSG: it was damaged, and is removed; another error. */
int cache_read(struct cache *cache, const char *name, struct blob **blob);

/* Writes a mesh, whole or not at all. 0 or an error of the disk. */
int cache_write(struct cache *cache, const char *name, const struct blob *blob);

#endif
