/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_FRAME_H
#define CADCAST_BASE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The frames of the daemon's helpers, over a pipe: a head of FRAME_HEAD bytes,
 * little-endian, then the payload. The head is u32 kind, u32 serial, u32 session, u32 zero, u64
 * length of the payload in bytes. An answer carries the serial and session of its question.
 * docs/measuring.md describes the payloads.
 */
enum {
    FRAME_HEAD = 24,
    FRAME_ROOM = 16, /* free bytes before a payload that frame_reader_take gives away */
};

enum frame_kind {
    /* To the helper. */
    FRAME_MODEL = 1,  /* the JSON of a `B` message, of which only the tree is read: READY or FAIL */
    FRAME_DECODE = 2, /* decode more of the session's parts, for a moment: READY or FAIL */
    FRAME_ASK = 3,    /* {"tool":...,"ids":[...]}: ANSWER or FAIL */
    FRAME_DROP = 4,   /* drop the session's model: no answer */
    FRAME_PING = 5,   /* PONG */
    FRAME_MESH = 6,   /* tolerances and a shape, which belongs to no session: MESHED or FAIL */
    /* From the helper. */
    FRAME_READY = 16,  /* JSON: parts, left, subshapes, unreadable, milliseconds */
    FRAME_ANSWER = 17, /* JSON: the finished backend_response */
    FRAME_FAIL = 18,   /* JSON: {"error":"short reason"} */
    FRAME_PONG = 19,
    FRAME_MESHED = 20, /* a model file that is one instance */
    /* From cadcast-import, all of serial and session 0 (docs/importing.md). */
    FRAME_PROGRESS = 32, /* JSON: phase, fraction, file */
    FRAME_NOTICE = 33,   /* a line for the user */
    FRAME_MESSAGE = 34,  /* a message of the protocol, with its letter and colon */
    FRAME_DONE = 35,     /* JSON: what was read; the last frame */
    FRAME_ERROR = 36,    /* a line, which file and why; the last frame */
    FRAME_FILE = 37,     /* of cadcast-import --write: the file that was to be written */
    /* To cadcast-import --write. */
    FRAME_TREE = 48,  /* JSON: what is to be written */
    FRAME_PARTS = 49, /* the payload of a `B`: its shapes */
    /* Between cadcast-import and its second process. */
    FRAME_HEAL = 50,   /* a shape to be repaired: HEALED */
    FRAME_HEALED = 51, /* what came of it */
};

struct frame {
    uint32_t kind; /* enum frame_kind; the reader refuses other values */
    uint32_t serial;
    uint32_t session;
    uint64_t length; /* of the payload, in bytes */
};

/* Writes the head of `frame` to `head`. */
void frame_put(unsigned char head[FRAME_HEAD], const struct frame *frame);

/* Reads a head. 0, -EPROTO if the bytes are not a valid head (an unknown kind, or the reserved word
 * is not zero), -EMSGSIZE if the payload is longer than `limit` bytes, or than memory can be. */
int frame_get(struct frame *frame, const unsigned char head[FRAME_HEAD], uint64_t limit);

/*
 * Assembles frames from received bytes. Zero-initialise, set `limit`. The payload belongs to the
 * reader until frame_reader_free or the next frame_feed.
 */
struct frame_reader {
    unsigned char head[FRAME_HEAD];
    size_t have;  /* bytes of head and payload received so far */
    size_t limit; /* longest payload accepted, in bytes */
    struct frame frame;
    char *payload; /* `frame.length` bytes and a zero byte */
};

#define FRAME_WHOLE 1

/* Takes bytes from `data` up to the end of a frame; *used is their number. FRAME_WHOLE: a frame is
 * complete, in `frame` and `payload`; call again with the rest. 0: all taken, more are needed.
 * Below 0: as frame_get, or -ENOMEM; the reader must not be fed any more. */
int frame_feed(struct frame_reader *reader, const void *data, size_t size, size_t *used);

/* Takes the payload of a complete frame away from the reader: the caller frees the block, in which
 * the payload begins behind FRAME_ROOM bytes. */
void *frame_reader_take(struct frame_reader *reader);

/* Frees the reader's memory. */
void frame_reader_free(struct frame_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
