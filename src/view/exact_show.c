/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/exact_show.h"

#include <stdlib.h>

#include "base/text.h"
#include "view/session_shots.h"

/* A shape of at least this many bytes is likely to take half a second or more, and so many of them
 * are meshed coarsely first. */
#define DRAFT_MIN ((uint64_t)256 * 1024)
#define DRAFTS 8

/* So many shapes wait for their edges alone, for the first preview. */
#define OUTLINES 64

struct exact_show *exact_show_new(struct peer *peer, struct plan *plan, size_t weight)
{
    struct exact_show *show = calloc(1, sizeof(*show));
    struct exact_show_shape *shapes = calloc(plan->shape_count + 1, sizeof(*shapes));
    json_t *notices = json_array();
    struct weak_pointer *weak = show == NULL ? NULL : weak_pointer_new(show);
    if (weak == NULL || shapes == NULL || notices == NULL) {
        weak_pointer_unref(weak);
        json_decref(notices);
        free(shapes);
        free(show);
        plan_unref(plan);
        return NULL;
    }
    show->weak = weak;
    show->peer = peer;
    show->session = peer->session;
    show->plan = plan;
    show->shapes = shapes;
    show->notices = notices;
    show->weight = weight;
    peer->view->exact_bytes += weight;
    show->begun = view_now(peer->view);
    show->moved = show->begun;
    show->told = show->begun;
    return show;
}

static struct store_key mesh_key(const struct exact_show *show, uint32_t number, uint32_t flags)
{
    const struct plan *plan = show->plan;
    return store_mesh_key(plan->shapes[number].hash, plan->deviation, plan->angle, flags);
}

static void look_up(struct exact_show *show, uint32_t number)
{
    struct store *store = &show->peer->view->store;
    struct exact_show_shape *shape = &show->shapes[number];
    struct store_key key = store_shape_key(show->plan->shapes[number].hash);
    struct store_key mesh = mesh_key(show, number, 0);
    struct blob *bytes = store_get(store, &key);
    struct blob *made = store_get(store, &mesh);
    shape->state = EXACT_SHOW_MISSING;
    if (made != NULL)
        shape->mesh = blob_ref(made);
    show->cached += made != NULL;
    show->of += made == NULL;
    if (bytes == NULL) {
        show->missing++;
        return;
    }
    shape->shape = blob_ref(bytes);
    shape->state = EXACT_SHOW_DONE;
}

void exact_show_look_up(struct exact_show *show)
{
    const struct plan *plan = show->plan;
    for (uint32_t i = 0; i < plan->shape_count; i++) {
        if (plan->shapes[i].same != i || plan->shapes[i].part == NULL)
            continue;
        show->bytes += plan->shapes[i].bytes;
        look_up(show, i);
    }
}

/* 0 or an error. */
static int ask(const struct exact_show *show, uint32_t number, uint32_t flags)
{
    const struct view_services *services = &show->peer->view->services;
    struct view_mesh mesh = { .shape = show->shapes[number].shape,
                              .hash = show->plan->shapes[number].hash,
                              .deviation = show->plan->deviation,
                              .angle = show->plan->angle,
                              .flags = flags,
                              .show = show->weak,
                              .number = number };
    return services->mesh(services->owner, &mesh);
}

static bool takes_long(const struct exact_show *show, uint32_t number)
{
    return show->plan->shapes[number].bytes >= DRAFT_MIN;
}

void exact_show_mesh(struct exact_show *show, uint32_t number)
{
    show->shapes[number].state = EXACT_SHOW_MESHING;
    show->meshing++;
    if (takes_long(show, number) && show->outlining < OUTLINES && session_has_page(show->session) &&
        ask(show, number, VIEW_MESH_EDGES) == 0)
        show->outlining++;
    if (ask(show, number, 0) < 0)
        exact_show_finish(show, number, NULL, false, "out of memory");
}

void exact_show_take(struct exact_show *show, uint32_t number, struct blob *blob)
{
    struct view *view = show->peer->view;
    struct exact_show_shape *shape = &show->shapes[number];
    struct store_key key = store_shape_key(show->plan->shapes[number].hash);
    show->missing--;
    show->moved = view_now(view);
    shape->shape = blob_ref(blob);
    shape->state = EXACT_SHOW_DONE;
    store_put(&view->store, &key, blob);
    if (shape->mesh == NULL)
        exact_show_mesh(show, number);
}

/* Keeps a mesh that is not the whole one in the store, so that its bytes count. */
static void count_mesh(struct exact_show *show, uint32_t number, uint32_t flags, struct blob *mesh)
{
    struct store_key key = mesh_key(show, number, flags);
    store_put(&show->peer->view->store, &key, mesh);
}

/* Keeps a whole mesh for the next shows, and for the next start. */
static void keep_mesh(struct exact_show *show, uint32_t number, struct blob *mesh, bool kept)
{
    struct view *view = show->peer->view;
    struct store_key key = mesh_key(show, number, 0);
    struct view_mesh about = { .hash = show->plan->shapes[number].hash,
                               .deviation = show->plan->deviation,
                               .angle = show->plan->angle };
    store_put(&view->store, &key, mesh);
    if (!kept)
        view->services.mesh_keep(view->services.owner, &about, mesh);
}

void exact_show_finish(struct exact_show *show, uint32_t number, struct blob *mesh, bool kept,
                       const char *reason)
{
    struct view *view = show->peer->view;
    struct exact_show_shape *shape = &show->shapes[number];
    struct text text = { 0 };
    shape->state = EXACT_SHOW_DONE;
    show->meshing--;
    /* A finer one is there, or none is to be shown. */
    blob_unref(shape->coarse);
    blob_unref(shape->edges);
    shape->coarse = NULL;
    shape->edges = NULL;
    show->finished++;
    show->meshed += mesh != NULL && !kept;
    show->cached += kept;
    view->exact_meshed += mesh != NULL && !kept;
    if (mesh != NULL)
        shape->mesh = blob_ref(mesh);
    if (mesh != NULL && reason == NULL)
        keep_mesh(show, number, mesh, kept);
    else if (mesh != NULL)
        count_mesh(show, number, VIEW_MESH_EDGES, mesh);
    if (reason == NULL)
        return;
    text_format(&text, "%s: %s", show->plan->shapes[number].part, reason);
    json_array_append_new(show->notices, json_string(text_string(&text)));
    text_free(&text);
}

/* An array of references; `mesh`: to the meshes. */
static struct blob **collect(const struct exact_show *show, bool mesh)
{
    struct blob **blobs = calloc(show->plan->shape_count + 1, sizeof(struct blob *));
    for (uint32_t i = 0; blobs != NULL && i < show->plan->shape_count; i++) {
        struct blob *blob = mesh ? show->shapes[i].mesh : show->shapes[i].shape;
        if (mesh && blob == NULL)
            blob = show->shapes[i].coarse;
        if (mesh && blob == NULL)
            blob = show->shapes[i].edges;
        blobs[i] = blob == NULL ? NULL : blob_ref(blob);
    }
    return blobs;
}

void exact_show_draft(struct exact_show *show)
{
    for (uint32_t i = 0; i < show->plan->shape_count && show->drafting < DRAFTS; i++) {
        if (show->shapes[i].state == EXACT_SHOW_MESHING && takes_long(show, i) &&
            ask(show, i, VIEW_MESH_COARSE) == 0)
            show->drafting++;
    }
}

void exact_show_drafted(struct exact_show *show, uint32_t number, uint32_t flags, struct blob *mesh)
{
    struct exact_show_shape *shape = &show->shapes[number];
    bool coarse = (flags & VIEW_MESH_COARSE) != 0;
    struct blob **kept = coarse ? &shape->coarse : &shape->edges;
    if (coarse)
        show->drafting--;
    else
        show->outlining--;
    if (mesh == NULL || *kept != NULL || shape->state != EXACT_SHOW_MESHING)
        return;
    *kept = blob_ref(mesh);
    show->drafted++;
    count_mesh(show, number, flags, mesh);
}

struct blob **exact_show_meshes(const struct exact_show *show)
{
    return collect(show, true);
}

struct blob **exact_show_shapes(const struct exact_show *show)
{
    return collect(show, false);
}

void exact_show_free(struct exact_show *show)
{
    struct peer *peer = show->peer;
    const struct view_services *services = &peer->view->services;
    if (show->meshing > 0 || show->drafting > 0 || show->outlining > 0)
        services->mesh_end(services->owner, show->weak);
    weak_pointer_clear(show->weak);
    weak_pointer_unref(show->weak);
    peer->view->exact_bytes -= show->weight;
    if (show->session->exact == show)
        show->session->exact = NULL;
    peer->exact = NULL;
    peer->on_leave = NULL;
    peer->incoming = false;
    for (uint32_t i = 0; i < show->plan->shape_count; i++) {
        blob_unref(show->shapes[i].shape);
        blob_unref(show->shapes[i].mesh);
        blob_unref(show->shapes[i].coarse);
        blob_unref(show->shapes[i].edges);
    }
    plan_unref(show->plan);
    json_decref(show->notices);
    free(show->shapes);
    free(show);
    session_preview_end(peer->session);
    session_shots_arrived(peer->session, peer);
}
