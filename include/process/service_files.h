/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_SERVICE_FILES_H
#define CADCAST_PROCESS_SERVICE_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/text.h"
#include "settings/options.h"

/*
 * The files of a background service, one service for each value of --port. Its process holds a lock
 * on the pid file for as long as it lives, so a stale file, or a process number that was reused, is
 * recognised.
 */
struct service_files {
    char folder[PATH_MAX]; /* $XDG_RUNTIME_DIR/cadcast, or /tmp/cadcast-UID */
    char pid[PATH_MAX];    /* PORT.pid in it */
    char log[PATH_MAX];    /* --log-file, or $XDG_STATE_HOME/cadcast/cadcast-PORT.log */
    char state[PATH_MAX];  /* --state-dir, or $XDG_STATE_HOME/cadcast/PORT */
};

/* Sets the names. 0, or -ENAMETOOLONG, or -ENOENT if there is no home for log and pictures: their
 * names are empty then. */
int service_files_init(struct service_files *files, const struct options *options);

/* Creates the folder of the pid file if it is missing. -EPERM: another user owns it or may write
 * it. */
int service_files_folder(const struct service_files *files);

/* Takes the lock: a descriptor; -EBUSY: the service runs; or another error. */
int service_files_lock(const struct service_files *files);

/* Whether the service runs. */
bool service_files_running(const struct service_files *files);

/* The contents of the pid file: pid, url, urls, started, log. A new reference; NULL: the service
 * does not run, or has not written it yet. "refused" is in it after a refused restart. */
json_t *service_files_read(const struct service_files *files);

/* Adds a line to `out` for each other service of this user that runs, on another port. */
void service_files_others(const struct service_files *files, struct text *out);

/* If no service runs with these files, but one that was started with another --port (0, say) has
 * its page at `port`: takes the names of that one's pid file and log. */
void service_files_find(struct service_files *files, int port);

/* Writes process, addresses (an array of strings, the usual one first), start time, path of the log
 * and options (as from options_json; may be NULL) into the pid file; `lock` comes from
 * service_files_lock. 0 or -errno. */
int service_files_write(int lock, json_t *urls, const char *log, json_t *options);

/* Adds a refused restart to it: "refused" with "at" (another number each time), "status" and "why".
 * 0 or -errno. */
int service_files_refuse(int lock, int status, const char *why);

/* Size of the log in bytes, 0 if there is none. */
off_t service_files_log_size(const struct service_files *files);

/* Adds the last `lines` lines of a log to `out`, if they are in its last 256 KiB and behind its
 * first `since` bytes. */
void service_files_tail(const char *path, off_t since, unsigned lines, struct text *out);

#endif
