/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "parts.hpp"

#include <BRepAdaptor_Surface.hxx>
#include <BRepTools.hxx>
#include <BRep_Tool.hxx>
#include <OSD_Parallel.hxx>
#include <Poly_Triangulation.hxx>
#include <TopLoc_Location.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Face.hxx>
#include <gp_Trsf.hxx>
#include <gp_Vec.hxx>

#include <algorithm>
#include <limits>
#include <stdexcept>

using opencascade::handle;

namespace
{

/* A face with triangles, and where its own begin in the instance. */
struct slot {
    TopoDS_Face face;
    handle<Poly_Triangulation> triangles;
    TopLoc_Location where;
    std::size_t number; /* of the face in the shape, from 0 */
    std::size_t first_node, first_triangle;
    std::string fault;
};

/* The triangles of a file are not checked when it is read. */
bool refers_to_nodes(const Poly_Triangulation &of)
{
    int nodes = of.NbNodes();
    auto known = [nodes](int node) { return node >= 1 && node <= nodes; };
    for (int i = 1; i <= of.NbTriangles(); i++) {
        int a, b, c;
        of.Triangle(i).Get(a, b, c);
        if (!known(a) || !known(b) || !known(c))
            return false;
    }
    return true;
}

void put(std::vector<float> &to, std::size_t number, const gp_XYZ &value)
{
    to[3 * number] = static_cast<float>(value.X());
    to[3 * number + 1] = static_cast<float>(value.Y());
    to[3 * number + 2] = static_cast<float>(value.Z());
}

/* Writes into an instance whose arrays have their final size: several faces at once. */
class face_writer
{
  public:
    face_writer(mesh::instance &to, const slot &of) : into(to), from(of), triangles(*of.triangles)
    {
    }

    void write_nodes()
    {
        gp_Trsf move = from.where.Transformation();
        for (int i = 1; i <= triangles.NbNodes(); i++)
            put(into.vertices, node(i), triangles.Node(i).Transformed(move).XYZ());
    }

    void write_triangles()
    {
        bool reversed = from.face.Orientation() == TopAbs_REVERSED;
        std::int32_t *to = &into.triangles[3 * from.first_triangle];
        for (int i = 1; i <= triangles.NbTriangles(); i++) {
            int a, b, c;
            triangles.Triangle(i).Get(a, b, c);
            if (reversed)
                std::swap(b, c);
            for (int corner : { a, b, c })
                *to++ = static_cast<std::int32_t>(node(corner));
        }
    }

    /* From the surface at each node. At a pole a node's parameters may lie a last bit outside the
     * face, where the normal is the opposite one. */
    void write_normals()
    {
        BRepAdaptor_Surface surface(from.face, false);
        double least_u, greatest_u, least_v, greatest_v;
        BRepTools::UVBounds(from.face, least_u, greatest_u, least_v, greatest_v);
        bool flat = surface.GetType() == GeomAbs_Plane;
        bool turned = (from.face.Orientation() == TopAbs_REVERSED) ||
                      (from.face.Orientation() == TopAbs_INTERNAL);
        gp_Vec normal;
        for (int i = 1; i <= triangles.NbNodes(); i++) {
            if (!flat || i == 1) {
                gp_Pnt2d at = triangles.UVNode(i);
                normal = normal_at(surface, std::clamp(at.X(), least_u, greatest_u),
                                   std::clamp(at.Y(), least_v, greatest_v));
                if (turned)
                    normal.Reverse();
            }
            put(into.normals, node(i), normal.XYZ());
        }
    }

    /* For a face that is only triangles: the mean of those around a node, by their area. */
    void average_normals()
    {
        std::vector<gp_XYZ> sums(static_cast<std::size_t>(triangles.NbNodes()));
        const std::int32_t *corner = &into.triangles[3 * from.first_triangle];
        for (int i = 0; i < triangles.NbTriangles(); i++, corner += 3) {
            gp_XYZ a = vertex(corner[0]), b = vertex(corner[1]), c = vertex(corner[2]);
            gp_XYZ normal = (c - b).Crossed(a - b);
            for (int k = 0; k < 3; k++)
                sums[static_cast<std::size_t>(corner[k]) - from.first_node] += normal;
        }
        for (std::size_t i = 0; i < sums.size(); i++) {
            double length = sums[i].Modulus();
            put(into.normals, from.first_node + i, length > 0 ? sums[i] / length : sums[i]);
        }
    }

  private:
    std::size_t node(int number) const
    {
        return from.first_node + static_cast<std::size_t>(number) - 1;
    }

    gp_XYZ vertex(std::int32_t number) const
    {
        const float *at = &into.vertices[3 * static_cast<std::size_t>(number)];
        return gp_XYZ(static_cast<double>(at[0]), static_cast<double>(at[1]),
                      static_cast<double>(at[2]));
    }

    static gp_Vec normal_at(const BRepAdaptor_Surface &surface, double u, double v)
    {
        gp_Pnt point;
        gp_Vec along_u, along_v;
        surface.D1(u, v, point, along_u, along_v);
        gp_Vec normal = along_u.Crossed(along_v);
        if (normal.SquareMagnitude() > 0)
            normal.Normalize();
        return normal;
    }

    mesh::instance &into;
    const slot &from;
    const Poly_Triangulation &triangles;
};

bool has_surface(const TopoDS_Face &face)
{
    TopLoc_Location where;
    return !BRep_Tool::Surface(face, where).IsNull();
}

std::int32_t type_of(const TopoDS_Face &face)
{
    return has_surface(face) ? BRepAdaptor_Surface(face, false).GetType() : GeomAbs_OtherSurface;
}

/* Faces with triangles; the others get a notice. */
std::vector<slot> find_slots(mesh::instance &to, const mesh::shape_map &faces)
{
    std::vector<slot> slots;
    std::size_t nodes = 0, triangles = 0;
    for (int i = 1; i <= faces.Extent(); i++) {
        slot next{ TopoDS::Face(faces(i)),
                   nullptr,
                   {},
                   static_cast<std::size_t>(i) - 1,
                   nodes,
                   triangles,
                   {} };
        next.triangles = BRep_Tool::Triangulation(next.face, next.where);
        std::string name = "face " + std::to_string(next.number);
        if (next.triangles.IsNull() || next.triangles->NbTriangles() == 0) {
            mesh::add_notice(to, name + " cannot be meshed");
            continue;
        }
        if (!refers_to_nodes(*next.triangles)) {
            mesh::add_notice(to, name + " has triangles without corners");
            continue;
        }
        nodes += static_cast<std::size_t>(next.triangles->NbNodes());
        triangles += static_cast<std::size_t>(next.triangles->NbTriangles());
        slots.push_back(next);
    }
    constexpr std::size_t most = std::numeric_limits<std::int32_t>::max() / 3;
    if (nodes > most || triangles > most)
        throw std::runtime_error("its mesh has too many triangles");
    to.vertices.resize(3 * nodes);
    to.normals.resize(3 * nodes);
    to.triangles.resize(3 * triangles);
    return slots;
}

void write(mesh::instance &to, slot &from)
{
    face_writer writer(to, from);
    writer.write_nodes();
    writer.write_triangles();
    try {
        if (from.triangles->HasUVNodes() && has_surface(from.face)) {
            writer.write_normals();
            return;
        }
    } catch (...) {
        from.fault = mesh::describe_fault();
    }
    writer.average_normals();
}

} // namespace

void mesh::add_faces(instance &to, const mesh::shape_map &faces, int threads)
{
    std::vector<slot> slots = find_slots(to, faces);
    OSD_Parallel::For(
        0, static_cast<int>(slots.size()),
        [&to, &slots](int i) { write(to, slots[static_cast<std::size_t>(i)]); }, threads <= 1);
    for (const slot &each : slots) {
        to.triangles_per_face.push_back(each.triangles->NbTriangles());
        to.face_types.push_back(type_of(each.face));
        if (!each.fault.empty())
            add_notice(to,
                       "face " + std::to_string(each.number) + " has rough shades: " + each.fault);
    }
}
