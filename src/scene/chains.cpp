/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "chains.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace
{

/* The cosine of 25 degrees. */
constexpr double least_cosine = 0.90630778703665;

std::array<double, 3> direction(const scene::mesh &of, std::uint32_t from, std::uint32_t to)
{
    std::array<double, 3> out;
    double size = 0;
    for (std::size_t axis = 0; axis < 3; axis++) {
        out[axis] = static_cast<double>(of.points[3 * std::size_t{ to } + axis]) -
                    static_cast<double>(of.points[3 * std::size_t{ from } + axis]);
        size += out[axis] * out[axis];
    }
    for (double &each : out)
        each = size > 0 ? each / std::sqrt(size) : 0;
    return out;
}

double cosine(const std::array<double, 3> &a, const std::array<double, 3> &b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

class chainer
{
  public:
    chainer(const scene::mesh &of, const face_map &map)
        : mesh(of), sides(map.drawn), labels(map.drawn.size()), used(map.drawn.size(), false)
    {
        for (std::size_t i = 0; i < sides.size(); i++) {
            labels[i] = label_of(map, sides[i]);
            for (std::uint32_t end : sides[i].ends)
                ends.push_back({ end, static_cast<std::uint32_t>(i) });
        }
        std::sort(ends.begin(), ends.end());
    }

    /* From both ends of each side that is in no chain yet. */
    std::vector<chain> find()
    {
        std::vector<chain> out;
        for (std::uint32_t i = 0; i < sides.size(); i++) {
            if (used[i])
                continue;
            used[i] = true;
            chain forth{ sides[i].ends[0], sides[i].ends[1] };
            follow(forth, i);
            chain back{ sides[i].ends[1], sides[i].ends[0] };
            if (forth.front() != forth.back())
                follow(back, i);
            out.emplace_back(back.rbegin(), back.rend() - 2);
            out.back().insert(out.back().end(), forth.begin(), forth.end());
        }
        return out;
    }

  private:
    using ending =
        std::pair<std::uint32_t, std::uint32_t>; /* a point, and a side that ends there */

    static std::uint64_t label_of(const face_map &map, const side &of)
    {
        std::uint32_t one = map.face_of[of.first];
        std::uint32_t other = of.second == face_map::none ? face_map::none : map.face_of[of.second];
        return std::uint64_t{ std::min(one, other) } << 32 | std::max(one, other);
    }

    /* Goes on from the last point of a chain, whose last side is `side`, as long as one way leads
     * on. */
    void follow(chain &along, std::uint32_t side)
    {
        for (;;) {
            std::uint32_t at = along.back(), next = face_map::none;
            auto first = std::lower_bound(ends.begin(), ends.end(), ending(at, 0));
            std::size_t count = 0;
            for (auto one = first; one != ends.end() && one->first == at; ++one) {
                count++;
                if (one->second != side)
                    next = one->second;
            }
            if (count != 2 || used[next] || labels[next] != labels[side])
                return;
            std::uint32_t to =
                sides[next].ends[0] == at ? sides[next].ends[1] : sides[next].ends[0];
            if (cosine(direction(mesh, along[along.size() - 2], at), direction(mesh, at, to)) <
                least_cosine)
                return;
            used[next] = true;
            along.push_back(to);
            side = next;
        }
    }

    const scene::mesh &mesh;
    const std::vector<side> &sides;
    std::vector<std::uint64_t> labels;
    std::vector<bool> used;
    std::vector<ending> ends;
};

} // namespace

std::vector<chain> find_chains(const scene::mesh &welded, const face_map &faces)
{
    return chainer(welded, faces).find();
}

bool is_straight(const scene::mesh &welded, const chain &of)
{
    constexpr double close = 1 - 1e-9;
    if (of.front() == of.back())
        return false;
    std::array<double, 3> whole = direction(welded, of.front(), of.back());
    for (std::size_t i = 1; i < of.size(); i++)
        if (cosine(direction(welded, of[i - 1], of[i]), whole) < close)
            return false;
    return true;
}
