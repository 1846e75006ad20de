/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* From a message to its handler, and the answers that come later. */
#include <string.h>

#include "view/handlers.h"
#include "view/hub.h"
#include "view/message.h"
#include "view/relay.h"

/* JSON up to this size is parsed at once; more of it goes to the worker pool. */
#define PARSE_AT_ONCE (16 * 1024)

/* No message whose JSON is read is larger: a screenshot of 8,000 by 8,000 pixels fits. */
#define PARSE_MAX (256 * 1024 * 1024)

/* Exact geometry is announced when this much of it is still to come: getting ready for it takes
 * about as long as that, and before would only be in the way of what comes. */
#define EXPECT_REST (4 * 1024 * 1024)

static void complain(struct peer *peer, char kind, const char *why)
{
    peer->hub->bad_messages++;
    if (kind == 0)
        log_warning(peer->hub->log, "hub", "%s: message dropped: %s", peer->name, why);
    else
        log_warning(peer->hub->log, "hub", "%s: %c message dropped: %s", peer->name, kind, why);
}

static bool allowed(const struct peer *peer, const struct handler *handler)
{
    return peer->role == PEER_KERNEL ? handler->kernel : handler->viewer;
}

/* Kinds that change what others see. */
static bool changes_picture(char kind)
{
    return kind == 'B' || kind == 'D' || kind == 'S' || kind == 'R';
}

static void run_json(struct peer *peer, const struct handler *handler, struct blob *message,
                     json_t *json, const json_error_t *error)
{
    if (json == NULL) {
        complain(peer, handler->kind, error->text);
        return;
    }
    const char *why = handler->json(peer, message, json);
    if (why != NULL)
        complain(peer, handler->kind, why);
}

static void run_raw(struct peer *peer, const struct handler *handler, struct blob *message)
{
    const char *why = handler->raw(peer, message);
    if (why != NULL)
        complain(peer, handler->kind, why);
}

static void parse_and_run(struct peer *peer, const struct handler *handler, struct blob *message)
{
    struct hub *hub = peer->hub;
    json_error_t error;
    if (message->size > PARSE_MAX) {
        complain(peer, handler->kind, "too large to be read");
        return;
    }
    if (message->size > PARSE_AT_ONCE) {
        peer->ops->hold(peer->conn);
        hub->services.parse(hub->services.owner, peer, message);
        return;
    }
    json_t *json = message_json(message, &error);
    run_json(peer, handler, message, json, &error);
    json_decref(json);
}

static void handle(struct hub *hub, struct peer *peer, struct blob *message)
{
    char kind = message_kind(message);
    const struct handler *handler = handler_find(kind);
    if (peer->closing)
        return;
    if (handler == NULL) {
        complain(peer, kind, "unknown kind");
        return;
    }
    hub->messages[(uint8_t)kind]++;
    /* A page that is only open, and asks now and then whether we are, does not use its session. */
    if (kind != 'U')
        peer->session->used = hub_now(hub);
    if (!allowed(peer, handler))
        complain(peer, kind, "not from a connection that has not registered as a viewer");
    else if (peer->read_only && changes_picture(kind))
        complain(peer, kind, "this connection may only look");
    else if (handler->raw != NULL)
        run_raw(peer, handler, message);
    else
        parse_and_run(peer, handler, message);
}

void hub_message(struct hub *hub, struct peer *peer, struct blob *message)
{
    relay_complete(peer);
    handle(hub, peer, message);
    /* A model has finished its relay; anything else ends it here. */
    relay_abort(peer);
}

void hub_progress(struct peer *peer, struct blob *message, size_t total)
{
    if (peer->closing)
        return;
    if (message_kind(message) == 'B' && !peer->read_only && peer->session->browsers > 0 &&
        total - message->size <= EXPECT_REST)
        peer->hub->services.expect(peer->hub->services.owner, peer->session);
    relay_progress(peer, message, total);
}

void hub_aborted(struct peer *peer)
{
    relay_abort(peer);
}

void hub_parsed(struct peer *peer, struct blob *message, json_t *json, const json_error_t *error)
{
    const struct handler *handler = handler_find(message_kind(message));
    if (!peer->closing)
        run_json(peer, handler, message, json, error);
    peer->ops->release(peer->conn);
}

void hub_answer_config(struct peer *peer, const char *text, size_t size)
{
    peer_send_text(peer, text, size);
    peer->ops->release(peer->conn);
}

void hub_answer_measure(struct peer *peer, const char *text, size_t size)
{
    peer_send_text(peer, text, size);
}
