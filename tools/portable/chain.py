# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The compiler of the wheel: zig's (ziglang on PyPI). It carries the headers and symbol lists of every
glibc, so that what it builds runs on any Linux since that version."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("CADCAST_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cadcast")
GLIBC = "2.28"
# The one whose version zig carries as musl.
MUSL = "1_2"
ARCHES = ("aarch64", "x86_64")
FLAGS = "-O2 -g0 -fPIC -ffunction-sections -fdata-sections"


def compiler():
    """The compiler's line in the list of what the virtual environment holds."""
    requirements = (ROOT / "tools" / "requirements-wheel.txt").read_text(encoding="utf-8")
    return re.search(r"^ziglang==.*$", requirements, re.M)[0]


def say(text):
    print(f"== {text}", file=sys.stderr)


def run(*command, cwd=None, log, **more):
    """Runs a command; what it printed is shown only if it fails."""
    with open(log, "ab") as out:
        result = subprocess.run(
            list(map(str, command)), cwd=cwd, stdout=out, stderr=subprocess.STDOUT, check=False, **more
        )
    if result.returncode != 0:
        tail = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()[-40:]
        sys.exit("\n".join(tail) + f"\nmake-wheel: {' '.join(map(str, command))} failed; all of it: {log}")


class Toolchain:
    """zig as compiler and archiver for one processor and C library, and CMake's and Meson's files about it."""

    def __init__(self, arch, libc="glibc"):
        self.arch = arch
        self.libc = libc
        self.name = f"{arch}-glibc{GLIBC}" if libc == "glibc" else f"{arch}-{libc}"
        self.platform = f"manylinux_{GLIBC.replace('.', '_')}_{arch}" if libc == "glibc" else f"musllinux_{MUSL}_{arch}"
        self.python = CACHE / "wheel" / "bin" / "python"
        zig = subprocess.run(
            [self.python, "-c", "import ziglang, os; print(os.path.dirname(ziglang.__file__))"],
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        self.zig = Path(zig) / "zig"
        self.folder = CACHE / "static" / self.name
        self.prefix = self.folder / "prefix"
        self.tools = self.folder / "tools"
        self.tools.mkdir(parents=True, exist_ok=True)
        plain = f"{arch}-linux-{'gnu' if libc == 'glibc' else libc}"
        target = f"{plain}.{GLIBC}" if libc == "glibc" else plain
        # Meson asks for macros with -E -dM, and zig hands the version of glibc on to clang there,
        # which refuses it: without a version that question is answered.
        for name, command in (("cc", "cc"), ("c++", "c++")):
            self._script(name, f'''case " $* " in
*" -E "*" -dM "*|*" -dM "*" -E "*) exec "{self.zig}" {command} -target {plain} "$@" ;;
esac
exec "{self.zig}" {command} -target {target} "$@"''')
        for name in ("ar", "ranlib", "objcopy"):
            self._script(name, f'exec "{self.zig}" {name} "$@"')
        self.cmake_file = self.tools / "toolchain.cmake"
        self.cmake_file.write_text(
            "set(CMAKE_SYSTEM_NAME Linux)\n"
            f"set(CMAKE_SYSTEM_PROCESSOR {arch})\n"
            f'set(CMAKE_C_COMPILER "{self.tools}/cc")\nset(CMAKE_CXX_COMPILER "{self.tools}/c++")\n'
            f'set(CMAKE_AR "{self.tools}/ar" CACHE FILEPATH "")\n'
            f'set(CMAKE_RANLIB "{self.tools}/ranlib" CACHE FILEPATH "")\n'
            f'set(CMAKE_C_FLAGS_RELEASE "{FLAGS}")\nset(CMAKE_CXX_FLAGS_RELEASE "{FLAGS}")\n'
            f'set(CMAKE_FIND_ROOT_PATH "{self.prefix}")\n'
            "set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)\n"
            "set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)\nset(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)\n"
        )

    def _script(self, name, body):
        path = self.tools / name
        text = f"#!/bin/sh\n{body}\n"
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
            path.chmod(0o755)

    def is_foreign(self):
        """Whether this machine cannot run what is built."""
        return self.arch != os.uname().machine

    def program(self, name):
        """A program of the virtual environment, or of the system."""
        own = self.python.parent / name
        return own if own.is_file() else shutil.which(name)

    def meson_file(self):
        """The cross file of Meson; everything is found in the prefix alone."""
        path = self.tools / "cross.ini"
        includes = f"'-isystem{self.prefix}/include'"
        occt = self.prefix / "include" / "opencascade"
        # What runs the program here: it writes the completions of shells.
        wrapper = f"exe_wrapper = ['qemu-{self.arch}-static', '-L', '/usr/{self.arch}-linux-gnu']" if self.is_foreign() else ""
        path.write_text(f"""[binaries]
c = '{self.tools}/cc'
cpp = '{self.tools}/c++'
ar = '{self.tools}/ar'
strip = '{shutil.which("strip")}'
pkg-config = '{shutil.which("pkg-config")}'
{wrapper}
[properties]
pkg_config_libdir = '{self.prefix}/lib/pkgconfig'
needs_exe_wrapper = {"true" if self.is_foreign() else "false"}
[built-in options]
c_args = [{includes}, '-ffunction-sections', '-fdata-sections', '-ffile-prefix-map={ROOT}=.']
cpp_args = [{includes}, '-isystem{occt}', '-ffunction-sections', '-fdata-sections', '-ffile-prefix-map={ROOT}=.']
c_link_args = ['-L{self.prefix}/lib', '-Wl,--gc-sections', '-s']
cpp_link_args = ['-L{self.prefix}/lib', '-Wl,--gc-sections', '-s']
[host_machine]
system = 'linux'
cpu_family = '{self.arch}'
cpu = '{self.arch}'
endian = 'little'
""")
        return path
