/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "bytes.hpp"
#include "cad.hpp"
#include "scene/failure.hpp"

#include <BRepTools.hxx>
#include <BRep_Builder.hxx>
#include <BinTools.hxx>

#include <istream>

namespace
{

/* The text form, in which the kernel does not look for the end: a file that is cut off would be
 * read without end. After the last byte comes one blank, then an exception. */
class text_buffer : public memory_buffer
{
  public:
    using memory_buffer::memory_buffer;

  protected:
    int_type underflow() override
    {
        int_type next = memory_buffer::underflow();
        if (!traits_type::eq_int_type(next, traits_type::eof()))
            return next;
        if (at_end)
            throw failure("is cut off");
        at_end = true;
        setg(&blank, &blank, &blank + 1);
        return traits_type::to_int_type(blank);
    }

  private:
    bool at_end = false;
    char blank = '\n';
};

void read_text(TopoDS_Shape &to, std::string_view bytes,
               const std::function<void(double)> &progress)
{
    text_buffer buffer(bytes, progress);
    std::istream in(&buffer);
    in.exceptions(std::ios::badbit); /* what the buffer throws is thrown on */
    BRepTools::Read(to, in, BRep_Builder());
}

} // namespace

cad::node cad::read_brep(std::string_view bytes, const request &how)
{
    constexpr std::string_view binary = "Open CASCADE Topology V";
    node out;
    how.begin_phase("reading");
    if (bytes.substr(0, 100).find(binary) != std::string_view::npos) {
        memory_buffer buffer(bytes, how.progress);
        std::istream in(&buffer);
        BinTools::Read(out.shape, in);
    } else {
        read_text(out.shape, bytes, how.progress);
    }
    if (out.shape.IsNull())
        throw failure("cannot be read: it is cut off, or no BREP file");
    how.begin_phase("building");
    return out;
}
