/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "show.hpp"

#include "helper/json.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unordered_map>
#include <utility>

const char *const show::color_of_solids = "#e8b024";
const char *const show::color_of_faces = "#ee82ee";
const char *const show::color_of_curves = "#ba55d3";

namespace
{

void write_where(json::writer &out, const std::optional<show::placement> &where)
{
    out.key("loc");
    if (!where) {
        out.null();
        return;
    }
    out.open('[').open('[');
    for (double each : where->move)
        out.number(each);
    out.close(']').open('[');
    for (double each : where->turn)
        out.number(each);
    out.close(']').close(']');
}

void write_reference(json::writer &out, std::size_t number)
{
    out.key("shape").open('{').key("ref").number(static_cast<double>(number)).close('}');
}

void write_faces(json::writer &out, const show::part &of)
{
    bool face = of.kind == show::kind::face;
    out.key("type").text("shapes").key("subtype").text(face ? "face" : "solid");
    out.key("name").text(of.name);
    write_reference(out, of.shape);
    out.key("state").open('[').number(1).number(1).close(']');
    out.key("color").text(of.color).key("alpha").number(of.alpha);
    out.key("material").null().key("normalize_uvs").truth(true).key("texture").null();
    write_where(out, of.where);
    out.key("renderback").truth(face).key("accuracy").null().key("bb").null();
}

void write_curves(json::writer &out, const show::part &of)
{
    bool edges = of.kind == show::kind::edge;
    out.key("type").text(edges ? "edges" : "vertices").key("name").text(of.name);
    write_reference(out, of.shape);
    out.key("state").open('[').number(3).number(1).close(']');
    out.key("color").text(of.color).key("material").null();
    write_where(out, of.where);
    out.key(edges ? "width" : "size").number(of.size);
}

void write_part(json::writer &out, const show::part &of, const std::string &path)
{
    std::string id = path + "/" + of.name;
    out.open('{');
    if (of.kind == show::kind::group) {
        out.key("version").number(3).key("parts").open('[');
        for (const show::part &each : of.parts)
            write_part(out, each, id);
        out.close(']');
        write_where(out, of.where);
        out.key("name").text(of.name).key("id").text(id);
    } else {
        out.key("id").text(id);
        if (of.kind == show::kind::edge || of.kind == show::kind::vertex)
            write_curves(out, of);
        else
            write_faces(out, of);
    }
    out.close('}');
}

} // namespace

show::part show::as_root(part made)
{
    if (made.kind == kind::group)
        return made;
    part group;
    group.name = "Group";
    group.parts.push_back(std::move(made));
    return group;
}

void show::name_apart(std::vector<part> &parts)
{
    std::unordered_map<std::string, std::size_t> met;
    for (part &each : parts) {
        std::size_t times = ++met[each.name];
        if (times > 1)
            each.name += "(" + std::to_string(times) + ")";
    }
}

std::size_t show::count_leaves(const part &of)
{
    if (of.kind != kind::group)
        return 1;
    std::size_t count = 0;
    for (const part &each : of.parts)
        count += count_leaves(each);
    return count;
}

std::size_t show::depth_of(const part &of)
{
    std::size_t deepest = 0;
    for (const part &each : of.parts)
        deepest = std::max(deepest, depth_of(each) + 1);
    return deepest;
}

std::string show::write_tree(const part &root)
{
    json::writer out;
    write_part(out, root, "");
    return out.take();
}

/* Halves are rounded to the even number, as Python does it. */
std::string show::web_color(double red, double green, double blue)
{
    char text[8];
    auto byte = [](double value) {
        return static_cast<unsigned>(std::nearbyint(std::clamp(value, 0.0, 1.0) * 255));
    };
    std::snprintf(text, sizeof(text), "#%02x%02x%02x", byte(red), byte(green), byte(blue));
    return text;
}
