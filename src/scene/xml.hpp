/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SCENE_XML_HPP
#define CADCAST_SCENE_XML_HPP

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/*
 * Reads the elements of an XML text (XML 1.0) that is UTF-8, one after the other. Names have no
 * prefix of a name space. Text between elements is passed over, and so are comments; there are no
 * entities but the five of XML and numbers, and a text with a document type is refused: nothing
 * grows by being read. Functions throw `failure`.
 */
class xml
{
  public:
    explicit xml(std::string_view of) : text(of)
    {
    }

    /* Goes to the next begin or end of an element; false at the end of the text. An element without
     * contents has an end too. */
    bool next();

    /* Of the element at hand: whether it begins, its name, and its attributes. */
    bool begins() const
    {
        return opening;
    }

    std::string_view name() const
    {
        return current;
    }

    bool has(std::string_view attribute) const;
    std::string get(std::string_view attribute) const;

    /* The value as it stands, with its entities. */
    std::string_view raw(std::string_view attribute) const;

    /* How many elements are open. */
    std::size_t depth() const
    {
        return open.size();
    }

    std::size_t position() const
    {
        return at;
    }

  private:
    void read_begin();
    void read_end();
    void skip_markup();
    void skip_blanks();
    std::string_view read_name();
    static std::string_view without_prefix(std::string_view name);

    std::string_view text;
    std::size_t at = 0;
    std::string_view current;
    std::vector<std::string_view> open;
    std::vector<std::pair<std::string_view, std::string_view>> attributes;
    bool opening = false, ends_at_once = false;
};

#endif
