/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "mesher.hpp"

#include "bytes.hpp"

#include <thread>

static constexpr unsigned coarse = 1, edges_only = 2, one_thread = 4;

mesh::instance mesh_shape(payload question)
{
    constexpr std::size_t head = 24;
    bytes in(*question);
    double deviation = in.real(), angle = in.real();
    auto flags = static_cast<unsigned>(in.integer());
    if (in.integer() != 0 || (flags & ~(coarse | edges_only | one_thread)) != 0)
        throw reason("a mesh was asked for in an unknown way");
    TopoDS_Shape shape = read_binary_shape(question->substr(head));
    question.reset();
    auto processors = static_cast<int>(std::thread::hardware_concurrency());
    mesh::request how = { deviation, angle, (flags & coarse) != 0, (flags & edges_only) != 0,
                          (flags & one_thread) != 0 ? 1 : processors };
    return mesh::make_instance(shape, how);
}
