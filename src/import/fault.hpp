/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_FAULT_HPP
#define CADCAST_IMPORT_FAULT_HPP

#include <string>

/* The exception that is being handled, as the end of a line that begins with the file's name. */
std::string describe_fault();

#endif
