/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_ANSWER_HPP
#define CADCAST_HELPER_ANSWER_HPP

#include "shapes.hpp"

#include <string>
#include <string_view>

/* Answers a question, {"tool":...,"ids":[...]}, with the finished backend_response. Throws
 * `reason`, json::bad or whatever the kernel throws. */
std::string answer(model &model, std::string_view question);

/* {"error":"<why>"} */
std::string failure(std::string_view why);

#endif
