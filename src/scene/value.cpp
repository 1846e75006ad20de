/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "value.hpp"

#include "failure.hpp"
#include "helper/json.hpp"

#include <cmath>

class value_reader
{
  public:
    explicit value_reader(std::string_view json) : in(json)
    {
    }

    value read_all()
    {
        value out = read(0);
        in.finish();
        return out;
    }

  private:
    value read(unsigned depth)
    {
        constexpr unsigned deepest = 100;
        value out;
        bool first = true;
        if (depth > deepest)
            throw failure("is damaged: its JSON is nested too deep");
        switch (in.peek()) {
        case '{':
            out.what = value::kind::object;
            in.enter('{');
            while (in.more('}', first)) {
                std::string name = in.key();
                out.members[name] = read(depth + 1);
            }
            break;
        case '[':
            out.what = value::kind::list;
            in.enter('[');
            while (in.more(']', first))
                out.list.push_back(read(depth + 1));
            break;
        case '"':
            out.what = value::kind::text;
            out.string = in.string();
            break;
        case 't':
        case 'f':
            out.what = value::kind::truth;
            out.real = in.truth() ? 1 : 0;
            break;
        case 'n':
            in.skip();
            break;
        default:
            out.what = value::kind::number;
            out.real = in.number();
        }
        return out;
    }

    json::reader in;
};

static const value nothing;

value value::parse(std::string_view json)
{
    try {
        return value_reader(json).read_all();
    } catch (const json::bad &) {
        throw failure("is damaged or cut off: its JSON cannot be read");
    }
}

long value::whole() const
{
    constexpr double most = 9e15;
    return what == kind::number && real >= 0 && real < most && std::floor(real) == real
               ? static_cast<long>(real)
               : -1;
}

const value &value::operator[](const std::string &name) const
{
    auto found = members.find(name);
    return found == members.end() ? nothing : found->second;
}

const value &value::at(long number) const
{
    return number >= 0 && static_cast<std::size_t>(number) < list.size()
               ? list[static_cast<std::size_t>(number)]
               : nothing;
}
