/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/exact.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "view/exact_show.h"
#include "view/refuse.h"

/* A kernel from which nothing comes for this long, in milliseconds, does not send its shapes. */
#define SILENT_MS 60000

/* Milliseconds between two messages that say how far a show is. */
#define PROGRESS_MS 100

/* Milliseconds after the last byte until what is ready is shown, if not all of it is. */
#define PREVIEW_MS 400

/* Milliseconds after it for which that waits for the edges of large shapes. */
#define OUTLINE_MS 800

/* Bytes of a shape up to which its hash is checked at once: 40 us. */
#define CHECK_AT_ONCE ((size_t)64 * 1024)

static void answer_failed(struct peer *peer, const char *reason, bool replaced)
{
    json_t *answer = json_pack("{s:s, s:b, s:s, s:b}", "command", "exact", "ok", 0, "error", reason,
                               "replaced", replaced);
    peer_send_json(peer, answer);
    json_decref(answer);
}

/* Refuses a show of so many bytes: the log, the pages and the kernel get the reason. */
static void refuse(struct peer *peer, uint64_t bytes, const char *why)
{
    char text[REFUSE_TEXT];
    struct refuse_details refusal = { .kind = 'E', .size = bytes, .why = why };
    refuse_message(peer, &refusal, text);
    answer_failed(peer, why, false);
}

/* Ends a show by a fault. */
static void fail(struct exact_show *show, const char *why)
{
    struct peer *peer = show->peer;
    uint64_t bytes = show->bytes;
    exact_show_free(show);
    refuse(peer, bytes, why);
}

/* Ends a show that is no longer wanted: a line in the log, no notice. */
static void abandon(struct exact_show *show, const char *why)
{
    struct peer *peer = show->peer;
    log_info(peer->view->log, "show", "session %s: a show from %s ends: %s", show->session->name,
             peer->name, why);
    exact_show_free(show);
    answer_failed(peer, why, true);
}

static void on_leave(struct peer *peer)
{
    if (peer->exact != NULL)
        abandon(peer->exact, "its kernel left before it was complete");
}

void exact_replaced(struct session *session)
{
    /* Those whose plan is still being read too. */
    session->exact_newest = session->exact_begun + 1;
    if (session->exact != NULL)
        abandon(session->exact, "a newer show replaced it");
}

/* ---- E ---- */

void exact_begin(struct peer *peer, struct blob *message)
{
    const struct view_services *services = &peer->view->services;
    if (peer->exact != NULL)
        abandon(peer->exact, "a newer show replaced it");
    if (!peer->view->options.builtin) {
        refuse(peer, message->size, "cadcast-geometry, which meshes it, is not there");
        return;
    }
    if (message->size > PLAN_MAX) {
        refuse(peer, message->size, "it is too large to be read");
        return;
    }
    peer->exact_begun = ++peer->session->exact_begun;
    peer->ops->hold(peer->conn);
    services->plan(services->owner, peer, message);
}

static void send_wanted(const struct exact_show *show)
{
    json_t *want = json_array();
    for (uint32_t i = 0; i < show->plan->shape_count; i++) {
        if (show->shapes[i].state == EXACT_SHOW_MISSING)
            json_array_append_new(want, json_integer(i));
    }
    json_t *answer = json_pack("{s:s, s:o}", "command", "exact", "want", want);
    peer_send_json(show->peer, answer);
    json_decref(answer);
}

/* All bytes and the edges alone are there: what takes long is meshed coarsely next, if a page can
 * show that. */
static void draft_if_due(struct exact_show *show)
{
    if (show->complete != 0 && show->outlining == 0 && session_has_page(show->session))
        exact_show_draft(show);
}

static void note_complete(struct exact_show *show)
{
    show->complete = view_now(show->peer->view);
    show->preview_at = show->complete + PREVIEW_MS;
    draft_if_due(show);
}

/* Everything is meshed: makes the picture. */
static void assemble_if_complete(struct exact_show *show)
{
    const struct view_services *services = &show->peer->view->services;
    if (show->missing == 0 && show->complete == 0)
        note_complete(show);
    if (show->missing > 0 || show->meshing > 0 || show->assembling)
        return;
    struct blob **meshes = exact_show_meshes(show);
    if (meshes == NULL) {
        fail(show, "out of memory");
        return;
    }
    show->assembling = true;
    services->assemble(services->owner, show->weak, show->plan, meshes, false);
}

/* Whether edges alone are still to come. */
static bool outlines_come(const struct exact_show *show)
{
    return show->outlining > 0 && view_now(show->peer->view) - show->complete < OUTLINE_MS;
}

/* Shows what is ready of a show that takes long, in our pages. */
static void preview_if_due(struct exact_show *show)
{
    const struct view_services *services = &show->peer->view->services;
    uint32_t ready = show->finished + show->cached + show->drafted;
    if (show->complete == 0 || show->assembling || show->meshing == 0 || outlines_come(show) ||
        view_now(show->peer->view) < show->preview_at || !session_has_page(show->session))
        return;
    /* Nothing has been added since the last one. */
    if (show->previewed > 0 && show->previewed == ready + 1)
        return;
    struct blob **meshes = exact_show_meshes(show);
    if (meshes == NULL)
        return;
    show->previewed = ready + 1;
    show->assembling = true;
    services->assemble(services->owner, show->weak, show->plan, meshes, true);
}

static void start(struct exact_show *show)
{
    const struct view_services *services = &show->peer->view->services;
    struct plan *plan = show->plan;
    show->session->exact = show;
    show->peer->exact = show;
    show->peer->on_leave = on_leave;
    show->peer->incoming = true;
    exact_show_look_up(show);
    send_wanted(show);
    services->mesh_soon(services->owner, show->of);
    for (uint32_t i = 0; i < plan->shape_count; i++) {
        if (show->shapes[i].state == EXACT_SHOW_DONE && show->shapes[i].mesh == NULL)
            exact_show_mesh(show, i);
    }
    assemble_if_complete(show);
}

/* The show of `peer` is the newest one of its session: ends the one before it. */
static void become_newest(struct peer *peer)
{
    struct session *session = peer->session;
    if (session->exact != NULL)
        abandon(session->exact, "a newer show replaced it");
    session->exact_newest = peer->exact_begun;
}

static void show_nothing(struct peer *peer, struct plan *plan)
{
    become_newest(peer);
    refuse_empty(peer->session);
    json_t *answer = json_pack("{s:s, s:b, s:i, s:i, s:i, s:i, s:[]}", "command", "exact", "ok", 1,
                               "parts", 0, "meshed", 0, "cached", 0, "milliseconds", 0, "notices");
    peer_send_json(peer, answer);
    json_decref(answer);
    plan_unref(plan);
}

static void begin(struct peer *peer, struct plan *plan, size_t weight)
{
    uint64_t bytes = 0;
    char why[64];
    for (uint32_t i = 0; i < plan->shape_count; i++)
        bytes += plan->shapes[i].same == i ? plan->shapes[i].bytes : 0;
    if (bytes > peer->view->options.max_memory ||
        !hub_make_room(peer->hub, weight, peer->session)) {
        refuse_limit(why, sizeof(why), "max-memory", peer->view->options.max_memory);
        refuse(peer, bytes, why);
        plan_unref(plan);
        return;
    }
    struct exact_show *show = exact_show_new(peer, plan, weight);
    if (show == NULL) {
        refuse(peer, bytes, "out of memory");
        return;
    }
    become_newest(peer);
    start(show);
}

/* A newer show was begun while the plan was read. */
static void come_late(struct peer *peer, struct plan *plan)
{
    static const char why[] = "a newer show replaced it";
    log_info(peer->view->log, "show", "session %s: a show from %s ends: %s", peer->session->name,
             peer->name, why);
    plan_unref(plan);
    answer_failed(peer, why, true);
}

void exact_planned(struct peer *peer, struct blob *message, struct plan *plan, const char *why)
{
    if (peer->closing)
        plan_unref(plan);
    else if (plan == NULL)
        refuse(peer, message->size, why);
    else if (peer->exact_begun < peer->session->exact_newest)
        come_late(peer, plan);
    else if (plan->leaves == 0)
        show_nothing(peer, plan);
    else
        begin(peer, plan, message->size * PLAN_WEIGHT);
    peer->ops->release(peer->conn);
}

/* ---- F ---- */

static const uint8_t *hash_of(const struct blob *message)
{
    return message->data + 2;
}

bool exact_wants(const struct peer *peer, const struct blob *message)
{
    const struct exact_show *show = peer->exact;
    if (show == NULL || message->size <= EXACT_SHAPE_HEAD)
        return false;
    long number = plan_find(show->plan, hash_of(message));
    return number >= 0 && show->shapes[number].state == EXACT_SHOW_MISSING;
}

static void take(struct exact_show *show, struct blob *message, bool same)
{
    struct peer *peer = show->peer;
    char why[64];
    long number = plan_find(show->plan, hash_of(message));
    if (number < 0 || show->shapes[number].state != EXACT_SHOW_MISSING)
        return;
    if (!same) {
        snprintf(why, sizeof(why), "shape %ld has another hash than its bytes", number);
        fail(show, why);
        return;
    }
    exact_show_take(show, (uint32_t)number, message);
    if (!hub_make_room(peer->hub, 0, show->session)) {
        refuse_limit(why, sizeof(why), "max-memory", peer->view->options.max_memory);
        fail(show, why);
        return;
    }
    assemble_if_complete(show);
}

const char *exact_shape(struct peer *peer, struct blob *message)
{
    uint8_t hash[HASH_SHA256];
    const struct view_services *services = &peer->view->services;
    struct exact_show *show = peer->exact;
    char why[PLAN_WHY];
    /* It ended, and its kernel was told; what it had sent by then is still coming. */
    if (show == NULL)
        return "no show waits for it";
    if (message->size <= EXACT_SHAPE_HEAD) {
        fail(show, "a shape is shorter than its hash");
        return NULL;
    }
    long number = plan_find(show->plan, hash_of(message));
    if (number < 0 || show->shapes[number].state != EXACT_SHOW_MISSING) {
        fail(show, "a shape was sent that was not asked for");
        return NULL;
    }
    message->skip = EXACT_SHAPE_HEAD;
    size_t size = blob_payload_size(message);
    if (size != show->plan->shapes[number].bytes) {
        snprintf(why, sizeof(why), "shape %ld has %zu bytes, and not %" PRIu64, number, size,
                 show->plan->shapes[number].bytes);
        fail(show, why);
        return NULL;
    }
    if (size > CHECK_AT_ONCE) {
        peer->ops->hold(peer->conn);
        services->check(services->owner, peer, message);
        return NULL;
    }
    bool same = hash_sha256(hash, blob_payload(message), size) == 0 &&
                memcmp(hash, hash_of(message), sizeof(hash)) == 0;
    take(show, message, same);
    return NULL;
}

void exact_checked(struct peer *peer, struct blob *message, bool same)
{
    if (!peer->closing && peer->exact != NULL)
        take(peer->exact, message, same);
    peer->ops->release(peer->conn);
}

void exact_moves(struct peer *peer)
{
    if (peer->exact != NULL)
        peer->exact->moved = view_now(peer->view);
}

/* ---- meshes ---- */

static void tell_progress(struct exact_show *show)
{
    uint64_t now = view_now(show->peer->view);
    if (now - show->told < PROGRESS_MS)
        return;
    show->told = now;
    json_t *answer = json_pack("{s:s, s:I, s:I}", "command", "exact", "done",
                               (json_int_t)show->finished, "of", (json_int_t)show->of);
    peer_send_json(show->peer, answer);
    json_decref(answer);
}

void exact_meshed(const struct exact_mesh *result)
{
    struct exact_show *show = weak_pointer_get(result->show);
    char why[64];
    if (show != NULL && result->asked != 0) {
        exact_show_drafted(show, result->number, result->asked, result->mesh);
        if ((result->asked & VIEW_MESH_EDGES) != 0)
            draft_if_due(show);
        preview_if_due(show);
        return;
    }
    if (show == NULL || show->shapes[result->number].state != EXACT_SHOW_MESHING)
        return;
    struct peer *peer = show->peer;
    exact_show_finish(show, result->number, result->mesh, result->kept, result->reason);
    if (result->reason != NULL)
        log_warning(peer->view->log, "show", "session %s: %s: %s", show->session->name,
                    show->plan->shapes[result->number].part, result->reason);
    if (!hub_make_room(peer->hub, 0, show->session)) {
        refuse_limit(why, sizeof(why), "max-memory", peer->view->options.max_memory);
        fail(show, why);
        return;
    }
    tell_progress(show);
    preview_if_due(show);
    assemble_if_complete(show);
}

/* ---- the picture ---- */

static void answer_shown(struct exact_show *show, const struct assemble_facts *facts)
{
    uint64_t took = view_now(show->peer->view) - show->begun;
    json_array_extend(show->notices, facts->notices);
    json_t *answer = json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:O}", "command", "exact", "ok", 1,
                               "parts", (json_int_t)facts->parts, "meshed",
                               (json_int_t)show->meshed, "cached", (json_int_t)show->cached,
                               "milliseconds", (json_int_t)took, "notices", show->notices);
    peer_send_json(show->peer, answer);
    json_decref(answer);
}

static void log_shown(const struct exact_show *show, const struct assemble_facts *facts)
{
    const struct view *view = show->peer->view;
    log_info(view->log, "show",
             "session %s: %" PRIu32 " parts from %s in %" PRIu64 " ms: %" PRIu32
             " shapes meshed, %" PRIu32 " known; %" PRIu64 " of %" PRIu64
             " faces by the slower algorithm",
             show->session->name, facts->parts, show->peer->name, view_now(view) - show->begun,
             show->meshed, show->cached, facts->watson, facts->faces);
}

/* The picture is the session's: its exact geometry is made next. */
static void finish(struct exact_show *show, struct exact_assembled *result)
{
    struct session *session = show->session;
    struct hub *hub = show->peer->hub;
    struct view *view = show->peer->view;
    view->exact_shows++;
    view->exact_cached += show->cached;
    view->exact_watson += result->facts.watson;
    log_shown(show, &result->facts);
    struct blob **shapes = exact_show_shapes(show);
    struct plan *plan = show->plan;
    hub_model_file(hub, session, &result->file);
    answer_shown(show, &result->facts);
    session->parts_making = shapes != NULL;
    if (shapes == NULL)
        session_parts(session, NULL);
    else
        view->services.gather(view->services.owner, session, plan, shapes);
    exact_show_free(show);
}

/* Why a show could not be assembled. */
static void fail_assembly(struct exact_show *show, int status)
{
    char why[PLAN_WHY], text[64];
    const char *notice = json_string_value(json_array_get(show->notices, 0));
    if (status == -EFBIG)
        refuse_limit(why, sizeof(why), "max-memory", show->peer->view->options.max_memory);
    else if (status == -ENODATA)
        snprintf(why, sizeof(why), "none of it can be drawn%s%.100s", notice == NULL ? "" : ": ",
                 notice == NULL ? "" : notice);
    else
        snprintf(why, sizeof(why), "%s", error_text(status, text, sizeof(text)));
    fail(show, why);
}

/* A preview was made; the next one is due after as long again as the show has taken so far. */
static void take_preview(struct exact_show *show, struct exact_assembled *result)
{
    struct view *view = show->peer->view;
    show->assembling = false;
    show->preview_at = view_now(view) + (view_now(view) - show->complete);
    if (result->status == 0 &&
        hub_make_room(show->peer->hub, result->file.bytes->size, show->session))
        session_preview(show->session, &result->file);
    else if (result->status == 0)
        model_file_free(&result->file);
    assemble_if_complete(show);
}

void exact_assembled(struct exact_assembled *result)
{
    struct exact_show *show = weak_pointer_get(result->show);
    char why[64];
    if (show != NULL && result->preview) {
        take_preview(show, result);
    } else if (show == NULL) {
        model_file_free(&result->file);
    } else if (result->status < 0) {
        fail_assembly(show, result->status);
    } else if (!hub_make_room(show->peer->hub, result->file.bytes->size, show->session)) {
        model_file_free(&result->file);
        refuse_limit(why, sizeof(why), "max-memory", show->peer->view->options.max_memory);
        fail(show, why);
    } else {
        finish(show, result);
    }
    assemble_facts_free(&result->facts);
}

void exact_gathered(struct hub *hub, uint32_t id, uint64_t number, struct blob *parts)
{
    struct session *session = hub_of(hub, id);
    if (session != NULL && session->picture.number == number) {
        if (parts == NULL)
            session_parts(session, NULL);
        else if (!hub_parts(hub, session, parts))
            log_warning(hub->view.log, "measure",
                        "session %s: its exact geometry is not kept: --max-memory has no room",
                        session->name);
    } else if (session != NULL && parts != NULL) {
        session_step_parts(session, number, parts);
        hub_make_room(hub, 0, session);
    }
    blob_unref(parts);
}

void exact_tick(struct hub *hub)
{
    uint64_t now = view_now(&hub->view);
    list_each(pos, next, &hub->sessions) {
        struct session *session = list_entry(pos, struct session, link);
        struct exact_show *show = session->exact;
        if (show != NULL && show->missing > 0 && now - show->moved > SILENT_MS)
            fail(show, "its shapes did not come for 60 s");
        else if (show != NULL)
            preview_if_due(show);
    }
}
