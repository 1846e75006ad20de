/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_LOG_FILE_H
#define CADCAST_PROCESS_LOG_FILE_H

#include <stdint.h>

/* Number of rotated files: FILE.1, the latest, to FILE.3. */
#define LOG_FILE_OLD 3

/*
 * A log file that is rotated when it is large enough. Lines are written to one descriptor for life:
 * at a rotation the new file replaces the old one behind it (dup2), so that no thread needs to
 * know.
 */
struct log_file {
    char *path; /* NULL: not open */
    int fd;
    uint64_t max; /* bytes; 0: no limit */
};

/* Opens `path` for appending, creating its folder if needed. `fd`: the descriptor to be used for
 * the log, such as that of standard error; below 0 takes a new one. 0 or -errno. */
int log_file_open(struct log_file *file, const char *path, uint64_t max, int fd);

/* Rotates the file if it is too large, or reopens it if another program renamed it. Call it now and
 * then. 0 or -errno, the old file then staying in use. */
int log_file_check(struct log_file *file);

/* Opens the path again, for a program that renamed the file and sent a signal. 0 or -errno. */
int log_file_reopen(struct log_file *file);

void log_file_close(struct log_file *file);

#endif
