/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_WS_MASK_H
#define CADCAST_WEB_WS_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Undoes the masking (RFC 6455 section 5.3) of `size` bytes in place; `position`: the offset of the
 * first one in the payload. Returns whether all of them are ASCII, which costs nothing on the
 * way. */
bool ws_unmask(uint8_t *data, size_t size, const uint8_t mask[4], size_t position);

#endif
