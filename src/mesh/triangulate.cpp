/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "triangulate.hpp"

#include <BRepMesh_Context.hxx>
#include <BRepMesh_IncrementalMesh.hxx>
#include <BRepMesh_ModelPostProcessor.hxx>
#include <BRepTools.hxx>
#include <BRep_Tool.hxx>
#include <IMeshData_Model.hxx>
#include <IMeshTools_Parameters.hxx>
#include <OSD_Parallel.hxx>
#include <Poly_PolygonOnTriangulation.hxx>
#include <Poly_Triangulation.hxx>
#include <Standard_Failure.hxx>
#include <TopExp_Explorer.hxx>
#include <TopLoc_Location.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Edge.hxx>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

using opencascade::handle;

namespace
{

/* A side of a triangle: its two corners, the lower number first. */
using side = std::uint64_t;

side side_of(int a, int b)
{
    auto [low, high] = std::minmax(a, b);
    return static_cast<side>(low) << 32 | static_cast<std::uint32_t>(high);
}

std::size_t low_corner(side of)
{
    return static_cast<std::size_t>(of >> 32);
}

template <class Use> void each_side(const Poly_Triangulation &of, Use use)
{
    for (int i = 1; i <= of.NbTriangles(); i++) {
        int a, b, c;
        of.Triangle(i).Get(a, b, c);
        use(side_of(a, b));
        use(side_of(b, c));
        use(side_of(c, a));
    }
}

/* The sides of all triangles, in order; one that two triangles share is there twice. They are put
 * into place by their lower corner, since few have the same: sorting all of them takes longer. */
std::vector<side> sides_of(const Poly_Triangulation &of)
{
    std::vector<std::size_t> end(static_cast<std::size_t>(of.NbNodes()) + 2, 0);
    each_side(of, [&end](side next) { end[low_corner(next) + 1]++; });
    std::partial_sum(end.begin(), end.end(), end.begin());
    std::vector<side> sides(end.back());
    each_side(of, [&end, &sides](side next) { sides[end[low_corner(next)]++] = next; });
    std::size_t begin = 0;
    for (std::size_t next : end) {
        std::sort(sides.begin() + static_cast<long>(begin),
                  sides.begin() + static_cast<long>(next));
        begin = next;
    }
    return sides;
}

/* The segments of the polygons of a face's edges, in order. A seam has two polygons, one for each
 * of its orientations. */
struct border {
    std::vector<side> needed; /* of edges that have a length: there must be a triangle at each */
    std::vector<side> all;    /* with those of poles: no triangle may end elsewhere */
};

border border_of(const TopoDS_Face &face, const handle<Poly_Triangulation> &triangles,
                 const TopLoc_Location &where)
{
    border found;
    for (TopExp_Explorer at(face, TopAbs_EDGE); at.More(); at.Next()) {
        const TopoDS_Edge &edge = TopoDS::Edge(at.Current());
        handle<Poly_PolygonOnTriangulation> polygon =
            BRep_Tool::PolygonOnTriangulation(edge, triangles, where);
        bool needed = !BRep_Tool::Degenerated(edge);
        for (int i = 1; !polygon.IsNull() && i < polygon->NbNodes(); i++) {
            if (polygon->Node(i) == polygon->Node(i + 1))
                continue;
            found.all.push_back(side_of(polygon->Node(i), polygon->Node(i + 1)));
            if (needed)
                found.needed.push_back(found.all.back());
        }
    }
    std::sort(found.needed.begin(), found.needed.end());
    std::sort(found.all.begin(), found.all.end());
    return found;
}

/* The sides that only one triangle has; `sides` are in order. */
std::vector<side> ends_of(const std::vector<side> &sides)
{
    std::vector<side> ends;
    for (std::size_t i = 0, next; i < sides.size(); i = next) {
        for (next = i + 1; next < sides.size() && sides[next] == sides[i];)
            next++;
        if (next == i + 1)
            ends.push_back(sides[i]);
    }
    return ends;
}

/* A model of the kernel's of which only the edges are seen. */
class edges_alone : public IMeshData_Model
{
  public:
    explicit edges_alone(const handle<IMeshData_Model> &of)
        : IMeshData_Model(of->GetShape()), whole(of)
    {
    }

    double GetMaxSize() const override
    {
        return whole->GetMaxSize();
    }

    int FacesNb() const override
    {
        return 0;
    }

    const IMeshData::IFaceHandle &AddFace(const TopoDS_Face &face) override
    {
        return whole->AddFace(face);
    }

    const IMeshData::IFaceHandle &GetFace(int number) const override
    {
        return whole->GetFace(number);
    }

    int EdgesNb() const override
    {
        return whole->EdgesNb();
    }

    const IMeshData::IEdgeHandle &AddEdge(const TopoDS_Edge &edge) override
    {
        return whole->AddEdge(edge);
    }

    const IMeshData::IEdgeHandle &GetEdge(int number) const override
    {
        return whole->GetEdge(number);
    }

  private:
    handle<IMeshData_Model> whole;
};

/* Gives the edges their polygons. The kernel's own does that, and then finds how far each triangle
 * is from its surface, a distance that no show has: a tenth of the time of a mesh. */
class edge_finisher : public BRepMesh_ModelPostProcessor
{
  protected:
    bool performInternal(const handle<IMeshData_Model> &model, const IMeshTools_Parameters &how,
                         const Message_ProgressRange &range) override
    {
        return BRepMesh_ModelPostProcessor::performInternal(new edges_alone(model), how, range);
    }
};

void run(const TopoDS_Shape &shape, double deflection, double angle, bool parallel,
         IMeshTools_MeshAlgoType algorithm)
{
    IMeshTools_Parameters parameters;
    parameters.MeshAlgo = algorithm;
    parameters.Deflection = deflection;
    parameters.Angle = angle;
    parameters.InParallel = parallel;
    handle<IMeshTools_Context> context = new BRepMesh_Context(algorithm);
    context->SetPostProcessor(new edge_finisher);
    BRepMesh_IncrementalMesh mesher;
    mesher.SetShape(shape);
    mesher.ChangeParameters() = parameters;
    mesher.Perform(context);
}

/* False if the kernel gave up as a whole, as it does for an edge that it cannot divide. */
bool try_to_run(const TopoDS_Shape &shape, double deflection, double angle, bool parallel,
                IMeshTools_MeshAlgoType algorithm)
{
    try {
        run(shape, deflection, angle, parallel, algorithm);
        return true;
    } catch (const Standard_Failure &) {
        return false;
    }
}

bool has_surface(const TopoDS_Face &face)
{
    TopLoc_Location where;
    return !BRep_Tool::Surface(face, where).IsNull();
}

/* Faces with a surface that are not whole. */
std::vector<TopoDS_Face> broken_faces(const mesh::shape_map &faces, int threads)
{
    std::vector<char> broken(static_cast<std::size_t>(faces.Extent()), 0);
    OSD_Parallel::For(
        0, faces.Extent(),
        [&faces, &broken](int i) {
            const TopoDS_Face &face = TopoDS::Face(faces(i + 1));
            broken[static_cast<std::size_t>(i)] = has_surface(face) && !mesh::is_whole(face);
        },
        threads <= 1);
    std::vector<TopoDS_Face> out;
    for (int i = 0; i < faces.Extent(); i++)
        if (broken[static_cast<std::size_t>(i)] != 0)
            out.push_back(TopoDS::Face(faces(i + 1)));
    return out;
}

} // namespace

bool mesh::is_whole(const TopoDS_Face &face)
{
    TopLoc_Location where;
    handle<Poly_Triangulation> triangles = BRep_Tool::Triangulation(face, where);
    if (triangles.IsNull() || triangles->NbTriangles() == 0)
        return false;
    std::vector<side> sides = sides_of(*triangles), ends = ends_of(sides);
    border around = border_of(face, triangles, where);
    return std::includes(sides.begin(), sides.end(), around.needed.begin(), around.needed.end()) &&
           std::includes(around.all.begin(), around.all.end(), ends.begin(), ends.end());
}

std::size_t mesh::triangulate(const TopoDS_Shape &shape, const mesh::shape_map &faces,
                              double deflection, double angle, int threads)
{
    bool parallel = threads > 1;
    if (!try_to_run(shape, deflection, angle, parallel, IMeshTools_MeshAlgoType_Delabella))
        BRepTools::Clean(shape);
    std::vector<TopoDS_Face> broken = broken_faces(faces, threads);
    if (broken.empty())
        return 0;
    for (const TopoDS_Face &face : broken)
        BRepTools::Clean(face);
    /* Meshes that are there stay, and their edges keep their points. */
    if (try_to_run(shape, deflection, angle, parallel, IMeshTools_MeshAlgoType_Watson))
        return broken.size();
    /* One by one, so that a bad face costs no other. */
    for (const TopoDS_Face &face : broken)
        try_to_run(face, deflection, angle, false, IMeshTools_MeshAlgoType_Watson);
    return broken.size();
}
