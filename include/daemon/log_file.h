/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_LOG_FILE_H
#define CADCAST_DAEMON_LOG_FILE_H

#include <stdint.h>

/* Files that are kept besides the one in use: FILE.1, the latest, to FILE.3. */
#define LOG_FILE_OLD 3

/*
 * A log file that is put aside when it is large enough. Whoever writes lines does so to one
 * descriptor for life: a new file takes the place of the old one behind it, so that no thread has
 * to be told.
 */
struct log_file {
    char *path; /* NULL: not open */
    int fd;
    uint64_t max; /* bytes; 0: no limit */
};

/* Opens `path` for appending, making its folder where need be. `fd`: the descriptor that shall be
 * the log, such as that of standard error; below 0 takes a new one. 0 or -errno. */
int log_file_open(struct log_file *file, const char *path, uint64_t max, int fd);

/* Puts the file aside where it is too large, or where somebody else has: begins it anew then. To
 * be called now and then. 0 or -errno, the log then going on where it was. */
int log_file_check(struct log_file *file);

/* Opens the path again, for one that renamed the file and says so. 0 or -errno. */
int log_file_reopen(struct log_file *file);

void log_file_close(struct log_file *file);

#endif
