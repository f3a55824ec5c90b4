#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Install, move the prefix, and use it by find_package and by pkg-config: install_test.sh BUILD_DIR
set -euo pipefail
build=$1
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --install "$build" --prefix "$scratch/first" >"$scratch/log" || { cat "$scratch/log"; exit 1; }
mv "$scratch/first" "$scratch/moved"
if grep -rIl "$scratch/first" "$scratch/moved"; then
  echo "install_test: these files name the first prefix" >&2
  exit 1
fi

cmake -G Ninja -S "$here/consumer" -B "$scratch/consumer" -DCMAKE_PREFIX_PATH="$scratch/moved" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
cmake --build "$scratch/consumer" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
"$scratch/consumer/with_tenon"
"$scratch/consumer/with_runtime"

PKG_CONFIG_PATH=$(dirname "$(find "$scratch/moved" -name tenon.pc)")
export PKG_CONFIG_PATH
for library in tenon tenon_runtime; do
  read -r -a flags < <(pkg-config --cflags --libs "$library")
  c++ -std=c++20 "$here/consumer/main.cpp" "${flags[@]}" -Wl,-rpath,"$(pkg-config --variable=libdir "$library")" -o "$scratch/by_pkg_config"
  "$scratch/by_pkg_config"
done

program=$(find "$scratch/moved" -name tenonexec -type f)
if [ -n "$program" ]; then
  "$program" --help >/dev/null
fi
echo "install_test: the moved prefix works"
