/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SCENE_FACES_HPP
#define CADCAST_SCENE_FACES_HPP

#include "scene.hpp"

/* A side of one or more triangles. */
struct side {
    std::uint32_t ends[2]; /* numbers of points, the lower first */
    std::uint32_t first;   /* a triangle at it */
    std::uint32_t second;  /* another one, or `none` */
    bool drawn;            /* the two meet at an angle, or there are not two */
};

/* Which triangles of a welded mesh are one face, and its sides. */
struct face_map {
    static constexpr std::uint32_t none = 0xffffffff;

    std::vector<std::uint32_t> face_of; /* for each triangle, its face, numbered in their order */
    std::uint32_t faces = 0;
    std::vector<side> drawn; /* the sides that are drawn */
    bool closed = true;      /* every side has two triangles */
};

face_map find_faces(const scene::mesh &welded);

/* The normal of a triangle; its length is twice the area. */
std::array<double, 3> normal_of(const scene::mesh &welded, std::size_t triangle);

#endif
