/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_WRITE_HPP
#define CADCAST_IMPORT_WRITE_HPP

#include "options.hpp"
#include "output.hpp"

/* Reads what is to be written from standard input, and sends the file. The exit status. */
int write_file(const options &how, output &out);

#endif
