/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "message.hpp"

#include "helper/json.hpp"
#include "scene/failure.hpp"

namespace
{

/* What the daemon takes (include/model/plan.h). */
constexpr std::size_t most_shapes = 65536, most_plan = 64 * 1024 * 1024, deepest = 500;

std::string plan_of(const show::part &root, const shape_list &shapes, const options &how)
{
    json::writer out;
    out.open('{').key("version").number(1).key("tree").raw(show::write_tree(root));
    out.key("shapes").open('[');
    for (const written_shape &each : shapes.all()) {
        out.open('{').key("hash").text(digits_of(each.hash));
        out.key("bytes").number(static_cast<double>(each.bytes.size())).close('}');
    }
    out.close(']').key("config").raw(how.config);
    out.key("mesh").open('{').key("deviation").number(how.deviation);
    out.key("angular_tolerance").number(how.angle).close('}');
    out.key("count").number(static_cast<double>(show::count_leaves(root))).close('}');
    return out.take();
}

void check_size(const show::part &root, const shape_list &shapes, const options &how)
{
    if (shapes.all().size() > most_shapes)
        throw failure("has more than 65536 different shapes");
    if (show::depth_of(root) >= deepest)
        throw failure("has groups that are nested too deep");
    if (shapes.total() > how.most_output)
        throw failure("has more geometry than is allowed");
}

} // namespace

void send_shapes(output &to, const show::part &root, const shape_list &shapes, const options &how)
{
    check_size(root, shapes, how);
    std::string plan = plan_of(root, shapes, how);
    if (plan.size() > most_plan)
        throw failure("has a tree of too many parts");
    to.begin_phase("sending");
    to.message({ "E:", plan });
    std::size_t sent = 0;
    for (const written_shape &each : shapes.all()) {
        to.message({ "F:", each.hash, each.bytes });
        sent += each.bytes.size();
        to.progress(static_cast<double>(sent) / static_cast<double>(shapes.total() + 1));
    }
}
