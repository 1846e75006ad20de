# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The libraries that the wheel's program links, as static ones for an old glibc or for musl.

Everything stays in the cache folder: a library that was built is not built again."""
import fcntl
import hashlib
import inspect
import os
import re
import shutil

from portable import occt
from portable.chain import FLAGS, compiler, run, say


def cmake(chain, name, source, *options):
    """Configures, builds and installs one library into the prefix."""
    build = chain.folder / "build" / name
    log = chain.folder / f"{name}.log"
    build.mkdir(parents=True, exist_ok=True)
    ninja = chain.program("ninja")
    run(chain.program("cmake"), "-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}", source,
        f"-DCMAKE_TOOLCHAIN_FILE={chain.cmake_file}", "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_INSTALL_PREFIX={chain.prefix}", "-DCMAKE_INSTALL_LIBDIR=lib", "-DBUILD_SHARED_LIBS=OFF",
        "-DCMAKE_POSITION_INDEPENDENT_CODE=ON", "-DCMAKE_POLICY_VERSION_MINIMUM=3.5", *options, cwd=build, log=log)
    run(ninja, "install", cwd=build, log=log)


def pkg_config(chain, name, version, libs):
    folder = chain.prefix / "lib" / "pkgconfig"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.pc").write_text(
        f"prefix={chain.prefix}\nName: {name}\nDescription: {name}\nVersion: {version}\n"
        f"Libs: -L${{prefix}}/lib {libs}\nCflags: -I${{prefix}}/include\n"
    )


def build_zlib(chain, apt):
    # Its CMake files build a shared library in any case.
    build = chain.folder / "build" / "zlib"
    log = chain.folder / "zlib.log"
    shutil.rmtree(build, ignore_errors=True)
    shutil.copytree(apt.source("zlib", "zlib_"), build)
    env = dict(os.environ, CC=str(chain.tools / "cc"), AR=str(chain.tools / "ar"), CFLAGS=FLAGS,
               RANLIB=str(chain.tools / "ranlib"), CHOST=f"{chain.arch}-linux-gnu")
    run("sh", "./configure", "--static", f"--prefix={chain.prefix}", cwd=build, log=log, env=env)
    run("make", "install", cwd=build, log=log, env=env)


def build_zstd(chain, apt):
    # Its CMake files ask for a C++ compiler, for which zig would build the C++ library once more.
    build = chain.folder / "build" / "zstd"
    shutil.rmtree(build, ignore_errors=True)
    shutil.copytree(apt.source("libzstd", "libzstd_") / "lib", build)
    run("make", "install-static", "install-includes", "install-pc", f"CC={chain.tools / 'cc'}", f"AR={chain.tools / 'ar'}",
        f"CFLAGS={FLAGS}", f"PREFIX={chain.prefix}", "ZSTD_LEGACY_SUPPORT=0", cwd=build, log=chain.folder / "zstd.log")


def build_jansson(chain, apt):
    cmake(chain, "jansson", apt.source("jansson", "jansson_"), "-DJANSSON_BUILD_DOCS=OFF",
          "-DJANSSON_WITHOUT_TESTS=ON", "-DJANSSON_EXAMPLES=OFF", "-DJANSSON_BUILD_SHARED_LIBS=OFF")


def build_yaml(chain, apt):
    cmake(chain, "yaml", apt.source("libyaml", "libyaml_"), "-DBUILD_TESTING=OFF")
    pkg_config(chain, "yaml-0.1", "0.2.5", "-lyaml")


def build_uv(chain, apt):
    source = apt.source("libuv1", "libuv1_")
    cmake(chain, "uv", source, "-DLIBUV_BUILD_TESTS=OFF", "-DLIBUV_BUILD_SHARED=OFF", "-DBUILD_TESTING=OFF")
    for path in chain.prefix.glob("lib/libuv.so*"):
        path.unlink()
    static = chain.prefix / "lib" / "libuv_a.a"
    if static.is_file():
        shutil.copy(static, chain.prefix / "lib" / "libuv.a")
    header = (source / "include" / "uv" / "version.h").read_text(encoding="ascii")
    version = ".".join(re.search(rf"UV_VERSION_{part} (\d+)", header)[1] for part in ("MAJOR", "MINOR", "PATCH"))
    pkg_config(chain, "libuv", version, "-luv -lpthread -ldl")


def build_openssl(chain, apt):
    source = apt.source("openssl", "openssl_")
    build = chain.folder / "build" / "openssl"
    log = chain.folder / "openssl.log"
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    env = dict(os.environ, CC=str(chain.tools / "cc"), AR=str(chain.tools / "ar"), RANLIB=str(chain.tools / "ranlib"),
               SOURCE_DATE_EPOCH="0", CFLAGS=FLAGS)
    # TLS 1.2 and 1.3 with what browsers speak, and the making of a certificate.
    run("perl", source / "Configure", {"x86_64": "linux-x86_64", "aarch64": "linux-aarch64"}[chain.arch],
        f"--prefix={chain.prefix}", "--libdir=lib", "--openssldir=/etc/ssl", "no-shared", "no-tests", "no-engine",
        "no-legacy", "no-deprecated", "no-comp", "no-dtls", "no-psk", "no-srp", "no-ssl3", "no-ssl3-method", "no-idea",
        "no-mdc2", "no-rc2", "no-rc4", "no-bf", "no-cast", "no-seed", "no-camellia", "no-aria", "no-sm2", "no-sm3",
        "no-sm4", "no-whirlpool", "no-rmd160", "no-cms", "no-ct", "no-ts", "no-gost",
        "no-module", "no-dso", cwd=build, log=log, env=env)
    run("make", f"-j{os.cpu_count()}", "build_generated", cwd=build, log=log, env=env)
    run("make", f"-j{os.cpu_count()}", "libcrypto.a", "libssl.a", cwd=build, log=log, env=env)
    run("make", "install_dev", cwd=build, log=log, env=env)


def build_wslay(chain, apt):
    """Out of the source of aria2, which carries wslay 1.1.1 whole: wslay's own has gone from the archive."""
    source = apt.source("aria2", "aria2_") / "deps" / "wslay" / "lib"
    build = chain.folder / "build" / "wslay"
    log = chain.folder / "wslay.log"
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    names = ("wslay_event", "wslay_frame", "wslay_net", "wslay_queue")
    for name in names:
        run(chain.tools / "cc", *FLAGS.split(), "-DHAVE_ARPA_INET_H", "-DHAVE_NETINET_IN_H", f"-I{source / 'includes'}",
            "-c", source / f"{name}.c", "-o", build / f"{name}.o", log=log)
    archive = chain.prefix / "lib" / "libwslay.a"
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.unlink(missing_ok=True)
    run(chain.tools / "ar", "qcD", archive, *(build / f"{name}.o" for name in names), log=log)
    run(chain.tools / "ranlib", archive, log=log)
    shutil.copytree(source / "includes" / "wslay", chain.prefix / "include" / "wslay", dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("*.in"))
    version = re.search(r'WSLAY_VERSION "(.*)"', (source / "includes" / "wslay" / "wslayver.h").read_text(encoding="ascii"))[1]
    pkg_config(chain, "libwslay", version, "-lwslay")


def build_qrencode(chain, apt):
    cmake(chain, "qrencode", apt.source("qrencode", "qrencode_"), "-DWITH_TOOLS=NO", "-DWITH_TESTS=NO", "-DWITHOUT_PNG=ON")


LIBRARIES = {
    "zlib": build_zlib,
    "zstd": build_zstd,
    "jansson": build_jansson,
    "yaml": build_yaml,
    "uv": build_uv,
    "openssl": build_openssl,
    "wslay": build_wslay,
    "qrencode": build_qrencode,
    "occt": occt.build,
}


def stamp_of(name, build):
    """Changes with the recipe, the compiler and its flags."""
    recipe = inspect.getsource(occt) + str(occt.own_includes()) if name == "occt" else inspect.getsource(build)
    return hashlib.sha256((compiler() + FLAGS + recipe).encode()).hexdigest()


def is_built(chain, name):
    """Whether a library is there as its recipe now says."""
    stamp = chain.folder / "stamps" / name
    return stamp.is_file() and stamp.read_text(encoding="ascii") == stamp_of(name, LIBRARIES[name])


def build_all(chain, apt, geometry=True):
    """Builds what is not there yet, or whose recipe or compiler changed since."""
    stamps = chain.folder / "stamps"
    stamps.mkdir(exist_ok=True)
    wanted = [name for name in LIBRARIES if geometry or name != "occt"]
    # Nobody who has all that is wanted waits for another one's OCCT.
    if all(is_built(chain, name) for name in wanted):
        return
    with open(chain.folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in wanted:
            if is_built(chain, name):
                continue
            say(f"building {name} for {chain.name}")
            LIBRARIES[name](chain, apt)
            (stamps / name).write_text(stamp_of(name, LIBRARIES[name]), encoding="ascii")
