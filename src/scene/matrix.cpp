/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "scene.hpp"

#include <cmath>

scene::matrix scene::operator*(const matrix &a, const matrix &b)
{
    matrix out;
    for (std::size_t row = 0; row < 3; row++) {
        for (std::size_t column = 0; column < 4; column++) {
            double sum = column == 3 ? a.m[4 * row + 3] : 0;
            for (std::size_t k = 0; k < 3; k++)
                sum += a.m[4 * row + k] * b.m[4 * k + column];
            out.m[4 * row + column] = sum;
        }
    }
    return out;
}

std::array<double, 3> scene::apply(const matrix &to, const std::array<double, 3> &point)
{
    std::array<double, 3> out;
    for (std::size_t row = 0; row < 3; row++)
        out[row] = to.m[4 * row] * point[0] + to.m[4 * row + 1] * point[1] +
                   to.m[4 * row + 2] * point[2] + to.m[4 * row + 3];
    return out;
}

double scene::determinant(const matrix &of)
{
    const auto &m = of.m;
    return m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8]) +
           m[2] * (m[4] * m[9] - m[5] * m[8]);
}

bool scene::is_rigid(const matrix &of)
{
    constexpr double close = 1e-5;
    for (std::size_t one = 0; one < 3; one++) {
        for (std::size_t other = one; other < 3; other++) {
            double product = 0;
            for (std::size_t row = 0; row < 3; row++)
                product += of.m[4 * row + one] * of.m[4 * row + other];
            if (!(std::abs(product - (one == other ? 1 : 0)) < close))
                return false;
        }
    }
    return determinant(of) > 0;
}

/* From the largest of the four, so that none is divided by a small number. */
std::array<double, 4> scene::turn_of(const matrix &of)
{
    const auto &m = of.m;
    double x = 1 + m[0] - m[5] - m[10], y = 1 - m[0] + m[5] - m[10];
    double z = 1 - m[0] - m[5] + m[10], w = 1 + m[0] + m[5] + m[10];
    std::array<double, 4> out;
    if (w >= x && w >= y && w >= z)
        out = { m[9] - m[6], m[2] - m[8], m[4] - m[1], w };
    else if (x >= y && x >= z)
        out = { x, m[1] + m[4], m[2] + m[8], m[9] - m[6] };
    else if (y >= z)
        out = { m[1] + m[4], y, m[6] + m[9], m[2] - m[8] };
    else
        out = { m[2] + m[8], m[6] + m[9], z, m[4] - m[1] };
    double size = std::sqrt(out[0] * out[0] + out[1] * out[1] + out[2] * out[2] + out[3] * out[3]);
    for (double &each : out)
        each /= size;
    return out;
}
