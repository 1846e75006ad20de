/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "shapes.hpp"

#include "bytes.hpp"
#include "scene/failure.hpp"

#include <BinTools.hxx>
#include <TopExp.hxx>
#include <TopTools_IndexedMapOfShape.hxx>

#include <openssl/evp.h>

#include <ostream>

namespace
{

/* As if no face had been checked: that is written too, and would change the hash. */
std::string bytes_of(const TopoDS_Shape &shape)
{
    TopTools_IndexedMapOfShape faces;
    TopExp::MapShapes(shape, TopAbs_FACE, faces);
    for (int i = 1; i <= faces.Extent(); i++)
        faces(i).TShape()->Checked(Standard_False);
    string_buffer buffer;
    std::ostream out(&buffer);
    BinTools::Write(shape, out, Standard_False, Standard_False, BinTools_FormatVersion_CURRENT);
    if (!out)
        throw failure("holds a shape that cannot be written down");
    return std::move(buffer.taken);
}

std::string hash_of(const std::string &bytes)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha256(), nullptr) != 1)
        throw failure("cannot be hashed");
    return std::string(reinterpret_cast<const char *>(hash), size);
}

} // namespace

std::size_t shape_list::add(const TopoDS_Shape &shape, bool apart)
{
    TopoDS_Shape own = apart ? shape.Located(TopLoc_Location()) : shape;
    const void *identity = own.TShape().get();
    auto known = apart ? by_identity.find(identity) : by_identity.end();
    if (known != by_identity.end())
        return known->second;
    written_shape written;
    written.bytes = bytes_of(own);
    written.hash = hash_of(written.bytes);
    std::size_t number = add_written(std::move(written));
    if (apart) {
        by_identity.emplace(identity, number);
        kept.push_back(own);
    }
    return number;
}

std::size_t shape_list::add_written(written_shape shape)
{
    auto known = by_hash.find(shape.hash);
    if (known != by_hash.end())
        return known->second;
    bytes += shape.bytes.size();
    by_hash.emplace(shape.hash, shapes.size());
    shapes.push_back(std::move(shape));
    return shapes.size() - 1;
}

std::string digits_of(const std::string &hash)
{
    static const char digits[] = "0123456789abcdef";
    std::string out;
    for (char each : hash) {
        auto byte = static_cast<unsigned char>(each);
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out;
}
