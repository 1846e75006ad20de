/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "bytes.hpp"
#include "document.hpp"
#include "healer.hpp"
#include "scene/failure.hpp"
#include "sharing.hpp"

#include <Message_ProgressIndicator.hxx>
#include <STEPCAFControl_Controller.hxx>
#include <STEPCAFControl_ExternFile.hxx>
#include <STEPCAFControl_Reader.hxx>
#include <STEPControl_Reader.hxx>
#include <Standard_Failure.hxx>
#include <StepData_StepModel.hxx>

#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using opencascade::handle;

namespace
{

/* A whole file has a header and data, each with an end. */
void check_whole(std::string_view bytes)
{
    constexpr std::string_view mark = "ENDSEC";
    std::size_t head = bytes.find(mark), end = bytes.rfind(mark);
    if (head == std::string_view::npos)
        throw failure("is cut off: its data are missing");
    if (head == end)
        throw failure("is cut off: the end of its data is missing");
    if (bytes.find("END-ISO-10303-21", end) == std::string_view::npos)
        throw failure("is cut off: its last line is missing");
    if (bytes.find('#', head) == std::string_view::npos)
        throw failure("has no shape in it");
}

/* Where the kernel's scanner takes its bytes from: a file is read at a time. */
memory_buffer *&scanned()
{
    static memory_buffer *buffer;
    return buffer;
}

} // namespace

/* The kernel's scanner; none of its headers declares it. */
class stepFlexLexer
{
  protected:
    int LexerInput(char *to, int most);
};

/* In place of the kernel's own function, which takes one byte at a time, so that a word is scanned
 * anew for each of its letters. Weak: a kernel that is linked in has its own, as has one that is
 * built with another scanner; these read the stream. */
__attribute__((weak)) int stepFlexLexer::LexerInput(char *to, int most)
{
    return static_cast<int>(scanned()->sgetn(to, most));
}

static IFSelect_ReturnStatus scan(STEPControl_Reader &reader, std::string_view bytes,
                                  const cad::request &how)
{
    memory_buffer buffer(bytes, how.progress);
    std::istream in(&buffer);
    scanned() = &buffer;
    IFSelect_ReturnStatus status = reader.ReadStream("file", in);
    scanned() = nullptr;
    return status;
}

/* With `share` the kernel leaves some of the repair to it. */
static cad::node read(std::string_view bytes, const cad::request &how, sharing *share)
{
    auto reader = std::make_unique<STEPCAFControl_Reader>();
    how.begin_phase("reading");
    /* The kernel passes over what is no record, and says that nothing is left only if it was built
     * with its checks. */
    if (scan(reader->ChangeReader(), bytes, how) != IFSelect_RetDone ||
        reader->ChangeReader().StepModel()->NbEntities() == 0)
        throw failure("cannot be read: it is no valid STEP file");
    how.begin_phase("building");
    handle<TDocStd_Document> document = cad::make_document();
    handle<Message_ProgressIndicator> progress = cad::make_progress(how);
    if (!reader->Transfer(document, progress->Start()))
        throw failure("has no shape in it");
    if (share != nullptr)
        share->finish();
    cad::node root = cad::read_document(document, how, share);
    if (!reader->ExternFiles().IsEmpty())
        how.notice("parts that are in other files are missing");
    /* To free the tables of a large file takes a twelfth of the time. */
    if (how.last)
        static_cast<void>(reader.release());
    return root;
}

/* Nothing, if it cannot be shared. */
static std::optional<cad::node> read_shared(std::string_view bytes, const cad::request &how)
{
    /* Notices come once only. */
    std::vector<std::string> notices;
    cad::request quiet = how;
    quiet.notice = [&notices](const std::string &text) { notices.push_back(text); };
    try {
        sharing share(*how.help);
        cad::node root = read(bytes, quiet, &share);
        for (const std::string &text : notices)
            how.notice(text);
        return root;
    } catch (const sharing::refused &) {
        how.help->forget();
    } catch (const Standard_Failure &) {
        how.help->forget();
    }
    return std::nullopt;
}

cad::node cad::read_step(std::string_view bytes, const request &how)
{
    check_whole(bytes);
    STEPCAFControl_Controller::Init();
    set_healing("FromSTEP.exec.op", "read.step.resource.name", how.heal);
    /* The kernel loses the mirroring, and what comes of the scale depends on its version. */
    bool scales = bytes.find("CARTESIAN_TRANSFORMATION_OPERATOR_3D") != std::string_view::npos;
    if (scales)
        how.notice("it mirrors or scales parts in a way that the geometry kernel does not follow; "
                   "these may be shown wrongly");
    std::optional<node> root;
    if (how.help != nullptr && how.help->runs() && how.heal && !scales)
        root = read_shared(bytes, how);
    return root ? std::move(*root) : read(bytes, how, nullptr);
}
