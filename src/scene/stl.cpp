/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "failure.hpp"
#include "names.hpp"
#include "scene.hpp"
#include "text.hpp"

#include <cstring>
#include <limits>

namespace
{

constexpr std::size_t head = 84, triangle_bytes = 50;

std::uint32_t count_of(std::string_view bytes)
{
    std::uint32_t count = 0;
    for (unsigned i = 0; i < 4; i++)
        count |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[80 + i])) << 8 * i;
    return count;
}

/* Numbers are little-endian, as those of the machines that this runs on. */
scene::mesh read_binary(std::string_view bytes)
{
    if (bytes.size() < head)
        throw failure("is cut off: it is shorter than the head of an STL file");
    std::size_t count = count_of(bytes);
    if (bytes.size() < head + triangle_bytes * count)
        throw failure("is cut off, or no STL file: " +
                      std::to_string((bytes.size() - head) / triangle_bytes) + " of " +
                      std::to_string(count) + " triangles are in it");
    scene::mesh out;
    out.points.resize(9 * count);
    out.corners.resize(3 * count);
    for (std::size_t i = 0; i < count; i++)
        std::memcpy(&out.points[9 * i], bytes.data() + head + triangle_bytes * i + 12, 36);
    for (std::size_t i = 0; i < out.corners.size(); i++)
        out.corners[i] = static_cast<std::uint32_t>(i);
    return out;
}

/* The text form, of which a file may have several, one after the other. */
class text_reader
{
  public:
    text_reader(std::string_view bytes, const scene::request &request)
        : in(bytes), size(bytes.size()), how(request)
    {
    }

    scene::file read()
    {
        while (in.more()) {
            std::string_view word = in.next();
            if (word == "solid")
                begin(in.rest_of_line());
            else if (word == "endsolid")
                end();
            else if (word == "vertex")
                add_corner();
            else if (word == "endloop")
                end_loop();
            else if (word == "facet" || word == "normal")
                how.progress(static_cast<double>(in.position()) / static_cast<double>(size));
        }
        if (open)
            throw failure("is cut off: the end of its last solid is missing");
        return std::move(out);
    }

  private:
    void begin(std::string_view name)
    {
        if (open)
            throw failure("is damaged: a solid begins in another");
        open = true;
        out.meshes.emplace_back();
        scene::node node;
        node.name = std::string(name);
        node.mesh = out.meshes.size() - 1;
        out.root.children.push_back(node);
    }

    void end()
    {
        in.rest_of_line();
        if (!open || corners != 0)
            throw failure("is damaged: a solid ends that did not begin");
        open = false;
    }

    void add_corner()
    {
        float at[3];
        for (float &each : at)
            if (!to_coordinate(in.next(), each))
                throw failure(open ? "is damaged: a corner has no three numbers"
                                   : "is damaged: a corner is in no solid");
        if (!open)
            throw failure("is damaged: a corner is in no solid");
        scene::mesh &mesh = out.meshes.back();
        if (mesh.corners.size() >= std::numeric_limits<std::uint32_t>::max() - 3)
            throw failure("has too many triangles");
        mesh.corners.push_back(static_cast<std::uint32_t>(mesh.points.size() / 3));
        mesh.points.insert(mesh.points.end(), at, at + 3);
        corners++;
    }

    void end_loop()
    {
        if (corners != 3)
            throw failure("is damaged: a facet has no three corners");
        corners = 0;
    }

    words in;
    std::size_t size;
    const scene::request &how;
    scene::file out;
    bool open = false;
    unsigned corners = 0;
};

/* One mesh is a leaf; it keeps a name that is one. */
void simplify(scene::file &file)
{
    if (file.root.children.size() != 1)
        return;
    scene::node only = std::move(file.root.children.front());
    file.root = std::move(only);
}

} // namespace

scene::file scene::read_stl(std::string_view bytes, const request &how)
{
    constexpr std::string_view mark = "solid";
    std::size_t start = bytes.find_first_not_of(" \t\r\n");
    bool exact = bytes.size() >= head &&
                 bytes.size() == head + triangle_bytes * std::size_t{ count_of(bytes) };
    file out;
    if (!exact && start != std::string_view::npos && bytes.substr(start, mark.size()) == mark) {
        out = text_reader(bytes, how).read();
        simplify(out);
        return out;
    }
    out.meshes.push_back(read_binary(bytes));
    out.root.mesh = 0;
    return out;
}
