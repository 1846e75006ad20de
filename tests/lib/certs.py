# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Certificates for the tests of TLS."""
import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from daemon import PROGRAM, environment


def need_openssl():
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")


def openssl(*arguments, check=False, **more):
    return subprocess.run(["openssl", *map(str, arguments)], check=check, capture_output=True, text=True, timeout=30,
                          **more)


def trusting():
    """A client that takes any certificate, for the library of peers: with TLS 1.3 a thread of that may read a
    session's tickets while another one writes, and both hang."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    return made


class Pair:
    """A certificate and its key in a folder, cert.pem and key.pem."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.cert, self.key = self.folder / "cert.pem", self.folder / "key.pem"

    @property
    def options(self):
        return ["--tls-cert", self.cert, "--tls-key", self.key]

    def fingerprint(self):
        made = openssl("x509", "-in", self.cert, "-noout", "-fingerprint", "-sha256", check=True)
        return made.stdout.strip().split("=")[1].replace(":", "").lower()

    def take(self, other):
        """Becomes what `other` is, as a renewal does: file by file."""
        shutil.copyfile(other.cert, self.cert)
        shutil.copyfile(other.key, self.key)


def make_cert(folder, *names):
    """By our own command."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    ended = subprocess.run([PROGRAM, "make-cert", "--force", folder, *names], env=environment(folder / "home"),
                           capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 0, ended.stderr
    return Pair(folder)


def make_dated(folder, begins, ends):
    """A certificate that holds from `begins` to `ends`, both days from now."""
    need_openssl()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pair = Pair(folder)
    now = datetime.now(UTC)
    first, last = ((now + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ") for days in (begins, ends))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", pair.key,
            "-out", folder / "request.pem", "-subj", "/CN=localhost", check=True)
    (folder / "index").write_text("", encoding="ascii")
    (folder / "ca.conf").write_text(
        f"[ca]\ndefault_ca=d\n[d]\nnew_certs_dir={folder}\ndatabase={folder}/index\nrand_serial=yes\ndefault_md=sha256\n"
        "policy=p\nunique_subject=no\n[p]\ncommonName=supplied\n", encoding="ascii")
    openssl("ca", "-batch", "-selfsign", "-notext", "-config", folder / "ca.conf", "-keyfile", pair.key, "-in",
            folder / "request.pem", "-out", pair.cert, "-startdate", first, "-enddate", last, check=True)
    return pair
