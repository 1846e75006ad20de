/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/relay.h"

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
    list_init(&hub->lingering);
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

/* Bytes on their way out of memory. */
struct lingering {
    struct list link;
    struct blob *blob;
};

static bool shared(const struct blob *blob)
{
    return atomic_load_explicit(&blob->refs, memory_order_acquire) > 1;
}

void hub_free(struct hub *hub)
{
    list_each(pos, next, &hub->sessions)
        end_session(hub, list_entry(pos, struct session, link), false);
    list_each(pos, next, &hub->lingering)
    {
        struct lingering *member = list_entry(pos, struct lingering, link);
        list_remove(&member->link);
        blob_unref(member->blob);
        free(member);
    }
}

void hub_release(struct hub *hub, struct blob *blob)
{
    if (blob == NULL)
        return;
    hub->released += blob->size;
    struct lingering *member = shared(blob) ? malloc(sizeof(*member)) : NULL;
    if (member == NULL) {
        blob_unref(blob);
        return;
    }
    member->blob = blob;
    list_append(&hub->lingering, &member->link);
}

bool hub_lingers(const struct hub *hub, const struct blob *blob)
{
    list_each(pos, next, &hub->lingering)
    {
        if (list_entry(pos, struct lingering, link)->blob == blob)
            return true;
    }
    return false;
}

size_t hub_lingering(struct hub *hub)
{
    size_t total = 0;
    list_each(pos, next, &hub->lingering)
    {
        struct lingering *member = list_entry(pos, struct lingering, link);
        if (shared(member->blob)) {
            total += member->blob->size;
            continue;
        }
        list_remove(&member->link);
        blob_unref(member->blob);
        free(member);
    }
    return total;
}

struct session *hub_find(struct hub *hub, const char *name)
{
    list_each(pos, next, &hub->sessions)
    {
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
    list_each(pos, next, &hub->sessions) total +=
        session_bytes(list_entry(pos, struct session, link));
    return total;
}

unsigned hub_browsers(const struct hub *hub)
{
    unsigned total = 0;
    list_each(pos, next, &hub->sessions) total += list_entry(pos, struct session, link)->browsers;
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
    list_each(pos, next, &hub->sessions)
    {
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

/* A browser that waits for this picture, or shows it, is told; its page can say so. */
static void tell_dropped(struct session *session)
{
    static const char text[] =
        "{\"type\":\"notice\",\"level\":\"warning\",\"text\":\"The server ran short of memory and "
        "dropped this picture: it will not come back after a reload until it is shown again.\"}";
    list_each(pos, next, &session->peers)
    {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER && peer->ours)
            peer_send_text(peer, text, sizeof(text) - 1);
    }
}

bool hub_make_room(struct hub *hub, size_t more, const struct session *keep)
{
    size_t lingering = hub_lingering(hub);
    if (hub_bytes(hub) + hub->in_flight + lingering + more <= hub->options.max_memory)
        return true;
    /* What they hold goes with them, a moment later: it need not be counted below. */
    if (lingering > 0)
        hub->services.shed(hub->services.owner);
    while (hub_bytes(hub) + hub->in_flight + more > hub->options.max_memory) {
        struct session *session = least_wanted(hub, keep);
        if (session == NULL)
            return false;
        log_warning(hub->log, "hub", "memory limit: dropped the picture of session %s (%zu bytes)",
                    session->name, session_bytes(session));
        hub->dropped_pictures++;
        session_drop(session);
        tell_dropped(session);
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

void hub_greet(struct peer *peer)
{
    struct hub *hub = peer->hub;
    json_t *names = json_array();
    list_each(pos, next, &hub->sessions)
        json_array_append_new(names, json_string(list_entry(pos, struct session, link)->name));
    enum hub_measure measure = hub_measure(hub, peer->session);
    json_t *hello =
        json_pack("{s:s, s:s, s:s, s:o, s:s, s:b}", "type", "hello", "version",
                  hub->options.version, "session", peer->session->name, "sessions", names,
                  "measure", hub_measure_name(measure), "read_only", peer->read_only);
    peer_send_json(peer, hello);
    json_decref(hello);
}

/* An external backend came or went. Not told at once: a greeting may end the connection that it is
 * sent to, while the one that caused it is still walking over the session's peers. */
static void greet_all(struct session *session)
{
    if (!session->greet)
        return;
    session->greet = false;
    if (session->hub->options.builtin)
        return;
    list_each(pos, next, &session->peers)
    {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER && peer->ours)
            hub_greet(peer);
    }
}

static void tell_list(struct hub *hub)
{
    json_t *list = hub_list(hub);
    hub->list_changed = false;
    list_each(pos, next, &hub->sessions)
    {
        struct session *session = list_entry(pos, struct session, link);
        list_each(peer_pos, peer_next, &session->peers)
        {
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

static void tick_peers(struct session *session, uint64_t now)
{
    list_each(pos, next, &session->peers) relay_tick(list_entry(pos, struct peer, link), now);
    /* Kernels come and go a dozen times a show: only those that stay are news. */
    if (session->kernels != session->kernels_told)
        session->hub->list_changed = true;
    session->kernels_told = session->kernels;
}

void hub_tick(struct hub *hub)
{
    uint64_t now = hub_now(hub);
    hub_lingering(hub);
    list_each(pos, next, &hub->sessions)
    {
        struct session *session = list_entry(pos, struct session, link);
        session_tick_shots(session);
        session_tick_questions(session);
        session_tick_thumbnail(session);
        greet_all(session);
        tick_peers(session, now);
        if (useless(session, now))
            end_session(hub, session, true);
    }
    if (hub->list_changed)
        tell_list(hub);
}
