/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_WS_H
#define CADCAST_WEB_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wslay/wslay.h>

#include "base/blob.h"
#include "base/text.h"

struct http;
struct spares;

/* Messages from this size on are told of while they come. */
#define WS_LARGE 65536

/*
 * The server's end of one WebSocket (RFC 6455), without a socket: bytes are fed in, and come out
 * through `write`. Two lanes: data is read straight into the blob of its message and unmasked
 * there; control frames go to wslay.
 */
struct ws_events {
    /* A whole message, valid UTF-8. The owner takes a reference if it wants to keep it. */
    void (*message)(void *owner, struct blob *blob);
    /* Part of a message that is large or in fragments has come: blob->size of `total` bytes,
     * unmasked and checked. Called after every piece, the last one included, before `message`.
     * `total` is 0 where nobody knows, which is with fragments. May be NULL. */
    void (*progress)(void *owner, struct blob *blob, size_t total);
    /* The message that `progress` spoke of will never be complete. May be NULL. */
    void (*aborted)(void *owner, struct blob *blob);
    /* Send these bytes; a reference to the blob is taken. */
    void (*write)(void *owner, const void *head, size_t head_size, struct blob *blob, size_t offset,
                  size_t size);
    /* Send these last bytes: `finish` follows at once. */
    void (*goodbye)(void *owner, const void *data, size_t size);
    /* The closing handshake is done or the peer broke the rules: close when all is sent. `code`:
     * what the peer said (1005: nothing), or what we said to it; `reason` for the log, NULL where
     * this is an orderly end. */
    void (*finish)(void *owner, int code, const char *reason);
};

struct http;

struct ws {
    wslay_event_context_ptr context; /* NULL between control frames */
    const struct ws_events *events;
    void *owner;
    uint64_t limit;        /* bytes of one message */
    struct spares *spares; /* where the memory of large ones comes from; may stay NULL */
    size_t large;          /* WS_LARGE */
    struct blob *message;  /* what is being received, NULL: none */
    size_t message_start;  /* bytes of it that came in frames before this one */
    size_t message_end;    /* and at this frame's end */
    struct utf8 utf8;      /* how far it has been checked */
    bool told;             /* its owner is told of it while it comes */
    uint8_t mask[4];
    uint8_t head[14]; /* the header of the frame at hand, of a short goodbye all of it */
    uint8_t head_have;
    bool fragments; /* the message goes on after this frame */
    bool close_sent;
    bool finished;
    bool hold; /* the owner wants no message now */
    bool in_feed;
    bool in_wslay;
    uint64_t frame_left;  /* payload bytes still to come of a frame that wslay reads */
    uint64_t skip_left;   /* and of one that came after we said goodbye */
    const uint8_t *input; /* what wslay may read now */
    size_t input_size;
    struct text held;   /* bytes that came while `hold` was set */
    struct text output; /* control frames that wslay made */
};

/* Checks an upgrade request (RFC 6455 section 4.2.1) and writes the answer. Returns 0, or the
 * status to refuse with, its reason in *why; for 426 the answer wants the header
 * Sec-WebSocket-Version: 13. */
int ws_check_handshake(const struct http *http, const char **why);

/* The head of the 101 answer for that request, into `out` of at least 256 bytes; its length. */
size_t ws_handshake_answer(const struct http *http, char *out, size_t size);

/* Prepares `ws`; `limit`: bytes of the largest message taken. */
void ws_init(struct ws *ws, uint64_t limit, const struct ws_events *events, void *owner);

/* Where the next bytes of the peer should be put, so that they need not be copied: as
 * stream_events.input. */
void ws_input(struct ws *ws, uint8_t **buffer, size_t *size);

/* Takes bytes off the wire, which are changed. Where they lie at the place ws_input named, they
 * are not copied. */
void ws_feed(struct ws *ws, uint8_t *data, size_t size);

/* Stops and resumes the delivery of messages. At most one feed's bytes are kept meanwhile, so the
 * owner stops reading too. */
void ws_hold(struct ws *ws);
void ws_release(struct ws *ws);

/* Sends `blob` from `offset` on as one unfragmented text message. The frame header is written into
 * the free bytes before the payload, the same for every receiver, so that header and payload leave
 * as one piece. `offset` + BLOB_ROOM must be at least WS_HEAD_MAX; the bytes of the blob before
 * `offset` are lost. */
void ws_send(struct ws *ws, struct blob *blob, size_t offset);

/* Sends a copy of `size` bytes as a text message. */
void ws_send_text(struct ws *ws, const char *data, size_t size);

/* Sends one fragment of a text message (RFC 6455 section 5.4): `first` and `last` say where it
 * stands. No data message may come in between; control frames may. */
void ws_send_fragment(struct ws *ws, struct blob *blob, size_t offset, size_t size, bool first,
                      bool last);

/* Sends a ping (RFC 6455 section 5.5.2). */
void ws_ping(struct ws *ws);

/* Begins the closing handshake: code of RFC 6455 section 7.4, reason under 124 bytes. */
void ws_close(struct ws *ws, int code, const char *reason);

/* Whether data may still be sent: neither ended nor said goodbye. */
bool ws_may_send(const struct ws *ws);

/* The end, once: `finish` is called. `reason` NULL: an orderly one. */
void ws_finish(struct ws *ws, int code, const char *reason);

/* Says goodbye for a broken rule, and ends. */
void ws_fail(struct ws *ws, int code, const char *reason);

void ws_free(struct ws *ws);

#endif
