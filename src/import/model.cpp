/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "model.hpp"

#include "base/base64.h"
#include "helper/json.hpp"
#include "scene/drawn.hpp"
#include "scene/failure.hpp"
#include "scene/names.hpp"

#include <algorithm>
#include <limits>

namespace
{

constexpr std::size_t most_triangles = std::numeric_limits<std::int32_t>::max() / 3;

template <class Item>
void add_array(std::string &to, const char *name, const std::vector<Item> &items, const char *dtype)
{
    std::size_t bytes = items.size() * sizeof(Item), at;
    to.append(to.back() == '{' ? "\"" : ",\"").append(name).append("\":{\"shape\":[");
    to.append(std::to_string(items.size())).append("],\"dtype\":\"").append(dtype);
    to.append("\",\"buffer\":\"");
    at = to.size();
    to.resize(at + base64_encoded_size(bytes));
    base64_encode(to.data() + at, reinterpret_cast<const std::uint8_t *>(items.data()), bytes);
    to.append("\",\"codec\":\"b64\"}");
}

std::string json_of(const drawn &of)
{
    std::string out;
    out.reserve((of.vertices.size() * 2 + of.triangles.size() + of.edges.size()) * 6);
    out.push_back('{');
    add_array(out, "vertices", of.vertices, "float32");
    add_array(out, "triangles", of.triangles, "uint32");
    add_array(out, "normals", of.normals, "float32");
    add_array(out, "edges", of.edges, "float32");
    add_array(out, "obj_vertices", of.obj_vertices, "float32");
    add_array(out, "face_types", of.face_types, "int32");
    add_array(out, "edge_types", of.edge_types, "int32");
    add_array(out, "triangles_per_face", of.triangles_per_face, "int32");
    add_array(out, "segments_per_edge", of.segments_per_edge, "int32");
    out.push_back('}');
    return out;
}

show::placement placement_of(const scene::matrix &of)
{
    return { { of.m[3], of.m[7], of.m[11] }, scene::turn_of(of) };
}

scene::matrix matrix_of(const std::optional<show::placement> &of)
{
    scene::matrix out;
    if (!of)
        return out;
    double x = of->turn[0], y = of->turn[1], z = of->turn[2], w = of->turn[3];
    out.m = {
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w),     2 * (x * z + y * w),     of->move[0],
        2 * (x * y + z * w),     1 - 2 * (x * x + z * z), 2 * (y * z - x * w),     of->move[1],
        2 * (x * z - y * w),     2 * (y * z + x * w),     1 - 2 * (x * x + y * y), of->move[2]
    };
    return out;
}

/* The mesh with its points moved; a mirrored one keeps its outside. */
scene::mesh transformed(const scene::mesh &of, const scene::matrix &by)
{
    scene::mesh out = of;
    for (std::size_t i = 0; i + 2 < out.points.size(); i += 3) {
        std::array<double, 3> at{};
        for (std::size_t axis = 0; axis < 3; axis++)
            at[axis] = static_cast<double>(out.points[i + axis]);
        at = scene::apply(by, at);
        for (std::size_t axis = 0; axis < 3; axis++)
            out.points[i + axis] = static_cast<float>(at[axis]);
    }
    for (std::size_t i = 0; determinant(by) < 0 && i + 2 < out.corners.size(); i += 3)
        std::swap(out.corners[i + 1], out.corners[i + 2]);
    return out;
}

bool has_mesh(const scene::node &of)
{
    return of.mesh || std::any_of(of.children.begin(), of.children.end(), has_mesh);
}

struct bounds {
    std::array<double, 3> low{ 1e300, 1e300, 1e300 }, high{ -1e300, -1e300, -1e300 };

    void add(const std::vector<float> &nodes, const scene::matrix &where)
    {
        for (std::size_t i = 0; i + 2 < nodes.size(); i += 3) {
            std::array<double, 3> at = scene::apply(where, { static_cast<double>(nodes[i]),
                                                             static_cast<double>(nodes[i + 1]),
                                                             static_cast<double>(nodes[i + 2]) });
            for (std::size_t axis = 0; axis < 3; axis++) {
                low[axis] = std::min(low[axis], at[axis]);
                high[axis] = std::max(high[axis], at[axis]);
            }
        }
    }

    std::string json() const
    {
        static const char *const names[] = { "x", "y", "z" };
        json::writer out;
        out.open('{');
        for (std::size_t axis = 0; axis < 3; axis++) {
            out.key(std::string(names[axis]) + "min").number(low[axis]);
            out.key(std::string(names[axis]) + "max").number(high[axis]);
        }
        return out.close('}').take();
    }
};

} // namespace

show::part model::add(const scene::file &file, const std::string &name)
{
    from = &file;
    known.clear();
    if (!has_mesh(file.root))
        throw failure("has no shape in it");
    scene::node root = file.root;
    if (root.name.empty() && root.mesh)
        root.name = clean_name(stem_of(name));
    show::part part = add_node(root, std::nullopt, scene::matrix());
    if (part.kind == show::kind::group && part.parts.empty())
        throw failure("has no triangle with an area");
    return show::as_root(part);
}

/* A group without parts if nothing of the node can be drawn. */
show::part model::add_node(const scene::node &node, const std::optional<scene::color> &color,
                           const scene::matrix &before)
{
    scene::matrix whole = before * node.where;
    const std::optional<scene::color> &own = node.color ? node.color : color;
    if (node.mesh)
        return add_leaf(node, own, whole);
    show::part group;
    bool rigid = scene::is_rigid(whole);
    group.name = node.name.empty() ? "Group" : clean_name(node.name);
    group.where = placement_of(rigid ? whole : scene::matrix());
    for (const scene::node &each : node.children) {
        show::part part = add_node(each, own, rigid ? scene::matrix() : whole);
        if (part.kind != show::kind::group || !part.parts.empty())
            group.parts.push_back(std::move(part));
    }
    show::name_apart(group.parts);
    return group;
}

show::part model::add_leaf(const scene::node &node, const std::optional<scene::color> &color,
                           const scene::matrix &whole)
{
    scene::matrix place = whole, inside;
    if (!scene::is_rigid(whole)) {
        inside = whole;
        place = scene::matrix();
        for (std::size_t at : { 3U, 7U, 11U })
            std::swap(place.m[at], inside.m[at]);
    }
    show::part leaf;
    leaf.name = node.name.empty() ? "Mesh" : clean_name(node.name);
    leaf.shape = instance_of(*node.mesh, inside, leaf.name);
    if (instances[leaf.shape].nodes.empty())
        return {};
    leaf.kind = instances[leaf.shape].closed ? show::kind::solid : show::kind::face;
    leaf.where = placement_of(place);
    leaf.color = show::color_of_solids;
    if (color) {
        leaf.color = show::web_color((*color)[0], (*color)[1], (*color)[2]);
        leaf.alpha = std::clamp((*color)[3], 0.0, 1.0);
    }
    return leaf;
}

std::size_t model::instance_of(std::size_t mesh, const scene::matrix &inside,
                               const std::string &name)
{
    std::array<double, 9> key;
    for (std::size_t i = 0; i < 9; i++)
        key[i] = inside.m[i / 3 * 4 + i % 3];
    auto met = known.find({ mesh, key });
    if (met != known.end())
        return met->second;
    const scene::mesh &raw = from->meshes[mesh];
    drawn made = draw(inside.m == scene::matrix().m ? raw : transformed(raw, inside));
    std::size_t triangles = made.triangles.size() / 3;
    triangle_count += triangles;
    if (triangle_count > most_triangles)
        throw failure("has too many triangles");
    if (triangles < raw.corners.size() / 3 && triangles > 0)
        out.notice(name + ": " + std::to_string(raw.corners.size() / 3 - triangles) +
                   " triangles without extent were left out");
    if (made.edges_left_out)
        out.notice(name + ": its edges are not drawn, there are too many");
    instances.push_back({ json_of(made), std::move(made.vertices), made.closed });
    known.emplace(std::make_pair(mesh, key), instances.size() - 1);
    return instances.size() - 1;
}

void model::send(const show::part &root, const options &how) const
{
    bounds box;
    auto walk = [&](auto &&self, const show::part &part, const scene::matrix &before) -> void {
        scene::matrix whole = before * matrix_of(part.where);
        if (part.kind != show::kind::group)
            box.add(instances[part.shape].nodes, whole);
        for (const show::part &each : part.parts)
            self(self, each, whole);
    };
    walk(walk, root, scene::matrix());
    std::string tree = show::write_tree(root);
    tree.pop_back();
    tree += ",\"normal_len\":0,\"bb\":" + box.json() + "}";
    std::string end = "],\"shapes\":" + tree + "},\"type\":\"data\",\"config\":" + how.config +
                      ",\"count\":" + std::to_string(show::count_leaves(root)) + "}";
    std::vector<std::string_view> pieces{ "D:{\"data\":{\"instances\":[" };
    std::size_t size = end.size();
    for (const instance &each : instances) {
        if (pieces.size() > 1)
            pieces.emplace_back(",");
        pieces.emplace_back(each.json);
        size += each.json.size();
    }
    pieces.emplace_back(end);
    if (size > how.most_output)
        throw failure("has more geometry than is allowed");
    out.begin_phase("sending");
    out.message(pieces);
}
