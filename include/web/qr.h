/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_QR_H
#define CADCAST_WEB_QR_H

#include <stdbool.h>

#include "base/text.h"

/* An address as a QR code (ISO/IEC 18004), so that a phone need not type it. Made with libqrencode,
 * which cadcast can be built without. */

/* Whether this program has the library. */
bool qr_possible(void);

/* Appends the code as an SVG image of its own, black on white. 0; -ENOTSUP without the library;
 * -ENOMEM; -ERANGE if `string` is too long. */
int qr_svg(struct text *out, const char *string);

/* Appends the code as lines of half blocks in UTF-8, two rows of it a line. `colour`: with the
 * terminal's sequences for black on white, else dark is the text's colour. Errors as above. */
int qr_blocks(struct text *out, const char *string, bool colour);

#endif
