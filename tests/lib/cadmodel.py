# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Reads a model file (docs/model-format.md), strictly: an error that a page would ignore is one here.

`decode(file)` gives the payload as Python objects, with an `Array` in place of each array.
`expect(payload_text)` gives the same from the payload itself, by the json and base64 modules.
"""

import base64
import binascii
import json
import struct
from math import prod
from typing import NamedTuple

MAGIC = b"CADCAST1"
ALIGN = 16
ITEM = {
    "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "float32": 4,
    "int64": 8, "uint64": 8, "float64": 8,
}


class Array(NamedTuple):
    """One array: its bytes, and the members of its descriptor but for how it is stored."""

    data: bytes
    rest: dict


class Bad(ValueError):
    """The file is not what the format says."""


def _check(condition, reason):
    if not condition:
        raise Bad(reason)


def _pad(size):
    return -size % ALIGN


def parts(file):
    """The JSON text and the data area of a file."""
    _check(len(file) >= 16 and file[:8] == MAGIC, "no model file")
    version, length = struct.unpack("<II", file[8:16])
    _check(version == 1, f"version {version}")
    end = 16 + length
    start = end + _pad(end)
    _check(start <= len(file), "cut short")
    _check(file[end:start] == bytes(start - end), "padding is not zero")
    return file[16:end], file[start:]


def _is_stored(value):
    return all(key in value for key in ("shape", "dtype", "offset", "bytes"))


def decode(file):
    text, data = parts(file)
    places = []

    def stored(value):
        if not _is_stored(value):
            return value
        value = dict(value)
        offset, size = value.pop("offset"), value.pop("bytes")
        _check("buffer" not in value and "codec" not in value, "an array twice")
        _check(offset % ALIGN == 0, f"offset {offset} is not aligned")
        _check(size == prod(value["shape"]) * ITEM[value["dtype"]], "size does not match")
        _check(offset + size <= len(data), "array outside the file")
        places.append((offset, size))
        return Array(bytes(data[offset:offset + size]), value)

    payload = json.loads(text, object_hook=stored)
    end = 0
    for offset, size in sorted(places):
        _check(offset == end, "arrays do not follow each other")
        end = offset + size + _pad(size)
        _check(data[offset + size:end] == bytes(end - offset - size), "padding is not zero")
    _check(end == len(data), "bytes behind the last array")
    return payload


def _bytes_of(value):
    """The array's bytes, or None if it must stay text."""
    shape, item = value.get("shape"), ITEM.get(value.get("dtype") or "")
    if not isinstance(shape, list) or item is None or value.get("codec") != "b64":
        return None
    if not all(type(n) is int and n >= 0 for n in shape) or "offset" in value or "bytes" in value:
        return None
    try:
        data = base64.b64decode(value["buffer"], validate=True)
    except (binascii.Error, KeyError, TypeError, ValueError):
        return None
    return data if len(data) == prod(shape) * item else None


def expect(text):
    def encoded(value):
        data = _bytes_of(value)
        if data is None:
            return value
        return Array(data, {k: v for k, v in value.items() if k not in ("buffer", "codec")})

    return json.loads(text, object_hook=encoded)


def expect_text(text):
    """The JSON text that the file must hold for a payload without white space inside its arrays'
    descriptors and with each array found: the payload's own, byte for byte, but for two members
    of each array."""
    import re

    offset = 0

    def member(match):
        nonlocal offset
        size = len(base64.b64decode(match[1]))
        start, offset = offset, offset + size + _pad(size)
        return b'"offset":%d,"bytes":%d' % (start, size)

    return re.sub(rb'"buffer":"([A-Za-z0-9+/=]*)","codec":"b64"', member, text)
