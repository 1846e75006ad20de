/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "instance.hpp"

#include "parts.hpp"
#include "quality.hpp"
#include "triangulate.hpp"

#include <Message.hxx>
#include <Message_Messenger.hxx>
#include <OSD_Parallel.hxx>
#include <OSD_ThreadPool.hxx>
#include <Precision.hxx>
#include <Standard_Failure.hxx>
#include <Standard_OutOfMemory.hxx>
#include <TopExp.hxx>
#include <TopExp_Explorer.hxx>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace
{

bool has(const TopoDS_Shape &shape, TopAbs_ShapeEnum kind)
{
    return TopExp_Explorer(shape, kind).More();
}

void check(const mesh::request &how)
{
    constexpr double least_angle = 1e-6;
    if (!std::isfinite(how.deviation) || !(how.deviation > 0) || !std::isfinite(how.angle) ||
        !(how.angle >= least_angle))
        throw std::runtime_error("the tolerances of its mesh are out of range");
}

/* The kernel's pool waits without end for a thread that did not start: for lack of memory for its
 * stack, say. */
bool can_start_threads()
{
    try {
        std::thread([] {}).join();
        return true;
    } catch (const std::system_error &) {
        return false;
    }
}

/* Makes the kernel silent, and its threads those of a pool of all processors. Returns how many of
 * `threads` there are. They start when they are first wanted: a process that has one thread alone
 * needs no locks. */
int set_up(int threads)
{
    Message::DefaultMessenger()->ChangePrinters().Clear();
    if (threads <= 1)
        return 1;
    static const int started = [] {
        auto processors = static_cast<int>(std::thread::hardware_concurrency());
        OSD_Parallel::SetUseOcctThreads(true);
        return OSD_ThreadPool::DefaultPool(can_start_threads() ? std::max(processors, 1) : 1)
            ->NbThreads();
    }();
    return std::min(started, threads);
}

/* Ten times the error makes a third of the triangles or less. Where the angle decides, as for small
 * holes in a large plate, four times the angle leaves a quarter of the points of every circle. */
constexpr double coarse_error = 10;
constexpr double coarse_angle = 4;

void add_mesh(mesh::instance &to, const TopoDS_Shape &shape, const mesh::request &how, int threads)
{
    mesh::shape_map faces = mesh::sub_shapes(shape, TopAbs_FACE);
    to.faces = static_cast<std::size_t>(faces.Extent());
    if (to.faces == 1)
        threads = 1;
    double angle = how.coarse ? how.angle * coarse_angle : how.angle;
    to.watson_faces = mesh::triangulate(shape, faces, std::max(to.quality, Precision::Confusion()),
                                        angle, threads);
    mesh::add_faces(to, faces, threads);
    mesh::add_polygons(to, shape);
    mesh::add_vertices(to, shape);
}

/* The box of the points of an instance. */
std::optional<std::array<double, 6>> box_of(const std::vector<float> &points)
{
    if (points.empty())
        return std::nullopt;
    std::array<double, 6> box;
    for (std::size_t axis = 0; axis < 3; axis++) {
        float least = points[axis], greatest = points[axis];
        for (std::size_t i = axis; i < points.size(); i += 3) {
            least = std::min(least, points[i]);
            greatest = std::max(greatest, points[i]);
        }
        box[2 * axis] = static_cast<double>(least);
        box[2 * axis + 1] = static_cast<double>(greatest);
    }
    return box;
}

/* What the shape's box says about the mesh. An infinite face has an open one. */
void set_quality(mesh::instance &to, const std::array<double, 6> &box, const mesh::request &how)
{
    constexpr double infinite = 1e90;
    for (double bound : box)
        if (!(std::abs(bound) < infinite))
            throw std::runtime_error("it is infinite");
    to.quality = mesh::quality_of(box, how.deviation) * (how.coarse ? coarse_error : 1);
}

void fill(mesh::instance &to, const TopoDS_Shape &shape, const mesh::request &how)
{
    int threads = set_up(how.threads);
    to.box = mesh::quick_box(shape);
    if (!to.box) {
        mesh::add_notice(to, "it is empty");
        return;
    }
    set_quality(to, *to.box, how);
    double step = std::max(to.quality / 10, Precision::Confusion());
    if (has(shape, TopAbs_FACE) && how.edges_only) {
        to.kind = mesh::kind::edges;
        mesh::add_outline(to, shape, step);
    } else if (has(shape, TopAbs_FACE)) {
        add_mesh(to, shape, how, threads);
        to.box = box_of(to.vertices);
    } else if (has(shape, TopAbs_EDGE)) {
        to.kind = mesh::kind::edges;
        mesh::add_curves(to, shape, step);
    } else {
        to.kind = mesh::kind::vertices;
        mesh::add_vertices(to, shape);
    }
}

} // namespace

mesh::shape_map mesh::sub_shapes(const TopoDS_Shape &shape, TopAbs_ShapeEnum kind)
{
    mesh::shape_map map;
    TopExp::MapShapes(shape, kind, map);
    return map;
}

void mesh::add_point(std::vector<float> &to, const gp_Pnt &point)
{
    for (double coordinate : { point.X(), point.Y(), point.Z() })
        to.push_back(static_cast<float>(coordinate));
}

void mesh::add_notice(instance &to, const std::string &text)
{
    constexpr std::size_t most = 20;
    if (to.notices.size() < most)
        to.notices.push_back(text);
    else if (to.notices.size() == most)
        to.notices.emplace_back("and others");
}

std::string mesh::describe_fault()
{
    try {
        throw;
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const Standard_OutOfMemory &) {
        throw;
    } catch (const Standard_Failure &failure) {
        return "the geometry kernel refused it";
    } catch (const std::exception &error) {
        return error.what();
    }
}

mesh::instance mesh::make_instance(const TopoDS_Shape &shape, const request &how)
{
    auto start = std::chrono::steady_clock::now();
    instance made;
    check(how);
    fill(made, shape, how);
    std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    made.milliseconds = took.count();
    return made;
}
