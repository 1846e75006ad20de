/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "faces.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace
{

/* Triangles that are one face have the same leader, which is the first of them. */
class groups
{
  public:
    explicit groups(std::size_t count) : parent(count)
    {
        std::iota(parent.begin(), parent.end(), 0);
    }

    std::uint32_t leader(std::uint32_t of)
    {
        while (parent[of] != of) {
            parent[of] = parent[parent[of]];
            of = parent[of];
        }
        return of;
    }

    void join(std::uint32_t one, std::uint32_t other)
    {
        one = leader(one);
        other = leader(other);
        parent[std::max(one, other)] = std::min(one, other);
    }

  private:
    std::vector<std::uint32_t> parent;
};

/* A side of one triangle, kept with its lower end. */
struct half {
    std::uint32_t upper, triangle;
    bool up; /* the triangle runs from the lower end to the upper */
};

/* The sides of all triangles, sorted by their lower end: those of point n are from first[n] on. */
struct halves {
    std::vector<std::uint32_t> first;
    std::vector<half> list;
};

halves list_halves(const scene::mesh &of)
{
    halves out;
    std::size_t points = of.points.size() / 3;
    out.first.assign(points + 1, 0);
    out.list.resize(of.corners.size());
    auto each = [&of](auto &&call) {
        for (std::size_t i = 0; i < of.corners.size(); i++) {
            std::uint32_t a = of.corners[i];
            std::uint32_t b = of.corners[i % 3 == 2 ? i - 2 : i + 1];
            call(std::min(a, b), half{ std::max(a, b), static_cast<std::uint32_t>(i / 3), a < b });
        }
    };
    each([&out](std::uint32_t lower, const half &) { out.first[lower + 1]++; });
    std::partial_sum(out.first.begin(), out.first.end(), out.first.begin());
    std::vector<std::uint32_t> next(out.first.begin(), out.first.end() - 1);
    each([&out, &next](std::uint32_t lower, const half &one) { out.list[next[lower]++] = one; });
    return out;
}

class finder
{
  public:
    explicit finder(const scene::mesh &of)
        : mesh(of), joined(of.corners.size() / 3), normals(of.corners.size() / 3)
    {
        for (std::size_t i = 0; i < normals.size(); i++)
            normals[i] = unit(normal_of(mesh, i));
    }

    face_map find()
    {
        halves all = list_halves(mesh);
        for (std::uint32_t point = 0; point + 1 < all.first.size(); point++)
            look_at(point, &all.list[0] + all.first[point], &all.list[0] + all.first[point + 1]);
        number_faces();
        return std::move(out);
    }

  private:
    static std::array<double, 3> unit(std::array<double, 3> of)
    {
        double size = std::sqrt(of[0] * of[0] + of[1] * of[1] + of[2] * of[2]);
        for (double &each : of)
            each = size > 0 ? each / size : 0;
        return of;
    }

    void look_at(std::uint32_t lower, half *begin, half *end)
    {
        std::stable_sort(begin, end,
                         [](const half &a, const half &b) { return a.upper < b.upper; });
        for (half *at = begin, *next; at < end; at = next) {
            for (next = at + 1; next < end && next->upper == at->upper;)
                next++;
            add_side(lower, at, next);
        }
    }

    void add_side(std::uint32_t lower, const half *at, const half *end)
    {
        bool pair = end - at == 2 && at[0].up != at[1].up;
        out.closed = out.closed && pair;
        if (pair && is_flat(at[0].triangle, at[1].triangle)) {
            joined.join(at[0].triangle, at[1].triangle);
            return;
        }
        std::uint32_t second = end - at == 1 ? face_map::none : at[1].triangle;
        out.drawn.push_back({ { lower, at->upper }, at[0].triangle, second, true });
    }

    /* A triangle without area has no normal: it joins what is beside it. */
    bool is_flat(std::uint32_t one, std::uint32_t other) const
    {
        constexpr double cosine = 0.90630778703665; /* of 25 degrees */
        const auto &a = normals[one], &b = normals[other];
        double product = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        auto none = [](const std::array<double, 3> &of) {
            return of[0] == 0 && of[1] == 0 && of[2] == 0;
        };
        return product >= cosine || none(a) || none(b);
    }

    void number_faces()
    {
        std::vector<std::uint32_t> number(normals.size(), face_map::none);
        out.face_of.resize(normals.size());
        for (std::uint32_t i = 0; i < normals.size(); i++) {
            std::uint32_t leader = joined.leader(i);
            if (number[leader] == face_map::none)
                number[leader] = out.faces++;
            out.face_of[i] = number[leader];
        }
    }

    const scene::mesh &mesh;
    groups joined;
    std::vector<std::array<double, 3>> normals;
    face_map out;
};

} // namespace

std::array<double, 3> normal_of(const scene::mesh &welded, std::size_t triangle)
{
    double at[3][3];
    for (std::size_t corner = 0; corner < 3; corner++) {
        std::size_t point = welded.corners[3 * triangle + corner];
        for (std::size_t axis = 0; axis < 3; axis++)
            at[corner][axis] = static_cast<double>(welded.points[3 * point + axis]);
    }
    double one[3], other[3];
    for (std::size_t axis = 0; axis < 3; axis++) {
        one[axis] = at[1][axis] - at[0][axis];
        other[axis] = at[2][axis] - at[0][axis];
    }
    return { one[1] * other[2] - one[2] * other[1], one[2] * other[0] - one[0] * other[2],
             one[0] * other[1] - one[1] * other[0] };
}

face_map find_faces(const scene::mesh &welded)
{
    if (welded.corners.empty())
        return {};
    return finder(welded).find();
}
