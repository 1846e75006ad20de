/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "weld.hpp"

#include <cmath>
#include <cstring>

namespace
{

/* Finds points by their place: a table of open addressing, twice as large as needed. */
class place_table
{
  public:
    place_table(const std::vector<float> &from, std::vector<float> &to) : points(from), places(to)
    {
        std::size_t slots = 16;
        while (slots < 2 * (from.size() / 3))
            slots *= 2;
        table.assign(slots, none);
    }

    /* The number of a point's place. */
    std::uint32_t number(std::uint32_t point)
    {
        float at[3];
        for (std::size_t axis = 0; axis < 3; axis++)
            at[axis] = points[3 * static_cast<std::size_t>(point) + axis] + 0.0F; /* -0 is 0 */
        std::size_t mask = table.size() - 1, slot = hash(at) & mask;
        while (table[slot] != none) {
            if (same(&places[3 * static_cast<std::size_t>(table[slot])], at))
                return table[slot];
            slot = (slot + 1) & mask;
        }
        table[slot] = static_cast<std::uint32_t>(places.size() / 3);
        places.insert(places.end(), at, at + 3);
        return table[slot];
    }

  private:
    static constexpr std::uint32_t none = 0xffffffff;

    /* Bit by bit, so that a place that is no number is the same as itself. */
    static bool same(const float *a, const float *b)
    {
        for (std::size_t axis = 0; axis < 3; axis++)
            if (bits_of(a[axis]) != bits_of(b[axis]))
                return false;
        return true;
    }

    static std::uint32_t bits_of(float value)
    {
        std::uint32_t bits;
        std::memcpy(&bits, &value, sizeof(bits));
        return bits;
    }

    static std::size_t hash(const float at[3])
    {
        std::uint32_t bits[3] = { bits_of(at[0]), bits_of(at[1]), bits_of(at[2]) };
        std::uint64_t mixed = bits[0];
        mixed = (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9 + bits[1];
        mixed = (mixed ^ mixed >> 32) * 0x94d049bb133111eb + bits[2];
        mixed = (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9;
        return static_cast<std::size_t>(mixed ^ mixed >> 32);
    }

    const std::vector<float> &points;
    std::vector<float> &places;
    std::vector<std::uint32_t> table;
};

bool is_point(const std::vector<float> &points, std::uint32_t number)
{
    std::size_t at = 3 * static_cast<std::size_t>(number);
    return at + 2 < points.size() && std::isfinite(points[at]) && std::isfinite(points[at + 1]) &&
           std::isfinite(points[at + 2]);
}

} // namespace

scene::mesh weld(const scene::mesh &of)
{
    scene::mesh out;
    out.corners.reserve(of.corners.size());
    place_table table(of.points, out.points);
    for (std::size_t i = 0; i + 2 < of.corners.size(); i += 3) {
        const std::uint32_t *corner = &of.corners[i];
        if (!is_point(of.points, corner[0]) || !is_point(of.points, corner[1]) ||
            !is_point(of.points, corner[2]))
            continue;
        std::uint32_t a = table.number(corner[0]), b = table.number(corner[1]),
                      c = table.number(corner[2]);
        if (a != b && b != c && c != a)
            out.corners.insert(out.corners.end(), { a, b, c });
    }
    return out;
}
