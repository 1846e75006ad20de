/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_FILES_FOLDER_H
#define CADCAST_FILES_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "loop/work.h"

#define FOLDER_FILES_MAX 1000 /* files in one folder */

/*
 * A fresh folder of mode 0700, into which a tar archive is unpacked while it comes; on the worker
 * pool, since disks block. It is removed at the end, with all that was written.
 */
struct folder;

struct folder_events {
    /* What was fed is on the disk, or an error occurred: see folder_fault. */
    void (*drained)(void *arg);
    /* It is removed and freed. Fires once, after folder_close. */
    void (*closed)(void *arg);
};

/* A new one, which is made with the first bytes. NULL: no memory. */
struct folder *folder_new(struct work_jobs *jobs, const struct folder_events *events, void *arg);

/* Takes bytes of the archive (copied). */
void folder_feed(struct folder *folder, const void *data, size_t size);

/* All bytes were fed: `drained` fires once more. */
void folder_end(struct folder *folder);

/* Bytes that wait to be written. */
size_t folder_waiting(const struct folder *folder);

/* Whether all is written. */
bool folder_complete(const struct folder *folder);

/* Why it cannot be unpacked, NULL: it can. *internal: this is the machine's fault, not the
 * archive's. */
const char *folder_fault(const struct folder *folder, bool *internal);

/* Its path, and the names of the files in it, each ending with a zero byte; not while a job runs:
 * within `drained`, or when it is complete. */
const char *folder_path(const struct folder *folder);
const struct text *folder_names(const struct folder *folder);

/* Removes it, after the job that is running. May be called twice. */
void folder_close(struct folder *folder);

#endif
