/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/handlers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/hub.h"
#include "view/message.h"

/* ---- C: commands ---- */

static void answer_status(struct peer *peer)
{
    json_t *answer = json_pack("{s:s, s:O}", "command", "status", "text", peer->session->status);
    peer_send_json(peer, answer);
    json_decref(answer);
}

static void ask_config(struct peer *peer)
{
    struct hub *hub = peer->hub;
    peer->ops->hold(peer->conn);
    hub->services.config(hub->services.owner, peer, peer->session->splash);
}

static const char *want_screenshot(struct peer *peer, struct blob *message, json_t *command)
{
    json_t *name = json_object_get(command, "filename");
    const char *filename = json_string_value(name);
    if (filename == NULL || filename[0] != '/' || strlen(filename) != json_string_length(name))
        return "a screenshot needs an absolute file name";
    if (!peer->local)
        return "screenshots are written for kernels of this machine only";
    session_want_shot(peer->session, message, MESSAGE_PAYLOAD, filename);
    return NULL;
}

static const char *handle_command(struct peer *peer, struct blob *message, json_t *payload)
{
    const char *name = json_string_value(payload);
    const char *type = json_string_value(json_object_get(payload, "type"));
    if (name != NULL && strcmp(name, "status") == 0) {
        answer_status(peer);
        return NULL;
    }
    if (name != NULL && strcmp(name, "config") == 0) {
        ask_config(peer);
        return NULL;
    }
    if (type != NULL && peer->read_only)
        return "this connection may only look";
    if (type != NULL && strcmp(type, "screenshot") == 0)
        return want_screenshot(peer, message, payload);
    if (type != NULL && strcmp(type, "set_relative_time") == 0) {
        if (!json_is_number(json_object_get(payload, "value")))
            return "set_relative_time needs a number";
        session_time(peer->session, message, MESSAGE_PAYLOAD);
        return NULL;
    }
    return "unknown command";
}

/* ---- D: models ---- */

static const char *handle_data(struct peer *peer, struct blob *message)
{
    struct session *session = peer->session;
    switch (message_data(message)) {
    case DATA_MODEL:
        peer->hub->shows++;
        peer->hub->show_bytes += message->size;
        session_model(session, message, MESSAGE_PAYLOAD);
        return NULL;
    case DATA_ANIMATION:
        session_animation(session, message, MESSAGE_PAYLOAD);
        return NULL;
    case DATA_CLEAR:
        session_clear(session, message, MESSAGE_PAYLOAD);
        return NULL;
    default:
        return "neither a model, an animation nor a clear";
    }
}

/* ---- S: settings from Python ---- */

static const char *handle_settings(struct peer *peer, struct blob *message, json_t *payload)
{
    const char *type = json_string_value(json_object_get(payload, "type"));
    json_t *config = json_object_get(payload, "config");
    if (type == NULL || strcmp(type, "ui") != 0 || !json_is_object(config))
        return "settings need the type \"ui\" and a config object";
    session_settings(peer->session, message, MESSAGE_PAYLOAD, config);
    return NULL;
}

/* ---- L: who this is ---- */

/* Our page says how many milliseconds ago its person last touched it; of others, that they say
 * anything has to do. What a page reports because a model came is no act. */
static void note_act(struct peer *peer, json_t *says)
{
    uint64_t now = hub_now(peer->hub);
    double idle = json_number_value(json_object_get(says, "idle"));
    uint64_t at = idle > 0 && idle < (double)now ? now - (uint64_t)idle : now;
    if (idle >= (double)now)
        at = 0;
    peer_note_act(peer, at);
}

static void greet(struct peer *peer)
{
    hub_greet(peer);
    json_t *view = json_object_get(peer->session->views, peer->id);
    if (view == NULL || peer->session->model == NULL)
        return;
    json_t *restore = json_pack("{s:s, s:O}", "type", "restore", "view", view);
    peer_send_json(peer, restore);
    json_decref(restore);
}

static void register_browser(struct peer *peer, json_t *about)
{
    const char *viewer = json_string_value(json_object_get(about, "viewer"));
    const char *id = json_string_value(json_object_get(about, "id"));
    json_t *formats = json_object_get(about, "formats");
    peer->ours = viewer != NULL && strcmp(viewer, "cadcast") == 0;
    snprintf(peer->id, sizeof(peer->id), "%s", id == NULL || strlen(id) > 64 ? "" : id);
    peer->binary = false;
    for (size_t i = 0; peer->ours && i < json_array_size(formats); i++) {
        const char *format = json_string_value(json_array_get(formats, i));
        peer->binary = peer->binary || (format != NULL && strcmp(format, "binary") == 0);
    }
    note_act(peer, about);
    /* Registering twice on one connection is asking for the picture again. */
    if (peer->role != PEER_BROWSER)
        log_info(peer->hub->log, "hub", "%s: browser in session %s", peer->name,
                 peer->session->name);
    session_set_role(peer->session, peer, PEER_BROWSER);
    if (peer->ours)
        greet(peer);
    session_replay(peer->session, peer);
    session_tick_shots(peer->session);
}

static const char *register_backend(struct peer *peer)
{
    if (peer->read_only || !peer->local)
        return "a measurement backend must be on this machine";
    log_info(peer->hub->log, "hub", "%s: measurement backend in session %s", peer->name,
             peer->session->name);
    session_set_role(peer->session, peer, PEER_BACKEND);
    peer->session->greet = true;
    if (peer->session->parts != NULL)
        peer_send(peer, peer->session->parts, peer->session->parts_offset, MATTER_PICTURE);
    return NULL;
}

static const char *handle_listen(struct peer *peer, struct blob *message)
{
    static const char backend[] = "Python listener";
    size_t size = message->size - MESSAGE_PAYLOAD;
    json_error_t error;
    if (size == sizeof(backend) - 1 && memcmp(message->data + MESSAGE_PAYLOAD, backend, size) == 0)
        return register_backend(peer);
    json_t *about = size > 4096 ? NULL : message_json(message, &error);
    if (!json_is_object(about)) {
        json_decref(about);
        return "not a registration";
    }
    const char *viewer = json_string_value(json_object_get(about, "viewer"));
    if (viewer != NULL && strcmp(viewer, "sessions") == 0) {
        session_set_role(peer->session, peer, PEER_LISTING);
        json_t *list = hub_list(peer->hub);
        peer_send_json(peer, list);
        json_decref(list);
    } else {
        register_browser(peer, about);
    }
    json_decref(about);
    return NULL;
}

/* ---- U: what browsers report ---- */

static bool measures(const json_t *tool)
{
    const char *name = json_string_value(tool);
    return name != NULL &&
           (strcmp(name, "DistanceMeasurement") == 0 || strcmp(name, "PropertiesMeasurement") == 0);
}

static void ask_measure(struct peer *peer, json_t *changes)
{
    json_t *tool = json_object_get(changes, "activeTool");
    json_t *ids = json_object_get(changes, "selectedShapeIDs");
    if (tool != NULL) {
        json_decref(peer->tool);
        peer->tool = json_incref(tool);
        if (measures(tool))
            peer->hub->services.warm(peer->hub->services.owner, peer->session);
    }
    const char *name = json_string_value(peer->tool);
    if (name == NULL || strcmp(name, "None") == 0 || !json_is_array(ids))
        return;
    peer->hub->services.ask(peer->hub->services.owner, peer, name, ids);
}

static const char *update_status(struct peer *peer, struct blob *message, json_t *payload)
{
    json_t *text = json_object_get(payload, "text");
    if (!json_is_object(text))
        return "status is not an object";
    /* A selection becomes a question of its own, with the tool of the browser that made it. */
    struct peer *backend = session_backend(peer->session);
    if (backend != NULL && json_object_get(text, "selectedShapeIDs") == NULL)
        peer_send(backend, message, MESSAGE_PAYLOAD, MATTER_ANSWER);
    note_act(peer, payload);
    session_status(peer->session, peer, text, message->size);
    ask_measure(peer, text);
    return NULL;
}

static const char *save_screenshot(struct peer *peer, json_t *text)
{
    const char *filename = json_string_value(json_object_get(text, "filename"));
    json_t *data = json_object_get(text, "data");
    if (filename == NULL || !json_is_string(data))
        return "screenshot without filename or data";
    if (!session_take_shot(peer->session, filename))
        return "a screenshot that no kernel asked for";
    peer->hub->services.screenshot(peer->hub->services.owner, filename, data);
    return NULL;
}

static const char *save_thumbnail(struct peer *peer, json_t *text)
{
    json_t *data = json_object_get(text, "data");
    if (!json_is_string(data) || json_string_length(data) > 128 * 1024)
        return "thumbnail without data, or too large";
    peer->hub->services.thumbnail(peer->hub->services.owner, peer->session, data);
    return NULL;
}

static void log_browser(struct peer *peer, json_t *text)
{
    char *dump = json_is_string(text) ? NULL : json_dumps(text, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *line = dump == NULL ? json_string_value(text) : dump;
    log_info(peer->hub->log, "page", "%s: %.500s", peer->name, line == NULL ? "" : line);
    free(dump);
}

static const char *handle_update(struct peer *peer, struct blob *message, json_t *payload)
{
    const char *command = json_string_value(json_object_get(payload, "command"));
    json_t *text = json_object_get(payload, "text");
    if (command == NULL)
        return "update without a command";
    /* A browser that may only look still has a view and may measure; it writes nothing. */
    if (strcmp(command, "status") == 0)
        return update_status(peer, message, payload);
    if (strcmp(command, "verbatim") == 0) {
        session_send_verbatim(peer->session, peer);
        return NULL;
    }
    if (strcmp(command, "log") == 0) {
        log_browser(peer, text);
        return NULL;
    }
    /* A page asks whether anybody is still there: it does not see the pings of the connection. */
    if (strcmp(command, "ping") == 0) {
        peer_send_text(peer, "{\"type\":\"pong\"}", 15);
        return NULL;
    }
    if (strcmp(command, "started") == 0) {
        log_info(peer->hub->log, "page", "%s: started", peer->name);
        return NULL;
    }
    if (peer->read_only)
        return "this connection may only look";
    if (strcmp(command, "screenshot") == 0)
        return save_screenshot(peer, text);
    if (strcmp(command, "thumbnail") == 0)
        return save_thumbnail(peer, text);
    return "unknown update";
}

/* ---- B and R: exact geometry ---- */

static const char *handle_parts(struct peer *peer, struct blob *message)
{
    struct session *session = peer->session;
    bool kept = session_parts(session, message, MESSAGE_PAYLOAD);
    bool served = kept && (peer->hub->options.builtin || session->backends > 0);
    peer_send_text(peer, served ? "{\"ok\":true}" : "{\"ok\":false}", served ? 11 : 12);
    return NULL;
}

static const char *handle_response(struct peer *peer, struct blob *message)
{
    /* The Python listener answers on a connection of its own for each answer, as kernels talk. */
    if (peer->role == PEER_BROWSER || peer->role == PEER_LISTING || !peer->local)
        return "an answer from somebody who is no measurement backend";
    return session_backend_answer(peer->session, message, MESSAGE_PAYLOAD);
}

/* Sorted by kind. */
static const struct handler handlers[] = {
    { 'B', true, true, handle_parts, NULL },    { 'C', true, true, NULL, handle_command },
    { 'D', true, true, handle_data, NULL },     { 'L', true, true, handle_listen, NULL },
    { 'R', true, true, handle_response, NULL }, { 'S', true, true, NULL, handle_settings },
    { 'U', false, true, NULL, handle_update },
};

const struct handler *handler_find(char kind)
{
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (handlers[i].kind == kind)
            return &handlers[i];
    }
    return NULL;
}
