/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/hub_notice.h"

#include <errno.h>
#include <string.h>

#include "view/peer.h"

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

void hub_notice_greet(struct peer *peer)
{
    const char *key;
    json_t *text;
    json_object_foreach(peer->hub->notices, key, text)
        peer_send_notice(peer, key, json_string_value(text));
}
