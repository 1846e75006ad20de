/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Milliseconds that a session with neither picture nor visitor stays. */
#define EMPTY_LINGER 5000

uint64_t hub_now(const struct hub *hub)
{
    return hub->services.now(hub->services.owner);
}

int hub_init(struct hub *hub, const struct log *log, const struct hub_services *services,
             const struct hub_options *options)
{
    memset(hub, 0, sizeof(*hub));
    hub->log = log;
    hub->services = *services;
    hub->options = *options;
    list_init(&hub->sessions);
    int error = 0;
    struct session *session = hub_session(hub, SESSION_DEFAULT, &error);
    if (session == NULL)
        return error;
    session->permanent = true;
    return 0;
}

static void end_session(struct hub *hub, struct session *session, bool forget)
{
    hub->services.end(hub->services.owner, session, forget);
    hub->session_count--;
    hub->list_changed = true;
    session_free(session);
}

void hub_free(struct hub *hub)
{
    list_each(pos, next, &hub->sessions)
        end_session(hub, list_entry(pos, struct session, link), false);
}

struct session *hub_find(struct hub *hub, const char *name)
{
    list_each(pos, next, &hub->sessions) {
        struct session *session = list_entry(pos, struct session, link);
        if (strcmp(session->name, name) == 0)
            return session;
    }
    return NULL;
}

struct session *hub_session(struct hub *hub, const char *name, int *error)
{
    struct session *session = hub_find(hub, name);
    if (session != NULL)
        return session;
    *error = -EINVAL;
    if (!session_name_ok(name))
        return NULL;
    *error = -EAGAIN;
    if (hub->session_count >= hub->options.max_sessions)
        return NULL;
    *error = -ENOMEM;
    session = session_new(hub, name);
    if (session == NULL)
        return NULL;
    session->id = ++hub->last_id;
    list_append(&hub->sessions, &session->link);
    hub->session_count++;
    hub->list_changed = true;
    return session;
}

size_t hub_bytes(const struct hub *hub)
{
    size_t total = 0;
    list_each(pos, next, &hub->sessions)
        total += session_bytes(list_entry(pos, struct session, link));
    return total;
}

unsigned hub_browsers(const struct hub *hub)
{
    unsigned total = 0;
    list_each(pos, next, &hub->sessions)
        total += list_entry(pos, struct session, link)->browsers;
    return total;
}

enum hub_measure hub_measure(const struct hub *hub, const struct session *session)
{
    if (hub->options.builtin)
        return MEASURE_EXACT;
    bool external = hub->options.external || (session != NULL && session->backends > 0);
    return external ? MEASURE_EXTERNAL : MEASURE_MESH;
}

const char *hub_measure_name(enum hub_measure measure)
{
    static const char *const names[] = { "mesh", "exact", "external" };
    return names[measure];
}

/* The picture to give up next: with no browser if there is such a one, and unused for longest. */
static struct session *least_wanted(struct hub *hub, const struct session *keep)
{
    struct session *found = NULL;
    list_each(pos, next, &hub->sessions) {
        struct session *session = list_entry(pos, struct session, link);
        if (session == keep || (session->model == NULL && session->parts == NULL))
            continue;
        bool seen = session->browsers > 0;
        if (found == NULL || (found->browsers > 0) > seen ||
            ((found->browsers > 0) == seen && session->used < found->used))
            found = session;
    }
    return found;
}

bool hub_make_room(struct hub *hub, size_t more, const struct session *keep)
{
    while (hub_bytes(hub) + hub->in_flight + more > hub->options.max_memory) {
        struct session *session = least_wanted(hub, keep);
        if (session == NULL)
            return false;
        log_warning(hub->log, "hub", "memory limit: dropped the picture of session %s (%zu bytes)",
                    session->name, session_bytes(session));
        hub->dropped_pictures++;
        session_clear(session, NULL, 0);
    }
    return true;
}

json_t *hub_list(const struct hub *hub)
{
    json_t *rows = json_array();
    list_each(pos, next, &hub->sessions)
        json_array_append_new(rows, session_describe(list_entry(pos, struct session, link)));
    return json_pack("{s:s, s:o}", "type", "sessions", "sessions", rows);
}

static void tell_list(struct hub *hub)
{
    json_t *list = hub_list(hub);
    hub->list_changed = false;
    list_each(pos, next, &hub->sessions) {
        struct session *session = list_entry(pos, struct session, link);
        list_each(peer_pos, peer_next, &session->peers) {
            struct peer *peer = list_entry(peer_pos, struct peer, link);
            if (peer->role == PEER_LISTING || (peer->role == PEER_BROWSER && peer->ours))
                peer_send_json(peer, list);
        }
    }
    json_decref(list);
}

static bool useless(const struct session *session, uint64_t now)
{
    return !session->permanent && session->model == NULL && session->parts == NULL &&
           list_empty(&session->peers) && list_empty(&session->shots) &&
           now - session->used > EMPTY_LINGER;
}

void hub_tick(struct hub *hub)
{
    uint64_t now = hub_now(hub);
    list_each(pos, next, &hub->sessions) {
        struct session *session = list_entry(pos, struct session, link);
        session_tick_shots(session);
        session_tick_questions(session);
        session_tick_thumbnail(session);
        if (useless(session, now))
            end_session(hub, session, true);
    }
    if (hub->list_changed)
        tell_list(hub);
}
