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
#include "base/utf8.h"

struct block_cache;
struct http;

/* From this size on, a message is reported while it is being received (`progress`). */
#define WS_LARGE 65536

/* Room for the reason of a close frame, with a zero. */
#define WS_REASON 121

struct ws_refused {
    char kind;
    uint64_t size;
    bool more;
    int error;
};

/*
 * The server's end of one WebSocket (RFC 6455), without a socket: ws_feed takes received bytes,
 * `write` gets bytes to send. Data frames are read straight into the blob of their message and
 * unmasked there; control frames go through wslay.
 */
struct ws_events {
    /* A whole message, valid UTF-8 unless its kind is `opaque`. The owner takes its own reference
     * to keep it. */
    void (*message)(void *owner, struct blob *blob);
    /* Part of a large or fragmented message was received: blob->size of `total` bytes, unmasked and
     * checked. Called after every piece, the last one included, before `message`. `total` is 0 if
     * it is not known, which is the case with fragments. May be NULL. */
    void (*progress)(void *owner, struct blob *blob, size_t total);
    /* The message that `progress` reported will never be complete. May be NULL. */
    void (*aborted)(void *owner, struct blob *blob);
    /* Send these bytes; a reference to the blob is taken. */
    void (*write)(void *owner, const void *head, size_t head_size, struct blob *blob, size_t offset,
                  size_t size);
    /* Send these last bytes: `finish` follows at once. */
    void (*goodbye)(void *owner, const void *data, size_t size);
    /* The closing handshake is done or the peer broke the protocol: close when all is sent. `code`:
     * of the peer's close frame (1005: it had none), or of ours; `reason` for the log, NULL if this
     * is an orderly end. */
    void (*finish)(void *owner, int code, const char *reason);
    /* A data message is refused and the connection ends: `finish` follows, with the text in
     * `reason` (WS_REASON bytes, filled with a default; the owner may overwrite it). `kind`: the
     * first byte of the message if its second one is ':', else 0; `size`: its bytes, and `more` if
     * further frames follow. `error`: -EMSGSIZE (over the limit), -EILSEQ (not UTF-8), or the errno
     * of a failed allocation. May be NULL. */
    void (*refused)(void *owner, const struct ws_refused *refused, char *reason);
};

struct ws {
    wslay_event_context_ptr context; /* NULL between control frames */
    const struct ws_events *events;
    void *owner;
    uint64_t limit;             /* bytes of one message */
    struct block_cache *blocks; /* memory for large messages; may be NULL */
    size_t large;               /* WS_LARGE */
    struct blob *message;       /* what is being received, NULL: none */
    size_t message_start;       /* bytes of it from earlier frames */
    size_t message_end;         /* the same at the end of this frame */
    struct utf8 utf8;           /* state of the UTF-8 check */
    bool reported;              /* `progress` is called for it */
    char opaque;                /* binary messages of this kind need not be UTF-8; 0: all must be */
    bool binary;                /* the message being received began with a binary frame */
    uint8_t mask[4];
    uint8_t head[14]; /* the header of the current frame; of a short close frame, the whole frame */
    uint8_t head_have;
    bool fragments; /* further frames of the message follow */
    bool close_sent;
    bool finished;
    bool hold; /* ws_hold was called: deliver no messages */
    bool in_feed;
    bool in_wslay;
    uint64_t frame_left;  /* payload bytes of the current frame that wslay still has to read */
    uint64_t skip_left;   /* payload bytes still to be dropped, of a frame received after our close
                             frame */
    const uint8_t *input; /* bytes for wslay to read */
    size_t input_size;
    struct text held;   /* bytes received while `hold` is set */
    struct text output; /* control frames made by wslay */
};

/* Checks an upgrade request (RFC 6455 section 4.2.1). Returns 0, or the status to refuse with and
 * its reason in *why; for 426 the answer needs the header Sec-WebSocket-Version: 13. */
int ws_check_handshake(const struct http *http, const char **why);

/* Writes the head of the 101 answer for that request into `out` of at least 256 bytes; returns its
 * length. */
size_t ws_handshake_answer(const struct http *http, char *out, size_t size);

/* Prepares `ws`; `limit`: bytes of the largest message taken. */
void ws_init(struct ws *ws, uint64_t limit, const struct ws_events *events, void *owner);

/* The receive buffer for the next bytes, so that they need not be copied: as
 * stream_events.input. */
void ws_input(struct ws *ws, uint8_t **buffer, size_t *size);

/* Takes received bytes; they are overwritten. Not copied if they lie at the place ws_input
 * named. */
void ws_feed(struct ws *ws, uint8_t *data, size_t size);

/* Stops and resumes the delivery of messages. At most the bytes of one ws_feed are kept meanwhile,
 * so the owner must stop reading too. */
void ws_hold(struct ws *ws);
void ws_release(struct ws *ws);

/* Sends the payload of `blob` as one unfragmented text message. The frame header is written into
 * the free bytes before the payload, the same for every receiver, so that header and payload go out
 * in one piece. blob->skip + BLOB_ROOM must be at least WS_HEAD_MAX; the bytes of the blob before
 * its payload are lost. */
void ws_send(struct ws *ws, struct blob *blob);

/* Sends a copy of `size` bytes as a text message. */
void ws_send_text(struct ws *ws, const char *data, size_t size);

/* Sends one fragment of a text message (RFC 6455 section 5.4); `first` and `last` mark the ends of
 * the message. No other data message may be sent in between; control frames may. */
void ws_send_fragment(struct ws *ws, struct blob *blob, size_t offset, size_t size, bool first,
                      bool last);

/* Sends a ping (RFC 6455 section 5.5.2). */
void ws_ping(struct ws *ws);

/* Begins the closing handshake: code of RFC 6455 section 7.4, reason under 124 bytes. */
void ws_close(struct ws *ws, int code, const char *reason);

/* Whether data may still be sent: no close frame was sent and the connection has not ended. */
bool ws_may_send(const struct ws *ws);

/* Ends the WebSocket: calls `finish`, once. `reason` NULL: an orderly end. */
void ws_finish(struct ws *ws, int code, const char *reason);

/* Closes after a protocol error: sends a close frame with `code`, and ends. */
void ws_fail(struct ws *ws, int code, const char *reason);

void ws_free(struct ws *ws);

#endif
