/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/hub_notice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/peer.h"
#include "view/session.h"

/* Key of the notice about a run. */
#define RUN "run"

static void send_all(struct hub *hub, const char *key, const char *text)
{
    list_each(pos, next, &hub->sessions) {
        struct session *session = list_entry(pos, struct session, link);
        list_each(peer_pos, peer_next, &session->peers) {
            struct peer *peer = list_entry(peer_pos, struct peer, link);
            if (peer->role == PEER_BROWSER && peer->ours)
                peer_send_notice(peer, key, text);
        }
    }
}

static int store(struct hub *hub, const char *key, const char *text)
{
    if (text[0] == '\0') {
        json_object_del(hub->notices, key);
        return 0;
    }
    if (hub->notices == NULL)
        hub->notices = json_object();
    return json_object_set_new(hub->notices, key, json_string(text)) == 0 ? 0 : -ENOMEM;
}

int hub_notice_set(struct hub *hub, const char *key, const char *text)
{
    const char *old = json_string_value(json_object_get(hub->notices, key));
    if (strcmp(old != NULL ? old : "", text) == 0)
        return 0;
    int r = store(hub, key, text);
    if (r == 0)
        send_all(hub, key, text);
    return r;
}

/* ---- runs ---- */

static void tell_run(struct peer *peer)
{
    const struct session *session = peer->session;
    double seconds = (double)(view_now(session->view) - session->run_begun) / 1000;
    peer_send_run(peer, session->run, seconds);
}

static void tell_pages(struct session *session, const char *text)
{
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role != PEER_BROWSER || !peer->ours)
            continue;
        if (session->run != NULL)
            tell_run(peer);
        else
            peer_send_notice(peer, RUN, text);
    }
}

int hub_notice_run(struct session *session, const char *command)
{
    char *copy = strdup(command);
    if (copy == NULL)
        return -ENOMEM;
    free(session->run);
    session->run = copy;
    session->run_begun = view_now(session->view);
    session->run_number = session->picture.number;
    tell_pages(session, "");
    return 0;
}

bool hub_notice_run_end(struct session *session, const char *command, bool quiet)
{
    bool nothing = session->run != NULL && session->run_number == session->picture.number;
    char text[HUB_NOTICE_COMMAND + 64] = "";
    /* Of what was refused, or had nothing to draw, the pages know. */
    if (nothing && !quiet && session->refused == NULL)
        snprintf(text, sizeof(text), "%s has ended and showed nothing.", command);
    free(session->run);
    session->run = NULL;
    tell_pages(session, text);
    return !nothing;
}

void hub_notice_greet(struct peer *peer)
{
    const char *key;
    json_t *text;
    if (peer->session->run != NULL)
        tell_run(peer);
    json_object_foreach(peer->hub->notices, key, text)
        peer_send_notice(peer, key, json_string_value(text));
}
