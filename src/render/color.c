/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/color.h"

#include <math.h>
#include <string.h>

#include "base/hex.h"

void color_encoder_init(struct color_encoder *encoder)
{
    for (int i = 0; i < COLOR_STEPS; i++) {
        double root = (double)i / (COLOR_STEPS - 1);
        double linear = root * root;
        double encoded =
            linear <= 0.0031308 ? linear * 12.92 : 1.055 * pow(linear, 1 / 2.4) - 0.055;
        encoder->steps[i] = (uint8_t)(encoded * 255 + 0.5);
    }
}

uint8_t color_encode(const struct color_encoder *encoder, float linear)
{
    if (!(linear > 0))
        return 0;
    if (linear >= 1)
        return 255;
    return encoder->steps[(int)(sqrtf(linear) * (COLOR_STEPS - 1) + 0.5F)];
}

bool color_parse(const char *text, uint8_t rgb[3])
{
    size_t digits = strlen(text) - (text[0] != '\0');
    if (text[0] != '#' || (digits != 3 && digits != 6 && digits != 8))
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (hex_digit(text[1 + i]) < 0)
            return false;
    }
    for (int i = 0; i < 3; i++) {
        const char *at = text + 1 + (digits == 3 ? i : 2 * i);
        rgb[i] = (uint8_t)(16 * hex_digit(at[0]) + hex_digit(at[digits != 3]));
    }
    return true;
}

void color_linear(const uint8_t rgb[3], float linear[3])
{
    for (int i = 0; i < 3; i++) {
        double encoded = rgb[i] / 255.0;
        linear[i] =
            (float)(encoded <= 0.04045 ? encoded / 12.92 : pow((encoded + 0.055) / 1.055, 2.4));
    }
}
