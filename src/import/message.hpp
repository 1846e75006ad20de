/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_MESSAGE_HPP
#define CADCAST_IMPORT_MESSAGE_HPP

#include "options.hpp"
#include "output.hpp"
#include "shapes.hpp"
#include "show.hpp"

/* Sends a tree and its shapes as an `E` and the `F` of each (docs/protocol.md). Throws `failure`
 * if it is larger than the daemon takes. */
void send_shapes(output &to, const show::part &root, const shape_list &shapes, const options &how);

#endif
