/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "sharing.hpp"

#include "healing.hpp"

#include <BRep_Builder.hxx>
#include <Standard_Failure.hxx>
#include <TopAbs.hxx>
#include <TopExp.hxx>
#include <TopTools_IndexedMapOfShape.hxx>
#include <TopoDS_Compound.hxx>
#include <TopoDS_Iterator.hxx>
#include <XSAlgo.hxx>

using opencascade::handle;

namespace
{

std::size_t faces_of(const TopoDS_Shape &shape)
{
    TopTools_IndexedMapOfShape faces;
    TopExp::MapShapes(shape, TopAbs_FACE, faces);
    return static_cast<std::size_t>(faces.Extent());
}

} // namespace

/* What the kernel calls for each shape that it has transferred. */
class sharing::container : public XSAlgo_AlgoContainer
{
  public:
    explicit container(sharing &with) : share(with)
    {
    }

    TopoDS_Shape ProcessShape(const TopoDS_Shape &shape, const Standard_Real precision,
                              const Standard_Real tolerance, const Standard_CString resource,
                              const Standard_CString sequence, handle<Standard_Transient> &about,
                              const Message_ProgressRange &progress = Message_ProgressRange(),
                              const Standard_Boolean non_manifold = Standard_False) const override
    {
        if (!non_manifold && about.IsNull() && share.leave(shape, precision, tolerance))
            return shape;
        return XSAlgo_AlgoContainer::ProcessShape(shape, precision, tolerance, resource, sequence,
                                                  about, progress, non_manifold);
    }

  private:
    sharing &share;
};

sharing::sharing(healer &with) : other(with), usual(XSAlgo::AlgoContainer())
{
    XSAlgo::SetAlgoContainer(new container(*this));
}

sharing::~sharing()
{
    XSAlgo::SetAlgoContainer(usual);
    other.stop();
}

/* Two of three faces go to the other process: this one has the products to make, a third of the
 * work. If that is too many, it takes them back. */
bool sharing::leave(const TopoDS_Shape &shape, double precision, double tolerance)
{
    other.pump();
    if (shape.IsNull() || !shape.Location().IsIdentity())
        return false;
    const void *identity = shape.TShape().get();
    std::size_t faces = faces_of(shape);
    if (faces == 0 || by_shape.count(identity) != 0)
        return false;
    if (theirs > 2 * ours) {
        ours += faces;
        return false;
    }
    theirs += faces;
    std::size_t number = other.give(healing::write_order(shape, precision, tolerance), faces);
    by_shape.emplace(identity, all.size());
    all.push_back({ shape, {}, number, false });
    return true;
}

void sharing::finish()
{
    std::vector<std::string> answers = other.finish();
    for (left &each : all)
        take_answer(each, answers[each.number]);
}

/* The other process may have been taken over by the file: what it answers is believed as far as it
 * can be what was asked for. */
static healing::result read(const std::string &answer)
{
    try {
        return healing::read_answer(answer);
    } catch (const std::exception &) {
        throw sharing::refused();
    } catch (const Standard_Failure &) {
        throw sharing::refused();
    }
}

void sharing::take_answer(left &what, const std::string &answer)
{
    TopTools_IndexedMapOfShape before, after;
    if (answer.empty())
        throw refused();
    healing::result result = read(answer);
    TopExp::MapShapes(what.before, TopAbs_FACE, before);
    TopExp::MapShapes(result.shape, TopAbs_FACE, after);
    if (result.faces.size() != static_cast<std::size_t>(before.Extent()))
        throw refused();
    for (std::uint32_t number : result.faces)
        if (number > static_cast<std::uint32_t>(after.Extent()))
            throw refused();
    what.after = result.shape;
    /* Whether it is in another shape; that is written too. */
    what.after.Free(what.before.Free());
    originals.emplace(what.after.TShape().get(), what.before);
    for (int i = 1; i <= before.Extent(); i++) {
        auto number = static_cast<int>(result.faces[static_cast<std::size_t>(i - 1)]);
        if (number >= 1 && number <= after.Extent())
            originals.emplace(after(number).TShape().get(), before(i));
        else
            lost.emplace(before(i).TShape().get(), nullptr);
    }
}

TopoDS_Shape sharing::repaired(const TopoDS_Shape &product)
{
    if (product.IsNull() || all.empty())
        return product;
    const void *identity = product.TShape().get();
    auto known = made.find(identity);
    if (known == made.end()) {
        TopoDS_Shape plain = product.Located(TopLoc_Location());
        plain.Orientation(TopAbs_FORWARD);
        known = made.emplace(identity, put_together(plain)).first;
        kept.push_back(plain);
        originals.emplace(known->second.TShape().get(), plain);
    }
    TopoDS_Shape out = known->second.Moved(product.Location(), Standard_False);
    return out.Composed(product.Orientation());
}

/* The shape itself if nothing of it was left, else one in which that is replaced. */
TopoDS_Shape sharing::put_together(const TopoDS_Shape &of)
{
    auto found = by_shape.find(of.TShape().get());
    if (found != by_shape.end()) {
        left &what = all[found->second];
        what.met = true;
        TopAbs_Orientation turn =
            of.Orientation() == what.before.Orientation() ? TopAbs_FORWARD : TopAbs_REVERSED;
        return what.after.Moved(of.Location(), Standard_False).Composed(turn);
    }
    if (of.ShapeType() != TopAbs_COMPOUND)
        return of;
    BRep_Builder builder;
    TopoDS_Compound out;
    bool changed = false;
    builder.MakeCompound(out);
    for (TopoDS_Iterator at(of, Standard_False, Standard_False); at.More(); at.Next()) {
        TopoDS_Shape part = put_together(at.Value());
        changed = changed || !part.IsEqual(at.Value());
        builder.Add(out, part);
    }
    if (!changed)
        return of;
    out.Free(of.Free());
    return out.Located(of.Location()).Oriented(of.Orientation());
}

TopoDS_Shape sharing::original_of(const TopoDS_Shape &shape) const
{
    auto found = originals.find(shape.TShape().get());
    return found == originals.end() ? shape : found->second.Located(shape.Location());
}

void sharing::check_known(const TopoDS_Shape &shape) const
{
    if (lost.count(shape.TShape().get()) != 0)
        throw refused();
}

void sharing::check_all_met() const
{
    for (const left &each : all)
        if (!each.met)
            throw refused();
}
