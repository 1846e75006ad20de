/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_COLOR_H
#define CADCAST_RENDER_COLOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Steps of the table that encodes, by the square root of the linear value. */
#define COLOR_STEPS 4096

/* Linear light to sRGB (IEC 61966-2-1) in 8 bits: a table, so that every machine gives the same. */
struct color_encoder {
    uint8_t steps[COLOR_STEPS];
};

void color_encoder_init(struct color_encoder *encoder);

/* `linear` is clamped to 0..1; what is no number counts as 0. */
uint8_t color_encode(const struct color_encoder *encoder, float linear);

/* "#rgb", "#rrggbb" or "#rrggbbaa" (its opacity is not used) as sRGB bytes. False: another text. */
bool color_parse(const char *text, uint8_t rgb[3]);

/* sRGB bytes as linear light. */
void color_linear(const uint8_t rgb[3], float linear[3]);

#endif
