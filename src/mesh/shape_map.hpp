/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MESH_SHAPE_MAP_HPP
#define CADCAST_MESH_SHAPE_MAP_HPP

#include <NCollection_IndexedDataMap.hxx>
#include <NCollection_IndexedMap.hxx>
#include <NCollection_List.hxx>
#include <TopTools_ShapeMapHasher.hxx>
#include <TopoDS_Shape.hxx>

namespace mesh
{

/* Sub-shapes, each once, numbered from 1; and those with the shapes that they are in. OCCT 8 gives
 * no short names for them any more. */
using shape_map = NCollection_IndexedMap<TopoDS_Shape, TopTools_ShapeMapHasher>;
using parents_map = NCollection_IndexedDataMap<TopoDS_Shape, NCollection_List<TopoDS_Shape>,
                                               TopTools_ShapeMapHasher>;

} // namespace mesh

#endif
