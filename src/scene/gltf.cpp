/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* glTF 2.0 (ISO/IEC 12113:2022), as JSON with files beside it or as GLB: meshes, nodes, names and
 * base colors. */
#include "failure.hpp"
#include "gltf_buffers.hpp"
#include "scene.hpp"
#include "value.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace
{

std::uint32_t word_at(std::string_view bytes, std::size_t at)
{
    std::uint32_t out = 0;
    for (unsigned i = 0; i < 4; i++)
        out |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << 8 * i;
    return out;
}

/* The two chunks of a GLB. */
struct chunks {
    std::string_view json, binary;
};

chunks split(std::string_view bytes)
{
    constexpr std::size_t head = 12, chunk_head = 8;
    constexpr std::uint32_t json_chunk = 0x4e4f534a, binary_chunk = 0x004e4942, version = 2;
    if (bytes.size() < head + chunk_head || word_at(bytes, 8) > bytes.size())
        throw failure("is cut off");
    if (word_at(bytes, 4) != version)
        throw failure("is of a version of glTF other than 2");
    chunks out;
    std::size_t at = head;
    while (bytes.size() - at >= chunk_head) {
        std::size_t size = word_at(bytes, at);
        std::uint32_t kind = word_at(bytes, at + 4);
        at += chunk_head;
        if (size > bytes.size() - at)
            throw failure("is cut off");
        if (kind == json_chunk && out.json.empty())
            out.json = bytes.substr(at, size);
        else if (kind == binary_chunk && out.binary.empty())
            out.binary = bytes.substr(at, size);
        at = std::min(at + (size + 3) / 4 * 4, bytes.size());
    }
    return out;
}

/* glTF has metres and Y upwards; shows have millimetres and Z upwards. */
scene::matrix to_show()
{
    scene::matrix out;
    out.m = { 1000, 0, 0, 0, 0, 0, -1000, 0, 0, 1000, 0, 0 };
    return out;
}

scene::matrix from_show()
{
    scene::matrix out;
    out.m = { 1e-3, 0, 0, 0, 0, 0, 1e-3, 0, 0, -1e-3, 0, 0 };
    return out;
}

/* Colors of glTF are linear. */
double encoded(double linear)
{
    linear = std::clamp(linear, 0.0, 1.0);
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
}

class reader
{
  public:
    reader(std::string_view json, std::string_view chunk, const scene::request &request)
        : how(request), root(value::parse(json)), buffers(root, chunk, request)
    {
    }

    scene::file read()
    {
        check();
        long number = root["scene"].whole();
        const value &scene = root["scenes"].at(number < 0 ? 0 : number);
        out.root.name = scene["name"].text();
        if (scene.is(value::kind::object)) {
            for (const value &each : scene["nodes"].items())
                add_node(out.root, each.whole(), 0);
        } else {
            for (std::size_t i = 0; i < root["meshes"].items().size(); i++)
                add_mesh(out.root, static_cast<long>(i));
        }
        if (out.root.children.size() == 1) {
            scene::node only = std::move(out.root.children.front());
            out.root = std::move(only);
        }
        return std::move(out);
    }

  private:
    static constexpr const char *draco = "KHR_draco_mesh_compression";

    void check() const
    {
        static const char *const understood[] = { "KHR_mesh_quantization", "KHR_materials_unlit",
                                                  "KHR_texture_transform",
                                                  "KHR_materials_pbrSpecularGlossiness",
                                                  "KHR_lights_punctual" };
        if (!root.is(value::kind::object) || root["asset"]["version"].text().substr(0, 2) != "2.")
            throw failure("is of a version of glTF other than 2");
        for (const value &each : root["extensionsRequired"].items()) {
            const std::string &name = each.text();
            if (name == draco)
                throw failure("cannot be shown: its meshes are compressed with Draco");
            if (gltf::buffers::is_meshopt(name))
                throw failure("cannot be shown: its meshes are compressed with meshopt");
            if (std::find(std::begin(understood), std::end(understood), name) ==
                    std::end(understood) &&
                name.substr(0, 14) != "KHR_materials_")
                throw failure("cannot be shown: it needs the extension " + name.substr(0, 60));
        }
    }

    static scene::matrix matrix_of(const value &node)
    {
        const value &given = node["matrix"];
        scene::matrix out;
        if (given.items().size() == 16) {
            for (std::size_t row = 0; row < 3; row++)
                for (std::size_t column = 0; column < 4; column++)
                    out.m[4 * row + column] =
                        given.at(static_cast<long>(4 * column + row)).number();
            return out;
        }
        const value &move = node["translation"], &turn = node["rotation"], &scale = node["scale"];
        bool turned = turn.items().size() == 4, scaled = scale.items().size() == 3;
        double x = turned ? turn.at(0).number() : 0, y = turned ? turn.at(1).number() : 0;
        double z = turned ? turn.at(2).number() : 0, w = turned ? turn.at(3).number() : 1;
        double size = std::sqrt(x * x + y * y + z * z + w * w);
        if (size > 0) {
            x /= size;
            y /= size;
            z /= size;
            w /= size;
        }
        out.m = { 1 - 2 * (y * y + z * z), 2 * (x * y - z * w),     2 * (x * z + y * w),     0,
                  2 * (x * y + z * w),     1 - 2 * (x * x + z * z), 2 * (y * z - x * w),     0,
                  2 * (x * z - y * w),     2 * (y * z + x * w),     1 - 2 * (x * x + y * y), 0 };
        for (std::size_t row = 0; row < 3; row++) {
            for (long column = 0; column < 3; column++)
                out.m[4 * row + static_cast<std::size_t>(column)] *=
                    scaled ? scale.at(column).number(1) : 1;
            out.m[4 * row + 3] = move.at(static_cast<long>(row)).number();
        }
        return out;
    }

    void add_node(scene::node &to, long number, unsigned depth)
    {
        constexpr unsigned deepest = 200;
        constexpr std::size_t most = 1000000;
        const value &from = root["nodes"].at(number);
        if (!from.is(value::kind::object))
            throw failure("is damaged: a node refers to none");
        if (depth > deepest || ++nodes > most)
            throw failure("is damaged: its nodes are nested too deep, or in a circle");
        scene::node node;
        node.name = from["name"].text();
        node.where = to_show() * matrix_of(from) * from_show();
        if (!all_finite(node.where))
            throw failure("is damaged: a node's place is no number");
        if (from["mesh"].whole() >= 0)
            add_mesh(node, from["mesh"].whole());
        for (const value &each : from["children"].items())
            add_node(node, each.whole(), depth + 1);
        add_simplified(to, node);
    }

    static bool all_finite(const scene::matrix &of)
    {
        return std::all_of(of.m.begin(), of.m.end(),
                           [](double each) { return std::isfinite(each); });
    }

    /* A node with nothing but one mesh is that mesh; one with nothing in it is left out. */
    static void add_simplified(scene::node &to, scene::node &node)
    {
        if (node.children.empty())
            return;
        if (node.children.size() == 1 && node.children[0].mesh) {
            scene::node only = std::move(node.children[0]);
            only.where = node.where;
            if (!node.name.empty())
                only.name = node.name;
            to.children.push_back(std::move(only));
            return;
        }
        to.children.push_back(std::move(node));
    }

    /* A part a material: OCCT and others write a primitive a face. */
    void add_mesh(scene::node &to, long number)
    {
        const value &mesh = root["meshes"].at(number);
        if (!mesh.is(value::kind::object))
            throw failure("is damaged: a node refers to no mesh");
        auto known = made.find(number);
        if (known == made.end())
            known = made.emplace(number, parts_of(mesh)).first;
        for (const part &each : known->second) {
            scene::node leaf;
            const value &material = root["materials"].at(each.material);
            leaf.name = mesh["name"].text();
            if (known->second.size() > 1 && !material["name"].text().empty())
                leaf.name = material["name"].text();
            leaf.color = color_of(material);
            leaf.mesh = each.mesh;
            to.children.push_back(leaf);
        }
        how.progress(static_cast<double>(number) /
                     static_cast<double>(root["meshes"].items().size()));
    }

    /* The triangles of a mesh that have the same material. */
    struct part {
        long material;
        std::size_t mesh;
    };

    std::vector<part> parts_of(const value &mesh)
    {
        std::vector<part> found;
        std::map<long, std::size_t> by_material;
        for (const value &from : mesh["primitives"].items()) {
            long mode = from["mode"].is(value::kind::number) ? from["mode"].whole() : 4;
            if (mode < 4 || mode > 6) {
                if (told.insert("lines").second)
                    how.notice("points and lines of it are not shown, triangles are");
                continue;
            }
            long material = from["material"].whole();
            auto known = by_material.emplace(material, out.meshes.size());
            if (known.second) {
                found.push_back({ material, out.meshes.size() });
                out.meshes.emplace_back();
            }
            add_triangles(out.meshes[known.first->second], from, mode);
        }
        return found;
    }

    static std::optional<scene::color> color_of(const value &material)
    {
        if (!material.is(value::kind::object))
            return std::nullopt;
        const value &factor = material["pbrMetallicRoughness"]["baseColorFactor"];
        if (factor.items().size() != 4)
            return scene::color{ 1, 1, 1, 1 };
        bool clear = material["alphaMode"].text() == "BLEND";
        return scene::color{ encoded(factor.at(0).number()), encoded(factor.at(1).number()),
                             encoded(factor.at(2).number()), clear ? factor.at(3).number(1) : 1 };
    }

    void add_triangles(scene::mesh &to, const value &from, long mode)
    {
        /* A file that does not require Draco may have the plain numbers as well. */
        const value &places = root["accessors"].at(from["attributes"]["POSITION"].whole());
        if (from["extensions"][draco].is(value::kind::object) &&
            !places["bufferView"].is(value::kind::number))
            throw failure("cannot be shown: its meshes are compressed with Draco");
        gltf::accessor points = buffers.open(from["attributes"]["POSITION"].whole(), 3);
        std::size_t before = to.points.size() / 3;
        if (before + points.count > std::numeric_limits<std::uint32_t>::max())
            throw failure("has too many triangles");
        to.points.resize(3 * (before + points.count));
        scene::matrix turn = to_show();
        for (std::size_t i = 0; i < points.count; i++) {
            std::array<double, 3> at = scene::apply(
                turn, { points.number(i, 0), points.number(i, 1), points.number(i, 2) });
            for (std::size_t axis = 0; axis < 3; axis++)
                to.points[3 * (before + i) + axis] = static_cast<float>(at[axis]);
        }
        std::vector<std::uint32_t> order = order_of(from, points.count);
        for (std::uint32_t each : order)
            if (each >= points.count)
                throw failure("is damaged: a triangle refers to no corner");
        if (mode == 4)
            order.resize(order.size() / 3 * 3);
        if (mode != 4)
            order = unrolled(order, mode == 5);
        to.corners.reserve(to.corners.size() + order.size());
        for (std::uint32_t each : order)
            to.corners.push_back(static_cast<std::uint32_t>(before) + each);
    }

    std::vector<std::uint32_t> order_of(const value &from, std::size_t points)
    {
        std::vector<std::uint32_t> order;
        if (!from["indices"].is(value::kind::number)) {
            for (std::uint32_t i = 0; i < points; i++)
                order.push_back(i);
            return order;
        }
        gltf::accessor indices = buffers.open(from["indices"].whole(), 1);
        if (indices.type == 5126 || indices.type == 5120 || indices.type == 5122)
            throw failure("is damaged: its triangles have no whole numbers");
        order.resize(indices.count);
        for (std::size_t i = 0; i < indices.count; i++)
            order[i] = static_cast<std::uint32_t>(indices.number(i, 0));
        return order;
    }

    /* The triangles of a strip or a fan. */
    static std::vector<std::uint32_t> unrolled(const std::vector<std::uint32_t> &order, bool strip)
    {
        std::vector<std::uint32_t> out;
        for (std::size_t i = 2; i < order.size(); i++) {
            bool turned = strip && i % 2 != 0;
            std::uint32_t first = strip ? order[i - 2] : order[0], second = order[i - 1];
            out.insert(out.end(), { turned ? second : first, turned ? first : second, order[i] });
        }
        return out;
    }

    const scene::request &how;
    value root;
    gltf::buffers buffers;
    scene::file out;
    std::map<long, std::vector<part>> made; /* by the number of the mesh */
    std::set<std::string> told;
    std::size_t nodes = 0;
};

} // namespace

scene::file scene::read_gltf(std::string_view bytes, const request &how)
{
    chunks parts{ bytes, {} };
    if (bytes.substr(0, 4) == "glTF")
        parts = split(bytes);
    return reader(parts.json, parts.binary, how).read();
}
