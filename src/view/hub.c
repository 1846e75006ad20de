/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/hub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/hub_list.h"
#include "view/hub_notice.h"
#include "view/refuse.h"
#include "view/relay.h"
#include "view/session_lead.h"
#include "view/session_shots.h"

/* Milliseconds after which a session without a picture and peers is freed. */
#define EMPTY_SESSION_MS 5000

int hub_init(struct hub *hub, const struct log *log, const struct view_services *services,
             const struct view_options *options)
{
    memset(hub, 0, sizeof(*hub));
    hub->view.log = log;
    hub->view.services = *services;
    hub->view.options = *options;
    list_init(&hub->sessions);
    retained_init(&hub->view.retained);
    store_init(&hub->view.store, &hub->view.retained);
    int error = 0;
    struct session *session = hub_session(hub, SESSION_DEFAULT, &error);
    if (session == NULL)
        return error;
    session->permanent = true;
    return 0;
}

static void end_session(struct hub *hub, struct session *session, bool forget)
{
    hub->view.services.end(hub->view.services.owner, session, forget);
    hub->session_count--;
    hub->view.list_changed = true;
    session_free(session);
}

void hub_free(struct hub *hub)
{
    json_decref(hub->elsewhere);
    hub->elsewhere = NULL;
    json_decref(hub->notices);
    hub->notices = NULL;
    list_each(pos, next, &hub->sessions)
        end_session(hub, list_entry(pos, struct session, link), false);
    store_free(&hub->view.store);
    retained_free(&hub->view.retained);
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

struct session *hub_of(struct hub *hub, uint32_t id)
{
    list_each(pos, next, &hub->sessions) {
        struct session *session = list_entry(pos, struct session, link);
        if (session->id == id)
            return session;
    }
    return NULL;
}

const char *hub_name(struct hub *hub, uint32_t id)
{
    const struct session *session = hub_of(hub, id);
    return session == NULL ? "that is gone" : session->name;
}

int hub_rename(struct hub *hub, struct session *session, const char *name)
{
    char old[SESSION_NAME_MAX + 1];
    if (!session_name_ok(name))
        return -EINVAL;
    if (strcmp(session->name, SESSION_DEFAULT) == 0)
        return -EPERM;
    if (hub_find(hub, name) != NULL)
        return -EEXIST;
    memcpy(old, session->name, sizeof(old));
    snprintf(session->name, sizeof(session->name), "%s", name);
    session->renamed = true;
    session->used = view_now(&hub->view);
    hub->view.list_changed = true;
    hub->view.services.renamed(hub->view.services.owner, session, old);
    log_info(hub->view.log, "hub", "session %s is now %s", old, name);
    return 0;
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
    if (hub->session_count >= hub->view.options.max_sessions)
        return NULL;
    *error = -ENOMEM;
    session = session_new(&hub->view, name);
    if (session == NULL)
        return NULL;
    session->id = ++hub->last_id;
    list_append(&hub->sessions, &session->link);
    hub->session_count++;
    hub->view.list_changed = true;
    return session;
}

size_t hub_bytes(const struct hub *hub)
{
    size_t total = 0;
    list_each(pos, next, &hub->sessions) {
        const struct session *session = list_entry(pos, struct session, link);
        total += session_bytes(session) + session->history.bytes;
    }
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
    if (hub->view.options.builtin)
        return HUB_MEASURE_EXACT;
    if (hub->view.options.external || (session != NULL && session->backends > 0))
        return HUB_MEASURE_EXTERNAL;
    return hub->view.options.remote ? HUB_MEASURE_EXACT : HUB_MEASURE_MESH;
}

const char *hub_measure_name(enum hub_measure measure)
{
    static const char *const names[] = { "mesh", "exact", "external" };
    return names[measure];
}

static int worth(const struct session *session)
{
    return 2 * session->pinned + (session->browsers > 0);
}

/* The session whose picture is dropped next: one that is not pinned and has no browser if possible,
 * and of those the one unused for longest. */
static struct session *least_wanted(struct hub *hub, const struct session *keep)
{
    struct session *found = NULL;
    list_each(pos, next, &hub->sessions) {
        struct session *session = list_entry(pos, struct session, link);
        if (session == keep || (session->picture.model == NULL && session->picture.parts == NULL))
            continue;
        if (found == NULL || worth(session) < worth(found) ||
            (worth(session) == worth(found) && session->used < found->used))
            found = session;
    }
    return found;
}

/* Notifies the browsers that wait for this picture or show it; our page displays it. */
static void tell_dropped(struct session *session)
{
    static const char text[] =
        "{\"type\":\"notice\",\"level\":\"warning\",\"text\":\"The server ran short of memory and "
        "dropped this picture: it will not come back after a reload until it is shown again.\"}";
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER && peer->ours)
            peer_send_text(peer, text, sizeof(text) - 1);
    }
}

int hub_join(struct hub *hub, struct peer *peer, struct session *session,
             const struct peer_ops *ops, void *conn, const char *name)
{
    int error = peer_init(peer, &hub->view, ops, conn, name);
    if (error < 0)
        return error;
    peer->hub = hub;
    session_join(session, peer);
    return 0;
}

void hub_leave(struct peer *peer)
{
    if (!peer_end(peer))
        return;
    if (peer->role == PEER_BROWSER || peer->role == PEER_BACKEND)
        log_info(peer->view->log, "hub", "%s: %s left session %s", peer->name,
                 peer->role == PEER_BROWSER ? "browser" : "measurement backend",
                 peer->session->name);
    if (peer->on_leave != NULL)
        peer->on_leave(peer);
    relay_abort(peer);
    relay_leave(peer);
    session_leave(peer->session, peer);
    peer_free(peer);
}

/* Drops the step that was shown first of all sessions' histories. False: there is none. */
static bool drop_step(struct hub *hub)
{
    struct session *found = NULL;
    int64_t shown = 0;
    list_each(pos, next, &hub->sessions) {
        struct session *session = list_entry(pos, struct session, link);
        const struct history_step *step = history_oldest(&session->history);
        if (step != NULL && (found == NULL || step->picture.shown < shown)) {
            found = session;
            shown = step->picture.shown;
        }
    }
    return found != NULL && history_drop_oldest(&found->history);
}

/* Whether all fits with `more` bytes, once steps of the histories have gone as needed. */
static bool fits_without_steps(struct hub *hub, size_t more)
{
    unsigned dropped = 0;
    size_t most = hub->view.options.max_memory;
    more += hub->in_flight + hub->view.store.bytes;
    while (hub_bytes(hub) + retained_bytes(&hub->view.retained) + more > most && drop_step(hub))
        dropped++;
    hub->dropped_steps += dropped;
    if (dropped > 0)
        log_info(hub->view.log, "hub", "memory limit: dropped %u earlier pictures", dropped);
    return hub_bytes(hub) + retained_bytes(&hub->view.retained) + more <= most;
}

bool hub_make_room(struct hub *hub, size_t more, const struct session *keep)
{
    struct store *store = &hub->view.store;
    size_t most = hub->view.options.max_memory;
    more += hub->view.exact_bytes;
    size_t wanted = hub_bytes(hub) + hub->in_flight + more;
    size_t retained = retained_bytes(&hub->view.retained);
    if (wanted + store->bytes + retained <= most)
        return true;
    /* What may be used again goes before what is shown. */
    store_shrink(store, wanted + retained < most ? most - wanted - retained : 0);
    if (fits_without_steps(hub, more))
        return true;
    retained = retained_bytes(&hub->view.retained);
    list_each(pos, next, &hub->sessions)
        session_shots_shed(list_entry(pos, struct session, link));
    /* The bytes they hold are freed as they close, shortly: they are not counted below. */
    if (retained > 0)
        hub->view.services.shed(hub->view.services.owner);
    while (hub_bytes(hub) + hub->in_flight + more > hub->view.options.max_memory) {
        struct session *session = least_wanted(hub, keep);
        if (session == NULL)
            return false;
        log_warning(hub->view.log, "hub",
                    "memory limit: dropped the picture of session %s (%zu bytes)", session->name,
                    session_bytes(session));
        hub->dropped_pictures++;
        session_drop(session);
        tell_dropped(session);
        view_changed(session, &hub->view, VIEW_CHANGE_DROPPED);
    }
    return true;
}

void hub_model_file(struct hub *hub, struct session *session, struct model_file *file)
{
    hub->shows++;
    hub->show_bytes += file->bytes->size;
    refuse_forget(session);
    session_model_file(session, file);
    hub_make_room(hub, 0, session);
}

void hub_model(struct hub *hub, struct session *session, struct blob *message)
{
    hub->shows++;
    hub->show_bytes += message->size;
    refuse_forget(session);
    session_model(session, message);
    hub_make_room(hub, 0, session);
}

bool hub_parts(struct hub *hub, struct session *session, struct blob *message)
{
    size_t old = session->picture.parts == NULL ? 0 : session->picture.parts->size;
    size_t more = message->size > old ? message->size - old : 0;
    bool room = hub_make_room(hub, more, session);
    session_parts(session, room ? message : NULL);
    return room;
}

void hub_converted(struct hub *hub, struct session *session, uint64_t number, int status,
                   struct model_file *file)
{
    /* A model that was made here from geometry is its own file. */
    bool own = status == 0 && file->bytes != session->picture.model;
    if (own && session_waits_for(session, number) &&
        !hub_make_room(hub, file->bytes->size, session)) {
        log_warning(hub->view.log, "model",
                    "session %s: model stays as text: --max-memory has no room for both forms",
                    session->name);
        model_file_free(file);
        status = -ENOSPC;
    }
    bool late = !session_waits_for(session, number);
    session_converted(session, number, status, file);
    if (late)
        hub_make_room(hub, 0, session);
}

void hub_greet(struct peer *peer)
{
    struct hub *hub = peer->hub;
    json_t *names = hub_list_names(hub);
    enum hub_measure measure = hub_measure(hub, peer->session);
    json_t *hello =
        json_pack("{s:s, s:s, s:I, s:I, s:s, s:o, s:s, s:b}", "type", "hello", "version",
                  hub->view.options.version, "run", (json_int_t)hub->view.options.run, "id",
                  (json_int_t)peer->session->id, "session", peer->session->name, "sessions", names,
                  "measure", hub_measure_name(measure), "read_only", peer->read_only);
    peer_send_json(peer, hello);
    json_decref(hello);
    if (peer->session->history.count > 0) {
        json_t *history = session_history(peer->session, true);
        peer_send_json(peer, history);
        json_decref(history);
    }
    hub_notice_greet(peer);
    refuse_greet(peer);
    session_lead_greet(peer);
}

/* An external backend joined or left, or the session has another name. Greets from the tick, not at
 * once: sending may end a connection while the caller still iterates over the session's peers. */
static void greet_all(struct session *session)
{
    bool due = session->renamed || (session->greet && !session->view->options.builtin);
    session->greet = false;
    session->renamed = false;
    if (!due)
        return;
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER && peer->ours)
            hub_greet(peer);
    }
}

static void tell_list(struct hub *hub)
{
    json_t *list = hub_list(hub);
    hub->view.list_changed = false;
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
    return !session->permanent && !session->pinned && !session->kept &&
           session->picture.model == NULL && session->picture.parts == NULL &&
           list_empty(&session->peers) && list_empty(&session->shots) &&
           now - session->used > EMPTY_SESSION_MS;
}

static void tick_peers(struct session *session, uint64_t now)
{
    list_each(pos, next, &session->peers)
        relay_tick(list_entry(pos, struct peer, link), now);
    /* Kernels connect a dozen times a show: only a count that differs at a tick is sent. */
    if (session->kernels != session->kernels_told)
        session->view->list_changed = true;
    session->kernels_told = session->kernels;
}

void hub_tick(struct hub *hub)
{
    uint64_t now = view_now(&hub->view);
    retained_bytes(&hub->view.retained);
    list_each(pos, next, &hub->sessions) {
        struct session *session = list_entry(pos, struct session, link);
        session_shots_tick(session);
        session_tick_questions(session);
        session_tick_thumbnail(session);
        session_tick_history(session);
        session_lead_tick(session);
        greet_all(session);
        tick_peers(session, now);
        if (useless(session, now))
            end_session(hub, session, true);
    }
    if (hub->view.list_changed)
        tell_list(hub);
}
