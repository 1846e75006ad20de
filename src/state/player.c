/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/player.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "view/message.h"

/* Longest pause that the loop's timer is given, in milliseconds. */
#define PAUSE_MAX 1e12

/* A picture that is read, and then waits for its time. */
struct player_step {
    struct work work;
    struct player *player;
    struct recording_picture picture;
    int status;
};

/* ---- showing ---- */

static struct blob *take(struct recording_picture *picture, enum state_kind kind)
{
    struct blob *blob = picture->records.records[kind].blob;
    picture->records.records[kind].blob = NULL;
    return blob;
}

/* The picture before was replaced by the same model again, by another one, or by nothing. */
static void show_model(struct hub *hub, struct session *session, struct recording_picture *picture)
{
    bool again = !picture->present[STATE_MODEL];
    struct blob *model = again ? session->picture.model : take(picture, STATE_MODEL);
    struct blob *clear = model == NULL ? blob_copy("{\"type\":\"clear\"}", 16) : NULL;
    if (model != NULL && again)
        blob_ref(model);
    /* Both count one up. */
    session->picture.number = picture->records.number - 1;
    if (model != NULL)
        hub_model(hub, session, model);
    else
        session_clear(session, clear);
    blob_unref(model);
    blob_unref(clear);
    session->picture.shown = picture->records.shown;
}

static void show_settings(struct session *session, json_t *settings)
{
    struct blob *message = settings == NULL ? NULL : message_settings("", settings);
    if (message != NULL)
        session_settings(session, message, settings);
    blob_unref(message);
}

/* Shows what came after the model; `changes` has the JSON of it. */
static void show_changes(struct session *session, struct picture *changes, const bool *present)
{
    if (present[STATE_SETTINGS])
        show_settings(session, changes->settings);
    /* An animation ends the time before it. */
    if (present[STATE_ANIMATION] && changes->animation != NULL)
        session_animation(session, changes->animation);
    if (present[STATE_TIME] && changes->time != NULL)
        session_time(session, changes->time);
    if (present[STATE_THUMBNAIL] && changes->thumbnail != NULL)
        session_thumbnail(session, session->picture.number, changes->thumbnail);
}

static void move_object(json_t **to, json_t **from)
{
    if (*from == NULL)
        return;
    json_decref(*to);
    *to = *from;
    *from = NULL;
}

/* Shows a picture in its session: what differs from the one that is shown. Takes over the parts
 * that it uses. */
static void show(struct hub *hub, struct recording_picture *picture)
{
    int error = 0;
    struct picture changes;
    struct session *session = hub_session(hub, picture->records.name, &error);
    if (session == NULL) {
        log_warning(hub->view.log, "replay", "session %s is not shown: too many sessions",
                    picture->records.name);
        return;
    }
    if (session->picture.number != picture->records.number || picture->present[STATE_MODEL])
        show_model(hub, session, picture);
    struct blob *parts = take(picture, STATE_PARTS);
    if (parts != NULL)
        hub_parts(hub, session, parts);
    else if (picture->present[STATE_PARTS])
        session_drop_parts(session);
    blob_unref(parts);
    state_records_to(&picture->records, &changes);
    show_changes(session, &changes, picture->present);
    move_object(&session->picture.status, &changes.status);
    move_object(&session->picture.views, &changes.views);
    picture_free(&changes);
}

/* ---- playing ---- */

static void step_free(struct player_step *step)
{
    recording_picture_free(&step->picture);
    free(step);
}

static void end(struct player *player)
{
    if (player->open && !uv_is_closing((uv_handle_t *)&player->timer))
        uv_close((uv_handle_t *)&player->timer, NULL);
    recording_reader_free(player->reader);
    player->reader = NULL;
    if (player->step != NULL)
        step_free(player->step);
    player->step = NULL;
    player->open = false;
}

/* A recording that was cut off is played to its end, and so is one up to where it is damaged. */
static void finish(struct player *player, int status)
{
    struct text why = { 0 };
    recording_why(status, &why);
    if (status < 0)
        log_warning(player->log, "replay", "%s: %s behind picture %llu", player->path,
                    text_string(&why), (unsigned long long)player->count);
    log_info(player->log, "replay", "%s: played, %llu pictures", player->path,
             (unsigned long long)player->count);
    text_free(&why);
    end(player);
}

static int read_next(struct player *player);

static void tell(struct player *player, const struct recording_picture *picture)
{
    char at[32] = "";
    struct tm local;
    time_t seconds = (time_t)(picture->when / 1000);
    if (localtime_r(&seconds, &local) != NULL)
        strftime(at, sizeof(at), "%Y-%m-%d %H:%M:%S", &local);
    if (picture->left_out > 0)
        log_warning(player->log, "replay", "%llu pictures are not in the recording here",
                    (unsigned long long)picture->left_out);
    log_info(player->log, "replay", "session %s: picture %llu, of %s", picture->records.name,
             (unsigned long long)player->count, at);
}

static void on_due(uv_timer_t *timer)
{
    struct player *player = timer->data;
    struct player_step *step = player->step;
    player->step = NULL;
    player->count++;
    tell(player, &step->picture);
    show(player->hub, &step->picture);
    step_free(step);
    int error = read_next(player);
    if (error < 0)
        finish(player, error);
}

/* Milliseconds until the picture is due. */
static uint64_t pause_before(struct player *player, const struct recording_picture *picture)
{
    uint64_t now = uv_now(player->jobs.loop);
    if (player->first == 0) {
        player->first = picture->when;
        player->begun = now;
    }
    double at =
        player->speed <= 0 ? 0 : ((double)picture->when - (double)player->first) / player->speed;
    double left = fmin(at, PAUSE_MAX) - (double)(now - player->begun);
    return left > 0 ? (uint64_t)left : 0;
}

static void run(struct work *work)
{
    struct player_step *step = (struct player_step *)work;
    step->status = recording_read(step->player->reader, &step->picture);
}

static void done(struct work *work, int status)
{
    struct player_step *step = (struct player_step *)work;
    struct player *player = step->player;
    if (status < 0)
        step->status = status;
    if (player->closing || step->status != 0) {
        status = step->status;
        step_free(step);
        if (player->closing)
            end(player);
        else
            finish(player, status);
        return;
    }
    player->step = step;
    uv_timer_start(&player->timer, on_due, pause_before(player, &step->picture), 0);
}

static int read_next(struct player *player)
{
    struct player_step *step = calloc(1, sizeof(*step));
    if (step == NULL)
        return -ENOMEM;
    step->player = player;
    int error = work_start(&step->work, &player->jobs, "a recording read", run, done);
    if (error < 0)
        free(step);
    return error;
}

int player_open(struct player *player, const char *path, double speed, uv_loop_t *loop,
                struct hub *hub)
{
    struct text why = { 0 };
    memset(player, 0, sizeof(*player));
    player->hub = hub;
    player->log = hub->view.log;
    player->path = path;
    player->speed = speed;
    player->jobs = (struct work_jobs){ .loop = loop };
    int error = recording_reader_new(&player->reader, path, hub->view.options.max_memory);
    if (error == 0) {
        uv_timer_init(loop, &player->timer);
        player->timer.data = player;
        player->open = true;
        error = read_next(player);
    }
    if (error < 0) {
        recording_why(error, &why);
        log_error(player->log, "replay", "%s: %s", path, text_string(&why));
        text_free(&why);
        end(player);
    }
    return error;
}

void player_close(struct player *player)
{
    if (!player->open || player->closing)
        return;
    player->closing = true;
    /* Otherwise a job of the pool reads, and ends it. */
    if (player->step != NULL)
        end(player);
}
