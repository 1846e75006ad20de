/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "instance.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

namespace
{

/* A member of an instance, by its name in a show. */
struct array {
    const char *name;
    const char *type;
    std::size_t count;
    std::string_view bytes;
};

array floats(const char *name, const std::vector<float> &of)
{
    return { name,
             "float32",
             of.size(),
             { reinterpret_cast<const char *>(of.data()), of.size() * sizeof(float) } };
}

array numbers(const char *name, const std::vector<std::int32_t> &of)
{
    return { name,
             "int32",
             of.size(),
             { reinterpret_cast<const char *>(of.data()), of.size() * sizeof(std::int32_t) } };
}

std::vector<array> arrays_of(const mesh::instance &of)
{
    switch (of.kind) {
    case mesh::kind::vertices:
        return { floats("obj_vertices", of.obj_vertices) };
    case mesh::kind::edges:
        return { floats("edges", of.edges), numbers("segments_per_edge", of.segments_per_edge),
                 numbers("edge_types", of.edge_types), floats("obj_vertices", of.obj_vertices) };
    default:
        return { floats("vertices", of.vertices),
                 numbers("triangles", of.triangles),
                 floats("normals", of.normals),
                 floats("edges", of.edges),
                 floats("obj_vertices", of.obj_vertices),
                 numbers("face_types", of.face_types),
                 numbers("edge_types", of.edge_types),
                 numbers("triangles_per_face", of.triangles_per_face),
                 numbers("segments_per_edge", of.segments_per_edge) };
    }
}

/* The arrays begin at multiples of this. */
constexpr std::size_t alignment = 16;

std::size_t padding(std::size_t size)
{
    return (alignment - size % alignment) % alignment;
}

void put_word(std::string &out, std::size_t value)
{
    for (unsigned shift = 0; shift < 32; shift += 8)
        out.push_back(static_cast<char>(value >> shift & 0xff));
}

/* A number that JSON cannot hold is null. */
void put_number(std::string &out, double value)
{
    char text[32];
    if (!std::isfinite(value)) {
        out.append("null");
        return;
    }
    out.append(text, std::to_chars(text, text + sizeof(text), value).ptr);
}

/* Reasons are in ASCII; what the kernel adds to one may not be. */
void put_text(std::string &out, std::string_view text)
{
    out.push_back('"');
    for (char c : text) {
        if (c == '"' || c == '\\')
            out.push_back('\\');
        out.push_back(c >= ' ' && c <= '~' ? c : '?');
    }
    out.push_back('"');
}

void put_array(std::string &out, const array &of, std::size_t offset)
{
    out.append("\"").append(of.name).append("\":{\"shape\":[").append(std::to_string(of.count));
    out.append("],\"dtype\":\"").append(of.type).append("\",\"offset\":");
    out.append(std::to_string(offset)).append(",\"bytes\":");
    out.append(std::to_string(of.bytes.size())).append("},");
}

void put_box(std::string &out, const std::optional<std::array<double, 6>> &box)
{
    static const char *const names[] = { "xmin", "xmax", "ymin", "ymax", "zmin", "zmax" };
    out.append("\"bb\":");
    if (!box) {
        out.append("null");
        return;
    }
    for (std::size_t i = 0; i < box->size(); i++) {
        out.append(i == 0 ? "{\"" : ",\"").append(names[i]).append("\":");
        put_number(out, (*box)[i]);
    }
    out.push_back('}');
}

const char *name_of(enum mesh::kind kind)
{
    return kind == mesh::kind::shapes ? "shapes" : kind == mesh::kind::edges ? "edges" : "vertices";
}

void put_info(std::string &out, const mesh::instance &of)
{
    const char *algorithm = of.watson_faces == 0          ? "delabella"
                            : of.watson_faces == of.faces ? "watson"
                                                          : "mixed";
    out.append("\"info\":{\"algorithm\":\"").append(algorithm).append("\",\"watson_faces\":");
    out.append(std::to_string(of.watson_faces)).append(",\"faces\":");
    out.append(std::to_string(of.faces)).append(",\"triangles\":");
    out.append(std::to_string(of.triangles.size() / 3)).append(",\"milliseconds\":");
    put_number(out, of.milliseconds);
    out.append(",\"notices\":[");
    for (std::size_t i = 0; i < of.notices.size(); i++) {
        out.append(i == 0 ? "" : ",");
        put_text(out, of.notices[i]);
    }
    out.append("]}");
}

std::string write_json(const mesh::instance &of)
{
    std::string out = "{";
    std::size_t offset = 0;
    for (const array &each : arrays_of(of)) {
        put_array(out, each, offset);
        offset += each.bytes.size() + padding(each.bytes.size());
    }
    out.append("\"type\":\"").append(name_of(of.kind)).append("\",\"quality\":");
    put_number(out, of.quality);
    out.push_back(',');
    put_box(out, of.box);
    out.push_back(',');
    put_info(out, of);
    out.push_back('}');
    return out;
}

} // namespace

std::string mesh::write_head(const instance &of)
{
    std::string json = write_json(of);
    std::string out = "CADCAST1";
    put_word(out, 1);
    put_word(out, json.size());
    out.append(json);
    out.append(padding(out.size()), '\0');
    return out;
}

std::vector<std::string_view> mesh::list_arrays(const instance &of)
{
    static const char zeros[alignment] = {};
    std::vector<std::string_view> out;
    for (const array &each : arrays_of(of)) {
        out.push_back(each.bytes);
        out.emplace_back(zeros, padding(each.bytes.size()));
    }
    return out;
}
