/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_SERVICE_FILES_H
#define CADCAST_DAEMON_SERVICE_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/text.h"
#include "daemon/options.h"

/*
 * Where a background service keeps what others need to find it. One service for each value of
 * --port. Its process holds a lock on the pid file for as long as it lives, so that a file that is
 * left behind, or a process number that is somebody else's by now, fools nobody.
 */
struct service_files {
    char folder[PATH_MAX]; /* $XDG_RUNTIME_DIR/cadcast, or /tmp/cadcast-UID */
    char pid[PATH_MAX];    /* PORT.pid in it */
    char log[PATH_MAX];    /* --log-file, or $XDG_STATE_HOME/cadcast/cadcast-PORT.log */
    char state[PATH_MAX];  /* --state-dir, or $XDG_STATE_HOME/cadcast/PORT */
};

/* Works the names out. 0, or -ENAMETOOLONG, or -ENOENT where there is no home for log and pictures:
 * their names are empty then. */
int service_files_init(struct service_files *files, const struct options *options);

/* Makes the folder of the pid file where it is not there. -EPERM: it is not ours alone. */
int service_files_folder(const struct service_files *files);

/* Takes the lock: a descriptor; -EBUSY: the service runs; or another error. */
int service_files_lock(const struct service_files *files);

/* Waits, as commands do between two looks at the files. */
void service_files_pause(unsigned ms);

/* Whether the service runs. */
bool service_files_running(const struct service_files *files);

/* What the service said about itself: pid, url, started, log. A new reference; NULL: it does not
 * run, or has not said it yet. "refused" is there after a restart that was not done. */
json_t *service_files_read(const struct service_files *files);

/* Adds a line to `out` for each other service of this user that runs, on another port. */
void service_files_others(const struct service_files *files, struct text *out);

/* Says it, through the lock's descriptor. 0 or -errno. */
int service_files_write(int lock, const char *url, const char *log);

/* Adds to it that a restart was asked for and is not done: "refused" with "at" (another number each
 * time), "status" and "why". 0 or -errno. */
int service_files_refuse(int lock, int status, const char *why);

/* Bytes of the log, 0 where there is none. */
off_t service_files_log_size(const struct service_files *files);

/* Adds the last `lines` lines of a log to `out`, as far as the last 256 KiB have them and they came
 * behind its first `since` bytes. */
void service_files_tail(const char *path, off_t since, unsigned lines, struct text *out);

#endif
