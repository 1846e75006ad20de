/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "ordered.hpp"

#include "bytes.hpp"
#include "helper/json.hpp"
#include "scene/failure.hpp"

#include <BRepTools.hxx>
#include <BRep_Builder.hxx>
#include <BinTools.hxx>
#include <Standard_Failure.hxx>
#include <TopoDS_Compound.hxx>
#include <gp_Quaternion.hxx>

#include <istream>
#include <ostream>
#include <unordered_map>

namespace
{

TopoDS_Shape read_one(std::string_view text)
{
    std::string bytes;
    TopoDS_Shape shape;
    if (!decode_base64(text, bytes))
        return shape;
    memory_buffer buffer(bytes, [](double) {});
    std::istream in(&buffer);
    BinTools::Read(shape, in);
    return shape;
}

TopoDS_Shape read_shapes_of(const part &from)
{
    TopoDS_Compound together;
    BRep_Builder builder;
    builder.MakeCompound(together);
    for (std::string_view text : from.shapes) {
        TopoDS_Shape one = read_one(text);
        /* The name of a single vertex would not be written. */
        if (one.IsNull() || (from.shapes.size() == 1 && one.ShapeType() != TopAbs_VERTEX))
            return one;
        builder.Add(together, one);
    }
    return together;
}

/* A shape that cannot be read is none. */
TopoDS_Shape try_reading(const part &from)
{
    if (!from.fault.empty())
        return {};
    try {
        return read_shapes_of(from);
    } catch (const Standard_Failure &) {
        return {};
    } catch (const json::bad &) {
        return {};
    }
}

gp_Trsf trsf_of(const std::optional<placement> &where)
{
    constexpr placement still{ 0, 0, 0, 0, 0, 0, 1 };
    gp_Trsf out;
    if (!where || *where == still)
        return out;
    const placement &p = *where;
    out.SetTransformation(gp_Quaternion(p[3], p[4], p[5], p[6]), gp_Vec(p[0], p[1], p[2]));
    return out;
}

std::optional<Quantity_ColorRGBA> color_of(const order::node &from)
{
    Quantity_Color color;
    if (from.color.empty() || !Quantity_Color::ColorFromHex(from.color.c_str(), color))
        return std::nullopt;
    return Quantity_ColorRGBA(color, static_cast<float>(from.alpha));
}

class builder
{
  public:
    builder(const order::sheet &given, const cad::request &request, cad::ordered &made)
        : from(given), how(request), to(made)
    {
    }

    void run()
    {
        how.begin_phase("reading");
        to.root = node_of(from.root, from.root.name);
        if (used == 0)
            throw failure("cannot be written: nothing of it has exact geometry");
    }

  private:
    cad::node node_of(const order::node &of, const std::string &name)
    {
        cad::node out;
        out.name = name;
        out.where = trsf_of(of.where);
        if (!of.group) {
            out.color = color_of(of);
            out.shape = shape_of(of);
            to.left_out += out.shape.IsNull() ? 1 : 0;
            return out;
        }
        std::vector<std::string> names = order::given_names(of.parts);
        for (std::size_t i = 0; i < of.parts.size(); i++) {
            cad::node child = node_of(of.parts[i], names[i]);
            if (!child.shape.IsNull() || !child.children.empty())
                out.children.push_back(std::move(child));
        }
        return out;
    }

    TopoDS_Shape shape_of(const order::node &of)
    {
        if (!of.part)
            return {};
        const part &given = from.shapes[*of.part];
        auto known = by_source.find(given.source);
        if (given.source.empty() || known == by_source.end()) {
            TopoDS_Shape shape = try_reading(given);
            if (shape.IsNull())
                how.notice(of.name + " is left out: its exact geometry cannot be read");
            known = by_source.insert_or_assign(given.source, shape).first;
        }
        used += known->second.IsNull() ? 0 : 1;
        how.progress(static_cast<double>(used) / static_cast<double>(from.shapes.size()));
        return known->second;
    }

    const order::sheet &from;
    const cad::request &how;
    cad::ordered &to;
    std::unordered_map<std::string_view, TopoDS_Shape> by_source;
    std::size_t used = 0;
};

TopoDS_Shape one_shape(const cad::node &of)
{
    TopoDS_Shape shape = of.shape;
    if (!of.children.empty()) {
        TopoDS_Compound group;
        BRep_Builder builder;
        builder.MakeCompound(group);
        for (const cad::node &each : of.children)
            builder.Add(group, one_shape(each));
        shape = group;
    }
    return shape.Moved(TopLoc_Location(of.where));
}

} // namespace

cad::ordered cad::read_shapes(const order::sheet &from, const request &how)
{
    ordered out;
    out.name = from.name;
    out.time = from.time;
    out.program = from.program;
    builder(from, how, out).run();
    return out;
}

std::string cad::write_brep(const ordered &what, const request &how)
{
    const node &root = what.root;
    bool alone = root.children.size() == 1 && root.children[0].children.empty() &&
                 root.where.Form() == gp_Identity;
    string_buffer buffer;
    std::ostream out(&buffer);
    how.begin_phase("writing");
    /* Of the versions of this format every reader knows the first. */
    BRepTools::Write(one_shape(alone ? root.children[0] : root), out, Standard_False,
                     Standard_False, TopTools_FormatVersion_VERSION_1);
    if (!out)
        throw failure("cannot be written: it has a shape that cannot be written down");
    return std::move(buffer.taken);
}
