# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What the geometry helper and the importer need of OCCT's toolkits, as static libraries.

Only the files are compiled that their includes lead to: a header leads to the files of its
name, and to those of its package that have no header, and these to what they include. That is half
of them.

Most of the time of building OCCT goes into reading its headers once a file, so the files of a
package are compiled a dozen at a time, as one that includes them. Where two of them cannot stand
together (a name twice, a macro with two meanings), the dozen is halved until they can.
"""
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from portable.chain import FLAGS, ROOT, compiler, run, say

# Each needs those before it.
TOOLKITS = ("TKernel", "TKMath", "TKG2d", "TKG3d", "TKGeomBase", "TKBRep", "TKGeomAlgo", "TKTopAlgo", "TKShHealing",
            "TKMesh", "TKPrim", "TKBO", "TKBool", "TKCDF", "TKLCAF", "TKCAF", "TKService", "TKXSBase", "TKSTEPBase",
            "TKSTEPAttr", "TKSTEP209", "TKSTEP", "TKIGES", "TKXCAF", "TKXDEIGES", "TKXDESTEP")
# As OCCT's build files have it for a release; a macro that changes inside a unit may not go by.
DEFINES = "-fexceptions -DNDEBUG -DNo_Exception -DOCC_CONVERT_SIGNALS -DOCCT_NO_PLUGINS -w -Werror=macro-redefined"
TOGETHER = 12
# What the importer has in the place of OCCT's own, by file: weak there, so that both can be linked.
REPLACED = {"OSD_OpenFile.cxx": 'extern "C" FILE *OSD_OpenFile(const char *, const char *)'}
# What files ask for that is glibc's, and what stands before them where musl is linked: no counting of the heap, no
# exceptions of floating numbers, no traces of the stack.
WITHOUT_GLIBC = {
    "OSD_MemInfo.cxx": "struct mallinfo { long uordblks; }; static inline struct mallinfo mallinfo() { return {}; }",
    "OSD_signal.cxx": "static inline int feenableexcept(int) { return -1; } static inline int fedisableexcept(int) { return -1; } "
                      "static inline int fegetexcept() { return 0; }",
    "Standard_StackTrace.cxx": "#define __QNX__",
}
SOURCES = (".cxx", ".cpp", ".c")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def own_includes():
    """What the sources of the two programs include, in order."""
    found = set()
    for path in [each for room in ("helper", "mesh", "import") for each in (ROOT / "src" / room).glob("*.?pp")]:
        found.update(INCLUDE.findall(path.read_text(encoding="utf-8")))
    return sorted(found)


class Occt:
    """One build: the sources, the folder of the objects, and the compilers."""

    def __init__(self, chain, source):
        self.chain = chain
        self.source = source / "src"
        # Objects of another compiler, or of other flags, are not taken for these.
        key = hashlib.sha256((compiler() + FLAGS + DEFINES).encode()).hexdigest()[:12]
        self.folder = chain.folder / "build" / f"occt-{key}"
        self.headers = chain.prefix / "include" / "opencascade"
        self.log = chain.folder / "occt.log"
        self.places = {name: package for toolkit in TOOLKITS for package in self.packages(toolkit) for name in self.files(package)}
        self.needed = self._reached()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.headers.mkdir(parents=True, exist_ok=True)

    def packages(self, toolkit):
        return (self.source / toolkit / "PACKAGES").read_text(encoding="ascii").split()

    def files(self, package):
        """What is in a package; a line may have a kind before the name."""
        lines = (self.source / package / "FILES").read_text(encoding="ascii").split()
        return [line.rpartition("::")[2] for line in lines]

    def _reached(self):
        """The files that have to be compiled."""
        by_header, of_package = {}, {}
        for name, package in self.places.items():
            if name.endswith(SOURCES):
                # An instance of a generic class is in Class_0.cxx.
                header = re.sub(r"_\d+$", "", name.rpartition(".")[0]) + ".hxx"
                if header in self.places:
                    by_header.setdefault(header, []).append(name)
                else:
                    of_package.setdefault(package, []).append(name)
        seen = set()
        ahead = own_includes()
        while ahead:
            name = ahead.pop()
            if name in seen or name not in self.places:
                continue
            seen.add(name)
            text = (self.source / self.places[name] / name).read_text(encoding="utf-8", errors="replace")
            ahead += INCLUDE.findall(text) + by_header.get(name, []) + of_package.pop(self.places[name], [])
        return {name for name in seen if name.endswith(SOURCES)}

    def copy_headers(self):
        """All of OCCT's: some toolkits include those of others that they do not link."""
        for path in self.source.glob("*/*.?xx"):
            if not path.name.endswith(SOURCES):
                shutil.copy2(path, self.headers / path.name)
        for path in self.source.glob("*/*.h"):
            shutil.copy2(path, self.headers / path.name)

    def units(self, package):
        """The package's files in groups. One that instantiates a generic (.gxx) defines macros with
        the same names as the next one does, and stays alone."""
        names = [name for name in self.files(package) if name in self.needed]
        alone = [name for name in names if not name.endswith(".cxx") or self._before(name) or self._is_generic(package, name)]
        rest = [name for name in names if name not in alone]
        groups = [rest[i:i + TOGETHER] for i in range(0, len(rest), TOGETHER)]
        return [[name] for name in alone] + groups

    def _is_generic(self, package, name):
        text = (self.source / package / name).read_text(encoding="utf-8", errors="replace")
        return re.search(r"\.gxx|\.pxx", text) is not None

    def _before(self, name):
        """The lines that a file is compiled behind."""
        lines = [f"#include <stdio.h>\n{REPLACED[name]} __attribute__((weak));"] if name in REPLACED else []
        lines += [WITHOUT_GLIBC[name]] if self.chain.libc != "glibc" and name in WITHOUT_GLIBC else []
        return "".join(f"{line}\n" for line in lines)

    def compile(self, package, names):
        """The objects of some files of a package; those of an earlier run are kept."""
        rest = hashlib.sha256(" ".join(names).encode()).hexdigest()[:8]
        name = f"{package}-{names[0]}" + (f"-{rest}" if len(names) > 1 else "")
        out = self.folder / f"{name}.o"
        if out.is_file():
            return [out]
        unit = self.source / package / names[0]
        if len(names) > 1:
            unit = self.folder / f"{name}.cxx"
            unit.write_text("".join(f'#include "{self.source / package / each}"\n' for each in names), encoding="ascii")
        plain = names[0].endswith(".c")
        before = []
        if self._before(names[0]):
            header = self.folder / f"{name}.h"
            header.write_text(self._before(names[0]), encoding="ascii")
            before = ["-include", header]
        # Written whole or not at all, so that a build that was cut short can go on.
        partial = out.with_suffix(".partial")
        result = subprocess.run(
            [self.chain.tools / ("cc" if plain else "c++"), *FLAGS.split(), *([] if plain else ["-std=c++14"]), *DEFINES.split(), *before,
             f"-ffile-prefix-map={self.source}=occt", f"-I{self.headers}", "-c", unit, "-o", partial],
            capture_output=True, text=True, check=False)
        if result.returncode == 0:
            partial.replace(out)
            return [out]
        if len(names) == 1:
            sys.exit(f"{result.stderr}\nmake-wheel: {unit} does not compile")
        half = len(names) // 2
        return self.compile(package, names[:half]) + self.compile(package, names[half:])

    def build(self):
        self.copy_headers()
        jobs = [(toolkit, package, names) for toolkit in TOOLKITS for package in self.packages(toolkit)
                for names in self.units(package)]
        made = {toolkit: [] for toolkit in TOOLKITS}
        said = time.monotonic()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = pool.map(lambda job: self.compile(*job[1:]), jobs)
            for number, ((toolkit, _, _), objects) in enumerate(zip(jobs, results), 1):
                made[toolkit] += objects
                if time.monotonic() - said > 60:
                    said = time.monotonic()
                    say(f"OCCT: {number} of {len(jobs)}")
        for toolkit, objects in made.items():
            archive = self.chain.prefix / "lib" / f"lib{toolkit}.a"
            archive.unlink(missing_ok=True)
            run(self.chain.tools / "ar", "qcD", archive, *objects, log=self.log)
            run(self.chain.tools / "ranlib", archive, log=self.log)


def build(chain, apt):
    """For portable.libraries."""
    Occt(chain, apt.source("opencascade", "opencascade_")).build()
