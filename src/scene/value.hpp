/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SCENE_VALUE_HPP
#define CADCAST_SCENE_VALUE_HPP

#include <map>
#include <string>
#include <string_view>
#include <vector>

/* A JSON text in memory. What is asked for and is not there, or of another kind, is an empty value:
 * a reader says once what it needs. */
class value
{
  public:
    enum class kind { none, truth, number, text, list, object };

    value() = default;

    /* Throws `failure` if it is not JSON, is nested deeper than 100, or ends early. */
    static value parse(std::string_view json);

    kind type() const
    {
        return what;
    }

    bool is(kind other) const
    {
        return what == other;
    }

    double number(double otherwise = 0) const
    {
        return what == kind::number ? real : otherwise;
    }

    /* A whole number from 0 on; -1 if it is none. */
    long whole() const;

    const std::string &text() const
    {
        return string;
    }

    const std::vector<value> &items() const
    {
        return list;
    }

    const value &operator[](const std::string &name) const;

    /* The item of that number; an empty value beyond the end. */
    const value &at(long number) const;

  private:
    friend class value_reader;

    kind what = kind::none;
    double real = 0;
    std::string string;
    std::vector<value> list;
    std::map<std::string, value> members;
};

#endif
