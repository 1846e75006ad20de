/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/* Areas and volumes. By Green's theorem the integral of f(u, v) over a face is the integral along
 * its boundary of F(u, v) dv, where F is the integral of f across the face from some u0 to u. Both
 * are refined until the error is small enough; the kernel's own functions do not check it. */
#include "mass.hpp"

#include "mesh.hpp"
#include "quadrature.hpp"

#include <BRepAdaptor_Surface.hxx>
#include <BRepGProp.hxx>
#include <BRepGProp_Domain.hxx>
#include <BRepGProp_Face.hxx>
#include <BRepGProp_Vinert.hxx>
#include <BRep_Tool.hxx>
#include <GProp_GProps.hxx>
#include <Geom2dAdaptor_Curve.hxx>
#include <Geom2d_Curve.hxx>
#include <NCollection_Array1.hxx>
#include <TopExp_Explorer.hxx>
#include <TopoDS.hxx>
#include <gp_Lin2d.hxx>
#include <gp_Pnt2d.hxx>
#include <gp_Vec2d.hxx>

namespace
{

/* The size, its moment in units of some length, and the share of it that is rounding. */
using sums = quadrature::values<5>;

/* The bound for the estimated error; the actual error is far smaller for smooth surfaces. */
constexpr double close = 1e-8;

enum class content { area, volume };

template <class Adaptor> std::vector<double> breaks_of(const Adaptor &of)
{
    NCollection_Array1<double> at(1, of.NbIntervals(GeomAbs_CN) + 1);
    of.Intervals(at, GeomAbs_CN);
    return std::vector<double>(at.begin(), at.end());
}

class face_content
{
  public:
    face_content(const TopoDS_Face &of, content what, const gp_Pnt &point)
        : face(of), surface(of, false), wanted(what), about(point)
    {
        find_rule();
    }

    /* False if its boundary is not complete. */
    bool measure(mass &into)
    {
        sums whole{};
        bool first = true;
        for (TopExp_Explorer at(face.Oriented(TopAbs_FORWARD), TopAbs_EDGE); at.More(); at.Next()) {
            if (!add_edge(TopoDS::Edge(at.Current()), first, whole))
                return false;
        }
        bool reversed = wanted == content::volume && face.Orientation() == TopAbs_REVERSED;
        double sign = reversed ? -1 : 1;
        into = { sign * whole[0], gp_XYZ(whole[1], whole[2], whole[3]) * (sign * unit) };
        return !first;
    }

  private:
    /* The rule for the integral across the face: for the commonest surfaces the integrand is a
     * polynomial of degree 2 or a trigonometric one of degree 3 in u, for which a fixed number of
     * points is exact. */
    enum class rule { line, circle, any };

    void find_rule()
    {
        switch (surface.GetType()) {
        case GeomAbs_Plane:
            across = rule::line;
            break;
        case GeomAbs_Cylinder:
        case GeomAbs_Cone:
        case GeomAbs_Sphere:
        case GeomAbs_Torus:
        case GeomAbs_SurfaceOfRevolution:
            across = rule::circle;
            break;
        default: {
            NCollection_Array1<double> u(1, surface.NbUIntervals(GeomAbs_CN) + 1);
            NCollection_Array1<double> v(1, surface.NbVIntervals(GeomAbs_CN) + 1);
            surface.UIntervals(u, GeomAbs_CN);
            surface.VIntervals(v, GeomAbs_CN);
            u_knots.assign(u.begin(), u.end());
            v_knots.assign(v.begin(), v.end());
        }
        }
    }

    sums density(double u, double v) const
    {
        gp_Pnt point;
        gp_Vec along_u, along_v;
        surface.D1(u, v, point, along_u, along_v);
        gp_XYZ normal = along_u.XYZ().Crossed(along_v.XYZ());
        gp_XYZ from = point.XYZ() - about.XYZ();
        double size = wanted == content::area ? normal.Modulus() : from.Dot(normal) / 3;
        double bound = normal.Modulus() * (wanted == content::area ? 1 : from.Modulus() / 3);
        gp_XYZ moment = from * ((wanted == content::area ? size : size * 3 / 4) / unit);
        return { size, moment.X(), moment.Y(), moment.Z(), bound };
    }

    sums across_line(double u, double v) const
    {
        double middle = (u0 + u) / 2, half = (u - u0) / 2, node = half / std::sqrt(3.0);
        sums one = density(middle - node, v), two = density(middle + node, v);
        for (std::size_t i = 0; i < one.size(); i++)
            one[i] = (one[i] + two[i]) * half;
        return one;
    }

    sums across_circle(double u, double v) const
    {
        auto f = [this, v](double at) { return density(at, v); };
        int pieces = std::max(1, int(std::ceil(std::fabs(u - u0) / M_PI)));
        sums out{};
        for (int i = 0; i < pieces; i++) {
            auto piece = quadrature::measure<5>(f, u0 + (u - u0) * i / pieces,
                                                u0 + (u - u0) * (i + 1) / pieces, 0);
            for (std::size_t k = 0; k < out.size(); k++)
                out[k] += piece.sum[k];
        }
        return out;
    }

    sums across_any(double u, double v) const
    {
        auto f = [this, v](double at) { return density(at, v); };
        std::vector<double> breaks{ u0 };
        for (double knot : u_knots)
            if (knot > std::min(u0, u) && knot < std::max(u0, u))
                breaks.push_back(knot);
        breaks.push_back(u);
        if (u < u0)
            std::sort(breaks.begin(), breaks.end(), std::greater<>());
        return quadrature::integral<5>(f, breaks, 100, close);
    }

    sums across_to(double u, double v) const
    {
        if (u == u0)
            return {};
        switch (across) {
        case rule::line:
            return across_line(u, v);
        case rule::circle:
            return across_circle(u, v);
        default:
            return across_any(u, v);
        }
    }

    /* Adds the parameters at which a straight line of the boundary crosses knots of the surface. */
    void add_crossings(const Geom2dAdaptor_Curve &curve, std::vector<double> &breaks) const
    {
        if (curve.GetType() != GeomAbs_Line || std::fabs(curve.Line().Direction().Y()) < 1e-9)
            return;
        double first = breaks.front(), last = breaks.back();
        for (double knot : v_knots) {
            double at = (knot - curve.Line().Location().Y()) / curve.Line().Direction().Y();
            if (at > first && at < last)
                breaks.push_back(at);
        }
        std::sort(breaks.begin(), breaks.end());
    }

    /* A point of the boundary, and another one that sets the scale. */
    void start_at(const gp_Pnt2d &start, const gp_Pnt2d &other)
    {
        u0 = start.X();
        double one = surface.Value(start.X(), start.Y()).Distance(about);
        double two = surface.Value(other.X(), other.Y()).Distance(about);
        unit = std::max(one, two) > 0 ? std::max(one, two) : 1;
    }

    bool add_edge(const TopoDS_Edge &edge, bool &first, sums &into)
    {
        if (edge.Orientation() != TopAbs_FORWARD && edge.Orientation() != TopAbs_REVERSED)
            return true;
        double from, to;
        opencascade::handle<Geom2d_Curve> line =
            BRep_Tool::CurveOnSurface(edge, TopoDS::Face(face.Oriented(TopAbs_FORWARD)), from, to);
        if (line.IsNull() || !(to > from))
            return false;
        Geom2dAdaptor_Curve curve(line, from, to);
        if (first)
            start_at(curve.Value(from), curve.Value((from + to) / 2));
        first = false;
        std::vector<double> breaks = breaks_of(curve);
        add_crossings(curve, breaks);
        auto along = [this, &curve](double t) {
            gp_Pnt2d at;
            gp_Vec2d tangent;
            curve.D1(t, at, tangent);
            if (tangent.Y() == 0)
                return sums{};
            sums got = across_to(at.X(), at.Y());
            for (double &value : got)
                value *= tangent.Y();
            return got;
        };
        sums got = quadrature::integral<5>(along, breaks, 1000, close);
        for (std::size_t i = 0; i < got.size(); i++)
            into[i] += edge.Orientation() == TopAbs_REVERSED ? -got[i] : got[i];
        return true;
    }

    TopoDS_Face face;
    BRepAdaptor_Surface surface;
    content wanted;
    gp_Pnt about;
    rule across = rule::any;
    std::vector<double> u_knots, v_knots; /* of surfaces with a rule for any */
    double u0 = 0, unit = 1;
};

/* By the kernel: faces with an incomplete boundary, or with none. */
mass by_kernel(const TopoDS_Face &face, content what, const gp_Pnt &about)
{
    GProp_GProps props;
    if (what == content::area) {
        BRepGProp::SurfaceProperties(face, props);
    } else {
        BRepGProp_Face bounded(face);
        BRepGProp_Vinert volume;
        volume.SetLocation(about);
        if (face.NbChildren() == 0) {
            volume.Perform(bounded);
        } else {
            BRepGProp_Domain edges(face);
            volume.Perform(bounded, edges);
        }
        props = volume;
    }
    double size = props.Mass();
    return { size, (props.CentreOfMass().XYZ() - about.XYZ()) * size };
}

mass content_of(const TopoDS_Face &face, content what, const gp_Pnt &about)
{
    if (!has_surface(face))
        return what == content::area ? mesh_area(face, about) : mesh_volume(face, about);
    mass out;
    if (face_content(face, what, about).measure(out))
        return out;
    return by_kernel(face, what, about);
}

bool encloses(const TopoDS_Face &face)
{
    return face.Orientation() == TopAbs_FORWARD || face.Orientation() == TopAbs_REVERSED;
}

} // namespace

mass area_of(const TopoDS_Shape &shape, const gp_Pnt &about)
{
    mass whole;
    for (TopExp_Explorer at(shape, TopAbs_FACE); at.More(); at.Next())
        whole.add(content_of(TopoDS::Face(at.Current()), content::area, about));
    return whole;
}

mass volume_of(const TopoDS_Shape &shape, const gp_Pnt &about)
{
    mass whole;
    for (TopExp_Explorer at(shape, TopAbs_FACE); at.More(); at.Next())
        if (encloses(TopoDS::Face(at.Current())))
            whole.add(content_of(TopoDS::Face(at.Current()), content::volume, about));
    return whole;
}
