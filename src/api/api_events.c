/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_view.h"
#include "conn/conn_events.h"
#include "server/server.h"

/* Events that are kept, and bytes of one: a longer one says that it is left out. */
#define KEPT 256
#define EVENT_MAX ((size_t)64 * 1024)

/* Programs that follow at a time. */
#define FOLLOWERS_MAX 64

struct event {
    uint64_t number;  /* 0: this place is free */
    uint32_t session; /* its number */
    struct text text;
};

struct follower {
    struct list link;
    struct weak_pointer *conn;
    uint32_t session; /* its number: its name may change */
};

struct api_events {
    struct list followers;
    struct event kept[KEPT]; /* each in the place that its number has */
    uint64_t last;           /* number of the newest one */
    uint64_t run;            /* of the server: tells its numbers from another's */
};

/* The events of the server; NULL: no memory. */
static struct api_events *events_of(struct server *server)
{
    if (server->events != NULL)
        return server->events;
    struct api_events *events = calloc(1, sizeof(*events));
    if (events == NULL)
        return NULL;
    list_init(&events->followers);
    events->run = server->run;
    server->events = events;
    return events;
}

static void forget(struct follower *follower)
{
    list_remove(&follower->link);
    weak_pointer_unref(follower->conn);
    free(follower);
}

/* Sends text to those who follow that session (0: to none); forgets those that are gone. Returns
 * their count. */
static unsigned tell(struct api_events *events, uint32_t session, const struct text *text)
{
    unsigned count = 0;
    list_each(pos, next, &events->followers) {
        struct follower *follower = list_entry(pos, struct follower, link);
        struct conn *conn = weak_pointer_get(follower->conn);
        if (conn == NULL) {
            forget(follower);
            continue;
        }
        count++;
        if (session != 0 && follower->session == session)
            conn_events_send(conn, text->data, text->size);
    }
    return count;
}

/* Makes an event: a line each for its number, kind and data, which is JSON without line ends. */
static void format(struct text *text, const struct api_events *events, uint64_t number,
                   const char *kind, const char *data, size_t size)
{
    text_format(text, "id: %llx-%llu\nevent: %s\ndata: ", (unsigned long long)events->run,
                (unsigned long long)number, kind);
    if (size > EVENT_MAX)
        text_add(text, "{\"left_out\":true}");
    else
        text_add_bytes(text, data, size);
    text_add(text, "\n\n");
}

static void add(struct server *server, uint32_t session, const char *kind, const char *data,
                size_t size)
{
    struct api_events *events = server->events;
    struct event *event = &events->kept[++events->last % KEPT];
    text_free(&event->text);
    event->number = events->last;
    event->session = session;
    format(&event->text, events, event->number, kind, data, size);
    if (text_error(&event->text) < 0)
        event->number = 0;
    else
        tell(events, session, &event->text);
}

static void add_json(struct server *server, const struct session *session, const char *kind,
                     json_t *json)
{
    char *dump = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(12));
    if (dump != NULL)
        add(server, session->id, kind, dump, strlen(dump));
    json_decref(json);
    free(dump);
}

/* ---- what happens ---- */

static void tell_picture(struct server *server, const struct session *session)
{
    bool shown = session->picture.model != NULL;
    add_json(server, session, shown ? "shown" : "cleared",
             json_pack("{s:s, s:I, s:I}", "session", session->name, "number",
                       (json_int_t)session->picture.number, "when",
                       (json_int_t)session->picture.shown));
}

static void tell_selection(struct server *server, const struct session *session)
{
    json_t *status = session->picture.status;
    json_t *selected = json_object_get(status, "selected");
    json_t *ids = json_object_get(status, "selectedShapeIDs");
    add_json(server, session, "selection",
             json_pack("{s:o, s:o}", "selected",
                       selected == NULL ? json_array() : json_incref(selected), "measuring",
                       ids == NULL ? json_array() : json_incref(ids)));
}

void api_events_changed(struct server *server, struct session *session, enum view_change change)
{
    if (server->events == NULL)
        return;
    if (change == VIEW_CHANGE_SHOWN || change == VIEW_CHANGE_CLEARED ||
        change == VIEW_CHANGE_DROPPED)
        tell_picture(server, session);
    else
        session->changes |= 1U << change;
}

void api_events_measured(struct server *server, const struct session *session, const char *json,
                         size_t size)
{
    /* An event's data is one line. */
    if (server->events != NULL && memchr(json, '\n', size) == NULL)
        add(server, session->id, "measured", json, size);
}

void api_events_run(struct server *server, const struct session *session, const char *kind,
                    json_t *data)
{
    if (server->events != NULL)
        add_json(server, session, kind, json_incref(data));
}

void api_events_tick(struct server *server)
{
    if (server->events == NULL)
        return;
    tell(server->events, 0, NULL);
    list_each(pos, next, &server->hub.sessions) {
        struct session *session = list_entry(pos, struct session, link);
        unsigned changes = session->changes;
        session->changes = 0;
        if ((changes & 1U << VIEW_CHANGE_BROWSERS) != 0)
            add_json(server, session, "browsers",
                     json_pack("{s:i}", "browsers", (int)session->browsers));
        if ((changes & 1U << VIEW_CHANGE_VIEW) != 0)
            add_json(server, session, "view", api_view_camera(session));
        if ((changes & 1U << VIEW_CHANGE_SELECTION) != 0)
            tell_selection(server, session);
    }
}

/* ---- followers ---- */

/* The number in Last-Event-ID behind which all events are kept; false: it is of another run, or too
 * old. */
static bool resumes(const struct api_events *events, const char *id, uint64_t *number)
{
    char *end = NULL;
    if (id == NULL || strtoull(id, &end, 16) != events->run || *end != '-')
        return false;
    unsigned long long last = strtoull(end + 1, &end, 10);
    *number = last;
    return *end == '\0' && last <= events->last && events->last - last < KEPT;
}

static void replay(const struct api_events *events, struct conn *conn, uint32_t session,
                   uint64_t number)
{
    while (++number <= events->last) {
        const struct event *event = &events->kept[number % KEPT];
        if (event->number == number && event->session == session)
            conn_events_send(conn, event->text.data, event->text.size);
    }
}

/* What the session shows, for a follower that knows nothing yet. It has the number of the last
 * event, so that it is no event that others would miss. */
static void introduce(struct server *server, struct conn *conn, const struct session *session)
{
    struct text text = { 0 };
    char data[SESSION_NAME_MAX + 128];
    const struct picture *picture = &session->picture;
    int n = snprintf(data, sizeof(data), "{\"session\":\"%s\",\"number\":%llu,\"when\":%lld}",
                     session->name, (unsigned long long)picture->number, (long long)picture->shown);
    format(&text, server->events, server->events->last,
           picture->model != NULL ? "shown" : "cleared", data, (size_t)n);
    if (text_error(&text) == 0)
        conn_events_send(conn, text.data, text.size);
    text_free(&text);
}

void api_events_follow(struct server *server, struct conn *conn, struct http *http,
                       struct session *session)
{
    uint64_t number = 0;
    struct api_events *events = events_of(server);
    struct follower *follower = events == NULL ? NULL : calloc(1, sizeof(*follower));
    if (follower == NULL || tell(events, 0, NULL) >= FOLLOWERS_MAX) {
        free(follower);
        http_respond_text(http, 503, events == NULL ? "out of memory" : "too many follow events",
                          "Retry-After: 10\r\n");
        return;
    }
    bool resume = resumes(events, http_header(http, "Last-Event-ID"), &number);
    if (!conn_events_begin(conn)) {
        free(follower);
        return;
    }
    follower->conn = weak_pointer_ref(conn->weak);
    follower->session = session->id;
    list_append(&events->followers, &follower->link);
    if (resume)
        replay(events, conn, session->id, number);
    else
        introduce(server, conn, session);
}

void api_events_free(struct server *server)
{
    struct api_events *events = server->events;
    if (events == NULL)
        return;
    while (!list_empty(&events->followers))
        forget(list_entry(events->followers.next, struct follower, link));
    for (size_t i = 0; i < KEPT; i++)
        text_free(&events->kept[i].text);
    free(events);
    server->events = NULL;
}
