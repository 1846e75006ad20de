/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_MASS_HPP
#define CADCAST_HELPER_MASS_HPP

#include <TopoDS_Face.hxx>
#include <TopoDS_Shape.hxx>
#include <gp_Pnt.hxx>

/* A length, an area or a volume, and its first moment about a point. */
struct mass {
    double size = 0;
    gp_XYZ moment;

    void add(const mass &other)
    {
        size += other.size;
        moment += other.moment;
    }

    gp_Pnt center(const gp_Pnt &about) const
    {
        return gp_Pnt(about.XYZ() + moment / size);
    }
};

/* All three throw `reason` if a face or edge has neither geometry nor a mesh; for one that is only
 * a mesh they use its triangles and polygons. */

/* The length of all edges of a shape, degenerate ones aside; an edge counts as often as it occurs.
 */
mass length_of(const TopoDS_Shape &shape, const gp_Pnt &about);

/* The area of all faces, likewise. */
mass area_of(const TopoDS_Shape &shape, const gp_Pnt &about);

/* The volume that the faces enclose. Faces that enclose nothing count as cones to `about`. */
mass volume_of(const TopoDS_Shape &shape, const gp_Pnt &about);

#endif
