/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_FORMAT_HPP
#define CADCAST_IMPORT_FORMAT_HPP

#include <string>
#include <string_view>

/* Kinds of files. */
enum class format { unknown, step, iges, brep, stl, obj, gltf, glb, threemf, ply };

/* The format that an ending ("stp", without dot, lower case) stands for. */
format format_of_ending(std::string_view ending);

/* The format that the bytes have, whatever the file is called; `unknown` if they do not tell. */
format format_of_bytes(std::string_view bytes);

/* "step", as --format takes it; and "a STEP file", for people. */
const char *name_of_format(format of);
const char *describe_format(format of);

/*
 * The format of a file: by content first, by name second. Throws `failure` if it is empty, of a
 * kind that is not read here, or of another kind than its name says and cannot be told.
 */
format find_format(std::string_view bytes, const std::string &name);

#endif
