/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "drawn.hpp"

#include "chains.hpp"
#include "faces.hpp"
#include "weld.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace
{

/* GeomAbs_SurfaceType and GeomAbs_CurveType. */
constexpr std::int32_t plane = 0, other_surface = 10, line = 0, other_curve = 8;

/* Beyond that, as in a scan that is all noise, edges hide the picture, and faces cost the page more
 * than they tell. */
constexpr std::size_t most_sides = 300000, most_faces = 50000;

class drawer
{
  public:
    explicit drawer(const scene::mesh &of) : mesh(weld(of)), map(find_faces(mesh))
    {
    }

    drawn draw()
    {
        out.closed = map.closed && !mesh.corners.empty();
        sort_by_face();
        add_faces();
        add_edges();
        return std::move(out);
    }

  private:
    /* The triangles in the order of their faces; first[n] is where those of face n begin. */
    void sort_by_face()
    {
        first.assign(map.faces + 1U, 0);
        for (std::uint32_t face : map.face_of)
            first[face + 1]++;
        std::partial_sum(first.begin(), first.end(), first.begin());
        order.resize(map.face_of.size());
        std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
        for (std::uint32_t i = 0; i < order.size(); i++)
            order[next[map.face_of[i]]++] = i;
    }

    /* Every face has points of its own: where faces meet, a point has two normals. */
    void add_faces()
    {
        std::vector<std::uint32_t> face_at(mesh.points.size() / 3, face_map::none);
        std::vector<std::uint32_t> number(mesh.points.size() / 3);
        out.triangles.reserve(mesh.corners.size());
        for (std::uint32_t face = 0; face < map.faces; face++) {
            std::size_t start = out.vertices.size() / 3;
            for (std::uint32_t i = first[face]; i < first[face + 1]; i++)
                add_triangle(order[i], face, face_at, number);
            bool flat = finish_normals(start, first[face], first[face + 1]);
            out.face_types.push_back(flat ? plane : other_surface);
            out.triangles_per_face.push_back(
                static_cast<std::int32_t>(first[face + 1] - first[face]));
        }
        if (map.faces > most_faces) {
            out.face_types.assign(1, other_surface);
            out.triangles_per_face.assign(1, static_cast<std::int32_t>(order.size()));
        }
    }

    void add_triangle(std::uint32_t triangle, std::uint32_t face,
                      std::vector<std::uint32_t> &face_at, std::vector<std::uint32_t> &number)
    {
        std::array<double, 3> normal = normal_of(mesh, triangle);
        for (std::size_t corner = 0; corner < 3; corner++) {
            std::uint32_t point = mesh.corners[3 * std::size_t{ triangle } + corner];
            if (face_at[point] != face) {
                face_at[point] = face;
                number[point] = static_cast<std::uint32_t>(out.vertices.size() / 3);
                add_point(out.vertices, point);
                sums.insert(sums.end(), 3, 0.0);
            }
            out.triangles.push_back(number[point]);
            for (std::size_t axis = 0; axis < 3; axis++)
                sums[3 * std::size_t{ number[point] } + axis] += normal[axis];
        }
    }

    /* Writes the normals of the points from `start` on. Whether all are the same. */
    bool finish_normals(std::size_t start, std::uint32_t from, std::uint32_t to)
    {
        constexpr float close = 1e-4F;
        bool flat = to > from;
        out.normals.resize(sums.size());
        for (std::size_t i = start; i < sums.size() / 3; i++) {
            const double *sum = &sums[3 * i];
            double size = std::sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]);
            for (std::size_t axis = 0; axis < 3; axis++) {
                float &value = out.normals[3 * i + axis];
                value = static_cast<float>(size > 0 ? sum[axis] / size : 0);
                flat = flat && std::abs(value - out.normals[3 * start + axis]) < close;
            }
        }
        return flat;
    }

    void add_point(std::vector<float> &to, std::uint32_t point) const
    {
        auto at = mesh.points.begin() + 3 * static_cast<std::ptrdiff_t>(point);
        to.insert(to.end(), at, at + 3);
    }

    void add_edges()
    {
        if (map.drawn.size() > most_sides) {
            out.edges_left_out = true;
            return;
        }
        std::vector<std::uint32_t> ends;
        for (const chain &each : find_chains(mesh, map)) {
            for (std::size_t i = 1; i < each.size(); i++) {
                add_point(out.edges, each[i - 1]);
                add_point(out.edges, each[i]);
            }
            out.segments_per_edge.push_back(static_cast<std::int32_t>(each.size() - 1));
            out.edge_types.push_back(is_straight(mesh, each) ? line : other_curve);
            ends.push_back(each.front());
            ends.push_back(each.back());
        }
        std::sort(ends.begin(), ends.end());
        ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
        for (std::uint32_t end : ends)
            add_point(out.obj_vertices, end);
    }

    scene::mesh mesh;
    face_map map;
    std::vector<std::uint32_t> first, order;
    std::vector<double> sums; /* of the normals around each point */
    drawn out;
};

} // namespace

drawn draw(const scene::mesh &of)
{
    return drawer(of).draw();
}
