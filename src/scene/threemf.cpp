/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* 3MF: the core specification 1.3, its production extension 1.1 (parts in several files), the
 * colors of the materials extension 1.2, and the names that Bambu Studio and OrcaSlicer keep in a
 * file of their own. */
#include "archive.hpp"
#include "failure.hpp"
#include "scene.hpp"
#include "text.hpp"
#include "xml.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace
{

using place = std::pair<std::string, std::string>; /* a file of the archive, and an id in it */

struct component {
    place object;
    scene::matrix where;
};

struct object {
    std::string name;
    std::optional<scene::color> color;
    std::optional<std::size_t> mesh;
    std::vector<component> components;
};

/* Millimetres of a unit. */
double unit_of(std::string_view name)
{
    struct row {
        std::string_view name;
        double size;
    };
    static constexpr row rows[] = { { "micron", 1e-3 },
                                    { "centimeter", 10 },
                                    { "inch", 25.4 },
                                    { "foot", 304.8 },
                                    { "meter", 1000 } };
    for (const row &each : rows)
        if (each.name == name)
            return each.size;
    return 1;
}

/* Twelve numbers, by columns; lengths in the file's unit. */
scene::matrix transform_of(const std::string &text, double unit)
{
    scene::matrix out;
    words in(text);
    double values[12];
    if (!in.more())
        return out;
    for (double &each : values)
        if (!to_number(in.next(), each))
            throw failure("is damaged: a placement has no twelve numbers");
    for (std::size_t row = 0; row < 3; row++) {
        for (std::size_t column = 0; column < 3; column++)
            out.m[4 * row + column] = values[3 * column + row];
        out.m[4 * row + 3] = values[9 + row] * unit;
    }
    return out;
}

/* #RRGGBB or #RRGGBBAA. */
std::optional<scene::color> color_of(std::string_view text)
{
    scene::color out{ 0, 0, 0, 1 };
    if ((text.size() != 7 && text.size() != 9) || text[0] != '#')
        return std::nullopt;
    for (std::size_t i = 0; 2 * i + 1 < text.size(); i++) {
        unsigned byte = 0;
        const char *from = text.data() + 1 + 2 * i;
        if (std::from_chars(from, from + 2, byte, 16).ptr != from + 2)
            return std::nullopt;
        out[i] = byte / 255.0;
    }
    return out;
}

std::string plain_path(std::string path)
{
    return !path.empty() && path.front() == '/' ? path.substr(1) : path;
}

class reader
{
  public:
    reader(std::string_view bytes, const scene::request &request) : how(request), zip(bytes)
    {
    }

    scene::file read()
    {
        for (const auto &each : zip.names())
            if (each.first.substr(0, 7) == "Secure/")
                throw failure("is encrypted");
        std::string main = find_main();
        read_names();
        read_model(main, true);
        for (const component &item : items)
            out.root.children.push_back(node_of(item, 0));
        if (out.root.children.empty())
            throw failure("has nothing to build in it");
        if (out.root.children.size() == 1) {
            scene::node only = std::move(out.root.children.front());
            out.root = std::move(only);
        }
        return std::move(out);
    }

  private:
    /* The part that the archive's relationships name, else the one of the usual name. */
    std::string find_main()
    {
        constexpr std::string_view kind = "/3dmodel";
        std::string usual = "3D/3dmodel.model", found;
        if (zip.holds("_rels/.rels")) {
            std::string text = zip.read("_rels/.rels");
            xml in(text);
            while (in.next()) {
                std::string type = in.begins() ? in.get("Type") : "";
                if (type.size() > kind.size() &&
                    type.compare(type.size() - kind.size(), kind.size(), kind) == 0)
                    found = plain_path(in.get("Target"));
            }
        }
        if (zip.holds(found))
            return found;
        if (zip.holds(usual))
            return usual;
        throw failure("is a zip archive without a 3MF model in it");
    }

    /* Names by the ids of objects and their parts. */
    void read_names()
    {
        constexpr const char *file = "Metadata/model_settings.config";
        if (!zip.holds(file))
            return;
        std::string text = zip.read(file), current, part;
        xml in(text);
        while (in.next()) {
            if (!in.begins()) {
                if (in.name() == "part")
                    part.clear();
                continue;
            }
            if (in.name() == "object")
                current = in.get("id");
            else if (in.name() == "part")
                part = in.get("id");
            else if (in.name() == "metadata" && in.raw("key") == "name")
                (part.empty() ? names[current] : part_names[{ current, part }]) = in.get("value");
        }
    }

    void read_model(const std::string &file, bool main)
    {
        std::string text = zip.read(file);
        xml in(text);
        double unit = 1;
        while (in.next()) {
            if (!in.begins())
                continue;
            if (in.name() == "model") {
                unit = unit_of(in.raw("unit"));
                check_extensions(in);
            } else if (in.name() == "basematerials" || in.name() == "colorgroup") {
                read_colors(in, file);
            } else if (in.name() == "object") {
                read_object(in, file, unit);
            } else if (in.name() == "item" && main) {
                items.push_back(component_of(in, file, unit));
            }
        }
    }

    void check_extensions(const xml &in) const
    {
        words needed(in.raw("requiredextensions"));
        while (needed.more()) {
            std::string_view name = needed.next();
            if (name == "b" || name == "i" || name == "sc")
                how.notice("it uses an extension of 3MF that is not read (" + std::string(name) +
                           ")");
        }
    }

    void read_colors(xml &in, const std::string &file)
    {
        std::size_t depth = in.depth();
        std::vector<std::optional<scene::color>> &list = colors[{ file, in.get("id") }];
        while (in.next() && in.depth() >= depth)
            if (in.begins())
                list.push_back(
                    color_of(in.has("displaycolor") ? in.raw("displaycolor") : in.raw("color")));
    }

    component component_of(const xml &in, const std::string &file, double unit) const
    {
        std::string path = in.has("path") ? plain_path(in.get("path")) : file;
        return { { path, in.get("objectid") }, transform_of(in.get("transform"), unit) };
    }

    std::optional<scene::color> find_color(const std::string &file, const std::string &group,
                                           std::string_view index) const
    {
        std::size_t number = 0;
        auto found = colors.find({ file, group });
        if (found == colors.end() || !to_number(index, number) || number >= found->second.size())
            return std::nullopt;
        return found->second[number];
    }

    void read_object(xml &in, const std::string &file, double unit)
    {
        constexpr std::size_t most = 100000;
        std::size_t depth = in.depth();
        object made;
        place id{ file, in.get("id") };
        made.name = in.get("name");
        made.color = find_color(file, in.get("pid"),
                                in.has("pindex") ? in.raw("pindex") : std::string_view("0"));
        while (in.next() && in.depth() >= depth) {
            if (in.begins() && in.name() == "mesh")
                read_mesh(in, made, file, unit);
            else if (in.begins() && in.name() == "component")
                made.components.push_back(component_of(in, file, unit));
        }
        if (objects.size() > most)
            throw failure("has too many parts");
        objects[id] = std::move(made);
    }

    void read_mesh(xml &in, object &to, const std::string &file, double unit)
    {
        std::size_t depth = in.depth();
        scene::mesh mesh;
        std::map<std::pair<std::string, std::string>, std::size_t> painted;
        while (in.next() && in.depth() >= depth) {
            if (!in.begins())
                continue;
            if (in.name() == "vertex")
                add_point(in, mesh, unit);
            else if (in.name() == "triangle")
                add_triangle(in, mesh, painted);
        }
        for (std::uint32_t each : mesh.corners)
            if (each >= mesh.points.size() / 3)
                throw failure("is damaged: a triangle refers to no corner");
        choose_color(to, painted, file, mesh.corners.size() / 3);
        out.meshes.push_back(std::move(mesh));
        to.mesh = out.meshes.size() - 1;
    }

    void add_point(const xml &in, scene::mesh &to, double unit) const
    {
        for (std::string_view axis : { "x", "y", "z" }) {
            double value = 0;
            if (!to_number(in.raw(axis), value))
                throw failure("is damaged: a corner has no three numbers");
            to.points.push_back(static_cast<float>(value * unit));
        }
    }

    static void add_triangle(const xml &in, scene::mesh &to,
                             std::map<std::pair<std::string, std::string>, std::size_t> &painted)
    {
        for (std::string_view corner : { "v1", "v2", "v3" }) {
            std::uint32_t number = 0;
            if (!to_number(in.raw(corner), number))
                throw failure("is damaged: a triangle has no three corners");
            to.corners.push_back(number);
        }
        if (in.has("pid") || in.has("p1"))
            painted[{ in.get("pid"), in.get("p1") }]++;
    }

    /* Of several colors that of most triangles. */
    void choose_color(object &to,
                      const std::map<std::pair<std::string, std::string>, std::size_t> &painted,
                      const std::string &file, std::size_t triangles) const
    {
        std::size_t greatest = 0, plain = triangles;
        for (const auto &[key, count] : painted) {
            std::optional<scene::color> color = find_color(file, key.first, key.second);
            if (!color)
                continue;
            plain -= count;
            if (count > greatest) {
                greatest = count;
                if (!to.color || 2 * count > triangles || plain == 0)
                    to.color = color;
            }
        }
        if (painted.size() > 1 || (greatest > 0 && plain > 0))
            how.notice((to.name.empty() ? "a part" : to.name) +
                       ": its triangles have several colors; it is shown in one");
    }

    const object &find(const place &of)
    {
        if (objects.find(of) == objects.end() && zip.holds(of.first) &&
            read_files.insert(of.first).second)
            read_model(of.first, false);
        auto found = objects.find(of);
        if (found == objects.end())
            throw failure("is damaged: a part refers to no object");
        return found->second;
    }

    scene::node node_of(const component &of, unsigned depth)
    {
        constexpr unsigned deepest = 100;
        constexpr std::size_t most = 1000000;
        if (depth > deepest || ++nodes > most)
            throw failure("is damaged: its parts are nested too deep, or in a circle");
        const object &from = find(of.object);
        scene::node node;
        node.where = of.where;
        node.name = from.name;
        node.color = from.color;
        node.mesh = from.mesh;
        auto named = names.find(of.object.second);
        if (depth == 0 && named != names.end())
            node.name = named->second;
        for (const component &each : from.components) {
            scene::node child = node_of(each, depth + 1);
            auto part = part_names.find({ of.object.second, each.object.second });
            if (part != part_names.end())
                child.name = part->second;
            node.children.push_back(std::move(child));
        }
        if (node.mesh || node.children.size() != 1 || !node.children[0].mesh)
            return node;
        scene::node only = std::move(node.children[0]);
        only.where = node.where * only.where;
        if (!node.name.empty())
            only.name = node.name;
        return only;
    }

    const scene::request &how;
    archive zip;
    std::map<std::string, std::string> names;
    std::map<place, std::string> part_names;
    std::map<place, std::vector<std::optional<scene::color>>> colors;
    std::map<place, object> objects;
    std::set<std::string> read_files;
    std::vector<component> items;
    scene::file out;
    std::size_t nodes = 0;
};

} // namespace

scene::file scene::read_3mf(std::string_view bytes, const request &how)
{
    return reader(bytes, how).read();
}
