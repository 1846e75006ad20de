/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "arc.hpp"

#include "mesh.hpp"
#include "quadrature.hpp"

#include <BRep_Tool.hxx>
#include <NCollection_Array1.hxx>
#include <TopExp_Explorer.hxx>
#include <TopoDS.hxx>
#include <gp_Vec.hxx>

namespace
{

/* The knots that are distinct within the kernel's tolerance; in between the curve is smooth. */
std::vector<double> breaks_of(const BRepAdaptor_Curve &curve)
{
    int count = curve.NbIntervals(GeomAbs_CN);
    NCollection_Array1<double> at(1, count + 1);
    curve.Intervals(at, GeomAbs_CN);
    return std::vector<double>(at.begin(), at.end());
}

} // namespace

arc::arc(const TopoDS_Shape &edge) : curve(TopoDS::Edge(edge)), breaks(breaks_of(curve))
{
    before.push_back(0);
    for (std::size_t i = 1; i < breaks.size(); i++)
        before.push_back(before.back() + between(breaks[i - 1], breaks[i]));
}

double arc::speed(double at) const
{
    gp_Pnt point;
    gp_Vec tangent;
    curve.D1(at, point, tangent);
    return tangent.Magnitude();
}

/* Negative if `to` comes before `from`. */
double arc::between(double from, double to) const
{
    auto along = [this](double at) { return quadrature::values<1>{ speed(at) }; };
    return quadrature::integral<1>(along, { from, to })[0];
}

/* Newton's method, kept inside a bracket that shrinks. */
double arc::parameter(double share) const
{
    constexpr int most = 100;
    constexpr double close = 1e-13;
    double wanted = share * length();
    auto above = std::upper_bound(before.begin(), before.end() - 1, wanted);
    std::size_t piece = above == before.begin() ? 0 : std::size_t(above - before.begin()) - 1;
    if (share <= 0 || piece + 1 >= breaks.size())
        return breaks.front();
    if (share >= 1)
        return breaks.back();
    double low = breaks[piece], high = breaks[piece + 1], at = low, reached = before[piece];
    for (int i = 0; i < most && std::fabs(reached - wanted) > close * length(); i++) {
        (reached < wanted ? low : high) = at;
        double step = (wanted - reached) / speed(at), next = at + step;
        if (!(next > low && next < high))
            next = (low + high) / 2;
        if (next == at)
            break;
        reached += between(at, next);
        at = next;
    }
    return at;
}

mass arc::content(const gp_Pnt &about) const
{
    double unit = std::max(point(0).Distance(about), length()); /* all in one unit */
    auto along = [this, &about, unit](double at) {
        gp_Pnt where;
        gp_Vec tangent;
        curve.D1(at, where, tangent);
        gp_XYZ moment = (where.XYZ() - about.XYZ()) * (tangent.Magnitude() / unit);
        return quadrature::values<4>{ tangent.Magnitude(), moment.X(), moment.Y(), moment.Z() };
    };
    auto sum = quadrature::integral<4>(along, breaks);
    return { sum[0], gp_XYZ(sum[1], sum[2], sum[3]) * unit };
}

mass length_of(const TopoDS_Shape &shape, const gp_Pnt &about)
{
    mass whole;
    for (TopExp_Explorer at(shape, TopAbs_EDGE); at.More(); at.Next()) {
        const TopoDS_Edge &edge = TopoDS::Edge(at.Current());
        if (!BRep_Tool::Degenerated(edge))
            whole.add(has_curve(edge) ? arc(edge).content(about) : polygon_length(edge, about));
    }
    return whole;
}
