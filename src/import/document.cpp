/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "document.hpp"

#include "scene/failure.hpp"
#include "scene/names.hpp"

#include <BRepBndLib.hxx>
#include <Bnd_Box.hxx>
#include <Interface_Static.hxx>
#include <Message_ProgressIndicator.hxx>
#include <Resource_Manager.hxx>
#include <ShapeProcess_Context.hxx>
#include <TCollection_AsciiString.hxx>
#include <TDF_ChildIterator.hxx>
#include <TDF_LabelSequence.hxx>
#include <TDataStd_Name.hxx>
#include <TopExp_Explorer.hxx>
#include <XCAFDoc_ColorTool.hxx>
#include <XCAFDoc_DocumentTool.hxx>
#include <XCAFDoc_ShapeTool.hxx>

#include <map>
#include <set>
#include <unordered_map>

using opencascade::handle;

namespace
{

class progress_teller : public Message_ProgressIndicator
{
  public:
    explicit progress_teller(std::function<void(double)> teller) : tell(std::move(teller))
    {
    }

  protected:
    void Show(const Message_ProgressScope &, const Standard_Boolean) override
    {
        tell(GetPosition());
    }

  private:
    std::function<void(double)> tell;
};

/* Walks through a document as build123d's import_step does, so that the tree is the same. */
class walker
{
  public:
    walker(const handle<TDocStd_Document> &document, const cad::request &request, sharing *with)
        : how(request), share(with), shapes(XCAFDoc_DocumentTool::ShapeTool(document->Main())),
          colors(XCAFDoc_DocumentTool::ColorTool(document->Main()))
    {
        find_labels();
    }

    std::vector<cad::node> walk()
    {
        TDF_LabelSequence labels;
        shapes->GetFreeShapes(labels);
        return list(labels, 0);
    }

  private:
    using tint = std::optional<Quantity_ColorRGBA>;

    std::vector<cad::node> list(const TDF_LabelSequence &labels, unsigned depth)
    {
        constexpr unsigned deepest = 400;
        constexpr std::size_t most = 1000000;
        if (depth > deepest)
            throw failure("has assemblies that are nested too deep");
        std::vector<cad::node> out;
        for (const TDF_Label &label : labels) {
            if (++count > most)
                throw failure("has more than a million parts");
            out.push_back(read(label, depth));
        }
        return out;
    }

    cad::node read(const TDF_Label &label, unsigned depth)
    {
        TDF_Label product = label;
        if (XCAFDoc_ShapeTool::IsReference(label))
            XCAFDoc_ShapeTool::GetReferredShape(label, product);
        cad::node out;
        TopoDS_Shape shape = XCAFDoc_ShapeTool::GetShape(product);
        bool group = XCAFDoc_ShapeTool::IsAssembly(product);
        if (share != nullptr && !group)
            shape = share->repaired(shape);
        out.name = best_name(label, product);
        out.where = XCAFDoc_ShapeTool::GetLocation(label).Transformation();
        out.color = color_of(label);
        if (!out.color && product != label)
            out.color = color_of(product);
        if (!out.color && !shape.IsNull())
            out.color = group ? color_of(shape) : best_color(shape, out.name);
        if (group) {
            TDF_LabelSequence parts;
            XCAFDoc_ShapeTool::GetComponents(product, parts);
            out.children = list(parts, depth + 1);
        } else {
            out.shape = shape;
        }
        return out;
    }

    static std::string name_of(const TDF_Label &label)
    {
        handle<TDataStd_Name> name;
        if (!label.FindAttribute(TDataStd_Name::GetID(), name))
            return {};
        return TCollection_AsciiString(name->Get()).ToCString();
    }

    static std::string best_name(const TDF_Label &label, const TDF_Label &product)
    {
        std::string own = label == product ? "" : clean_name(name_of(label));
        return is_telling(own) ? own : clean_name(name_of(product));
    }

    tint color_of(const TDF_Label &label) const
    {
        Quantity_ColorRGBA color;
        for (XCAFDoc_ColorType type : { XCAFDoc_ColorCurv, XCAFDoc_ColorGen, XCAFDoc_ColorSurf })
            if (colors->GetColor(label, type, color))
                return color;
        return std::nullopt;
    }

    /* What the document has of a shape, whatever its place. */
    struct labelled {
        TopoDS_Shape shape;
        tint color;
        unsigned labels = 0;
    };

    /* For each face the kernel would go through all products to find its label, and most have none:
     * of a thousand parts that took longer than all the rest. */
    void find_labels()
    {
        for (TDF_ChildIterator at(shapes->Label(), Standard_True); at.More(); at.Next()) {
            TopoDS_Shape shape;
            if (!XCAFDoc_ShapeTool::GetShape(at.Value(), shape) || shape.IsNull())
                continue;
            labelled &found = all[shape.TShape().get()];
            found.shape = shape;
            found.labels++;
            if (tint color = color_of(at.Value()))
                found.color = color;
            if (share != nullptr && found.color)
                share->check_known(shape);
        }
    }

    /* By the shape without its place, once for all places. */
    tint color_of(const TopoDS_Shape &given)
    {
        TopoDS_Shape shape = share == nullptr ? given : share->original_of(given);
        auto label = all.find(shape.TShape().get());
        if (label == all.end() || !label->second.color)
            return std::nullopt;
        if (label->second.labels == 1 && label->second.shape.IsSame(shape))
            return label->second.color;
        auto known = by_shape.find(shape.TShape().get());
        if (known != by_shape.end())
            return known->second;
        Quantity_ColorRGBA color;
        tint found;
        for (XCAFDoc_ColorType type : { XCAFDoc_ColorCurv, XCAFDoc_ColorGen, XCAFDoc_ColorSurf })
            if (!found && colors->GetColor(shape, type, color))
                found = color;
        by_shape.emplace(shape.TShape().get(), found);
        return found;
    }

    /* The shape's own color, else that of its largest face that has one. */
    tint best_color(const TopoDS_Shape &shape, const std::string &name)
    {
        tint best = color_of(shape);
        if (best)
            return best;
        auto known = by_faces.find(shape.TShape().get());
        if (known != by_faces.end())
            return known->second;
        double greatest = -1;
        std::size_t plain = 0;
        std::set<std::string> met;
        for (TopExp_Explorer at(shape, TopAbs_FACE); at.More(); at.Next()) {
            tint color = color_of(at.Current());
            if (!color) {
                plain++;
                continue;
            }
            met.insert(Quantity_ColorRGBA::ColorToHex(*color).ToCString());
            double extent = extent_of(at.Current());
            if (extent > greatest) {
                greatest = extent;
                best = color;
            }
        }
        if (met.size() + (plain > 0 ? 1 : 0) > 1 && !met.empty())
            how.notice((name.empty() ? "a part" : name) +
                       ": its faces have several colours; it is shown in that of the largest");
        by_faces.emplace(shape.TShape().get(), best);
        return best;
    }

    static double extent_of(const TopoDS_Shape &face)
    {
        Bnd_Box box;
        BRepBndLib::Add(face, box);
        return box.IsVoid() ? 0 : box.SquareExtent();
    }

    const cad::request &how;
    sharing *share;
    handle<XCAFDoc_ShapeTool> shapes;
    handle<XCAFDoc_ColorTool> colors;
    std::unordered_map<const void *, labelled> all;
    std::map<const void *, tint> by_shape, by_faces;
    std::size_t count = 0;
};

bool has_shape(const cad::node &of)
{
    if (!of.shape.IsNull())
        return true;
    for (const cad::node &each : of.children)
        if (has_shape(each))
            return true;
    return false;
}

} // namespace

handle<TDocStd_Document> cad::make_document()
{
    return new TDocStd_Document("XCAF");
}

cad::node cad::read_document(const handle<TDocStd_Document> &document, const request &how,
                             sharing *share)
{
    node root;
    root.children = walker(document, how, share).walk();
    if (share != nullptr)
        share->check_all_met();
    if (!has_shape(root))
        throw failure("has no shape in it");
    if (root.children.size() != 1)
        return root;
    node only = std::move(root.children.front());
    return only;
}

void cad::set_healing(const char *operators, const char *resource, bool heal)
{
    if (heal)
        return;
    /* All shapes share this manager. With an operator that there is not, none is run; without any,
     * the kernel would repair (XSAlgo_AlgoContainer::ProcessShape). */
    handle<ShapeProcess_Context> shared =
        new ShapeProcess_Context(Interface_Static::CVal(resource));
    shared->ResourceManager()->SetResource(operators, "none");
}

handle<Message_ProgressIndicator> cad::make_progress(const request &how)
{
    return new progress_teller(how.progress);
}
