# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The sources of libraries, as the Debian release has them that this runs on."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

from portable.chain import CACHE, run, say


class Apt:
    """apt with lists of its own, so that sources can be had without changing the system."""

    def __init__(self):
        self.folder = CACHE / "static" / "apt"
        self.sources = self.folder / "sources"
        self.lists = self.folder / "lists"
        for folder in (self.lists / "partial", self.folder / "archives" / "partial", self.sources):
            folder.mkdir(parents=True, exist_ok=True)
        self.parts = self.folder / "parts"
        self.log = self.folder / "log"

    def _options(self):
        return [
            "-o", "Dir::Etc::SourceList=-", "-o", f"Dir::Etc::SourceParts={self.parts}",
            "-o", f"Dir::State::Lists={self.lists}", "-o", f"Dir::Cache::Archives={self.folder}/archives",
            "-o", "APT::Sandbox::User=root",
        ]

    def update(self):
        """Reads the lists of the system's own sources once more, with those of source packages."""
        system = Path("/etc/apt")
        self.parts.mkdir(exist_ok=True)
        for path in [system / "sources.list", *sorted((system / "sources.list.d").glob("*"))]:
            text = path.read_text(encoding="utf-8") if path.suffix in (".list", ".sources") and path.is_file() else ""
            if path.suffix == ".sources":
                text = re.sub(r"^Types:.*$", "Types: deb deb-src", text, flags=re.M)
            else:
                text += re.sub(r"^deb\s", "deb-src ", text, flags=re.M)
            (self.parts / path.name).write_text(text, encoding="utf-8")
        run("apt-get", "-q", *self._options(), "update", log=self.log)

    def _versions(self, package):
        """Those of a source package that the lists name, the newest first."""
        listed = subprocess.run(["apt-cache", *self._options(), "showsrc", "--only-source", package], check=False,
                                capture_output=True, text=True).stdout
        return re.findall(r"^Version: (\S+)$", listed, re.M)

    def _download(self, package, pattern):
        """The original archives of a package that are there then; its packaging may have gone from the archive, or
        a version that is listed may not have come to it yet."""
        for version in ["", *self._versions(package)]:
            subprocess.run(
                ["apt-get", "-q", *self._options(), "source", "--download-only", f"{package}={version}".rstrip("=")],
                cwd=self.sources, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
            )
            found = [each for each in sorted(self.sources.glob(f"{pattern}*.orig.tar.*"))
                     if not each.name.endswith((".asc", ".sig"))]
            if found:
                return found
        return []

    def source(self, package, pattern):
        """The unpacked source of a package; `pattern` is what its original archive begins with."""
        unpacked = self.sources / package
        if unpacked.is_dir():
            return unpacked
        say(f"fetching the source of {package}")
        archives = self._download(package, pattern) if any(self.lists.glob("*_Sources*")) else []
        if not archives:
            # Lists that are older than the archive name what has gone from it.
            self.update()
            archives = self._download(package, pattern)
        if not archives:
            sys.exit(f"make-wheel: the source of {package} cannot be had with apt")
        partial = self.sources / f".{package}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        run("tar", "xf", archives[-1], "-C", partial, "--strip-components=1", log=self.log)
        for patches in sorted(self.sources.glob(f"{pattern}*.debian.tar.*")):
            run("tar", "xf", patches, "-C", partial, log=self.log)
        self._patch(partial)
        partial.rename(unpacked)
        return unpacked

    def _patch(self, folder):
        """Debian's patches, which hold the security fixes."""
        series = folder / "debian" / "patches" / "series"
        if not series.is_file():
            return
        for line in series.read_text(encoding="utf-8").splitlines():
            name = line.split("#")[0].split()
            if name:
                run("patch", "-p1", "-N", "-i", folder / "debian" / "patches" / name[0], cwd=folder, log=self.log)
