/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/* The readers of mesh files and of names. The first byte says which; what they make of the rest is
 * drawn, and what is drawn must be whole. */
#include "scene/drawn.hpp"
#include "scene/failure.hpp"
#include "scene/names.hpp"
#include "scene/scene.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

static void check(bool good)
{
    if (!good)
        std::abort();
}

static void check_drawn(const drawn &of)
{
    std::size_t nodes = of.vertices.size() / 3, sum = 0, segments = 0;
    check(of.normals.size() == of.vertices.size() && of.vertices.size() % 3 == 0);
    for (std::uint32_t each : of.triangles)
        check(each < nodes);
    for (std::int32_t each : of.triangles_per_face)
        sum += static_cast<std::size_t>(each);
    check(3 * sum == of.triangles.size() && of.face_types.size() == of.triangles_per_face.size());
    for (std::int32_t each : of.segments_per_edge)
        segments += static_cast<std::size_t>(each);
    check(6 * segments == of.edges.size() && of.edge_types.size() == of.segments_per_edge.size());
    for (float each : of.normals)
        check(std::isfinite(each));
}

static scene::file read(char kind, std::string_view bytes, const scene::request &how)
{
    switch (kind) {
    case 'S':
        return scene::read_stl(bytes, how);
    case 'P':
        return scene::read_ply(bytes, how);
    case 'G':
        return scene::read_gltf(bytes, how);
    case '3':
        return scene::read_3mf(bytes, how);
    default:
        return scene::read_obj(bytes, how);
    }
}

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::string_view bytes(reinterpret_cast<const char *>(data) + 1, size - 1);
    scene::request how;
    how.name = clean_name(bytes);
    how.progress = [](double) {};
    how.notice = [](const std::string &) {};
    /* What is behind a zero byte is the file beside it. */
    std::string_view beside = bytes.substr(std::min(bytes.find('\0'), bytes.size()));
    how.beside = [beside](const std::string &) -> std::optional<std::string_view> {
        return beside;
    };
    try {
        scene::file file = read(static_cast<char>(data[0]), bytes, how);
        for (const scene::mesh &each : file.meshes)
            check_drawn(draw(each));
    } catch (const failure &) {
        return 0;
    }
    return 0;
}
