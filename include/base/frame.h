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
 * What the daemon and the geometry helper say to each other over a pipe: a head of FRAME_HEAD
 * bytes, little-endian, then the payload. The head is u32 kind, u32 serial, u32 session, u32 zero,
 * u64 length of the payload in bytes. An answer carries the serial and session of its question.
 * docs/measuring.md tells what the payloads hold.
 */
enum { FRAME_HEAD = 24 };

enum frame_kind {
    /* To the helper. */
    FRAME_MODEL = 1,  /* the JSON of a `B` message, of which only the tree is read: READY or FAIL */
    FRAME_DECODE = 2, /* decode more of the session's parts, for a moment: READY or FAIL */
    FRAME_ASK = 3,    /* {"tool":...,"ids":[...]}: ANSWER or FAIL */
    FRAME_DROP = 4,   /* forget the session's model: no answer */
    FRAME_PING = 5,   /* PONG */
    /* From the helper. */
    FRAME_READY = 16,  /* JSON: parts, left, subshapes, unreadable, milliseconds */
    FRAME_ANSWER = 17, /* JSON: the finished backend_response */
    FRAME_FAIL = 18,   /* JSON: {"error":"short reason"} */
    FRAME_PONG = 19,
};

struct frame {
    uint32_t kind; /* enum frame_kind; another value is the reader's to refuse */
    uint32_t serial;
    uint32_t session;
    uint64_t length; /* of the payload, in bytes */
};

/* Writes the head of `frame` to `head`. */
void frame_put(unsigned char head[FRAME_HEAD], const struct frame *frame);

/* Reads a head. 0, -EPROTO where the bytes are no head of ours (an unknown kind, or the reserved
 * word is not zero), -EMSGSIZE where the payload is longer than `limit` bytes, or than memory can
 * be. */
int frame_get(struct frame *frame, const unsigned char head[FRAME_HEAD], uint64_t limit);

/*
 * Puts frames together from bytes as they come. Zero-initialise, set `limit`. The payload belongs
 * to the reader until frame_reader_free or the next frame_feed.
 */
struct frame_reader {
    unsigned char head[FRAME_HEAD];
    size_t have;  /* bytes of head and payload that are here */
    size_t limit; /* longest payload that is taken, in bytes */
    struct frame frame;
    char *payload; /* `frame.length` bytes and a zero byte */
};

#define FRAME_WHOLE 1

/* Takes bytes from `data` up to the end of a frame and says in `used` how many. FRAME_WHOLE: a
 * frame is complete, `frame` and `payload` hold it; call again with the rest. 0: all taken, more
 * are needed. Below 0: as frame_get, or -ENOMEM; the reader must not be fed any more. */
int frame_feed(struct frame_reader *reader, const void *data, size_t size, size_t *used);

/* Frees what the reader holds. */
void frame_reader_free(struct frame_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
