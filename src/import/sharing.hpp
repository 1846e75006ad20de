/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_SHARING_HPP
#define CADCAST_IMPORT_SHARING_HPP

#include "healer.hpp"

#include <TopoDS_Shape.hxx>
#include <XSAlgo_AlgoContainer.hxx>

#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

/*
 * Shares the repair of a STEP file's shapes with another process. While an object of this class
 * lives, the kernel leaves some of the shapes as the file has them; when it has transferred all,
 * `finish` has the others repaired, and `repaired` puts them into the shapes of the document. Which
 * they are depends on the file alone, so that the same file becomes the same bytes each time.
 */
class sharing
{
  public:
    explicit sharing(healer &with);
    sharing(const sharing &) = delete;
    sharing &operator=(const sharing &) = delete;
    ~sharing();

    /* Throws `refused` if it cannot be put together; else as healing::heal. */
    void finish();

    /* A product's shape with what came of the shapes in it. The same object for the same one. */
    TopoDS_Shape repaired(const TopoDS_Shape &product);

    /* What the document knows a shape as: the one of the file that it came of. */
    TopoDS_Shape original_of(const TopoDS_Shape &shape) const;

    /* To be called with each shape that the document says something of, and when all was repaired:
     * throw `refused` if what the document says of a face would be lost, or if a shape that was
     * left as it is in the file was not met. */
    void check_known(const TopoDS_Shape &shape) const;
    void check_all_met() const;

    /* Nothing came of it: the file must be read without sharing. */
    struct refused {
    };

  private:
    class container;

    struct left {
        TopoDS_Shape before, after;
        std::size_t number;
        bool met;
    };

    bool leave(const TopoDS_Shape &shape, double precision, double tolerance);
    void take_answer(left &what, const std::string &answer);
    TopoDS_Shape put_together(const TopoDS_Shape &of);

    healer &other;
    opencascade::handle<XSAlgo_AlgoContainer> usual; /* the kernel's own */
    std::vector<left> all;
    std::unordered_map<const void *, std::size_t> by_shape;   /* in `all` */
    std::unordered_map<const void *, TopoDS_Shape> originals; /* by what came of them */
    std::unordered_map<const void *, const void *> lost;      /* faces of which none came */
    std::unordered_map<const void *, TopoDS_Shape> made;      /* by the product's shape */
    std::vector<TopoDS_Shape> kept;   /* so that no address is taken again */
    std::size_t theirs = 0, ours = 0; /* faces */
};

#endif
