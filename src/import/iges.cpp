/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "document.hpp"
#include "scene/failure.hpp"

#include <IGESCAFControl_Reader.hxx>
#include <IGESControl_Controller.hxx>
#include <Interface_Static.hxx>
#include <Message_ProgressIndicator.hxx>
#include <OSD_OpenFile.hxx>

#include <cerrno>
#include <cstdio>

using opencascade::handle;

namespace
{

/* The bytes that the kernel reads as a file: its reader of IGES takes a name only. */
std::string_view &file_in_memory()
{
    static std::string_view bytes;
    return bytes;
}

} // namespace

/* In place of the kernel's own function: there is one file, in memory, whatever its name. No other
 * can be opened when a file is being read, as give_up_rights says. */
FILE *OSD_OpenFile(const char *, const char *mode)
{
    std::string_view bytes = file_in_memory();
    if (bytes.empty() || mode[0] != 'r') {
        errno = EACCES;
        return nullptr;
    }
    /* It is only read from. */
    return fmemopen(const_cast<char *>(bytes.data()), bytes.size(), "rb");
}

cad::node cad::read_iges(std::string_view bytes, const request &how)
{
    IGESControl_Controller::Init();
    set_healing("FromIGES.exec.op", "read.iges.resource.name", how.heal);
    IGESCAFControl_Reader reader;
    how.begin_phase("reading");
    file_in_memory() = bytes;
    IFSelect_ReturnStatus status = reader.ReadFile("file.igs");
    file_in_memory() = {};
    if (status != IFSelect_RetDone)
        throw failure("cannot be read: it is no valid IGES file, or cut off");
    how.begin_phase("building");
    handle<TDocStd_Document> document = make_document();
    handle<Message_ProgressIndicator> progress = make_progress(how);
    if (!reader.Transfer(document, progress->Start()))
        throw failure("has no shape in it");
    return read_document(document, how);
}
