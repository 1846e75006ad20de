/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "write.hpp"

#include "helper/json.hpp"
#include "input.hpp"
#include "order.hpp"
#include "ordered.hpp"
#include "rights.hpp"
#include "scene/failure.hpp"

#include <Standard_Failure.hxx>
#include <Standard_OutOfMemory.hxx>

#include <new>
#include <unistd.h>

namespace
{

std::string describe()
{
    constexpr const char *memory = "it needs more memory than there is, or than is allowed";
    try {
        throw;
    } catch (const failure &why) {
        return why.what();
    } catch (const std::bad_alloc &) {
        return std::string("cannot be written: ") + memory;
    } catch (const Standard_OutOfMemory &) {
        return std::string("cannot be written: ") + memory;
    } catch (const Standard_Failure &) {
        return "cannot be written: the geometry kernel refused it";
    } catch (...) {
        return "cannot be written: what is to be written cannot be understood";
    }
}

cad::request request_of(output &out)
{
    cad::request request;
    request.begin_phase = [&out](const char *phase) { out.begin_phase(phase); };
    request.progress = [&out](double fraction) { out.progress(fraction); };
    request.notice = [&out](const std::string &text) { out.notice(text); };
    return request;
}

void write(const options &how, output &out)
{
    input in(how.most_input);
    give_up_rights(how.seconds);
    cad::request request = request_of(out);
    order::sheet sheet = order::read(in.read_stream(STDIN_FILENO));
    cad::ordered what = cad::read_shapes(sheet, request);
    std::string file =
        how.write == format::step ? write_step(what, request) : write_brep(what, request);
    if (file.size() > how.most_output)
        throw failure("cannot be written: the file would be larger than is allowed");
    out.file_made(file);
    json::writer summary;
    summary.open('{').key("left_out").number(static_cast<double>(what.left_out));
    summary.key("seconds").raw(out.seconds()).close('}');
    out.done(summary.take());
}

} // namespace

int write_file(const options &how, output &out)
{
    out.begin_file("the model", "writing");
    try {
        write(how, out);
        return 0;
    } catch (...) {
        out.error("the model " + describe());
        return 1;
    }
}
