/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "convert.hpp"

#include <BRepBuilderAPI_MakeVertex.hxx>
#include <BRepBuilderAPI_Transform.hxx>
#include <BRep_Builder.hxx>
#include <BRep_Tool.hxx>
#include <TopExp.hxx>
#include <TopTools_IndexedMapOfShape.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Compound.hxx>
#include <TopoDS_Iterator.hxx>
#include <gp_Quaternion.hxx>

#include <cmath>
#include <map>

namespace
{

using tint = std::optional<Quantity_ColorRGBA>;

constexpr double width_of_edges = 2, size_of_vertices = 6;

/* What a compound is made of, however deep: one type, or several. Wires count as edges. */
struct content {
    bool any = false, mixed = false;
    TopAbs_ShapeEnum type = TopAbs_SHAPE;
};

bool is_curve(TopAbs_ShapeEnum type)
{
    return type == TopAbs_EDGE || type == TopAbs_WIRE;
}

void look_into(const TopoDS_Shape &compound, content &found)
{
    for (TopoDS_Iterator at(compound); at.More() && !found.mixed; at.Next()) {
        TopAbs_ShapeEnum type = at.Value().ShapeType();
        if (type == TopAbs_COMPOUND) {
            look_into(at.Value(), found);
        } else if (!found.any) {
            found.any = true;
            found.type = type;
        } else if (type != found.type && !(is_curve(type) && is_curve(found.type))) {
            found.mixed = true;
        }
    }
}

content content_of(const TopoDS_Shape &shape)
{
    content found;
    if (shape.ShapeType() == TopAbs_COMPOUND) {
        look_into(shape, found);
    } else {
        found.any = true;
        found.type = shape.ShapeType();
    }
    return found;
}

/* Whether nothing is in it but at most one compound in the other. */
bool is_empty(const TopoDS_Shape &shape)
{
    if (shape.IsNull())
        return true;
    if (shape.ShapeType() != TopAbs_COMPOUND)
        return false;
    if (shape.NbChildren() == 1)
        return is_empty(TopoDS_Iterator(shape).Value());
    return shape.NbChildren() == 0;
}

const char *name_of(TopAbs_ShapeEnum type)
{
    switch (type) {
    case TopAbs_COMPOUND:
        return "Compound";
    case TopAbs_COMPSOLID:
        return "CompSolid";
    case TopAbs_SOLID:
        return "Solid";
    case TopAbs_SHELL:
        return "Shell";
    case TopAbs_FACE:
        return "Face";
    case TopAbs_WIRE:
        return "Wire";
    case TopAbs_EDGE:
        return "Edge";
    default:
        return "Vertex";
    }
}

show::kind kind_of(TopAbs_ShapeEnum type)
{
    switch (type) {
    case TopAbs_SHELL:
    case TopAbs_FACE:
        return show::kind::face;
    case TopAbs_WIRE:
    case TopAbs_EDGE:
        return show::kind::edge;
    case TopAbs_VERTEX:
        return show::kind::vertex;
    default:
        return show::kind::solid;
    }
}

void set_color(show::part &to, const tint &color)
{
    if (!color) {
        to.color = to.kind == show::kind::solid  ? show::color_of_solids
                   : to.kind == show::kind::face ? show::color_of_faces
                                                 : show::color_of_curves;
        return;
    }
    double red, green, blue;
    color->GetRGB().Values(red, green, blue, Quantity_TOC_sRGB);
    /* The client rounds to seven digits first. */
    auto rounded = [](double value) { return std::nearbyint(value * 1e7) / 1e7; };
    to.color = show::web_color(rounded(red), rounded(green), rounded(blue));
    to.alpha = std::nearbyint(static_cast<double>(color->Alpha()) * 1e7) / 1e7;
}

show::placement placement_of(const gp_Trsf &of)
{
    gp_XYZ move = of.TranslationPart();
    gp_Quaternion turn = of.GetRotation();
    return { { move.X(), move.Y(), move.Z() }, { turn.X(), turn.Y(), turn.Z(), turn.W() } };
}

TopoDS_Shape compound_of(const std::vector<TopoDS_Shape> &shapes)
{
    BRep_Builder builder;
    TopoDS_Compound out;
    builder.MakeCompound(out);
    for (const TopoDS_Shape &each : shapes)
        builder.Add(out, each);
    return out;
}

std::vector<TopoDS_Shape> children_of(const TopoDS_Shape &shape)
{
    std::vector<TopoDS_Shape> out;
    for (TopoDS_Iterator at(shape); at.More(); at.Next())
        out.push_back(at.Value());
    return out;
}

std::vector<TopoDS_Shape> edges_of(const TopoDS_Shape &shape)
{
    TopTools_IndexedMapOfShape map;
    TopExp::MapShapes(shape, TopAbs_EDGE, map);
    std::vector<TopoDS_Shape> out;
    for (int i = 1; i <= map.Extent(); i++)
        out.push_back(map(i));
    return out;
}

bool can_be_drawn(const TopoDS_Shape &shape)
{
    if (shape.ShapeType() == TopAbs_FACE) {
        TopLoc_Location where;
        return !BRep_Tool::Surface(TopoDS::Face(shape), where).IsNull() ||
               !BRep_Tool::Triangulation(TopoDS::Face(shape), where).IsNull();
    }
    if (shape.ShapeType() != TopAbs_EDGE)
        return true;
    return !BRep_Tool::Degenerated(TopoDS::Edge(shape)) &&
           BRep_Tool::IsGeometric(TopoDS::Edge(shape));
}

bool is_rigid(const gp_Trsf &of)
{
    return std::abs(of.ScaleFactor() - 1) <= TopLoc_Location::ScalePrec();
}

class converter
{
  public:
    explicit converter(shape_list &to) : shapes(to)
    {
    }

    show::part convert_root(const cad::node &root)
    {
        return show::as_root(convert_node(root, {}, {}, gp_Trsf()));
    }

  private:
    /* `inherited`: the color of the nearest group above that has one. `forced`: that of a group
     * below the root, which all its parts take. `before`: a transformation that the groups above
     * could not carry. */
    show::part convert_node(const cad::node &node, const tint &inherited, const tint &forced,
                            const gp_Trsf &before)
    {
        tint color = node.color ? node.color : inherited;
        gp_Trsf whole = before.Multiplied(node.where);
        if (!node.children.empty())
            return convert_group(node, color, forced, whole);
        TopoDS_Shape shape = node.shape;
        if (!shape.IsNull())
            shape = moved(shape, whole);
        std::string name = node.name;
        if (is_empty(shape))
            return placeholder(name);
        return convert_shape(shape, name, forced ? forced : color);
    }

    show::part convert_group(const cad::node &node, const tint &color, const tint &forced,
                             const gp_Trsf &whole)
    {
        show::part group;
        gp_Trsf rest;
        group.name = node.name.empty() ? "Assembly" : node.name;
        if (is_rigid(whole))
            group.where = placement_of(whole);
        else
            group.where = placement_of(gp_Trsf());
        rest = is_rigid(whole) ? gp_Trsf() : whole;
        for (const cad::node &each : node.children)
            add_child(group, each, color, forced, rest);
        show::name_apart(group.parts);
        return group;
    }

    void add_child(show::part &group, const cad::node &node, const tint &color, const tint &forced,
                   const gp_Trsf &rest)
    {
        tint own = node.color ? node.color : color;
        bool whole = !node.children.empty();
        show::part part = convert_node(node, color, forced ? forced : whole ? own : tint(), rest);
        bool single = part.kind == show::kind::group && part.parts.size() == 1 && !whole;
        if (part.kind == show::kind::group && part.parts.empty())
            return;
        if (single) {
            show::part only = std::move(part.parts.front());
            part = std::move(only);
        }
        group.parts.push_back(std::move(part));
    }

    /* A compound of several kinds is a group, anything else a leaf. */
    show::part convert_shape(const TopoDS_Shape &shape, const std::string &name, const tint &color)
    {
        content found = content_of(shape);
        if (shape.ShapeType() == TopAbs_COMPOUND && found.mixed)
            return convert_mixture(shape, name, color);
        std::vector<TopoDS_Shape> list{ shape };
        if (is_curve(found.type) && shape.ShapeType() != TopAbs_EDGE)
            list = edges_of(shape);
        return make_leaf(list, kind_of(found.type), name.empty() ? name_of(found.type) : name,
                         color);
    }

    show::part convert_mixture(const TopoDS_Shape &shape, const std::string &name,
                               const tint &color)
    {
        show::part group;
        group.name = name.empty() ? "Compound" : name;
        for (const TopoDS_Shape &each : children_of(shape)) {
            if (each.ShapeType() == TopAbs_COMPOUND && !content_of(each).any)
                continue;
            group.parts.push_back(convert_shape(each, "", color));
        }
        show::name_apart(group.parts);
        return group;
    }

    /* Sub-shapes that are to be one part. */
    show::part make_leaf(std::vector<TopoDS_Shape> list, show::kind kind, const std::string &name,
                         const tint &color)
    {
        bool curves = kind == show::kind::edge || kind == show::kind::vertex;
        if (list.size() == 1 && list[0].ShapeType() == TopAbs_COMPOUND &&
            (curves || list[0].NbChildren() == 1))
            list = children_of(list[0]);
        std::vector<TopoDS_Shape> drawn;
        for (const TopoDS_Shape &each : list)
            if (can_be_drawn(each))
                drawn.push_back(each);
        if (drawn.empty())
            return placeholder(name);
        TopoDS_Shape shape = drawn.size() == 1 ? drawn[0] : compound_of(drawn);
        show::part leaf;
        leaf.kind = kind;
        leaf.name = name;
        leaf.size = kind == show::kind::edge ? width_of_edges : size_of_vertices;
        if (!curves)
            leaf.where = placement_of(shape.Location().Transformation());
        leaf.shape = shapes.add(shape, !curves);
        set_color(leaf, color);
        return leaf;
    }

    /* What stands in the tree for a part with nothing in it. */
    show::part placeholder(const std::string &name)
    {
        show::part leaf;
        leaf.kind = show::kind::vertex;
        leaf.name = (name.empty() ? "Object" : name) + " (empty)";
        leaf.color = "#000000";
        leaf.size = 0.1;
        leaf.shape = shapes.add(BRepBuilderAPI_MakeVertex(gp_Pnt()).Shape(), false);
        return leaf;
    }

    /* The shape at its place. A location cannot mirror or scale: then the geometry does, once for
     * all copies that are scaled alike. */
    TopoDS_Shape moved(const TopoDS_Shape &shape, const gp_Trsf &by)
    {
        if (is_rigid(by))
            return shape.Moved(TopLoc_Location(by), Standard_False);
        double factor = by.ScaleFactor();
        gp_Trsf scale, place = by;
        scale.SetScaleFactor(factor);
        place.SetScaleFactor(1);
        auto key = std::make_pair(shape.TShape().get(), factor);
        auto known = scaled.find(key);
        if (known == scaled.end()) {
            TopoDS_Shape own = shape.Located(TopLoc_Location());
            known = scaled.emplace(key, scaled_shape{ own, scale_of(own, scale) }).first;
        }
        gp_Trsf inside = scale * shape.Location().Transformation() * scale.Inverted();
        return known->second.after.Moved(TopLoc_Location(place * inside), Standard_False);
    }

    static TopoDS_Shape scale_of(const TopoDS_Shape &shape, const gp_Trsf &scale)
    {
        return BRepBuilderAPI_Transform(shape, scale, Standard_True).Shape();
    }

    struct scaled_shape {
        TopoDS_Shape before; /* kept, so that no other shape gets its address */
        TopoDS_Shape after;
    };

    shape_list &shapes;
    std::map<std::pair<const void *, double>, scaled_shape> scaled;
};

} // namespace

show::part convert(const cad::node &root, shape_list &shapes)
{
    return converter(shapes).convert_root(root);
}
