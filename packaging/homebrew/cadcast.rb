# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
# For Linux: on macOS the sources compile, and have not been run yet.
class Cadcast < Formula
  desc "Shows CAD models of Python scripts and notebooks in a browser"
  homepage "https://github.com/cadcast/cadcast"
  url "https://github.com/cadcast/cadcast/releases/download/v0.1.0/cadcast-0.1.0.tar.xz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license all_of: ["MIT", "Apache-2.0"]

  depends_on "meson" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "python@3.13" => :build
  depends_on "jansson"
  depends_on "libuv"
  depends_on "libyaml"
  depends_on :linux
  depends_on "llhttp"
  depends_on "opencascade"
  depends_on "openssl@3"
  depends_on "qrencode"
  depends_on "wslay"
  depends_on "zlib"
  depends_on "zstd"

  # The renderer of the page; tools/fetch-assets has the same sum.
  resource "ocp_viewer" do
    url "https://pypi.org/packages/py3/o/ocp_viewer/ocp_viewer-1.2.0-py3-none-any.whl"
    sha256 "cb6d7e1fcb43ac50fdcbd6bb9fb0ecc075e76ed4269da8668f08a5075559eec0"
  end

  service do
    run [opt_bin/"cadcast", "serve"]
    keep_alive successful_exit: false
  end

  def install
    resource("ocp_viewer").stage do
      system "python3.13", buildpath/"tools/fetch-assets", "--wheel", Dir["*.whl"].first,
             "--into", buildpath/"static/vendor"
    end
    ENV.append "CXXFLAGS", "-I#{Formula["opencascade"].opt_include}/opencascade"
    system "meson", "setup", "build", "-Dtests=false", "-Dgeometry=enabled", *std_meson_args
    system "meson", "compile", "-C", "build", "--verbose"
    system "meson", "install", "-C", "build"
  end

  test do
    port = free_port
    pid = spawn bin/"cadcast", "serve", "--port", port.to_s, "--demo"
    sleep 2
    assert_match "\"model\":true", shell_output("curl -s http://127.0.0.1:#{port}/healthz").delete(" ")
  ensure
    Process.kill "TERM", pid
    Process.wait pid
  end
end
