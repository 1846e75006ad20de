/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_DOCUMENT_HPP
#define CADCAST_IMPORT_DOCUMENT_HPP

#include "cad.hpp"
#include "sharing.hpp"

#include <Message_ProgressRange.hxx>
#include <TDocStd_Document.hxx>

namespace cad
{

/* An empty document for the kernel's readers. */
opencascade::handle<TDocStd_Document> make_document();

/* The tree of what was read into a document. `share`: what was shared of it, and is finished; NULL:
 * nothing. Throws `failure` if there is no shape in it, and sharing::refused. */
node read_document(const opencascade::handle<TDocStd_Document> &document, const request &how,
                   sharing *share = nullptr);

/* Sets what the kernel does to a shape that it has read: by default it repairs it. The names are
 * those of the kernel's settings for a kind of file. */
void set_healing(const char *operators, const char *resource, bool heal);

/* The kernel's progress, told to the request. */
opencascade::handle<Message_ProgressIndicator> make_progress(const request &how);

} // namespace cad

#endif
