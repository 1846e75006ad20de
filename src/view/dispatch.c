/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Passes messages to their handlers, and handles results that arrive later. */
#include <stdlib.h>
#include <string.h>

#include "model/type_scanner.h"
#include "view/dispatch.h"
#include "view/exact.h"
#include "view/handlers.h"
#include "view/message.h"
#include "view/relay.h"
#include "view/session_shots.h"

/* JSON up to this size is parsed at once; larger JSON is parsed on the worker pool. */
#define PARSE_AT_ONCE (16 * 1024)

/* Largest message whose JSON is parsed: a screenshot of 8,000 by 8,000 pixels fits. */
#define PARSE_MAX (256 * 1024 * 1024)

/* Exact geometry is announced to the helper when this many bytes are still to be received:
 * preparing takes about as long as receiving them, and an earlier start would only slow down the
 * reception. */
#define EXPECT_REST (4 * 1024 * 1024)

/* A `D` message of at least this many bytes is scanned during its reception. */
#define SCAN_AHEAD (1024 * 1024)

static void complain(struct peer *peer, char kind, const char *why)
{
    peer->view->bad_messages++;
    if (kind == 0)
        log_warning(peer->view->log, "hub", "%s: message dropped: %s", peer->name, why);
    else
        log_warning(peer->view->log, "hub", "%s: %c message dropped: %s", peer->name, kind, why);
}

static bool allowed(const struct peer *peer, const struct handlers_row *handler)
{
    return peer->role == PEER_KERNEL ? handler->kernel : handler->viewer;
}

static void run_json(struct peer *peer, const struct handlers_row *handler, struct blob *message,
                     json_t *json, const json_error_t *error)
{
    if (json == NULL && handler->kind == 'S') {
        handlers_pass_on(peer, message, error->text);
        return;
    }
    if (json == NULL) {
        complain(peer, handler->kind, error->text);
        return;
    }
    const char *why = handler->json(peer, message, json);
    if (why != NULL)
        complain(peer, handler->kind, why);
}

static void run_raw(struct peer *peer, const struct handlers_row *handler, struct blob *message)
{
    const char *why = handler->raw(peer, message);
    if (why != NULL)
        complain(peer, handler->kind, why);
}

static void parse_and_run(struct peer *peer, const struct handlers_row *handler,
                          struct blob *message)
{
    struct hub *hub = peer->hub;
    json_error_t error;
    if (message->size > PARSE_MAX && handler->kind == 'S') {
        handlers_pass_on(peer, message, "too large to be read");
        return;
    }
    if (message->size > PARSE_MAX) {
        complain(peer, handler->kind, "too large to be read");
        return;
    }
    if (message->size > PARSE_AT_ONCE) {
        peer->ops->hold(peer->conn);
        hub->view.services.parse(hub->view.services.owner, peer, message);
        return;
    }
    json_t *json = message_json(message, &error);
    run_json(peer, handler, message, json, &error);
    json_decref(json);
}

/* Scans a large model during its reception: doing all of it at the end would block the loop. */
static void scan_progress(struct peer *peer, const struct blob *message)
{
    if (peer->scanner == NULL && (peer->scanner = malloc(sizeof(*peer->scanner))) != NULL) {
        type_scanner_init(peer->scanner);
        peer->scanned = 0;
    }
    size_t from = message->skip + peer->scanned;
    if (peer->scanner == NULL || message->size <= from)
        return;
    type_scanner_feed(peer->scanner, message->data + from, message->size - from);
    peer->scanned = message->size - message->skip;
}

static void scan_end(struct peer *peer)
{
    free(peer->scanner);
    peer->scanner = NULL;
}

static void end_incoming(struct peer *peer)
{
    /* The model of a show that sends geometry is complete with its last shape. */
    if (peer->exact != NULL)
        return;
    peer->incoming = false;
    if (peer->weak != NULL)
        session_shots_arrived(peer->session, peer);
}

static void handle(struct hub *hub, struct peer *peer, struct blob *message)
{
    char kind = message_kind(message);
    const struct handlers_row *handler = handlers_find(kind);
    if (peer->closing)
        return;
    if (handler == NULL) {
        complain(peer, kind, "unknown kind");
        return;
    }
    hub->messages[(uint8_t)kind]++;
    /* The periodic pings of an idle page are no use of its session. */
    if (kind != 'U')
        peer->session->used = view_now(&hub->view);
    if (!allowed(peer, handler))
        complain(peer, kind, "the sender has not registered as a viewer");
    else if (peer->read_only && handler->picture)
        complain(peer, kind, "this connection may only view");
    else if (handler->raw != NULL)
        run_raw(peer, handler, message);
    else
        parse_and_run(peer, handler, message);
}

void dispatch_message(struct hub *hub, struct peer *peer, struct blob *message)
{
    message_received(message);
    relay_complete(peer);
    handle(hub, peer, message);
    scan_end(peer);
    /* Handling a model has finished its relay; any other message aborts it. */
    relay_abort(peer);
    end_incoming(peer);
}

void dispatch_progress(struct peer *peer, struct blob *message, size_t total)
{
    if (peer->closing)
        return;
    message_received(message);
    if (message_kind(message) == 'B' && !peer->read_only && peer->session->browsers > 0 &&
        total - message->size <= EXPECT_REST)
        peer->view->services.expect(peer->view->services.owner, peer->session);
    if (message_kind(message) == 'D' && !peer->read_only)
        peer->incoming = true;
    if (message_kind(message) == 'D' && total >= SCAN_AHEAD)
        scan_progress(peer, message);
    if (message_kind(message) == 'F')
        exact_moves(peer);
    relay_progress(peer, &peer->session->peers, message, total);
}

void dispatch_aborted(struct peer *peer)
{
    scan_end(peer);
    relay_abort(peer);
    end_incoming(peer);
}

void dispatch_parsed(struct peer *peer, struct blob *message, json_t *json,
                     const json_error_t *error)
{
    const struct handlers_row *handler = handlers_find(message_kind(message));
    if (!peer->closing)
        run_json(peer, handler, message, json, error);
    peer->ops->release(peer->conn);
}

void dispatch_answer_config(struct peer *peer, const char *text, size_t size)
{
    peer_send_text(peer, text, size);
    peer->ops->release(peer->conn);
}
