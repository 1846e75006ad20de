#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Becomes the program CONFINED_PROGRAM, on a machine as CONFINED describes it: words of

no-ipv4     a network namespace whose loopback interface has no 127.0.0.1
no-ipv6     one that has no ::1
no-netlink  a filter of system calls as in sandboxes: no netlink socket

Exit status 77: this machine cannot be confined in that way.
"""
import ctypes
import fcntl
import os
import platform
import socket
import struct
import sys

CLONE_NEWNET = 0x40000000
SIOCSIFADDR, SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8916, 0x8914, 0x41
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2
SOCKET_CALL = {"x86_64": 41, "aarch64": 198}
LIBC = ctypes.CDLL(None, use_errno=True)


def call(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), "not allowed")


def network(words):
    call(LIBC.unshare(CLONE_NEWNET))
    if "no-ipv6" in words:
        with open("/proc/sys/net/ipv6/conf/lo/disable_ipv6", "w", encoding="ascii") as switch:
            switch.write("1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))
        if "no-ipv4" in words:
            none = struct.pack("16sHH4s8x", b"lo", socket.AF_INET, 0, bytes(4))
            fcntl.ioctl(any_socket, SIOCSIFADDR, none)


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def no_netlink():
    """seccomp(2): socket(AF_NETLINK, ...) fails with EPERM."""
    load, equal, end = 0x20, 0x15, 0x06
    code = [
        (load, 0, 0, 0), (equal, 0, 3, SOCKET_CALL[platform.machine()]),
        (load, 0, 0, 16), (equal, 0, 1, socket.AF_NETLINK),
        (end, 0, 0, 0x00050000 | 1), (end, 0, 0, 0x7FFF0000),
    ]
    packed = b"".join(struct.pack("HBBI", *each) for each in code)
    call(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    call(LIBC.prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(Program(len(code), packed)), 0, 0))


def main():
    words = os.environ["CONFINED"].split()
    try:
        if "no-ipv4" in words or "no-ipv6" in words:
            network(words)
        if "no-netlink" in words:
            no_netlink()
    except (OSError, KeyError) as error:
        print(f"confined: {error}", file=sys.stderr)
        return 77
    program = os.environ["CONFINED_PROGRAM"]
    os.execv(program, [program, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
