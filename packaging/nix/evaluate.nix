# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
# Evaluates package.nix without nixpkgs, for tools/check-recipes: every package is its own name.
let
  names = builtins.attrNames (builtins.functionArgs (import ./package.nix));
  packages = builtins.listToAttrs (map (name: { inherit name; value = name; }) names);
  lib = {
    fakeHash = "";
    optional = condition: value: if condition then [ value ] else [ ];
    optionalAttrs = condition: set: if condition then set else { };
    getDev = value: value;
    mesonBool = name: value: "-D${name}=${if value then "true" else "false"}";
    mesonEnable = name: value: "-D${name}=${if value then "enabled" else "disabled"}";
    licenses = { mit = "MIT"; asl20 = "Apache-2.0"; };
    platforms.linux = [ "x86_64-linux" ];
  };
  stdenv.mkDerivation = made: let final = made final; in final;
  of = withGeometry: import ./package.nix (packages // {
    inherit lib stdenv withGeometry;
    fetchurl = given: given.url;
  });
in
map of [ true false ]
