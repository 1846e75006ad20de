/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "answer.hpp"

#include "json.hpp"
#include "mass.hpp"
#include "measure.hpp"

#include <TopExp_Explorer.hxx>
#include <TopoDS_TShape.hxx>

#include <unordered_map>
#include <vector>

namespace
{

struct question {
    std::string tool;
    std::vector<std::string> ids;
    bool flag = false; /* the last item behind the ids: measure between centers */
};

question read_question(std::string_view text)
{
    question asked;
    json::reader in(text);
    bool first = true;
    in.enter('{');
    while (in.more('}', first)) {
        std::string key = in.key();
        if (key == "tool") {
            asked.tool = in.string();
        } else if (key == "ids") {
            bool first_id = true;
            in.enter('[');
            while (in.more(']', first_id)) {
                if (in.peek() == '"')
                    asked.ids.push_back(in.string());
                else
                    asked.flag = in.truth();
            }
        } else {
            in.skip();
        }
    }
    in.finish();
    return asked;
}

void write_vector(json::writer &out, const vector3 &of)
{
    out.open('[').number(of[0]).number(of[1]).number(of[2]).close(']');
}

void write_box(json::writer &out, const box &of)
{
    out.open('{').key("min");
    write_vector(out, of.min);
    out.key("center");
    write_vector(out, of.center);
    out.key("max");
    write_vector(out, of.max);
    out.key("size");
    write_vector(out, of.size);
    out.close('}');
}

void write_value(json::writer &out, const value &of)
{
    if (const auto *number = std::get_if<double>(&of))
        out.number(*number);
    else if (const auto *text = std::get_if<std::string>(&of))
        out.text(*text);
    else if (const auto *vector = std::get_if<vector3>(&of))
        write_vector(out, *vector);
    else
        write_box(out, std::get<box>(of));
}

void write_sections(json::writer &out, const std::vector<section> &sections)
{
    out.key("result").open('[');
    for (const section &rows : sections) {
        out.open('{');
        for (const auto &[name, content] : rows) {
            out.key(name);
            write_value(out, content);
        }
        out.close('}');
    }
    out.close(']');
}

void write_end(json::writer &out, const std::string &tool)
{
    out.key("type").text("backend_response").key("subtype").text("tool_response");
    out.key("tool_type").text(tool).close('}');
}

std::string answer_properties(const TopoDS_Shape &shape, const std::string &tool,
                              const deadline &until)
{
    properties found = measure_properties(shape, until);
    json::writer out;
    out.open('{').key("shape_type").text(found.shape_type);
    out.key("geom_type").text(found.geom_type).key("refpoint");
    write_vector(out, found.refpoint);
    write_sections(out, found.sections);
    write_end(out, tool);
    return out.take();
}

std::string answer_distance(const TopoDS_Shape &first, const TopoDS_Shape &second, bool centers,
                            const std::string &tool)
{
    distance found = measure_distance(first, second, centers);
    json::writer out;
    out.open('{');
    write_sections(out, found.sections);
    out.key("refpoint1");
    write_vector(out, found.refpoint1);
    out.key("refpoint2");
    write_vector(out, found.refpoint2);
    write_end(out, tool);
    return out.take();
}

/* The volume of the solids and the area of the faces of a part, or of all parts of a group. Moving
 * a shape changes neither, so that each geometry is computed once. */
std::string answer_mass(model &model, std::string_view id, const deadline &until)
{
    struct sizes {
        double volume, area;
    };
    std::unordered_map<const TopoDS_TShape *, sizes> known;
    sizes all{ 0, 0 };
    std::vector<std::string_view> parts = model.parts_of(id);
    for (std::string_view part : parts) {
        until.check();
        TopoDS_Shape shape = model.find(part);
        auto [at, fresh] = known.try_emplace(shape.TShape().get(), sizes{ 0, 0 });
        if (fresh) {
            gp_Pnt about = mean_of_vertices(shape);
            for (TopExp_Explorer solid(shape, TopAbs_SOLID); solid.More(); solid.Next())
                at->second.volume += volume_of(solid.Current(), about).size;
            at->second.area = area_of(shape, about).size;
        }
        all.volume += at->second.volume;
        all.area += at->second.area;
    }
    json::writer out;
    out.open('{').key("id").text(id).key("parts").number(static_cast<double>(parts.size()));
    out.key("volume").number(all.volume).key("area").number(all.area).close('}');
    return out.take();
}

} // namespace

std::string answer(model &model, std::string_view text, const deadline &until)
{
    question asked = read_question(text);
    if (asked.tool == "PropertiesMeasurement" && asked.ids.size() == 1)
        return answer_properties(model.find(asked.ids[0]), asked.tool, until);
    if (asked.tool == "DistanceMeasurement" && asked.ids.size() == 2)
        return answer_distance(model.find(asked.ids[0]), model.find(asked.ids[1]), asked.flag,
                               asked.tool);
    if (asked.tool == "Mass" && asked.ids.size() == 1)
        return answer_mass(model, asked.ids[0], until);
    throw reason("this question is not understood");
}

std::string failure(std::string_view why)
{
    json::writer out;
    out.open('{').key("error").text(why).close('}');
    return out.take();
}
