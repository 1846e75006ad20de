/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SCENE_FAILURE_HPP
#define CADCAST_SCENE_FAILURE_HPP

#include <stdexcept>

/* Why a file cannot be shown, as the end of a line that begins with its name: "is cut off". */
struct failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

#endif
