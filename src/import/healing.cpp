/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "healing.hpp"

#include "bytes.hpp"
#include "scene/failure.hpp"

#include <BinTools.hxx>
#include <Interface_Static.hxx>
#include <ShapeFix.hxx>
#include <ShapeProcess_ShapeContext.hxx>
#include <TopExp.hxx>
#include <TopExp_Explorer.hxx>
#include <TopTools_DataMapOfShapeShape.hxx>
#include <TopTools_IndexedMapOfShape.hxx>
#include <XSAlgo_AlgoContainer.hxx>

#include <cstring>
#include <istream>
#include <ostream>

using opencascade::handle;

namespace
{

/* The bytes before a shape: of an order precision and tolerance, of an answer the number of faces,
 * then a number for each. */
template <class Number> void put(std::string &to, Number value)
{
    to.append(reinterpret_cast<const char *>(&value), sizeof(value));
}

template <class Number> Number take(std::string_view &from)
{
    Number value;
    if (from.size() < sizeof(value))
        throw failure("cannot be repaired: an answer is cut off");
    std::memcpy(&value, from.data(), sizeof(value));
    from.remove_prefix(sizeof(value));
    return value;
}

void put_shape(std::string &to, const TopoDS_Shape &shape)
{
    string_buffer buffer;
    std::ostream out(&buffer);
    BinTools::Write(shape, out, Standard_False, Standard_False, BinTools_FormatVersion_CURRENT);
    if (!out)
        throw failure("holds a shape that cannot be written down");
    to += buffer.taken;
}

TopoDS_Shape take_shape(std::string_view from)
{
    memory_buffer buffer(from, [](double) {});
    std::istream in(&buffer);
    TopoDS_Shape shape;
    BinTools::Read(shape, in);
    return shape;
}

bool has_new_edges(const TopoDS_Shape &face, const TopTools_DataMapOfShapeShape &changes)
{
    for (TopExp_Explorer at(face, TopAbs_EDGE); at.More(); at.Next())
        if (changes.IsBound(at.Current()))
            return true;
    return false;
}

/* As the kernel looks for what came of a face (XSAlgo_AlgoContainer::MergeTransferInfo). */
std::uint32_t number_of(const TopoDS_Shape &face, const TopTools_DataMapOfShapeShape &changes,
                        const TopTools_IndexedMapOfShape &faces)
{
    bool plain = face.Location().IsIdentity();
    TopoDS_Shape now = face;
    if (changes.IsBound(face))
        now = changes.Find(face);
    else if (!plain || has_new_edges(face, changes))
        return 0;
    if (now.IsNull() || !now.Location().IsIdentity() || !plain)
        return 0;
    return static_cast<std::uint32_t>(faces.FindIndex(now));
}

} // namespace

std::string healing::write_order(const TopoDS_Shape &shape, double precision, double tolerance)
{
    std::string out;
    put(out, precision);
    put(out, tolerance);
    put_shape(out, shape);
    return out;
}

std::string healing::heal(std::string_view order)
{
    auto precision = take<double>(order), tolerance = take<double>(order);
    TopoDS_Shape before = take_shape(order);
    handle<Standard_Transient> about;
    TopoDS_Shape after = XSAlgo_AlgoContainer().ProcessShape(
        before, precision, tolerance, "read.step.resource.name", "read.step.sequence", about);
    std::string out;
    auto changes = handle<ShapeProcess_ShapeContext>::DownCast(about);
    if (after.IsNull() || changes.IsNull())
        return out;
    /* What the kernel does to a whole tree when it has it (XSControl_TransferReader). */
    double angle = Interface_Static::RVal("read.encoderegularity.angle");
    if (angle > 0)
        ShapeFix::EncodeRegularity(after, angle);
    TopTools_IndexedMapOfShape old, now;
    TopExp::MapShapes(before, TopAbs_FACE, old);
    TopExp::MapShapes(after, TopAbs_FACE, now);
    put(out, static_cast<std::uint32_t>(old.Extent()));
    for (int i = 1; i <= old.Extent(); i++)
        put(out, number_of(old(i), changes->Map(), now));
    put_shape(out, after);
    return out;
}

healing::result healing::read_answer(std::string_view answer)
{
    result out;
    auto count = take<std::uint32_t>(answer);
    if (count > answer.size() / sizeof(count))
        throw failure("cannot be repaired: an answer is cut off");
    for (std::uint32_t i = 0; i < count; i++)
        out.faces.push_back(take<std::uint32_t>(answer));
    out.shape = take_shape(answer);
    if (out.shape.IsNull())
        throw failure("cannot be repaired: an answer has no shape");
    return out;
}
