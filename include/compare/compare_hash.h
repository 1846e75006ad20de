/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMPARE_COMPARE_HASH_H
#define CADCAST_COMPARE_COMPARE_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/hash.h"
#include "render/scene.h"

#define COMPARE_HASH_HEX (2 * HASH_SHA256 + 1)

/* Writes a hash in hexadecimal, with a zero byte. */
void compare_hash_hex(const uint8_t hash[HASH_SHA256], char hex[COMPARE_HASH_HEX]);

/* The SHA-256 of a value of a model file: its arrays count by their bytes and not by their place in
 * the file, members by their names and not by their order. 0; -EINVAL: an array lies outside the
 * file; -E2BIG: it is nested too deeply; -ENOMEM. */
int compare_hash(const struct scene *scene, const json_t *value, uint8_t out[HASH_SHA256]);

/* Whether a value describes an array of the file (docs/model-format.md). 1: it does, and `data` and
 * `bytes` are set; 0: it does not; -EINVAL: it does, and lies outside the file. */
int compare_hash_array(const struct scene *scene, const json_t *value, const uint8_t **data,
                       size_t *bytes);

#endif
