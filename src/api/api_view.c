/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/server.h"
#include "view/message.h"

/* Largest value that a coordinate may have: beyond it nothing can be drawn. */
#define FAR 1e15

#define PRESETS "iso, front, back, left, right, top or bottom"

static const char *const camera_names[] = { "position", "quaternion", "target", "zoom" };

#define CAMERA_NAMES (sizeof(camera_names) / sizeof(camera_names[0]))

/* Whether `value` is what the member of a camera must be. */
static bool is_vector(const json_t *value, size_t size)
{
    size_t index;
    json_t *number;
    json_array_foreach(value, index, number) {
        if (!json_is_number(number) || !(fabs(json_number_value(number)) < FAR))
            return false;
    }
    return json_array_size(value) == size;
}

static bool is_member(const char *name, const json_t *value)
{
    if (strcmp(name, "zoom") == 0)
        return json_is_number(value) && json_number_value(value) >= 1e-6 &&
               json_number_value(value) <= 1e6;
    return is_vector(value, strcmp(name, "quaternion") == 0 ? 4 : 3);
}

/* A new reference to a value, or to `otherwise`, a new one, if there is none. */
static json_t *or_else(json_t *value, json_t *otherwise)
{
    if (value == NULL)
        return otherwise;
    json_decref(otherwise);
    return json_incref(value);
}

/* Where the camera is known from: the browsers' reports of this picture, or the settings. */
static const json_t *source(const struct session *session)
{
    const json_t *status = session->picture.status;
    bool same = session->reported == session->picture.number;
    return same && json_object_get(status, "position") != NULL ? status : session->picture.settings;
}

json_t *api_view_camera(const struct session *session)
{
    const json_t *from = source(session);
    json_t *camera = json_object();
    for (size_t i = 0; i < CAMERA_NAMES; i++) {
        const json_t *value = json_object_get(from, camera_names[i]);
        bool good = value != NULL && is_member(camera_names[i], value);
        json_object_set_new(camera, camera_names[i], good ? json_deep_copy(value) : json_null());
    }
    const char *view = json_string_value(json_object_get(from, "resetCamera"));
    json_object_set_new(camera, "view", view == NULL ? json_null() : json_string(view));
    return camera;
}

void api_view_get_camera(struct api_call *call)
{
    const struct session *session = api_call_session(call);
    if (session != NULL)
        api_call_json(call, api_view_camera(session));
}

/* ---- changing it ---- */

/* Sends settings to the session's pages and keeps them, as a kernel's `S` message. */
static int send_settings(struct session *session, json_t *config)
{
    struct blob *message = message_settings("S:", config);
    if (message == NULL)
        return -1;
    session_settings(session, message, config);
    blob_unref(message);
    return 0;
}

static void forget(json_t *object, const char *name)
{
    if (object != NULL)
        json_object_del(object, name);
}

/* A preset and a placed camera exclude each other: the newer one counts, also for what is drawn
 * while no browser is there to report where its camera went. */
static void replace_camera(struct session *session, const json_t *config)
{
    struct picture *picture = &session->picture;
    bool placed = json_object_get(config, "resetCamera") == NULL;
    if (placed) {
        forget(picture->settings, "resetCamera");
    } else {
        for (size_t i = 0; i < CAMERA_NAMES; i++)
            forget(picture->settings, camera_names[i]);
    }
    if (session->browsers > 0)
        return;
    for (size_t i = 0; i < CAMERA_NAMES; i++) {
        json_t *value = json_object_get(config, camera_names[i]);
        if (!placed)
            forget(picture->status, camera_names[i]);
        else if (value != NULL)
            json_object_set(picture->status, camera_names[i], value);
    }
    if (placed)
        session->reported = picture->number;
}

/* The page's word for a preset. NULL: there is no such one. */
static const char *preset(const char *name)
{
    static const char *const names[] = { "iso", "front", "rear", "left", "right", "top", "bottom" };
    if (name != NULL && strcasecmp(name, "back") == 0)
        name = "rear";
    for (size_t i = 0; name != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(name, names[i]) == 0)
            return names[i];
    }
    return NULL;
}

static bool is_camera_name(const char *name)
{
    for (size_t i = 0; i < CAMERA_NAMES; i++) {
        if (strcmp(name, camera_names[i]) == 0)
            return true;
    }
    return false;
}

/* The settings that a body asks for; NULL: the call has ended. */
static json_t *camera_config(struct api_call *call)
{
    const char *name;
    json_t *value;
    json_t *view = json_object_get(call->body, "view");
    const char *named = preset(json_string_value(view));
    if (view != NULL && (named == NULL || json_object_size(call->body) > 1)) {
        api_call_fail(call, 400,
                      named == NULL ? "view must be " PRESETS
                                    : "view and the members of a camera exclude each other");
        return NULL;
    }
    if (named != NULL)
        return json_pack("{s:s}", "resetCamera", named);
    json_object_foreach(call->body, name, value) {
        if (is_camera_name(name) && is_member(name, value))
            continue;
        api_call_fail(call, 400,
                      is_camera_name(name)
                          ? "%.40s must be numbers: position and target 3, quaternion 4, zoom one "
                            "from 0.000001 to 1000000"
                          : "a camera has no member %.40s; it has view, or position, quaternion, "
                            "target and zoom",
                      name);
        return NULL;
    }
    if (json_object_size(call->body) > 0)
        return json_incref(call->body);
    api_call_fail(call, 400, "nothing to set: give view, or position, quaternion, target, zoom");
    return NULL;
}

/* The session, if it shows something; NULL: the call has ended. */
static struct session *shown(struct api_call *call)
{
    struct session *session = api_call_session(call);
    if (session == NULL || session->picture.model != NULL)
        return session;
    api_call_fail(call, 404, "nothing is shown in session %s", session->name);
    return NULL;
}

void api_view_put_camera(struct api_call *call)
{
    struct session *session = shown(call);
    json_t *config = session == NULL ? NULL : camera_config(call);
    if (config == NULL)
        return;
    int error = send_settings(session, config);
    if (error == 0)
        replace_camera(session, config);
    json_decref(config);
    if (error < 0)
        api_call_busy(call, "out of memory");
    else
        api_call_json(call, api_view_camera(session));
}

/* ---- the tree, and settings ---- */

static json_t *state_of(const struct session *session)
{
    const json_t *status = session->picture.status;
    bool same = session->reported == session->picture.number;
    json_t *states = same ? json_object_get(status, "states") : NULL;
    json_t *tab = same ? json_object_get(status, "tab") : NULL;
    json_t *settings = session->picture.settings;
    return json_pack("{s:o, s:o, s:o}", "states", or_else(states, json_object()), "tab",
                     or_else(tab, json_null()), "settings", or_else(settings, json_object()));
}

void api_view_get_state(struct api_call *call)
{
    const struct session *session = api_call_session(call);
    if (session != NULL)
        api_call_json(call, state_of(session));
}

static bool are_states(const json_t *states)
{
    const char *id;
    json_t *pair;
    json_object_foreach((json_t *)states, id, pair) {
        if (!is_vector(pair, 2))
            return false;
    }
    return json_is_object(states);
}

/* What is wrong with the body; NULL: nothing. */
static const char *state_fault(const json_t *body)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)body, name, value) {
        if (strcmp(name, "states") == 0 && !are_states(value))
            return "states must be an object of lists of two numbers, for faces and edges, by id "
                   "of a part; 1 is shown, 0 hidden";
        if (strcmp(name, "tab") == 0 && !json_is_string(value))
            return "tab must be tree, clip, zebra, material or studio";
        if (strcmp(name, "settings") == 0 && !json_is_object(value))
            return "settings must be an object";
        if (strcmp(name, "states") != 0 && strcmp(name, "tab") != 0 &&
            strcmp(name, "settings") != 0)
            return "a state has states, tab and settings";
    }
    return json_object_size(body) == 0 ? "nothing to set: give states, tab or settings" : NULL;
}

/* The state of parts counts also while no browser is there to report it. */
static void replace_states(struct session *session, const json_t *body)
{
    json_t *given = json_object_get(body, "states");
    json_t *status = session->picture.status;
    if (given == NULL || session->browsers > 0)
        return;
    bool same = session->reported == session->picture.number;
    json_t *old = same ? json_object_get(status, "states") : NULL;
    json_t *states = json_is_object(old) ? json_copy(old) : json_object();
    if (states == NULL)
        return;
    json_object_update(states, given);
    json_object_set_new(status, "states", states);
    if (same)
        return;
    /* What else is known is of another model. */
    for (size_t i = 0; i < CAMERA_NAMES; i++)
        forget(status, camera_names[i]);
    session->reported = session->picture.number;
}

void api_view_put_state(struct api_call *call)
{
    struct session *session = shown(call);
    if (session == NULL)
        return;
    const char *fault = state_fault(call->body);
    if (fault != NULL) {
        api_call_fail(call, 400, "%s", fault);
        return;
    }
    json_t *config = json_copy(json_object_get(call->body, "settings"));
    if (config == NULL)
        config = json_object();
    static const char *const names[] = { "states", "tab" };
    for (size_t i = 0; i < 2; i++) {
        json_t *value = json_object_get(call->body, names[i]);
        if (value != NULL)
            json_object_set(config, names[i], value);
    }
    int error = config == NULL ? -1 : send_settings(session, config);
    if (error == 0)
        replace_states(session, call->body);
    json_decref(config);
    if (error < 0)
        api_call_busy(call, "out of memory");
    else
        api_call_json(call, state_of(session));
}

void api_view_get_selection(struct api_call *call)
{
    const struct session *session = api_call_session(call);
    if (session == NULL)
        return;
    json_t *selected = json_object_get(session->picture.status, "selected");
    json_t *ids = json_object_get(session->picture.status, "selectedShapeIDs");
    json_t *tool = json_object_get(session->picture.status, "activeTool");
    json_t *measured = json_array();
    size_t index;
    json_t *id;
    json_array_foreach(ids, index, id) {
        if (json_is_string(id))
            json_array_append(measured, id);
    }
    api_call_json(call, json_pack("{s:o, s:o, s:o}", "selected", or_else(selected, json_array()),
                                  "measuring", measured, "tool", or_else(tool, json_null())));
}
