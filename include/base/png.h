/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_PNG_H
#define CADCAST_BASE_PNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"

/* Bytes that png_from_url needs for a URL of `size` bytes. */
#define PNG_ROOM(size) ((size) / 4 * 3 + 3)

/*
 * Decodes a PNG from a data URL (RFC 2397, base64) into `out`, which has PNG_ROOM(size) bytes, and
 * sets *png_size. Checks the signature, the header and its checksum, the size in pixels, and the
 * end; the pixels are not decoded. NULL, or what is wrong with it, to follow its name: "is cut
 * short".
 */
const char *png_from_url(const char *url, size_t size, uint8_t *out, size_t *png_size);

/* Encodes `width` x `height` pixels, RGBA, as a PNG in sRGB, without the opacity if `opaque`. 0,
 * and *png is a new reference; or -ENOMEM. */
int png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, bool opaque,
               struct blob **png);

#endif
