/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_OFFLINE_RECORDED_H
#define CADCAST_OFFLINE_RECORDED_H

#include <stdint.h>

#include "base/blob.h"

/* The model that a recording shows last, and its exact geometry, NULL: none; a reference each. A
 * recording that was cut off is read to its end. 0; -ENOENT: no model is shown at the end; or an
 * error of recording_read. `most`: bytes of one picture. */
int recorded_last(const char *path, uint64_t most, struct blob **model, struct blob **exact);

#endif
