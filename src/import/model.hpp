/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_MODEL_HPP
#define CADCAST_IMPORT_MODEL_HPP

#include "options.hpp"
#include "output.hpp"
#include "scene/scene.hpp"
#include "show.hpp"

#include <map>

/* Meshes, and the tree of a show that refers to them: a `D` (docs/protocol.md). */
class model
{
  public:
    explicit model(output &to) : out(to)
    {
    }

    /* The tree of a file, whose meshes are added. Throws `failure` if it has no triangle. */
    show::part add(const scene::file &file, const std::string &name);

    /* Sends all that was added. Throws `failure` if it is larger than is allowed. */
    void send(const show::part &root, const options &how) const;

    std::size_t triangles() const
    {
        return triangle_count;
    }

    std::size_t meshes() const
    {
        return instances.size();
    }

  private:
    struct instance {
        std::string json;         /* an element of `instances` */
        std::vector<float> nodes; /* its vertices */
        bool closed = false;
    };

    show::part add_node(const scene::node &node, const std::optional<scene::color> &color,
                        const scene::matrix &before);
    show::part add_leaf(const scene::node &node, const std::optional<scene::color> &color,
                        const scene::matrix &whole);
    std::size_t instance_of(std::size_t mesh, const scene::matrix &inside, const std::string &name);

    output &out;
    const scene::file *from = nullptr;
    std::vector<instance> instances;
    std::map<std::pair<std::size_t, std::array<double, 9>>, std::size_t> known; /* of this file */
    std::size_t triangle_count = 0;
};

#endif
