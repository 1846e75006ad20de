# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Recordings with other times than those they were made in: docs/recording.md."""
import struct
import subprocess
import zlib

HEAD, RECORD = 128, struct.Struct("<IIQI")  # kind, offset, bytes of content, and their CRC-32
WHEN, DONE = 64, 11


def zstd(data, *words):
    return subprocess.run(["zstd", "-q", "-c", *words], input=data, capture_output=True, check=True).stdout


def pictures(data):
    """The records of each picture, as pairs of a kind and all its bytes."""
    at, found = 0, [[]]
    while at < len(data):
        kind, _, size, _ = RECORD.unpack_from(data, at)
        end = at + RECORD.size + 4 + size
        found[-1].append((kind, data[at:end]))
        found += [[]] if kind == DONE else []
        at = end
    return found[:-1]


def shown_at(when):
    """The record of a time, in milliseconds."""
    content = struct.pack("<Q", when)
    head = RECORD.pack(WHEN, 0, len(content), zlib.crc32(content))
    return head + struct.pack("<I", zlib.crc32(head)) + content


def stretch(path, seconds):
    """Puts the pictures of the recording at even times, of which the last is so long after the first. How many they are."""
    data = path.read_bytes()
    found = pictures(zstd(data, "-d"))
    begin = next(struct.unpack("<Q", record[-8:])[0] for kind, record in found[0] if kind == WHEN)
    times = [begin + n * seconds * 1000 // (len(found) - 1) for n in range(len(found))]
    frames = [zstd(b"".join(shown_at(when) if kind == WHEN else record for kind, record in picture), "--check")
              for when, picture in zip(times, found)]
    path.write_bytes(data[:HEAD] + b"".join(frames))
    return len(found)
