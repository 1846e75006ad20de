/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/session.h"

/* Sends what was made for this peer, and gives the reference up; NULL: there was no memory. */
static void send_made(struct peer *peer, struct blob *blob, enum peer_matter matter)
{
    if (blob == NULL) {
        peer_close(peer, 1013, "out of memory");
        return;
    }
    peer_send(peer, blob, 0, matter);
    blob_unref(blob);
}

/* Tells our page where to fetch the model; the message stands in for the model itself. */
static void send_address(struct session *session, struct peer *peer)
{
    char text[160];
    int n = snprintf(text, sizeof(text),
                     "{\"type\":\"model\",\"url\":\"models/%s\",\"bytes\":%zu,\"number\":%llu}",
                     session->file.hash, session->file.bytes->size,
                     (unsigned long long)session->number);
    send_made(peer, blob_copy(text, (size_t)n), MATTER_PICTURE);
}

void session_send_verbatim(struct session *session, struct peer *peer)
{
    if (session->model == NULL)
        return;
    peer->model_seen = session->number;
    peer_send(peer, session->model, session->model_offset, MATTER_PICTURE);
}

/* As a change of the picture, which a newer picture makes pointless. */
static void send_settings(struct session *session, struct peer *peer)
{
    json_t *ui = json_pack("{s:s, s:O}", "type", "ui", "config", session->settings);
    char *text = ui == NULL ? NULL : json_dumps(ui, JSON_COMPACT | JSON_ENSURE_ASCII);
    struct blob *blob = text == NULL ? NULL : blob_copy(text, strlen(text));
    json_decref(ui);
    free(text);
    send_made(peer, blob, MATTER_CHANGE);
}

void session_send_changes(struct session *session, struct peer *peer)
{
    if (session->settings != NULL)
        send_settings(session, peer);
    if (session->animation != NULL)
        peer_send(peer, session->animation, 2, MATTER_CHANGE);
    if (session->time != NULL)
        peer_send(peer, session->time, 2, MATTER_CHANGE);
    /* What comes now is new, and may change the view again that was restored. */
    if (peer->ours)
        peer_send_text(peer, "{\"type\":\"replayed\"}", 19);
}

bool session_send_model(struct session *session, struct peer *peer)
{
    if (!peer->binary || session->file_state == FILE_FAILED || session->file_state == FILE_NONE) {
        session_send_verbatim(session, peer);
        return true;
    }
    if (session->file_state == FILE_MAKING)
        return false;
    peer->model_seen = session->number;
    send_address(session, peer);
    return true;
}
