/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SCENE_NAMES_HPP
#define CADCAST_SCENE_NAMES_HPP

#include <string>
#include <string_view>

/*
 * Names of parts, UTF-8. What is not UTF-8 is taken for Latin-1, byte by byte.
 */

/* A name as build123d's import_step gives it to a part: without control characters and others that
 * are not seen, and with "_" for each blank, dot and parenthesis. */
std::string clean_name(std::string_view name);

/* A text as a line for people: blanks in place of control characters, "?" of what is not UTF-8. */
std::string one_line(std::string_view text);

/* Whether the name of an instance says more than its product's: not if it is empty, a number, or
 * what a program made up ("NAUO12", "=>[0:1:1:2]", "*DIT29"). */
bool is_telling(std::string_view name);

/* A file's name without folders and its last ending, for a part that has no other. */
std::string stem_of(std::string_view file);

/* The ending of a file's name in lower case, without the dot; empty if there is none. */
std::string ending_of(std::string_view file);

#endif
