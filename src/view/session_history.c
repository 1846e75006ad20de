/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The pictures that the session showed before. */
#include "view/message.h"
#include "view/session.h"

void session_remember(struct session *session)
{
    struct picture *picture = &session->picture;
    bool made = session->file_state == SESSION_FILE_READY;
    if (picture->model == NULL || session->splash ||
        (!made && session->file_state != SESSION_FILE_MAKING))
        return;
    const struct blob *small = session->small_of == picture->number ? picture->thumbnail : NULL;
    const struct blob *bytes = session->file.bytes;
    history_push(&session->history, picture, &session->file, small, session->view->options.history);
    if (session_exact(session) != NULL)
        session_step_parts(session, picture->number, picture->parts);
    if (!made || session->file.bytes != NULL)
        return;
    session->file_state = SESSION_FILE_NONE;
    /* A model made here from geometry is its own file, which the history counts from now on. */
    if (picture->model == bytes) {
        blob_unref(picture->model);
        picture->model = NULL;
    }
}

void session_repeated(struct session *session)
{
    if (history_repeats(&session->history, session->file.hash))
        history_drop_newest(&session->history, session->file.bytes);
}

void session_step_parts(struct session *session, uint64_t number, struct blob *parts)
{
    struct history_step *step = history_find(&session->history, number);
    if (step != NULL)
        history_parts(&session->history, step, parts);
}

void session_restore_step(struct session *session, struct picture *picture)
{
    const struct view_services *services = &session->view->services;
    uint64_t number = picture->number;
    if (number == session->picture.number || history_find(&session->history, number) != NULL)
        return;
    history_restore(&session->history, picture, session->view->options.history);
    const struct history_step *step = history_find(&session->history, number);
    if (step != NULL)
        services->convert_step(services->owner, session, step);
}

struct history_step *session_step(const struct session *session, int64_t step)
{
    if (step < 0)
        return history_back(&session->history, 0 - (uint64_t)step);
    struct history_step *found = history_find(&session->history, (uint64_t)step);
    return found == NULL || found->stored == NULL ? NULL : found;
}

json_t *session_history(const struct session *session, bool message)
{
    json_t *steps = history_describe(&session->history);
    return message ? json_pack("{s:s, s:o}", "type", "history", "steps", steps)
                   : json_pack("{s:s, s:I, s:i, s:o}", "session", session->name, "number",
                               (json_int_t)session->picture.number, "limit",
                               (int)session->view->options.history, "steps", steps);
}

static void add_message(struct text *out, const void *json, size_t size)
{
    text_add(out, text_string(out)[out->size - 1] == '[' ? "" : ",");
    text_add_bytes(out, json, size);
}

static void add_settings(struct text *out, json_t *settings)
{
    struct blob *message = message_settings("", settings);
    out->failed = out->failed || message == NULL;
    if (message != NULL)
        add_message(out, blob_payload(message), blob_payload_size(message));
    blob_unref(message);
}

void session_step_messages(const struct history_step *step, struct text *out)
{
    const struct picture *picture = &step->picture;
    text_format(out, "{\"number\":%llu,\"messages\":[", (unsigned long long)picture->number);
    if (picture->settings != NULL)
        add_settings(out, picture->settings);
    if (picture->animation != NULL)
        add_message(out, blob_payload(picture->animation), blob_payload_size(picture->animation));
    if (picture->time != NULL)
        add_message(out, blob_payload(picture->time), blob_payload_size(picture->time));
    text_add(out, "]}");
}

void session_tick_history(struct session *session)
{
    if (session->history_told == session->history.version)
        return;
    session->history_told = session->history.version;
    json_t *message = session_history(session, true);
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER && peer->ours)
            peer_send_json(peer, message);
    }
    json_decref(message);
}
