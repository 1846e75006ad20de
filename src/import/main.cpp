/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/* cadcast-import: reads files of CAD programs and writes what a kernel would send of them. The
 * command line and the output are described in docs/importing.md. */
#include "cad.hpp"
#include "convert.hpp"
#include "fault.hpp"
#include "format.hpp"
#include "healer.hpp"
#include "helper/json.hpp"
#include "helper/sandbox.hpp"
#include "input.hpp"
#include "message.hpp"
#include "model.hpp"
#include "options.hpp"
#include "output.hpp"
#include "rights.hpp"
#include "scene/failure.hpp"
#include "scene/names.hpp"
#include "scene/scene.hpp"
#include "write.hpp"

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>
#include <unistd.h>

namespace
{

class importer
{
  public:
    importer(const options &given, output &to)
        : how(given), out(to), files(given.most_input), meshes(to)
    {
    }

    /* The process's exit status. */
    int run()
    {
        try {
            prepare();
            read();
            return 0;
        } catch (...) {
            out.error(current + " " + describe_fault());
            return 1;
        }
    }

  private:
    void prepare()
    {
        current = how.root.empty() ? label_of(how.name) : how.root;
        out.begin_file(current);
        if (!how.root.empty())
            files.open_folder(how.root);
        if (how.heal && std::thread::hardware_concurrency() > 1 && may_share())
            helper.start(how.memory, how.seconds);
        give_up_rights(how.seconds);
    }

    /* Whether one of the files may be so long that a second process is worth it. */
    bool may_share() const
    {
        std::vector<std::string> names = how.files;
        if (how.root.empty())
            names.push_back(how.name);
        for (const std::string &name : names) {
            format kind =
                how.kind == format::unknown ? format_of_ending(ending_of(name)) : how.kind;
            bool step = kind == format::step || kind == format::unknown;
            if (step && files.size_of(how.root.empty() ? "" : name) >= how.shared)
                return true;
        }
        return false;
    }

    void read()
    {
        if (how.root.empty()) {
            trees.push_back(read_one(how.name));
        } else {
            for (const std::string &name : how.files)
                trees.push_back(read_one(name));
        }
        show::part root = trees.size() > 1 ? together() : std::move(trees.front());
        if (meshes.meshes() == 0)
            send_shapes(out, root, shapes, how);
        else
            meshes.send(root, how);
        finish(root);
    }

    static std::string label_of(const std::string &name)
    {
        return name.empty() ? "the file" : name;
    }

    show::part read_one(const std::string &name)
    {
        current = label_of(name);
        out.begin_file(current);
        out.begin_phase("reading");
        std::string_view bytes =
            how.root.empty() ? files.read_stream(STDIN_FILENO) : files.read_file(name);
        format kind = how.kind == format::unknown ? find_format(bytes, name) : how.kind;
        if (bytes.empty())
            throw failure("is empty");
        formats = formats.empty() ? name_of_format(kind) : formats;
        bool exact = kind == format::step || kind == format::iges || kind == format::brep;
        if (exact ? meshes.meshes() > 0 : !shapes.all().empty())
            throw failure("cannot be shown together with the others: exact geometry and meshes are "
                          "not of one picture");
        if (exact) {
            cad::node root = read_exact(kind, bytes);
            if (root.name.empty() && root.children.empty())
                root.name = clean_name(stem_of(name));
            return convert(root, shapes);
        }
        scene::file scene = read_mesh(kind, bytes, name);
        out.begin_phase("building");
        return meshes.add(scene, name);
    }

    cad::node read_exact(format kind, std::string_view bytes)
    {
        cad::request request;
        request.heal = how.heal;
        request.help = bytes.size() >= how.shared ? &helper : nullptr;
        request.last = trees.size() + 1 >= how.files.size();
        request.begin_phase = [this](const char *phase) { out.begin_phase(phase); };
        request.progress = [this](double fraction) { out.progress(fraction); };
        request.notice = [this](const std::string &text) { out.notice(text); };
        switch (kind) {
        case format::step:
            return cad::read_step(bytes, request);
        case format::iges:
            return cad::read_iges(bytes, request);
        default:
            return cad::read_brep(bytes, request);
        }
    }

    scene::file read_mesh(format kind, std::string_view bytes, const std::string &name)
    {
        scene::request request;
        request.name = name;
        request.progress = [this](double fraction) { out.progress(fraction); };
        request.notice = [this](const std::string &text) { out.notice(text); };
        request.beside = [this](const std::string &other) -> std::optional<std::string_view> {
            if (!files.holds(other))
                return std::nullopt;
            return files.read_file(other);
        };
        switch (kind) {
        case format::stl:
            return scene::read_stl(bytes, request);
        case format::ply:
            return scene::read_ply(bytes, request);
        case format::obj:
            return scene::read_obj(bytes, request);
        case format::threemf:
            return scene::read_3mf(bytes, request);
        default:
            return scene::read_gltf(bytes, request);
        }
    }

    /* The trees of several files as one, each under its name. */
    show::part together()
    {
        show::part root;
        root.name = "Group";
        for (std::size_t i = 0; i < trees.size(); i++) {
            trees[i].name = clean_name(stem_of(how.files[i]));
            root.parts.push_back(std::move(trees[i]));
        }
        show::name_apart(root.parts);
        return root;
    }

    void finish(const show::part &root)
    {
        json::writer summary;
        summary.open('{').key("format").text(formats);
        summary.key("parts").number(static_cast<double>(show::count_leaves(root)));
        summary.key("shapes").number(static_cast<double>(shapes.all().size() + meshes.meshes()));
        summary.key("triangles").number(static_cast<double>(meshes.triangles()));
        summary.key("helped").number(static_cast<double>(helper.helped()));
        summary.key("seconds").raw(out.seconds()).key("notices").open('[');
        for (const std::string &each : out.notices())
            summary.text(each);
        summary.close(']').close('}');
        out.done(summary.take());
    }

    const options &how;
    output &out;
    input files;
    healer helper;
    shape_list shapes;
    model meshes;
    std::vector<show::part> trees;
    std::string current; /* the file that an error is about */
    std::string formats;
};

/* The kernel prints to standard output, which must not get between the frames: moves the frames to
 * another descriptor. */
int keep_output()
{
    int out = dup(STDOUT_FILENO);
    return out >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 ? out : -1;
}

} // namespace

int main(int argc, char **argv)
{
    options how;
    std::string wrong = read_options(how, argc, argv);
    char path[PATH_MAX];
    if (wrong.empty() && !how.root.empty()) {
        if (realpath(how.root.c_str(), path) == nullptr)
            wrong = how.root + ": " + std::strerror(errno);
        else
            how.root = path;
    }
    if (!wrong.empty() || (how.root.empty() && isatty(STDIN_FILENO) != 0)) {
        if (wrong.empty())
            wrong = "it is started by cadcast; see cadcast open";
        std::fprintf(stderr, "cadcast-import: %s\n", wrong.c_str());
        return 2;
    }
    confine(how.memory);
    int to = keep_output();
    if (to < 0)
        return 1;
    output out(to);
    out.catch_signals();
    /* All is written; what the kernel's tables would take to be freed is not waited for. */
    _exit(how.write == format::unknown ? importer(how, out).run() : write_file(how, out));
}
