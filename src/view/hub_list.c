/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The list of sessions, for pages and programs. */
#include "view/hub_list.h"

#include <string.h>

json_t *hub_list_row(const char *name, json_int_t when)
{
    return json_pack("{s:s, s:[], s:I, s:i, s:i, s:s, s:I, s:i, s:i, s:b, s:b, s:i, s:i, s:n}",
                     "name", name, "models", "when", when, "browsers", 0, "kernels", 0, "kernel",
                     "another server", "kernel_when", when, "bytes", 0, "history_bytes", 0, "model",
                     true, "picture", false, "number", 0, "port", 0, "failed");
}

/* The row of that session at other servers; NULL: they do not have it. */
static json_t *row_elsewhere(const struct hub *hub, const char *name)
{
    size_t i;
    json_t *row;
    json_array_foreach(hub->elsewhere, i, row) {
        if (strcmp(json_string_value(json_object_get(row, "name")), name) == 0)
            return row;
    }
    return NULL;
}

/* The session is here and there. */
static void add_row(json_t *own, const json_t *other)
{
    static const char *const counts[] = { "browsers", "kernels" };
    static const char *const shown[] = { "models", "when", "kernel", "kernel_when", "model" };
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        json_object_set_new(own, counts[i],
                            json_integer(json_integer_value(json_object_get(own, counts[i])) +
                                         json_integer_value(json_object_get(other, counts[i]))));
    for (size_t i = 0;
         json_is_false(json_object_get(own, "model")) && i < sizeof(shown) / sizeof(shown[0]); i++)
        json_object_set(own, shown[i], json_object_get(other, shown[i]));
}

/* Calls for each session that only other servers have. */
static void each_elsewhere(const struct hub *hub, void (*add)(json_t *rows, json_t *row),
                           json_t *rows)
{
    size_t i;
    json_t *row;
    json_array_foreach(hub->elsewhere, i, row) {
        const char *name = json_string_value(json_object_get(row, "name"));
        if (hub_find((struct hub *)hub, name) == NULL)
            add(rows, row);
    }
}

static void add_whole(json_t *rows, json_t *row)
{
    json_array_append_new(rows, json_copy(row));
}

static void add_name(json_t *names, json_t *row)
{
    json_array_append(names, json_object_get(row, "name"));
}

json_t *hub_list(const struct hub *hub)
{
    json_t *rows = json_array();
    list_each(pos, next, &hub->sessions) {
        const struct session *session = list_entry(pos, struct session, link);
        json_t *own = session_describe(session);
        const json_t *other = row_elsewhere(hub, session->name);
        if (own != NULL && other != NULL)
            add_row(own, other);
        json_array_append_new(rows, own);
    }
    each_elsewhere(hub, add_whole, rows);
    return json_pack("{s:s, s:o}", "type", "sessions", "sessions", rows);
}

json_t *hub_list_names(const struct hub *hub)
{
    json_t *names = json_array();
    list_each(pos, next, &hub->sessions)
        json_array_append_new(names, json_string(list_entry(pos, struct session, link)->name));
    each_elsewhere(hub, add_name, names);
    return names;
}

void hub_list_elsewhere(struct hub *hub, json_t *rows)
{
    if (hub->elsewhere != rows && !json_equal(hub->elsewhere, rows))
        hub->view.list_changed = true;
    json_decref(hub->elsewhere);
    hub->elsewhere = rows;
}

bool hub_list_is_shown(const struct hub *hub)
{
    list_each(pos, next, &hub->sessions) {
        const struct session *session = list_entry(pos, struct session, link);
        list_each(peer_pos, peer_next, &session->peers) {
            if (list_entry(peer_pos, struct peer, link)->role == PEER_LISTING)
                return true;
        }
    }
    return false;
}
