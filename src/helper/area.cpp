/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "measure.hpp"

#include <BRepAdaptor_Surface.hxx>
#include <BRepGProp.hxx>
#include <BRepGProp_Domain.hxx>
#include <GProp_GProps.hxx>
#include <Precision.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Face.hxx>
#include <gp_Cone.hxx>
#include <gp_Cylinder.hxx>
#include <gp_Pnt2d.hxx>
#include <gp_Sphere.hxx>
#include <gp_Torus.hxx>
#include <gp_Vec2d.hxx>
#include <math.hxx>
#include <math_Vector.hxx>

#include <algorithm>
#include <cmath>

namespace
{

/* On these surfaces a piece du by dv has an area that depends on v alone:
 * |constant + slope v + wave cos v|. */
struct element {
    double constant = 0, slope = 0, wave = 0;

    double at(double v) const
    {
        return std::fabs(constant + slope * v + (wave != 0 ? wave * std::cos(v) : 0));
    }
};

std::optional<element> element_of(const BRepAdaptor_Surface &surface)
{
    switch (surface.GetType()) {
    case GeomAbs_Plane:
        return element{ 1 };
    case GeomAbs_Cylinder:
        return element{ surface.Cylinder().Radius() };
    case GeomAbs_Cone:
        return element{ surface.Cone().RefRadius(), std::sin(surface.Cone().SemiAngle()) };
    case GeomAbs_Sphere: {
        double radius = surface.Sphere().Radius();
        return element{ 0, 0, radius * radius };
    }
    case GeomAbs_Torus: {
        double minor = surface.Torus().MinorRadius();
        return element{ minor * surface.Torus().MajorRadius(), 0, minor * minor };
    }
    default:
        return std::nullopt;
    }
}

/* The part of the area that one edge of the boundary adds, by Green's theorem: the integral along
 * it of (u - u0) element(v) dv. */
double along_edge(const BRepGProp_Face &face, const element &piece, double u0)
{
    int surface_order = std::max(face.UIntegrationOrder(), face.VIntegrationOrder());
    int order = std::min(std::max(face.IntegrationOrder(), surface_order), math::GaussPointsMax());
    math_Vector points(1, order), weights(1, order);
    math::GaussPoints(order, points);
    math::GaussWeights(order, weights);
    double middle = (face.LastParameter() + face.FirstParameter()) / 2;
    double half = (face.LastParameter() - face.FirstParameter()) / 2;
    double sum = 0;
    for (int i = 1; i <= order; i++) {
        gp_Pnt2d at;
        gp_Vec2d tangent;
        face.D12d(middle + half * points(i), at, tangent);
        sum += weights(i) * tangent.Y() * (at.X() - u0) * piece.at(at.Y());
    }
    return sum * half;
}

double area_by_kernel(const TopoDS_Shape &shape)
{
    GProp_GProps mass;
    BRepGProp::SurfaceProperties(shape, mass);
    return mass.Mass();
}

} // namespace

/* The kernel's own sum, at the same points of the edges, but without the integral across the face
 * at each of them and without the moments that it computes as well. */
double area_of_face(BRepGProp_Face &face)
{
    const TopoDS_Face &shape = face.GetFace();
    BRepAdaptor_Surface surface(shape, false);
    std::optional<element> piece = element_of(surface);
    double u0, u1, v0, v1;
    face.Bounds(u0, u1, v0, v1);
    bool bounded = !Precision::IsInfinite(u0) && !Precision::IsInfinite(u1) &&
                   !Precision::IsInfinite(v0) && !Precision::IsInfinite(v1);
    bool scaled = std::fabs(surface.Trsf().ScaleFactor() - 1) > Precision::Confusion();
    if (!piece || !bounded || scaled || shape.NbChildren() == 0)
        return area_by_kernel(shape);
    double area = 0;
    BRepGProp_Domain edges(shape);
    for (; edges.More(); edges.Next()) {
        if (!face.Load(edges.Value()))
            return area_by_kernel(shape);
        area += along_edge(face, *piece, u0);
    }
    return area;
}
