/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "shapes.hpp"

#include "brep.hpp"
#include "json.hpp"

#include <BRep_Builder.hxx>
#include <BinTools.hxx>
#include <Standard_Failure.hxx>
#include <Standard_Version.hxx>
#include <TopLoc_Location.hxx>
#include <TopoDS_Compound.hxx>
#include <TopoDS_Iterator.hxx>
#include <gp_Quaternion.hxx>
#include <gp_Trsf.hxx>
#include <gp_Vec.hxx>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <cxxabi.h>
#include <istream>
#include <new>
#include <streambuf>
#include <thread>
#include <typeinfo>

static std::string describe_failure(const Standard_Failure &failure)
{
    int status = 0;
    char *name = abi::__cxa_demangle(typeid(failure).name(), nullptr, nullptr, &status);
    std::string text = name != nullptr ? name : "Standard_Failure";
    std::free(name);
#if OCC_VERSION_HEX >= 0x080000
    const char *message = failure.what();
#else
    const char *message = failure.GetMessageString();
#endif
    constexpr std::size_t longest = 120;
    if (message != nullptr && message[0] != '\0')
        text.append(": ").append(message, strnlen(message, longest));
    return text;
}

std::string describe_exception()
{
    try {
        throw;
    } catch (const Standard_Failure &failure) {
        return "the geometry kernel refused it (" + describe_failure(failure) + ")";
    } catch (const std::bad_alloc &) {
        return "there is not enough memory for it";
    } catch (const std::exception &error) {
        return error.what();
    } catch (...) {
        return "unknown failure";
    }
}

namespace
{

/* Reads from memory, which it does not change; the kernel also asks for the position. */
class memory_buffer : public std::streambuf
{
  public:
    explicit memory_buffer(std::string_view bytes)
    {
        char *begin = const_cast<char *>(bytes.data());
        setg(begin, begin, begin + bytes.size());
    }

  protected:
    pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode) override
    {
        char *base = from == std::ios_base::beg   ? eback()
                     : from == std::ios_base::cur ? gptr()
                                                  : egptr();
        if (offset < eback() - base || offset > egptr() - base)
            return pos_type(off_type(-1));
        setg(eback(), base + offset, egptr());
        return pos_type(gptr() - eback());
    }

    pos_type seekpos(pos_type at, std::ios_base::openmode which) override
    {
        return seekoff(off_type(at), std::ios_base::beg, which);
    }
};

TopoDS_Shape read_shapes(const std::vector<std::string_view> &texts)
{
    TopoDS_Compound compound;
    BRep_Builder builder;
    std::string bytes;
    builder.MakeCompound(compound);
    for (std::string_view text : texts) {
        if (!decode_base64(text, bytes))
            throw reason("its geometry is not base64");
        TopoDS_Shape shape = read_binary_shape(bytes);
        if (texts.size() == 1)
            return shape;
        builder.Add(compound, shape);
    }
    return compound;
}

/* TopExp::MapShapes for three kinds in one walk: a shape that was met before is not entered again,
 * since its sub-shapes were met then. */
void index_shape(const TopoDS_Shape &shape, shape_set &met, body &into)
{
    if (!met.Add(shape))
        return;
    if (shape.ShapeType() == TopAbs_FACE)
        into.faces.push_back(shape);
    else if (shape.ShapeType() == TopAbs_EDGE)
        into.edges.push_back(shape);
    else if (shape.ShapeType() == TopAbs_VERTEX)
        into.vertices.push_back(shape);
    if (shape.ShapeType() == TopAbs_VERTEX)
        return;
    for (TopoDS_Iterator child(shape); child.More(); child.Next())
        index_shape(child.Value(), met, into);
}

TopLoc_Location location_of(const part &leaf)
{
    if (!leaf.place)
        return TopLoc_Location();
    const placement &p = *leaf.place;
    gp_Trsf move;
    move.SetTransformation(gp_Quaternion(p[3], p[4], p[5], p[6]), gp_Vec(p[0], p[1], p[2]));
    return TopLoc_Location(move);
}

/* Equal geometry is decoded once. Texts are megabytes long, so only samples of them are hashed;
 * equality is decided by comparing them whole. */
struct sampled_hash {
    std::size_t operator()(std::string_view text) const
    {
        constexpr std::size_t samples = 16, size = 32;
        std::size_t step = text.size() / samples, hash = text.size();
        for (std::size_t i = 0; i < samples; i++)
            hash = hash * 31 + std::hash<std::string_view>()(text.substr(i * step, size));
        return hash;
    }
};

} // namespace

TopoDS_Shape read_binary_shape(std::string_view bytes)
{
    TopoDS_Shape shape = read_brep(bytes);
    if (!shape.IsNull())
        return shape;
    memory_buffer buffer(bytes);
    std::istream stream(&buffer);
    BinTools::Read(shape, stream);
    if (shape.IsNull())
        throw reason("its geometry is not in a format that can be read");
    return shape;
}

model::model(payload whole) : text(std::move(whole)), parts(read_tree(*text))
{
    std::unordered_map<std::string_view, std::size_t, sampled_hash> by_source;
    for (std::size_t i = 0; i < parts.size(); i++) {
        by_id[parts[i].id] = i;
        std::size_t index = slots.size();
        if (parts[i].fault.empty())
            index = by_source.try_emplace(parts[i].source, index).first->second;
        if (index == slots.size())
            slots.push_back({ &parts[i], nullptr });
        slot_of.push_back(index);
    }
    left = slots.size();
    settle();
}

void model::decode(source &slot) const
{
    auto content = std::make_shared<body>();
    content->fault = slot.leaf->fault;
    if (content->fault.empty()) {
        try {
            shape_set met;
            content->shape = read_shapes(slot.leaf->shapes);
            index_shape(content->shape, met, *content);
        } catch (...) {
            *content = body();
            content->fault = describe_exception();
        }
    }
    slot.content = std::move(content);
}

/* Counts the slots that are not decoded, and frees the text if there are none. */
void model::settle()
{
    left = static_cast<std::size_t>(std::count_if(
        slots.begin(), slots.end(), [](const source &slot) { return slot.content == nullptr; }));
    if (left > 0)
        return;
    for (part &leaf : parts) {
        leaf.shapes = {};
        leaf.source = {};
    }
    text.reset();
}

std::vector<model::source *> model::undecoded()
{
    std::vector<source *> open;
    for (source &slot : slots)
        if (!slot.content)
            open.push_back(&slot);
    return open;
}

void model::decode_until(std::chrono::steady_clock::time_point end)
{
    if (left == 0)
        return;
    /* A thread must have at least this much geometry to be worth starting. One processor is left to
     * the daemon and to the program that waits for it: no program waits for this. */
    constexpr std::size_t bytes_per_thread = 128 * 1024;
    std::vector<source *> open = undecoded();
    std::size_t threads =
        std::min<std::size_t>({ std::max(2u, std::thread::hardware_concurrency()) - 1,
                                1 + text->size() / bytes_per_thread, open.size(), 8 });
    std::atomic<std::size_t> next{ 0 };
    auto work = [this, end, &open, &next]() noexcept {
        do {
            std::size_t i = next++;
            if (i >= open.size())
                return;
            try {
                decode(*open[i]);
            } catch (const std::bad_alloc &) {
                /* The slot stays empty; `find` reports it. */
            }
        } while (std::chrono::steady_clock::now() < end);
    };
    std::vector<std::thread> crew;
    try {
        while (crew.size() + 1 < threads)
            crew.emplace_back(work);
    } catch (const std::system_error &) {
        /* Goes on with fewer threads, or with this one alone. */
    }
    work();
    for (std::thread &one : crew)
        one.join();
    settle();
}

TopoDS_Shape model::pick(const address &where, const part &leaf, const body &content) const
{
    if (!content.fault.empty())
        throw reason("this part cannot be read: " + content.fault);
    const std::vector<TopoDS_Shape> *list = where.kind == address::face   ? &content.faces
                                            : where.kind == address::edge ? &content.edges
                                                                          : &content.vertices;
    if (where.kind != address::whole && where.index >= list->size())
        throw reason("the model has no such shape");
    const TopoDS_Shape &shape = where.kind == address::whole ? content.shape : (*list)[where.index];
    return shape.Moved(location_of(leaf));
}

TopoDS_Shape model::find(std::string_view id)
{
    address where{ id, address::whole, 0 };
    auto found = by_id.find(id);
    if (found == by_id.end()) {
        where = parse_address(id);
        found = by_id.find(where.part);
    }
    if (found == by_id.end())
        throw reason("the model has no such shape");
    const part &leaf = parts[found->second];
    source &slot = slots[slot_of[found->second]];
    if (!slot.content) {
        decode(slot);
        settle();
    }
    return pick(where, leaf, *slot.content);
}

std::vector<std::string_view> model::parts_of(std::string_view id) const
{
    std::vector<std::string_view> found;
    for (const part &leaf : parts) {
        std::string_view own = leaf.id;
        bool inside = own.substr(0, id.size()) == id;
        if (inside && (own.size() == id.size() || own[id.size()] == '/'))
            found.push_back(own);
    }
    if (found.empty())
        throw reason("the model has no such shape");
    return found;
}

void model::write_findings(json::writer &out) const
{
    std::size_t subshapes = 0;
    for (const source &slot : slots)
        subshapes +=
            slot.content->faces.size() + slot.content->edges.size() + slot.content->vertices.size();
    out.key("subshapes").number(static_cast<double>(subshapes)).key("unreadable").open('[');
    for (std::size_t i = 0; i < parts.size(); i++) {
        const std::string &fault = slots[slot_of[i]].content->fault;
        if (!fault.empty())
            out.open('{').key("id").text(parts[i].id).key("reason").text(fault).close('}');
    }
    out.close(']');
}

std::string model::report(double milliseconds) const
{
    json::writer out;
    out.open('{').key("parts").number(static_cast<double>(parts.size()));
    out.key("left").number(static_cast<double>(left));
    if (left == 0)
        write_findings(out);
    out.key("milliseconds").number(milliseconds).close('}');
    return out.take();
}
