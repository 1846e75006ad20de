/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "arc.hpp"
#include "measure.hpp"
#include "mesh.hpp"
#include "shapes.hpp"

#include <BRepAdaptor_Surface.hxx>
#include <BRep_Tool.hxx>
#include <Geom_OffsetCurve.hxx>
#include <Standard_Failure.hxx>
#include <TopExp_Explorer.hxx>
#include <TopoDS.hxx>
#include <gp_Circ.hxx>
#include <gp_Cone.hxx>
#include <gp_Cylinder.hxx>
#include <gp_Elips.hxx>
#include <gp_Hypr.hxx>
#include <gp_Parab.hxx>
#include <gp_Pln.hxx>
#include <gp_Sphere.hxx>
#include <gp_Torus.hxx>

#include <cmath>
#include <cstdio>

namespace
{

double degrees(double radians)
{
    return radians / M_PI * 180;
}

std::string radius_and_diameter(double radius)
{
    char text[80];
    std::snprintf(text, sizeof(text), "%.3f /  %.3f", radius, 2 * radius);
    return text;
}

vector3 position(const arc &edge, double share)
{
    return coordinates(edge.point(share).XYZ());
}

/* Between the tangent and the XY plane. Throws if there is no tangent. */
double slope(const arc &edge, double share)
{
    gp_Pnt at;
    gp_Vec tangent;
    edge.curve.D1(edge.parameter(share), at, tangent);
    return std::fabs(90 - degrees(gp_Dir(tangent).Angle(gp::DZ())));
}

/* Circles and ellipses: the start, and the end of an open one. */
void conic_positions(const arc &edge, bool closed, section &positions, properties &out)
{
    positions.emplace_back("start", position(edge, 0));
    if (!closed)
        positions.emplace_back("end", position(edge, 1));
    out.refpoint = position(edge, closed ? 0 : 0.5);
}

/* Hyperbolas and parabolas: the start, the kernel's Location, the end. */
void vertex_positions(const arc &edge, const gp_Pnt &vertex, section &positions, properties &out)
{
    positions.emplace_back("start", position(edge, 0));
    positions.emplace_back("vertex", coordinates(vertex.XYZ()));
    positions.emplace_back("end", position(edge, 1));
    out.refpoint = position(edge, 0.5);
}

void offset_positions(const arc &edge, bool closed, section &geometry, section &positions,
                      properties &out)
{
    geometry.emplace_back("offset", edge.curve.OffsetCurve()->Offset());
    positions.emplace_back("start", position(edge, 0));
    if (closed)
        positions.emplace_back("end", position(edge, 1));
    out.refpoint = position(edge, 0);
}

void other_positions(const arc &edge, section &positions, properties &out)
{
    out.refpoint = position(edge, 0.5);
    positions.emplace_back("start", position(edge, 0));
    positions.emplace_back("middle", out.refpoint);
    positions.emplace_back("end", position(edge, 1));
}

void edge_geometry(const TopoDS_Shape &shape, const arc &edge, properties &out)
{
    section geometry;
    section positions;
    bool closed = BRep_Tool::IsClosed(shape);
    switch (edge.curve.GetType()) {
    case GeomAbs_Circle: {
        gp_Circ circle = edge.curve.Circle();
        geometry.emplace_back("center", coordinates(circle.Location().XYZ()));
        geometry.emplace_back("radius / diam", radius_and_diameter(circle.Radius()));
        conic_positions(edge, closed, positions, out);
        break;
    }
    case GeomAbs_Ellipse: {
        gp_Elips ellipse = edge.curve.Ellipse();
        geometry.emplace_back("center", coordinates(ellipse.Location().XYZ()));
        geometry.emplace_back("major radius / diam", radius_and_diameter(ellipse.MajorRadius()));
        geometry.emplace_back("minor radius / diam", radius_and_diameter(ellipse.MinorRadius()));
        conic_positions(edge, closed, positions, out);
        break;
    }
    case GeomAbs_Hyperbola:
        vertex_positions(edge, edge.curve.Hyperbola().Location(), positions, out);
        break;
    case GeomAbs_Parabola:
        vertex_positions(edge, edge.curve.Parabola().Location(), positions, out);
        break;
    case GeomAbs_OffsetCurve:
        offset_positions(edge, closed, geometry, positions, out);
        break;
    default:
        other_positions(edge, positions, out);
    }
    if (!geometry.empty())
        out.sections.push_back(std::move(geometry));
    out.sections.push_back(std::move(positions));
}

/* An edge that is only a polygon. */
void polygon_properties(const TopoDS_Edge &edge, properties &out)
{
    mass length = polygon_length(edge, gp_Pnt());
    std::vector<gp_XYZ> corners = polygon_of(edge);
    out.refpoint = coordinates(polygon_point(corners, 0.5));
    out.sections.push_back({ { "mesh", std::to_string(corners.size()) + " points" } });
    out.sections.push_back({ { "start", coordinates(corners.front()) },
                             { "middle", out.refpoint },
                             { "end", coordinates(corners.back()) } });
    out.sections.push_back({ { "length", length.size } });
}

void edge_properties(const TopoDS_Shape &shape, properties &out)
{
    if (BRep_Tool::Degenerated(TopoDS::Edge(shape)))
        throw reason("this edge is degenerate: all of it is one point");
    if (!has_curve(TopoDS::Edge(shape))) {
        polygon_properties(TopoDS::Edge(shape), out);
        return;
    }
    arc edge(shape);
    edge_geometry(shape, edge, out);
    section lengths{ { "length", edge.length() } };
    for (int end : { 0, 1 }) {
        try {
            std::string angle = with_supplement(slope(edge, end));
            lengths.emplace_back("angle@" + std::to_string(end) + " to XY", angle);
        } catch (const Standard_Failure &) {
            /* An end without a tangent has no angle; the other rows are valid. */
        }
    }
    out.sections.push_back(std::move(lengths));
}

section face_geometry(const BRepAdaptor_Surface &surface)
{
    auto row = [](const gp_XYZ &of) { return value(coordinates(of)); };
    switch (surface.GetType()) {
    case GeomAbs_Plane:
        return { { "center", row(surface.Plane().Location().XYZ()) } };
    case GeomAbs_Cylinder: {
        gp_Cylinder cylinder = surface.Cylinder();
        return { { "center", row(cylinder.Location().XYZ()) }, { "radius", cylinder.Radius() } };
    }
    case GeomAbs_Cone: {
        gp_Cone cone = surface.Cone();
        return { { "center", row(cone.Location().XYZ()) },
                 { "base radius", cone.RefRadius() },
                 { "half angle", degrees(cone.SemiAngle()) } };
    }
    case GeomAbs_Sphere: {
        gp_Sphere sphere = surface.Sphere();
        return { { "center", row(sphere.Location().XYZ()) }, { "radius", sphere.Radius() } };
    }
    case GeomAbs_Torus: {
        gp_Torus torus = surface.Torus();
        return { { "center", row(torus.Location().XYZ()) },
                 { "minor radius", torus.MinorRadius() },
                 { "major radius", torus.MajorRadius() } };
    }
    case GeomAbs_SurfaceOfRevolution: {
        gp_Ax1 axis = surface.AxeOfRevolution();
        return { { "axe loc", row(axis.Location().XYZ()) },
                 { "axe dir", row(axis.Direction().XYZ()) } };
    }
    default:
        return {};
    }
}

/* A face that is only triangles. */
void mesh_properties(const TopoDS_Face &face, properties &out)
{
    gp_Pnt about = mean_of_vertices(face);
    mass area = mesh_area(face, about);
    out.refpoint = coordinates(area.center(about).XYZ());
    out.sections.push_back(
        { { "mesh", std::to_string(triangles_of(face).size()) + " triangles" } });
    out.sections.push_back({ { "area", area.size } });
}

void face_properties(const TopoDS_Shape &shape, properties &out)
{
    const TopoDS_Face &face = TopoDS::Face(shape);
    if (!has_surface(face)) {
        mesh_properties(face, out);
        return;
    }
    section geometry = face_geometry(BRepAdaptor_Surface(face, false));
    if (!geometry.empty())
        out.sections.push_back(std::move(geometry));
    BRepGProp_Face domain(face);
    double u0, u1, v0, v1;
    domain.Bounds(u0, u1, v0, v1);
    auto [point, normal] = face_frame(domain, (u0 + u1) / 2, (v0 + v1) / 2);
    out.refpoint = coordinates(point.XYZ());
    section area{ { "area", area_of(face, point).size } };
    if (normal)
        area.emplace_back("angle to XY", with_supplement(degrees(normal->Angle(gp::DZ()))));
    out.sections.push_back(std::move(area));
}

void wire_properties(const TopoDS_Shape &shape, properties &out)
{
    gp_Pnt about = mean_of_vertices(shape);
    mass length = length_of(shape, about);
    out.sections.push_back({ { "length", length.size } });
    out.refpoint = coordinates(length.center(about).XYZ());
}

void shell_properties(const TopoDS_Shape &shape, properties &out)
{
    gp_Pnt about = mean_of_vertices(shape);
    mass area = area_of(shape, about);
    out.sections.push_back({ { "area", area.size } });
    out.refpoint = coordinates(area.center(about).XYZ());
}

/* Uses the volume's own centre, unless loose faces or edges have none. */
void solid_properties(const TopoDS_Shape &shape, properties &out)
{
    gp_Pnt about = mean_of_vertices(shape);
    mass volume = volume_of(shape, about);
    out.sections.push_back({ { "volume", volume.size } });
    bool has_solid = TopExp_Explorer(shape, TopAbs_SOLID).More();
    out.refpoint = coordinates((has_solid ? volume.center(about) : center_of_mass(shape)).XYZ());
}

} // namespace

/* The box can take longer than all the rest, which is valid without it. */
static section box_section(const TopoDS_Shape &shape, const deadline &until)
{
    try {
        return { { "bb", bounding_box(shape, until) } };
    } catch (const late &why) {
        return { { "bounding box", std::string(why.what()) } };
    }
}

properties measure_properties(const TopoDS_Shape &shape, const deadline &until)
{
    properties out{};
    out.shape_type = shape_type_name(shape);
    out.geom_type = geom_type_name(shape);
    switch (shape.ShapeType()) {
    case TopAbs_VERTEX:
        out.refpoint = coordinates(BRep_Tool::Pnt(TopoDS::Vertex(shape)).XYZ());
        out.sections.push_back({ { "xyz", out.refpoint } });
        return out;
    case TopAbs_EDGE:
        edge_properties(shape, out);
        break;
    case TopAbs_FACE:
        face_properties(shape, out);
        break;
    case TopAbs_WIRE:
        wire_properties(shape, out);
        break;
    case TopAbs_SHELL:
        shell_properties(shape, out);
        break;
    default:
        solid_properties(shape, out);
    }
    out.sections.push_back(box_section(shape, until));
    return out;
}
