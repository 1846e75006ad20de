/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "text.hpp"

#include <cmath>
#include <limits>

bool to_coordinate(std::string_view word, float &to)
{
    double value = 0;
    if (!word.empty() && word.front() == '+')
        word.remove_prefix(1);
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (end != word.data() + word.size() || error == std::errc::invalid_argument)
        return false;
    if (error == std::errc::result_out_of_range)
        value =
            word.find("e-") != std::string_view::npos || word.find("E-") != std::string_view::npos
                ? 0
                : std::numeric_limits<double>::infinity();
    to = std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())
             ? std::numeric_limits<float>::infinity()
             : static_cast<float>(value);
    return true;
}
