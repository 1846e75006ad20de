/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/handlers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/exact.h"
#include "view/hub.h"
#include "view/hub_list.h"
#include "view/message.h"
#include "view/refuse.h"
#include "view/session_lead.h"
#include "view/session_shots.h"

void handlers_pass_on(struct peer *peer, struct blob *message, const char *why)
{
    log_debug(peer->view->log, "hub", "%s: %c message relayed, not understood: %s", peer->name,
              message_kind(message), why);
    session_relay(peer->session, message);
}

/* ---- C: commands ---- */

static void answer_status(struct peer *peer)
{
    json_t *answer =
        json_pack("{s:s, s:O}", "command", "status", "text", peer->session->picture.status);
    peer_send_json(peer, answer);
    json_decref(answer);
}

static void ask_config(struct peer *peer)
{
    struct hub *hub = peer->hub;
    peer->ops->hold(peer->conn);
    hub->view.services.config(hub->view.services.owner, peer, peer->session->splash);
}

static const char *want_screenshot(struct peer *peer, struct blob *message, json_t *command)
{
    json_t *name = json_object_get(command, "filename");
    const char *filename = json_string_value(name);
    if (filename == NULL || filename[0] != '/' || strlen(filename) != json_string_length(name))
        return "a screenshot needs an absolute file name";
    if (!peer->local)
        return "screenshots are written for kernels of this machine only";
    session_shots_want(peer->session, message, filename);
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
        return "this connection may only view";
    if (type != NULL && strcmp(type, "screenshot") == 0)
        return want_screenshot(peer, message, payload);
    if (type != NULL && strcmp(type, "set_relative_time") == 0) {
        if (json_is_number(json_object_get(payload, "value")))
            session_time(peer->session, message);
        else
            handlers_pass_on(peer, message, "its value is not a number");
        return NULL;
    }
    return "unknown command";
}

/* ---- D: models ---- */

void handlers_clear(struct session *session, struct blob *message)
{
    exact_replaced(session);
    refuse_forget(session);
    session_clear(session, message);
}

static const char *handle_data(struct peer *peer, struct blob *message)
{
    struct session *session = peer->session;
    enum message_data kind = message_data(message, peer->scanner, peer->scanned);
    /* The page of sessions clears, too. */
    if (kind != MESSAGE_DATA_CLEAR)
        session_drawn_by(session, peer);
    switch (kind) {
    case MESSAGE_DATA_MODEL:
        if (message_is_empty_model(message)) {
            session_show_nothing(session, message);
            refuse_empty(session);
            return NULL;
        }
        exact_replaced(session);
        hub_model(peer->hub, session, message);
        /* Its own may follow, or never come: that of the model before it must not answer for it. */
        session_drop_parts(session);
        return NULL;
    case MESSAGE_DATA_ANIMATION:
        session_animation(session, message);
        return NULL;
    case MESSAGE_DATA_CLEAR:
        handlers_clear(session, message);
        return NULL;
    default:
        handlers_pass_on(peer, message, "neither a model, an animation nor a clear");
        return NULL;
    }
}

/* ---- S: settings from Python ---- */

static const char *handle_settings(struct peer *peer, struct blob *message, json_t *payload)
{
    const char *type = json_string_value(json_object_get(payload, "type"));
    json_t *config = json_object_get(payload, "config");
    if (type == NULL || strcmp(type, "ui") != 0 || !json_is_object(config))
        handlers_pass_on(peer, message, "settings need the type \"ui\" and a config object");
    else
        session_settings(peer->session, message, config);
    session_drawn_by(peer->session, peer);
    return NULL;
}

/* ---- L: registration ---- */

/* Our page reports how many milliseconds ago its user last acted. For other pages, any report has
 * to count as an action. A report that a new model caused does not. */
static void note_act(struct peer *peer, json_t *says)
{
    uint64_t now = view_now(peer->view);
    double idle = json_number_value(json_object_get(says, "idle"));
    uint64_t at = idle > 0 && idle < (double)now ? now - (uint64_t)idle : now;
    if (idle >= (double)now)
        at = 0;
    peer_note_act(peer, at);
}

static void greet(struct peer *peer)
{
    hub_greet(peer);
    json_t *view = json_object_get(peer->session->picture.views, peer->id);
    if (view == NULL || peer->session->picture.model == NULL)
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
    /* Registering a second time on a connection requests the picture again. */
    if (peer->role != PEER_BROWSER)
        log_info(peer->view->log, "hub", "%s: browser in session %s", peer->name,
                 peer->session->name);
    session_set_role(peer->session, peer, PEER_BROWSER);
    if (peer->ours)
        greet(peer);
    session_replay(peer->session, peer);
    session_shots_tick(peer->session);
}

static const char *register_backend(struct peer *peer)
{
    if (peer->read_only || !peer->local)
        return "a measurement backend must be on this machine";
    log_info(peer->view->log, "hub", "%s: measurement backend in session %s", peer->name,
             peer->session->name);
    session_set_role(peer->session, peer, PEER_BACKEND);
    peer->session->greet = true;
    if (peer->session->picture.parts != NULL)
        peer_send(peer, peer->session->picture.parts, PEER_MATTER_PICTURE);
    return NULL;
}

static const char *handle_listen(struct peer *peer, struct blob *message)
{
    static const char backend[] = "Python listener";
    size_t size = blob_payload_size(message);
    json_error_t error;
    if (size == sizeof(backend) - 1 && memcmp(blob_payload(message), backend, size) == 0)
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

/* ---- U: reports of browsers ---- */

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
            peer->view->services.warm(peer->view->services.owner, peer->session);
    }
    const char *name = json_string_value(peer->tool);
    if (name == NULL || strcmp(name, "None") == 0 || !json_is_array(ids))
        return;
    session_measure(peer, name, ids);
}

static const char *update_status(struct peer *peer, struct blob *message, json_t *payload)
{
    json_t *text = json_object_get(payload, "text");
    if (!json_is_object(text))
        return "status is not an object";
    /* A selection is sent as a question of its own, with the tool of the browser that made it. */
    struct peer *backend = session_backend(peer->session);
    if (backend != NULL && json_object_get(text, "selectedShapeIDs") == NULL)
        peer_send(backend, message, PEER_MATTER_ANSWER);
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
    enum session_shots_answer answer = session_shots_take(peer->session, peer, filename);
    if (answer == SESSION_SHOTS_UNWANTED)
        return peer->read_only ? "this connection may only view"
                               : "no kernel asked for this screenshot";
    if (answer == SESSION_SHOTS_WRITE)
        peer->view->services.screenshot(peer->view->services.owner, filename, data);
    return NULL;
}

static const char *fail_screenshot(struct peer *peer, json_t *text)
{
    const char *filename = json_string_value(json_object_get(text, "filename"));
    const char *reason = json_string_value(json_object_get(text, "reason"));
    if (filename == NULL || reason == NULL)
        return "a screenshot failed without filename or reason";
    return session_shots_failed(peer->session, peer, filename, reason);
}

static const char *save_thumbnail(struct peer *peer, json_t *text)
{
    json_t *data = json_object_get(text, "data");
    if (!json_is_string(data) || json_string_length(data) > 128 * 1024)
        return "thumbnail without data, or too large";
    peer->view->services.thumbnail(peer->view->services.owner, peer->session, data);
    return NULL;
}

/* Whether the renderer's own page code logs this line with each show, or, in its debug mode, with
 * each message. */
static bool is_chatter(const char *line)
{
    static const char *const beginnings[] = { "showViewer ", "_config ", "displayOptions ",
                                              "data.config " };
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        if (strncmp(line, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    }
    return false;
}

static void log_browser(struct peer *peer, json_t *text)
{
    char *dump = json_is_string(text) ? NULL : json_dumps(text, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *line = dump == NULL ? json_string_value(text) : dump;
    if (line == NULL)
        line = "";
    log_line(peer->view->log, is_chatter(line) ? LOG_DEBUG : LOG_INFO, "page", "%s: %.500s",
             peer->name, line);
    free(dump);
}

static const char *handle_update(struct peer *peer, struct blob *message, json_t *payload)
{
    const char *command = json_string_value(json_object_get(payload, "command"));
    json_t *text = json_object_get(payload, "text");
    if (command == NULL)
        return "update without a command";
    /* A read-only browser still has a view and may measure; it causes no writes. */
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
    /* Keep-alive of the page: it cannot see WebSocket ping frames. */
    if (strcmp(command, "ping") == 0) {
        peer_send_text(peer, "{\"type\":\"pong\"}", 15);
        return NULL;
    }
    if (strcmp(command, "started") == 0) {
        log_info(peer->view->log, "page", "%s: started", peer->name);
        return NULL;
    }
    /* A read-only browser may answer the screenshots that it was asked for. */
    if (strcmp(command, "screenshot") == 0)
        return save_screenshot(peer, text);
    if (strcmp(command, "screenshot_failed") == 0)
        return fail_screenshot(peer, text);
    if (peer->read_only)
        return "this connection may only view";
    if (strcmp(command, "thumbnail") == 0)
        return save_thumbnail(peer, text);
    if (strcmp(command, "lead") == 0)
        return session_lead(peer, text);
    return "unknown update";
}

/* ---- B and R: exact geometry ---- */

static bool take_parts(struct peer *peer, struct blob *message)
{
    struct session *session = peer->session;
    if (session->empty_shown)
        return true;
    if (refuse_parts(session)) {
        log_warning(peer->view->log, "show",
                    "session %s: exact geometry from %s is dropped: its model was refused",
                    session->name, peer->name);
        return false;
    }
    if (hub_parts(peer->hub, session, message))
        return true;
    char why[64], text[REFUSE_TEXT];
    refuse_limit(why, sizeof(why), "max-memory", peer->view->options.max_memory);
    struct refuse_details refusal = { .kind = 'B', .size = message->size, .why = why };
    refuse_message(peer, &refusal, text);
    return false;
}

static const char *handle_parts(struct peer *peer, struct blob *message)
{
    struct session *session = peer->session;
    bool kept = take_parts(peer, message);
    const struct view_options *options = &peer->view->options;
    bool served = kept && (options->builtin || options->remote || session->backends > 0);
    peer_send_text(peer, served ? "{\"ok\":true}" : "{\"ok\":false}", served ? 11 : 12);
    return NULL;
}

static const char *handle_response(struct peer *peer, struct blob *message)
{
    /* The Python listener opens a connection for each answer, as kernels do, so it has their role.
     */
    if (peer->role == PEER_BROWSER || peer->role == PEER_LISTING || !peer->local)
        return "sender is not a measurement backend";
    return session_backend_answer(peer->session, message);
}

/* ---- E and F: shows that send geometry ---- */

static const char *handle_exact(struct peer *peer, struct blob *message)
{
    session_drawn_by(peer->session, peer);
    exact_begin(peer, message);
    return NULL;
}

/* Sorted by kind. */
static const struct handlers_row handlers[] = {
    { 'B', true, true, true, handle_parts, NULL },
    { 'C', true, true, false, NULL, handle_command },
    { 'D', true, true, true, handle_data, NULL },
    { 'E', true, false, true, handle_exact, NULL },
    { 'F', true, false, true, exact_shape, NULL },
    { 'L', true, true, false, handle_listen, NULL },
    { 'R', true, true, true, handle_response, NULL },
    { 'S', true, true, true, NULL, handle_settings },
    { 'U', false, true, false, NULL, handle_update },
};

const struct handlers_row *handlers_find(char kind)
{
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (handlers[i].kind == kind)
            return &handlers[i];
    }
    return NULL;
}
