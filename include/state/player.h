/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STATE_PLAYER_H
#define CADCAST_STATE_PLAYER_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "loop/work.h"
#include "state/recording.h"
#include "view/hub.h"

/* Plays a recording into the sessions of a hub: each picture as long after the first one as it was
 * recorded, divided by the speed. The worker pool reads. */
struct player {
    struct hub *hub;
    const struct log *log;
    const char *path; /* borrowed */
    struct recording_reader *reader;
    struct work_jobs jobs;
    uv_timer_t timer;
    double speed;             /* 0: without pauses */
    int64_t first;            /* milliseconds since 1970 of the first picture; 0: none was read */
    uint64_t begun;           /* milliseconds on the loop's clock: when that one was shown */
    uint64_t count;           /* of pictures that were shown */
    struct player_step *step; /* the picture whose time has not come */
    bool open;
    bool closing;
};

/* Opens the recording and begins to play it. 0, or an error after one line in the log: all other
 * functions do nothing then. */
int player_open(struct player *player, const char *path, double speed, uv_loop_t *loop,
                struct hub *hub);

/* Ends it; `player` must stay until the loop has ended. May be called twice. */
void player_close(struct player *player);

#endif
