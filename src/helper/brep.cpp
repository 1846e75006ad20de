/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "brep.hpp"

#include "brep_geometry.hpp"

#include <BRep_Builder.hxx>
#include <BRep_Curve3D.hxx>
#include <BRep_CurveOn2Surfaces.hxx>
#include <BRep_CurveOnClosedSurface.hxx>
#include <BRep_CurveOnSurface.hxx>
#include <BRep_PointOnCurve.hxx>
#include <BRep_PointOnCurveOnSurface.hxx>
#include <BRep_PointOnSurface.hxx>
#include <BRep_TEdge.hxx>
#include <BRep_TVertex.hxx>
#include <TopLoc_Location.hxx>
#include <TopoDS.hxx>
#include <TopoDS_CompSolid.hxx>
#include <TopoDS_Compound.hxx>
#include <TopoDS_Edge.hxx>
#include <TopoDS_Face.hxx>
#include <TopoDS_Shell.hxx>
#include <TopoDS_Solid.hxx>
#include <TopoDS_Vertex.hxx>
#include <TopoDS_Wire.hxx>
#include <gp_Trsf.hxx>

#include <charconv>
#include <vector>

using opencascade::handle;

namespace
{

/* Input that only the kernel's own reader handles. */
struct unusual {
};

/* Entries are numbered from 1. */
template <class Entry> const Entry &entry(const std::vector<Entry> &table, int number)
{
    if (number < 1 || static_cast<std::size_t>(number) > table.size())
        throw damaged("its geometry is damaged: a reference leads nowhere");
    return table[static_cast<std::size_t>(number) - 1];
}

/* The line before a table, as in "Curves 12": how many entries of at least `size` bytes follow. */
int read_table_head(bytes &in, std::string_view name, std::size_t size)
{
    std::string_view line = in.line();
    while (line.empty())
        line = in.line();
    if (line.substr(0, name.size()) != name || line.size() < name.size() + 2)
        throw unusual();
    int count = 0;
    const char *end = line.data() + line.size();
    auto [stop, error] = std::from_chars(line.data() + name.size() + 1, end, count);
    if (error != std::errc() || stop != end)
        throw unusual();
    return in.count(count, size);
}

gp_Trsf read_transformation(bytes &in)
{
    double m[12];
    for (double &value : m)
        value = in.real();
    gp_Trsf move;
    move.SetValues(m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9], m[10], m[11]);
    return move;
}

/* Gives an edge its representations. If two are of the same thing, the kernel's reader decides
 * which one counts. */
class edge_reader
{
  public:
    explicit edge_reader(const TopoDS_Edge &edge)
        : into(static_cast<BRep_TEdge *>(edge.TShape().get()))
    {
    }

    void read_flags(bytes &in)
    {
        tolerance = in.real();
        into->SameParameter(in.truth());
        into->SameRange(in.truth());
        into->Degenerated(in.truth());
    }

    void add_curve(bytes &in, const handle<Geom_Curve> &curve, const TopLoc_Location &place)
    {
        for (const handle<BRep_CurveRepresentation> &other : into->Curves())
            if (other->IsCurve3D())
                throw unusual();
        add(in, new BRep_Curve3D(curve, place));
    }

    void add_curve_on_surface(bytes &in, const handle<BRep_CurveOnSurface> &curve)
    {
        for (const handle<BRep_CurveRepresentation> &other : into->Curves())
            if (other->IsCurveOnSurface(curve->Surface(), curve->Location()) ||
                other->IsRegularity(curve->Surface(), curve->Surface(), curve->Location(),
                                    curve->Location()))
                throw unusual();
        add(in, curve);
    }

    void add_regularity(const handle<BRep_CurveOn2Surfaces> &regularity)
    {
        for (const handle<BRep_CurveRepresentation> &other : into->Curves())
            if (other->IsRegularity(regularity->Surface(), regularity->Surface2(),
                                    regularity->Location(), regularity->Location2()))
                throw unusual();
        into->ChangeCurves().Append(regularity);
    }

  private:
    void add(bytes &in, const handle<BRep_GCurve> &curve)
    {
        double first = in.real(), last = in.real();
        curve->SetRange(first, last);
        into->ChangeCurves().Append(curve);
        into->UpdateTolerance(tolerance);
    }

    BRep_TEdge *into;
    double tolerance = 0;
};

class reader
{
  public:
    explicit reader(std::string_view text) : in(text)
    {
    }

    TopoDS_Shape read()
    {
        read_version();
        read_locations();
        read_geometry();
        int count = read_table_head(in, "TShapes", 9);
        shapes.reserve(static_cast<std::size_t>(count));
        for (int i = 0; i < count; i++)
            read_shape(count);
        TopoDS_Shape whole;
        if (!read_use(whole, count))
            throw damaged("its geometry is damaged: it holds no shape");
        return whole;
    }

  private:
    void read_version()
    {
        std::string_view line = in.line();
        while (line.empty())
            line = in.line();
        if (line != "Open CASCADE Topology V4, (c) Open Cascade")
            throw unusual();
    }

    /* A location is a transformation, or a product of powers of earlier ones. */
    void read_locations()
    {
        int count = read_table_head(in, "Locations", 5);
        locations.reserve(static_cast<std::size_t>(count));
        for (int i = 0; i < count; i++) {
            int kind = in.byte();
            if (kind != 1 && kind != 2)
                throw damaged("its geometry is damaged: an unknown kind of location");
            locations.push_back(kind == 1 ? TopLoc_Location(read_transformation(in))
                                          : read_product());
        }
    }

    TopLoc_Location read_product()
    {
        TopLoc_Location product;
        for (int number = in.integer(); number != 0; number = in.integer()) {
            int power = in.integer();
            product = entry(locations, number).Powered(power) * product;
        }
        if (product.IsIdentity())
            throw unusual();
        return product;
    }

    /* A curve or surface takes 33 bytes or more. */
    template <class Entry>
    void read_table(std::string_view name, std::vector<Entry> &into, Entry (*read_entry)(bytes &))
    {
        int count = read_table_head(in, name, 33);
        into.reserve(static_cast<std::size_t>(count));
        for (int i = 0; i < count; i++)
            into.push_back(read_entry(in));
    }

    void read_geometry()
    {
        read_table("Curve2ds", curves2d, read_curve2d);
        read_table("Curves", curves, read_curve);
        if (read_table_head(in, "Polygon3D", 1) > 0 ||
            read_table_head(in, "PolygonOnTriangulations", 1) > 0)
            throw unusual();
        read_table("Surfaces", surfaces, read_surface);
        if (read_table_head(in, "Triangulations", 1) > 0)
            throw unusual();
    }

    TopLoc_Location read_location()
    {
        int number = in.integer();
        return number == 0 ? TopLoc_Location() : entry(locations, number);
    }

    GeomAbs_Shape read_continuity()
    {
        int order = in.byte();
        if (order > GeomAbs_CN)
            throw damaged("its geometry is damaged: an unknown continuity");
        return static_cast<GeomAbs_Shape>(order);
    }

    void read_shape(int count)
    {
        int kind = in.byte();
        TopoDS_Shape shape = read_own(kind);
        bool flags[7];
        for (bool &flag : flags)
            flag = in.truth();
        for (TopoDS_Shape part; read_use(part, count);)
            build.Add(shape, part);
        shape.Free(flags[0]);
        shape.Modified(flags[1]);
        shape.Checked(flags[2]);
        shape.Orientable(flags[3]);
        shape.Closed(flags[4]);
        shape.Infinite(flags[5]);
        shape.Convex(flags[6]);
        shapes.push_back(shape);
    }

    /* Reads a reference to a shape inside another one; false at the end of the list of these. The
     * last shape of the table has number 1; only earlier shapes may be referred to. */
    bool read_use(TopoDS_Shape &into, int count)
    {
        int orientation = in.byte();
        if (orientation == '*')
            return false;
        if (orientation > TopAbs_EXTERNAL)
            throw damaged("its geometry is damaged: an unknown orientation");
        int number = in.integer();
        if (number < 1 || number > count)
            throw damaged("its geometry is damaged: a reference leads nowhere");
        into = entry(shapes, count - number + 1);
        into.Orientation(static_cast<TopAbs_Orientation>(orientation));
        into.Location(read_location(), false);
        return true;
    }

    /* Reads a shape's own geometry, without its parts. */
    TopoDS_Shape read_own(int kind)
    {
        switch (kind) {
        case TopAbs_VERTEX:
            return read_vertex();
        case TopAbs_EDGE:
            return read_edge();
        case TopAbs_FACE:
            return read_face();
        case TopAbs_WIRE:
            return make<TopoDS_Wire>(&TopoDS_Builder::MakeWire);
        case TopAbs_SHELL:
            return make<TopoDS_Shell>(&TopoDS_Builder::MakeShell);
        case TopAbs_SOLID:
            return make<TopoDS_Solid>(&TopoDS_Builder::MakeSolid);
        case TopAbs_COMPSOLID:
            return make<TopoDS_CompSolid>(&TopoDS_Builder::MakeCompSolid);
        case TopAbs_COMPOUND:
            return make<TopoDS_Compound>(&TopoDS_Builder::MakeCompound);
        default:
            throw damaged("its geometry is damaged: an unknown kind of shape");
        }
    }

    template <class Shape> TopoDS_Shape make(void (TopoDS_Builder::*maker)(Shape &) const)
    {
        Shape shape;
        (build.*maker)(shape);
        return shape;
    }

    TopoDS_Shape read_vertex()
    {
        TopoDS_Vertex vertex;
        double tolerance = in.real(), x = in.real(), y = in.real(), z = in.real();
        build.MakeVertex(vertex, gp_Pnt(x, y, z), tolerance);
        auto *points = static_cast<BRep_TVertex *>(vertex.TShape().get());
        for (int kind = in.byte(); kind != 0; kind = in.byte())
            points->ChangePoints().Append(read_point_on(kind));
        return vertex;
    }

    /* The position of a vertex on a curve or a surface. */
    handle<BRep_PointRepresentation> read_point_on(int kind)
    {
        handle<BRep_PointRepresentation> point;
        double at = in.real();
        if (kind == 1) {
            point = new BRep_PointOnCurve(at, entry(curves, in.integer()), TopLoc_Location());
        } else if (kind == 2) {
            const handle<Geom2d_Curve> &curve = entry(curves2d, in.integer());
            point = new BRep_PointOnCurveOnSurface(at, curve, entry(surfaces, in.integer()),
                                                   TopLoc_Location());
        } else if (kind == 3) {
            double second = in.real();
            point = new BRep_PointOnSurface(at, second, entry(surfaces, in.integer()),
                                            TopLoc_Location());
        } else {
            throw damaged("its geometry is damaged: an unknown kind of point");
        }
        point->Location(read_location());
        return point;
    }

    TopoDS_Shape read_edge()
    {
        TopoDS_Edge edge;
        build.MakeEdge(edge);
        edge_reader into(edge);
        into.read_flags(in);
        for (int kind = in.byte(); kind != 0; kind = in.byte()) {
            if (kind == 1) {
                const handle<Geom_Curve> &curve = entry(curves, in.integer());
                into.add_curve(in, curve, read_location());
            } else if (kind == 2 || kind == 3) {
                into.add_curve_on_surface(in, read_curve_on_surface(kind == 3));
            } else if (kind == 4) {
                into.add_regularity(read_regularity());
            } else {
                throw unusual();
            }
        }
        return edge;
    }

    handle<BRep_CurveOnSurface> read_curve_on_surface(bool closed)
    {
        const handle<Geom2d_Curve> &one = entry(curves2d, in.integer());
        if (!closed) {
            const handle<Geom_Surface> &surface = entry(surfaces, in.integer());
            return new BRep_CurveOnSurface(one, surface, read_location());
        }
        const handle<Geom2d_Curve> &two = entry(curves2d, in.integer());
        GeomAbs_Shape continuity = read_continuity();
        const handle<Geom_Surface> &surface = entry(surfaces, in.integer());
        return new BRep_CurveOnClosedSurface(one, two, surface, read_location(), continuity);
    }

    handle<BRep_CurveOn2Surfaces> read_regularity()
    {
        GeomAbs_Shape continuity = read_continuity();
        const handle<Geom_Surface> &one = entry(surfaces, in.integer());
        TopLoc_Location first = read_location();
        const handle<Geom_Surface> &two = entry(surfaces, in.integer());
        TopLoc_Location second = read_location();
        return new BRep_CurveOn2Surfaces(one, two, first, second, continuity);
    }

    TopoDS_Shape read_face()
    {
        TopoDS_Face face;
        bool natural = in.truth();
        double tolerance = in.real();
        int number = in.integer();
        handle<Geom_Surface> surface =
            number == 0 ? handle<Geom_Surface>() : entry(surfaces, number);
        build.MakeFace(face);
        build.UpdateFace(face, surface, read_location(), tolerance);
        build.NaturalRestriction(face, natural);
        if (in.byte() == 2)
            throw unusual();
        return face;
    }

    bytes in;
    BRep_Builder build;
    std::vector<TopLoc_Location> locations;
    std::vector<handle<Geom2d_Curve>> curves2d;
    std::vector<handle<Geom_Curve>> curves;
    std::vector<handle<Geom_Surface>> surfaces;
    std::vector<TopoDS_Shape> shapes;
};

} // namespace

TopoDS_Shape read_brep(std::string_view bytes)
{
    /* Numbers are read in the byte order of the machine. */
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
        return TopoDS_Shape();
    try {
        return reader(bytes).read();
    } catch (const unusual &) {
        return TopoDS_Shape();
    }
}
