/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "failure.hpp"
#include "scene.hpp"
#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace
{

using palette = std::map<std::string, scene::color>;

/* The diffuse colors of a material library. What else there is of materials is passed over. */
palette read_materials(std::string_view bytes)
{
    palette out;
    words in(bytes);
    scene::color *current = nullptr;
    while (in.more()) {
        words line(in.rest_of_line());
        std::string_view word = line.next();
        if (word == "newmtl") {
            current = &out[std::string(line.rest_of_line())];
            *current = { 0.8, 0.8, 0.8, 1 };
        } else if (current != nullptr && word == "Kd") {
            for (std::size_t i = 0; i < 3; i++)
                if (!to_number(line.next(), (*current)[i]))
                    break;
        } else if (current != nullptr && (word == "d" || word == "Tr")) {
            double value = 1;
            if (to_number(line.next(), value))
                (*current)[3] = word == "d" ? value : 1 - value;
        }
    }
    for (auto &[name, color] : out)
        for (double &each : color)
            each = std::isfinite(each) ? std::clamp(each, 0.0, 1.0) : 1;
    return out;
}

class reader
{
  public:
    reader(std::string_view bytes, const scene::request &request)
        : in(bytes), size(bytes.size()), how(request)
    {
    }

    scene::file read()
    {
        std::size_t number = 0;
        constexpr std::size_t often = 16384;
        while (in.more()) {
            if (number++ % often == 0)
                how.progress(static_cast<double>(in.position()) / static_cast<double>(size));
            read_line(whole_line());
        }
        if (corners == 0)
            throw failure(points.empty() ? "has nothing in it that an OBJ file has"
                                         : "has no faces in it");
        if (curved)
            how.notice("curves and surfaces of it are not shown, faces are");
        return finish();
    }

  private:
    /* The faces of one group that have one material. */
    struct piece {
        std::string group, material;
        scene::mesh mesh;
        std::map<std::uint32_t, std::uint32_t> numbers; /* of the file's points in the mesh */
    };

    /* A backslash at its end continues a line on the next. */
    std::string_view whole_line()
    {
        std::string_view line = in.rest_of_line();
        if (line.empty() || line.back() != '\\')
            return line;
        joined.assign(line);
        while (!joined.empty() && joined.back() == '\\' && in.more()) {
            joined.back() = ' ';
            joined.append(in.rest_of_line());
        }
        return joined;
    }

    void read_line(std::string_view text)
    {
        words line(text);
        std::string_view word = line.next();
        if (word == "v")
            add_point(line);
        else if (word == "f" || word == "fo")
            add_face(line);
        else if (word == "o" || word == "g")
            set_group(std::string(line.rest_of_line()));
        else if (word == "usemtl")
            set_material(std::string(line.rest_of_line()));
        else if (word == "mtllib")
            add_library(std::string(line.rest_of_line()));
        else if (word == "curv" || word == "curv2" || word == "surf")
            curved = true;
    }

    void add_point(words &line)
    {
        float at[3];
        for (float &each : at)
            if (!to_coordinate(line.next(), each))
                throw failure("is damaged: a point has no three numbers");
        if (points.size() / 3 >= std::numeric_limits<std::int32_t>::max())
            throw failure("has too many points");
        points.insert(points.end(), at, at + 3);
    }

    void set_group(const std::string &name)
    {
        group = name;
        current = nullptr;
    }

    void set_material(const std::string &name)
    {
        material = name;
        current = nullptr;
    }

    /* A corner is point/texture/normal; the point counts from 1, or backwards from the last. */
    std::uint32_t corner_of(std::string_view word) const
    {
        long number = 0, count = static_cast<long>(points.size() / 3);
        if (!to_number(word.substr(0, word.find('/')), number))
            throw failure("is damaged: a face has a corner that is no number");
        if (number < 0)
            number += count + 1;
        if (number < 1 || number > count)
            throw failure("is damaged: a face refers to no point");
        return static_cast<std::uint32_t>(number - 1);
    }

    void add_face(words &line)
    {
        list.clear();
        while (line.more())
            list.push_back(corner_of(line.next()));
        if (list.size() < 3)
            throw failure("is damaged: a face has fewer than three corners");
        piece &to = piece_of_now();
        for (std::size_t i = 2; i < list.size(); i++)
            for (std::uint32_t corner : { list[0], list[i - 1], list[i] })
                to.mesh.corners.push_back(number_in(to, corner));
        corners += 3 * (list.size() - 2);
        if (corners > std::numeric_limits<std::int32_t>::max())
            throw failure("has too many triangles");
    }

    std::uint32_t number_in(piece &to, std::uint32_t point) const
    {
        auto [at, fresh] = to.numbers.emplace(point, to.mesh.points.size() / 3);
        if (fresh) {
            auto from = points.begin() + 3 * static_cast<std::ptrdiff_t>(point);
            to.mesh.points.insert(to.mesh.points.end(), from, from + 3);
        }
        return at->second;
    }

    piece &piece_of_now()
    {
        if (current == nullptr) {
            auto [at, fresh] = by_name.emplace(std::make_pair(group, material), pieces.size());
            if (fresh)
                pieces.push_back({ group, material, {}, {} });
            current = &pieces[at->second];
        }
        return *current;
    }

    /* Of several libraries in one line, names are separated by blanks; or it is one with blanks. */
    void add_library(const std::string &line)
    {
        if (add_one_library(line))
            return;
        words names(line);
        while (names.more()) {
            std::string name(names.next());
            if (!add_one_library(name))
                how.notice("its materials are missing: " + name + " is not beside it");
        }
    }

    bool add_one_library(const std::string &name)
    {
        std::string plain = name.substr(0, 2) == "./" ? name.substr(2) : name;
        std::optional<std::string_view> bytes = how.beside(plain);
        if (!bytes)
            return false;
        palette more = read_materials(*bytes);
        colors.insert(more.begin(), more.end());
        return true;
    }

    scene::node leaf_of(std::size_t number, const std::string &name) const
    {
        scene::node leaf;
        leaf.name = name;
        leaf.mesh = number;
        auto color = colors.find(pieces[number].material);
        if (color != colors.end())
            leaf.color = color->second;
        return leaf;
    }

    /* A group with one material is a part, one with several a group of parts. */
    scene::file finish()
    {
        scene::file out;
        std::map<std::string, std::vector<std::size_t>> groups;
        std::vector<std::string> order;
        for (std::size_t i = 0; i < pieces.size(); i++) {
            if (groups[pieces[i].group].empty())
                order.push_back(pieces[i].group);
            groups[pieces[i].group].push_back(i);
        }
        for (const std::string &name : order) {
            const std::vector<std::size_t> &inside = groups[name];
            scene::node node = leaf_of(inside[0], name);
            if (inside.size() > 1) {
                node = {};
                node.name = name;
                for (std::size_t each : inside)
                    node.children.push_back(leaf_of(each, pieces[each].material));
            }
            out.root.children.push_back(node);
        }
        for (piece &each : pieces)
            out.meshes.push_back(std::move(each.mesh));
        if (out.root.children.size() == 1) {
            scene::node only = std::move(out.root.children.front());
            out.root = std::move(only);
        }
        return out;
    }

    words in;
    std::size_t size;
    const scene::request &how;
    std::string joined, group, material;
    std::vector<float> points;
    std::vector<std::uint32_t> list;
    std::vector<piece> pieces;
    std::map<std::pair<std::string, std::string>, std::size_t> by_name;
    piece *current = nullptr;
    palette colors;
    std::size_t corners = 0;
    bool curved = false;
};

} // namespace

scene::file scene::read_obj(std::string_view bytes, const request &how)
{
    return reader(bytes, how).read();
}
