# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
# For nixpkgs' pkgs/by-name/ca/cadcast/package.nix.
{
  lib,
  stdenv,
  fetchurl,
  meson,
  ninja,
  pkg-config,
  python3,
  jansson,
  libuv,
  libyaml,
  llhttp,
  opencascade-occt,
  openssl,
  wslay,
  zlib,
  qrencode,
  zstd,
  withGeometry ? true,
}:

let
  # The renderer of the page; tools/fetch-assets has the same sum.
  renderer = fetchurl {
    url = "https://pypi.org/packages/py3/o/ocp_viewer/ocp_viewer-1.2.0-py3-none-any.whl";
    sha256 = "cb6d7e1fcb43ac50fdcbd6bb9fb0ecc075e76ed4269da8668f08a5075559eec0";
  };
in
stdenv.mkDerivation (finalAttrs: {
  pname = "cadcast";
  version = "0.1.0";

  src = fetchurl {
    url = "https://github.com/cadcast/cadcast/releases/download/v${finalAttrs.version}/cadcast-${finalAttrs.version}.tar.xz";
    hash = lib.fakeHash;
  };

  nativeBuildInputs = [
    meson
    ninja
    pkg-config
    python3
  ];

  buildInputs = [
    jansson
    libuv
    libyaml
    llhttp
    openssl
    wslay
    zlib
    qrencode
    zstd
  ]
  ++ lib.optional withGeometry opencascade-occt;

  postPatch = ''
    patchShebangs tools
    python3 tools/fetch-assets --wheel ${renderer}
  '';

  env = lib.optionalAttrs withGeometry {
    CXXFLAGS = "-I${lib.getDev opencascade-occt}/include/opencascade";
  };

  mesonFlags = [
    (lib.mesonBool "tests" false)
    (lib.mesonEnable "geometry" withGeometry)
  ];

  meta = {
    description = "Shows CAD models of Python scripts and notebooks in a browser, and measures them exactly";
    homepage = "https://github.com/cadcast/cadcast";
    license = with lib.licenses; [
      mit
      asl20
    ];
    mainProgram = "cadcast";
    platforms = lib.platforms.linux;
  };
})
