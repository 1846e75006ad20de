/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/compress.h"

#include <errno.h>
#include <stdbool.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

enum { PIECE = 1024 * 1024 };

const char *compress_name(enum compress_kind kind)
{
    return kind == COMPRESS_GZIP ? "gzip" : "zstd";
}

static bool cancelled(const atomic_bool *cancel)
{
    return cancel != NULL && atomic_load_explicit(cancel, memory_order_relaxed);
}

static size_t piece_of(size_t left)
{
    return left < PIECE ? left : PIECE;
}

/* Compresses a piece at a time into the room of `out`, which is less than `in`: no room left means
 * that compressing does not pay. */
static int run_gzip(z_stream *stream, const struct blob *in, const atomic_bool *cancel,
                    struct blob *out)
{
    size_t taken = 0;
    int state = Z_OK;
    while (state != Z_STREAM_END) {
        if (cancelled(cancel))
            return -ECANCELED;
        size_t n = piece_of(in->size - taken);
        size_t room = piece_of(out->room - out->size);
        stream->next_in = in->data + taken;
        stream->avail_in = (unsigned)n;
        stream->next_out = out->data + out->size;
        stream->avail_out = (unsigned)room;
        if (room == 0)
            return 1;
        state = deflate(stream, taken + n == in->size ? Z_FINISH : Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
            return -EINVAL;
        taken += n - stream->avail_in;
        out->size += room - stream->avail_out;
    }
    return 0;
}

static int gzip(int level, const struct blob *in, const atomic_bool *cancel, struct blob *out)
{
    enum { GZIP_WINDOW = 15 + 16, MEMORY = 9 }; /* zlib: 16 more selects gzip's header */
    z_stream stream = { 0 };
    int state = deflateInit2(&stream, level, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY);
    if (state != Z_OK)
        return state == Z_MEM_ERROR ? -ENOMEM : -EINVAL;
    int result = run_gzip(&stream, in, cancel, out);
    deflateEnd(&stream);
    return result;
}

static int run_zstd(ZSTD_CCtx *context, const struct blob *in, const atomic_bool *cancel,
                    struct blob *out)
{
    ZSTD_outBuffer to = { out->data, out->room, 0 };
    size_t taken = 0;
    size_t left = 1;
    while (left != 0) {
        if (cancelled(cancel))
            return -ECANCELED;
        if (to.pos == to.size)
            return 1;
        ZSTD_inBuffer from = { in->data + taken, piece_of(in->size - taken), 0 };
        bool last = taken + from.size == in->size;
        left = ZSTD_compressStream2(context, &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left))
            return -ENOMEM;
        taken += from.pos;
        left |= !last;
    }
    out->size = to.pos;
    return 0;
}

static int zstd(int level, const struct blob *in, const atomic_bool *cancel, struct blob *out)
{
    if (level < 1 || level > ZSTD_maxCLevel())
        return -EINVAL;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (context == NULL)
        return -ENOMEM;
    int result = -ENOMEM;
    if (!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)) &&
        !ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(context, in->size)))
        result = run_zstd(context, in, cancel, out);
    ZSTD_freeCCtx(context);
    return result;
}

int compress_blob(enum compress_kind kind, int level, const struct blob *in,
                  const atomic_bool *cancel, struct blob **out)
{
    *out = NULL;
    if (in->size == 0)
        return 1;
    /* Unwritten pages cost nothing, so the room may be far too large. */
    struct blob *room = blob_new(in->size - 1);
    if (room == NULL)
        return -ENOMEM;
    int result =
        kind == COMPRESS_GZIP ? gzip(level, in, cancel, room) : zstd(level, in, cancel, room);
    if (result == 0) {
        /* A copy of the exact size frees the rest, whatever the allocator does on realloc. If there
         * is no memory for it, the larger blob is used. */
        *out = blob_copy(room->data, room->size);
        if (*out == NULL)
            *out = blob_ref(room);
    }
    blob_unref(room);
    return result;
}
