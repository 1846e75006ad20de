/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "bytes.hpp"
#include "document.hpp"
#include "ordered.hpp"
#include "scene/failure.hpp"

#include <APIHeaderSection_MakeHeader.hxx>
#include <BRepBuilderAPI_Copy.hxx>
#include <Interface_Static.hxx>
#include <Message_ProgressIndicator.hxx>
#include <STEPCAFControl_Controller.hxx>
#include <STEPCAFControl_Writer.hxx>
#include <StepData_Protocol.hxx>
#include <StepData_StepModel.hxx>
#include <StepData_StepWriter.hxx>
#include <TCollection_HAsciiString.hxx>
#include <TDataStd_Name.hxx>
#include <TopExp.hxx>
#include <TopTools_IndexedMapOfShape.hxx>
#include <XCAFDoc_ColorTool.hxx>
#include <XCAFDoc_DocumentTool.hxx>
#include <XCAFDoc_ShapeTool.hxx>
#include <XSControl_WorkSession.hxx>

#include <cstdio>
#include <map>
#include <ostream>

using opencascade::handle;

namespace
{

/* A name in the kernel's characters. Every product must have one. */
TCollection_ExtendedString text_of(const std::string &name)
{
    return TCollection_ExtendedString(name.empty() ? " " : name.c_str(), Standard_True);
}

std::string hex_of(const std::optional<Quantity_ColorRGBA> &color)
{
    return color ? Quantity_ColorRGBA::ColorToHex(*color).ToCString() : "";
}

/* What makes an instance another one: its place and colour. */
std::string key_of(const cad::node &of)
{
    std::string out = hex_of(of.color);
    for (int row = 1; row <= 3; row++)
        for (int column = 1; column <= 4; column++) {
            char number[32];
            std::snprintf(number, sizeof(number), "%.17g,", of.where.Value(row, column));
            out += number;
        }
    return out;
}

/* Products and where they are. Parts with the same shape, name and colour are one product, groups
 * that are alike too. */
class document_maker
{
  public:
    explicit document_maker(const handle<TDocStd_Document> &document)
        : shapes(XCAFDoc_DocumentTool::ShapeTool(document->Main())),
          colors(XCAFDoc_DocumentTool::ColorTool(document->Main()))
    {
    }

    void add(const cad::node &root)
    {
        const cad::node *whole = &root;
        /* The group that every show has around a single part says nothing. */
        if (root.children.size() == 1 && root.children[0].children.empty() &&
            root.name == "Group" && is_still(root) && is_still(root.children[0]))
            whole = &root.children[0];
        if (whole->children.empty() && !is_still(*whole)) {
            cad::node group;
            group.name = whole->name;
            group.children.push_back(*whole);
            product_of(group);
        } else {
            product_of(*whole);
        }
        shapes->UpdateAssemblies();
    }

  private:
    struct product {
        TDF_Label label;
        std::size_t number;
        std::optional<Quantity_ColorRGBA> color;
    };

    static bool is_still(const cad::node &of)
    {
        return of.where.Form() == gp_Identity && of.shape.Location().IsIdentity();
    }

    product product_of(const cad::node &of)
    {
        return of.children.empty() ? part_of(of) : group_of(of);
    }

    product part_of(const cad::node &of)
    {
        const void *identity = of.shape.TShape().get();
        char address[32];
        std::snprintf(address, sizeof(address), "%p", identity);
        std::string key = std::string("part ") + address + of.name;
        auto known = products.find(key);
        if (known != products.end())
            return known->second;
        TopoDS_Shape shape = of.shape.Located(TopLoc_Location());
        auto before = met.find(identity);
        if (before != met.end() && !may_copy(shape))
            return before->second;
        if (before != met.end())
            shape = BRepBuilderAPI_Copy(shape, Standard_False).Shape();
        TDF_Label label = shapes->AddShape(shape, Standard_False, Standard_False);
        TDataStd_Name::Set(label, text_of(of.name));
        if (of.color)
            set_color(label, shape, *of.color);
        product made{ label, products.size(), of.color };
        met.emplace(identity, made);
        return products.emplace(key, made).first->second;
    }

    /* A shape with another name is a product of its own, since many programs show the names of
     * products alone; but not without limit. */
    bool may_copy(const TopoDS_Shape &shape)
    {
        constexpr int most = 20000;
        TopTools_IndexedMapOfShape faces;
        TopExp::MapShapes(shape, TopAbs_FACE, faces);
        copied += faces.Extent() + 1;
        return copied <= most;
    }

    void set_color(const TDF_Label &label, const TopoDS_Shape &shape,
                   const Quantity_ColorRGBA &color)
    {
        TopTools_IndexedMapOfShape faces;
        TopExp::MapShapes(shape, TopAbs_FACE, faces);
        colors->SetColor(label, color, faces.IsEmpty() ? XCAFDoc_ColorCurv : XCAFDoc_ColorSurf);
    }

    product group_of(const cad::node &of)
    {
        std::string key = "group " + of.name + "{";
        std::vector<product> parts;
        for (const cad::node &each : of.children) {
            parts.push_back(product_of(each));
            key += std::to_string(parts.back().number) + each.name + key_of(each) + ";";
        }
        key += "}";
        auto known = products.find(key);
        if (known != products.end())
            return known->second;
        TDF_Label label = shapes->NewShape();
        TDataStd_Name::Set(label, text_of(of.name));
        for (std::size_t i = 0; i < parts.size(); i++) {
            const cad::node &each = of.children[i];
            TopLoc_Location where(each.where);
            if (!each.shape.IsNull())
                where = where * each.shape.Location();
            TDF_Label placed = shapes->AddComponent(label, parts[i].label, where);
            TDataStd_Name::Set(placed, text_of(each.name));
            if (each.color && hex_of(each.color) != hex_of(parts[i].color))
                set_color(placed, each.shape, *each.color);
        }
        return products.emplace(key, product{ label, products.size(), {} }).first->second;
    }

    handle<XCAFDoc_ShapeTool> shapes;
    handle<XCAFDoc_ColorTool> colors;
    std::map<std::string, product> products; /* by what is in them */
    std::map<const void *, product> met;     /* the first one of each shape */
    int copied = 0;                          /* faces of those that were copied */
};

handle<TCollection_HAsciiString> word(const std::string &text)
{
    return new TCollection_HAsciiString(text.c_str());
}

void set_header(const handle<StepData_StepModel> &model, const cad::ordered &what)
{
    APIHeaderSection_MakeHeader header(model);
    header.SetName(word(what.name));
    header.SetTimeStamp(word(what.time));
    header.SetAuthorValue(1, word(""));
    header.SetOrganizationValue(1, word(""));
    header.SetPreprocessorVersion(word("Open CASCADE Technology"));
    header.SetOriginatingSystem(word(what.program));
    header.SetAuthorisation(word(""));
    header.Apply(model);
}

std::string print(STEPCAFControl_Writer &writer, const cad::ordered &what)
{
    handle<XSControl_WorkSession> session = writer.ChangeWriter().WS();
    handle<StepData_StepModel> model = handle<StepData_StepModel>::DownCast(session->Model());
    handle<StepData_Protocol> protocol = handle<StepData_Protocol>::DownCast(session->Protocol());
    if (model.IsNull() || protocol.IsNull())
        throw failure("cannot be written: the geometry kernel refused it");
    set_header(model, what);
    StepData_StepWriter text(model);
    text.SendModel(protocol);
    string_buffer buffer;
    std::ostream out(&buffer);
    if (!text.Print(out))
        throw failure("cannot be written: the geometry kernel refused it");
    return std::move(buffer.taken);
}

} // namespace

std::string cad::write_step(const ordered &what, const request &how)
{
    STEPCAFControl_Controller::Init();
    Interface_Static::SetCVal("write.step.schema", "AP214IS");
    Interface_Static::SetCVal("write.step.unit", "MM");
    handle<TDocStd_Document> document = make_document();
    document_maker(document).add(what.root);
    STEPCAFControl_Writer writer;
    writer.SetPropsMode(Standard_False);
    writer.SetLayerMode(Standard_False);
    how.begin_phase("writing");
    handle<Message_ProgressIndicator> progress = make_progress(how);
    if (!writer.Transfer(document, STEPControl_AsIs, nullptr, progress->Start()))
        throw failure("cannot be written: the geometry kernel refused it");
    return print(writer, what);
}
