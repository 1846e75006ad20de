/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <stdio.h>

#include "view/message.h"
#include "view/session.h"

/* Sends a message that was made for this peer, and drops the reference; NULL: out of memory. */
static void send_made(struct peer *peer, struct blob *blob, enum peer_matter matter)
{
    if (blob == NULL) {
        peer_close(peer, 1013, "out of memory");
        return;
    }
    peer_send(peer, blob, matter);
    blob_unref(blob);
}

/* The message with the address at which our page fetches a model file. NULL: no memory. */
static struct blob *address_of(const struct model_file *file, uint64_t number, const char *more)
{
    char text[200];
    int n = snprintf(text, sizeof(text),
                     "{\"type\":\"model\",\"url\":\"models/%s\",\"bytes\":%zu,\"number\":%llu%s}",
                     file->hash, file->bytes->size, (unsigned long long)number, more);
    return blob_copy(text, (size_t)n);
}

static struct blob *make_address(const struct session *session)
{
    return address_of(&session->file, session->picture.number,
                      session->refines ? ",\"refines\":true" : "");
}

void session_send_preview(struct session *session, struct peer *peer)
{
    const char *more = peer->previews ? ",\"preview\":true,\"refines\":true" : ",\"preview\":true";
    peer->previews = true;
    /* The model that it becomes will have this number. */
    send_made(peer, address_of(&session->preview, session->picture.number + 1, more),
              PEER_MATTER_PICTURE);
}

/* The model as text; NULL: it has to be made. */
static struct blob *model_as_text(const struct session *session)
{
    struct blob *model = session->picture.model;
    return model != NULL && !model_is_file(model) ? model : session->picture.text;
}

/* Has a model that was made from geometry made into text. */
static void want_text(struct session *session)
{
    if (session->text_making)
        return;
    session->text_making = true;
    session->view->services.text(session->view->services.owner, session);
}

static void send_as_text(struct session *session, struct peer *peer)
{
    struct blob *text = model_as_text(session);
    if (text != NULL) {
        peer_send(peer, text, PEER_MATTER_PICTURE);
        return;
    }
    peer_expect(peer);
    want_text(session);
}

bool session_takes_file(const struct session *session, const struct peer *peer)
{
    return peer->binary && !peer->wants_text && session->file_state != SESSION_FILE_FAILED;
}

void session_send_verbatim(struct session *session, struct peer *peer)
{
    if (session->picture.model == NULL)
        return;
    peer->wants_text = true;
    send_as_text(session, peer);
}

/* Sends the settings as a change of the picture, which a newer picture replaces. */
static void send_settings(struct session *session, struct peer *peer)
{
    send_made(peer, message_settings("", session->picture.settings), PEER_MATTER_CHANGE);
}

void session_send_changes(struct session *session, struct peer *peer)
{
    if (session->picture.settings != NULL)
        send_settings(session, peer);
    if (session->picture.animation != NULL)
        peer_send(peer, session->picture.animation, PEER_MATTER_CHANGE);
    if (session->picture.time != NULL)
        peer_send(peer, session->picture.time, PEER_MATTER_CHANGE);
    /* Ends the replay: from here on, messages are new and may change the restored view. */
    if (peer->ours)
        send_made(peer, blob_copy("{\"type\":\"replayed\"}", 19), PEER_MATTER_CHANGE);
}

void session_send_model(struct session *session, struct peer *peer)
{
    peer->wants_text = false;
    peer->previews = false;
    if (peer->binary && session->file_state == SESSION_FILE_MAKING)
        peer_expect(peer);
    else if (peer->binary && session->file_state == SESSION_FILE_READY)
        send_made(peer, make_address(session), PEER_MATTER_PICTURE);
    else
        send_as_text(session, peer);
}

void session_send_pending(struct session *session, struct peer *peer)
{
    if (!session_takes_file(session, peer)) {
        if (model_as_text(session) != NULL)
            peer_send_pending(peer, model_as_text(session));
        else
            want_text(session);
        return;
    }
    if (session->file_state != SESSION_FILE_READY)
        return;
    struct blob *address = make_address(session);
    if (address == NULL)
        peer_close(peer, 1013, "out of memory");
    else
        peer_send_pending(peer, address);
    blob_unref(address);
}
