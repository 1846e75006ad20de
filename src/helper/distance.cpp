/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "arc.hpp"
#include "measure.hpp"
#include "mesh.hpp"
#include "shapes.hpp"

#include <BRepAdaptor_Curve.hxx>
#include <BRepAdaptor_Surface.hxx>
#include <BRepExtrema_DistShapeShape.hxx>
#include <BRepTools.hxx>
#include <BRep_Tool.hxx>
#include <GeomAPI_ProjectPointOnSurf.hxx>
#include <Standard_Failure.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Edge.hxx>
#include <TopoDS_Face.hxx>
#include <TopoDS_Vertex.hxx>
#include <gp_Circ.hxx>
#include <gp_Cone.hxx>
#include <gp_Cylinder.hxx>
#include <gp_Elips.hxx>
#include <gp_Hypr.hxx>
#include <gp_Parab.hxx>
#include <gp_Sphere.hxx>
#include <gp_Torus.hxx>

#include <cmath>

namespace
{

bool is_edge(const TopoDS_Shape &shape)
{
    return shape.ShapeType() == TopAbs_EDGE;
}

bool has_direction(const TopoDS_Shape &shape)
{
    return is_edge(shape) || shape.ShapeType() == TopAbs_FACE;
}

gp_Pnt center_of_edge(const TopoDS_Shape &shape)
{
    if (!has_curve(TopoDS::Edge(shape)) && !BRep_Tool::Degenerated(TopoDS::Edge(shape)))
        return center_of_mass(shape);
    BRepAdaptor_Curve curve(TopoDS::Edge(shape));
    /* The edge is a single point, which has no arc length to halve. */
    if (BRep_Tool::Degenerated(TopoDS::Edge(shape)))
        return curve.Value((curve.FirstParameter() + curve.LastParameter()) / 2);
    switch (curve.GetType()) {
    case GeomAbs_Circle:
        return curve.Circle().Location();
    case GeomAbs_Ellipse:
        return curve.Ellipse().Location();
    case GeomAbs_Hyperbola:
        return curve.Hyperbola().Location();
    case GeomAbs_Parabola:
        return curve.Parabola().Location();
    default:
        return arc(shape).point(0.5);
    }
}

gp_Pnt center_of_face(const TopoDS_Shape &shape)
{
    if (!has_surface(TopoDS::Face(shape)))
        return center_of_mass(shape);
    BRepAdaptor_Surface surface(TopoDS::Face(shape), false);
    switch (surface.GetType()) {
    case GeomAbs_Cylinder:
        return surface.Cylinder().Location();
    case GeomAbs_Cone:
        return surface.Cone().Location();
    case GeomAbs_Sphere:
        return surface.Sphere().Location();
    case GeomAbs_Torus:
        return surface.Torus().Location();
    case GeomAbs_SurfaceOfRevolution:
        return surface.AxeOfRevolution().Location();
    default:
        return center_of_mass(shape);
    }
}

gp_Pnt center_of(const TopoDS_Shape &shape)
{
    switch (shape.ShapeType()) {
    case TopAbs_VERTEX:
        return BRep_Tool::Pnt(TopoDS::Vertex(shape));
    case TopAbs_EDGE:
        return center_of_edge(shape);
    case TopAbs_FACE:
        return center_of_face(shape);
    default:
        return center_of_mass(shape);
    }
}

/* One shape's end of the first solution. */
struct contact {
    TopoDS_Shape shape;
    gp_Pnt point;
    BRepExtrema_SupportType support;
    double u = 0, v = 0; /* on the edge (u) or in the face */
};

contact contact_of(BRepExtrema_DistShapeShape &extrema, const TopoDS_Shape &shape, bool first)
{
    contact at{ shape, first ? extrema.PointOnShape1(1) : extrema.PointOnShape2(1),
                first ? extrema.SupportTypeShape1(1) : extrema.SupportTypeShape2(1) };
    if (at.support == BRepExtrema_IsOnEdge)
        first ? extrema.ParOnEdgeS1(1, at.u) : extrema.ParOnEdgeS2(1, at.u);
    else if (at.support == BRepExtrema_IsInFace)
        first ? extrema.ParOnFaceS1(1, at.u, at.v) : extrema.ParOnFaceS2(1, at.u, at.v);
    return at;
}

std::optional<gp_Dir> tangent_at(const contact &at)
{
    constexpr double vanishing = 1e-10;
    BRepAdaptor_Curve curve(TopoDS::Edge(at.shape));
    double parameter = at.u;
    if (at.support == BRepExtrema_IsVertex) {
        double first = curve.FirstParameter();
        double last = curve.LastParameter();
        bool near_first =
            at.point.Distance(curve.Value(first)) <= at.point.Distance(curve.Value(last));
        parameter = near_first ? first : last;
    } else if (at.support != BRepExtrema_IsOnEdge) {
        return std::nullopt;
    }
    gp_Pnt point;
    gp_Vec tangent;
    curve.D1(parameter, point, tangent);
    if (tangent.Magnitude() < vanishing)
        return std::nullopt;
    return gp_Dir(tangent);
}

/* The parameters of the point on the face's surface. Tries the whole surface first, as the answer
 * is about it; some infinite surfaces (an extruded hyperbola) overflow, then only the face's part
 * is searched. */
bool project(const contact &at, double &u, double &v)
{
    const TopoDS_Face &face = TopoDS::Face(at.shape);
    GeomAPI_ProjectPointOnSurf foot;
    try {
        foot.Init(at.point, BRep_Tool::Surface(face));
    } catch (const Standard_Failure &) {
        double u0, u1, v0, v1;
        BRepTools::UVBounds(face, u0, u1, v0, v1);
        foot.Init(at.point, BRep_Tool::Surface(face), u0, u1, v0, v1);
    }
    if (foot.NbPoints() == 0)
        return false;
    foot.Parameters(1, u, v);
    return true;
}

std::optional<gp_Dir> normal_at(const contact &at)
{
    double u = at.u, v = at.v;
    if (at.support != BRepExtrema_IsInFace && !project(at, u, v))
        return std::nullopt;
    return face_frame(BRepGProp_Face(TopoDS::Face(at.shape)), u, v).second;
}

std::optional<gp_Dir> direction_at(const contact &at)
{
    return is_edge(at.shape) ? tangent_at(at) : normal_at(at);
}

/* The name of the direction: "line", "tangent at P1", "face normal" or "surface normal at P1". */
std::string reference_name(const TopoDS_Shape &shape, const std::string &number)
{
    std::string type = geom_type_name(shape);
    if (is_edge(shape))
        return type == "Line" ? "line" : "tangent at P" + number;
    return type == "Plane" ? "face normal" : "surface normal at P" + number;
}

void add_reference(section &angle, const contact &at, const gp_Dir &direction,
                   const std::string &number)
{
    angle.emplace_back("reference " + number, reference_name(at.shape, number));
    angle.emplace_back((is_edge(at.shape) ? "direction " : "normal ") + number,
                       coordinates(direction.XYZ()));
}

/* The angle between the two directions; empty if one of them vanishes. */
section angle_section(const contact &one, const contact &two)
{
    std::optional<gp_Dir> first = direction_at(one);
    std::optional<gp_Dir> second = first ? direction_at(two) : std::nullopt;
    if (!second)
        return {};
    double degrees = first->Angle(*second) / M_PI * 180;
    if (is_edge(one.shape) != is_edge(two.shape))
        degrees = std::fabs(90 - degrees);
    section angle{ { "angle", with_supplement(degrees) } };
    add_reference(angle, one, *first, "1");
    add_reference(angle, two, *second, "2");
    return angle;
}

void write_distance(distance &out, double length, const gp_Pnt &one, const gp_Pnt &two,
                    const char *info)
{
    gp_XYZ delta = two.XYZ() - one.XYZ();
    vector3 sides{ std::fabs(delta.X()), std::fabs(delta.Y()), std::fabs(delta.Z()) };
    out.refpoint1 = coordinates(one.XYZ());
    out.refpoint2 = coordinates(two.XYZ());
    out.sections.push_back(
        { { "distance", length }, { "\u21d2 X | Y | Z", sides }, { "info", std::string(info) } });
    out.sections.push_back({ { "point 1", out.refpoint1 }, { "point 2", out.refpoint2 } });
}

/* The distance is valid even if the kernel fails at the angle. */
void add_angle(distance &out, BRepExtrema_DistShapeShape &extrema, const TopoDS_Shape &first,
               const TopoDS_Shape &second)
{
    try {
        section rows =
            angle_section(contact_of(extrema, first, true), contact_of(extrema, second, false));
        if (!rows.empty())
            out.sections.push_back(std::move(rows));
    } catch (const Standard_Failure &) {
    }
}

} // namespace

distance measure_distance(const TopoDS_Shape &first, const TopoDS_Shape &second, bool centers)
{
    distance out{};
    bool angle = has_direction(first) && has_direction(second);
    bool exact = is_exact(first) && is_exact(second);
    if (centers) {
        gp_Pnt one = center_of(first), two = center_of(second);
        write_distance(out, one.Distance(two), one, two, "center");
        if (!angle || !exact)
            return out;
    }
    if (!exact)
        throw reason("one of them is a mesh, or has no geometry: only the distance of the centers "
                     "can be measured");
    BRepExtrema_DistShapeShape extrema(first, second);
    bool solved = extrema.IsDone() && extrema.NbSolution() > 0;
    if (!centers) {
        if (!solved)
            throw reason("the geometry kernel found no shortest distance");
        write_distance(out, extrema.Value(), extrema.PointOnShape1(1), extrema.PointOnShape2(1),
                       "min");
    }
    if (angle && solved)
        add_angle(out, extrema, first, second);
    return out;
}
