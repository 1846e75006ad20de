/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_DEADLINE_HPP
#define CADCAST_HELPER_DEADLINE_HPP

#include "shapes.hpp"

#include <chrono>

/* The deadline passed. */
struct late : reason {
    using reason::reason;
};

/* When to give up; `check` throws `late` from then on. */
struct deadline {
    std::chrono::steady_clock::time_point end = std::chrono::steady_clock::time_point::max();

    void check() const
    {
        if (std::chrono::steady_clock::now() >= end)
            throw late("there was not enough time for it");
    }
};

#endif
