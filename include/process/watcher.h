/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_WATCHER_H
#define CADCAST_PROCESS_WATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

/* Milliseconds without a change until a save counts as finished. */
#define WATCHER_DEBOUNCE_MS 100

/* Most paths, and most folders of them. */
#define WATCHER_PATHS 1024
#define WATCHER_FOLDERS 1024

/*
 * Tells when files have been saved, in whatever way. Most programs save by another file of the same
 * name, so it is the folder that the system is asked about, and its events only say when to look:
 * what is told comes from comparing each file's identity, time and size with those of before. Each
 * save is so told once, when nothing has changed for a while. It looks by itself too, once a second
 * and four times where the system tells of no changes (sys_tells_changes), so that a folder that
 * was moved away and comes back, or an event that was lost, is noticed. For a command: looking
 * blocks on the disk.
 */
struct watcher;

struct watcher_options {
    unsigned debounce; /* milliseconds; 0: WATCHER_DEBOUNCE_MS */
    bool poll;         /* the system is never asked for events */
    /* Something has changed: that path, as it was added, and perhaps others. */
    void (*changed)(void *arg, const char *path);
    void *arg;
};

/* 0, or a negative errno value. The options are copied. */
int watcher_open(uv_loop_t *loop, const struct watcher_options *options, struct watcher **out);

/*
 * Watches a file, or all files of a folder and those below it, without hidden ones, names that end
 * with "~", and __pycache__ and node_modules. It need not be there yet. A file that goes is not
 * told; it is when it comes back as another one. `since`: what was saved from that time
 * on (sys_file_clock) counts as a change; 0: nothing does. What is watched already stays as it
 * is. 0, -E2BIG: too many; -ENAMETOOLONG, or -ENOMEM.
 */
int watcher_add(struct watcher *watcher, const char *path, int64_t since);

/* Ends it; it frees itself on the loop. NULL is allowed. */
void watcher_close(struct watcher *watcher);

#endif
