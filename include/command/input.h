/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_INPUT_H
#define CADCAST_COMMAND_INPUT_H

#include "base/blob.h"

/* Reads all of a file, or of standard input ("-"). 0, and *blob is a new reference; or a negative
 * errno value. */
int input_read(const char *path, struct blob **blob);

#endif
