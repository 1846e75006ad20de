/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_PROCESS_H
#define CADCAST_EXPORT_EXPORT_PROCESS_H

#include <stddef.h>

#include "base/frame.h"
#include "render/limit.h"

/* Bytes that a process is given, one piece after the other. */
struct export_piece {
    const void *data;
    size_t size;
};

/*
 * A helper process from its start to its end, for threads that may wait: it is given all its input
 * through a pipe and answers with frames. It is killed if the limit is reached.
 */
struct export_process {
    char *const *arguments; /* the first is the program's path; NULL ends them */
    const struct export_piece *input;
    unsigned pieces;
    size_t longest; /* bytes of its longest frame */
    const struct limit *limit;
    /* A frame, in reader->frame and reader->payload. 0; or an error, which ends the process. */
    int (*frame)(void *arg, struct frame_reader *reader);
    void *arg;
};

/* 0: it has ended; above 0: the number of the signal that ended it; -ECANCELED, -ETIMEDOUT: the
 * limit; -EPROTO, -EMSGSIZE: it wrote what is no frame, or one that is too long; an error of
 * `frame`, or of the system. SIGPIPE must be ignored. */
int export_process_run(const struct export_process *process);

#endif
