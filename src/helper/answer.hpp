/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_ANSWER_HPP
#define CADCAST_HELPER_ANSWER_HPP

#include "deadline.hpp"
#include "shapes.hpp"

#include <string>
#include <string_view>

/* Answers a question, {"tool":...,"ids":[...]}, with the finished backend_response, without a box
 * if the deadline passes first. Throws `reason`, json::bad or an exception of the kernel. */
std::string answer(model &model, std::string_view question, const deadline &until);

/* {"error":"<why>"}: why a request failed. */
std::string failure(std::string_view why);

#endif
