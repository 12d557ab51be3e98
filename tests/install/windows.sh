#!/bin/bash
# SPDX-License-Identifier: MIT
# Installs a build for Windows to a folder of its own, builds an example against it as a stranger would,
# by pkg-config and by CMake, with the DLL and without, and runs it.
#   tests/install/windows.sh BUILD_FOLDER COMPILER EMULATOR
set -euo pipefail
build=$1
cc=$2
emulator=$3
source=$(cd "$(dirname "$0")/../.." && pwd)
expected='CallLost c0a82a0300000413: normal'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
cmake --install "$build" --prefix "$prefix" >"$work/install.log" || {
	cat "$work/install.log" >&2
	exit 1
}
export PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig
cp "$source/examples/decode_record.c" "$work/"
cd "$work"
cp "$prefix/bin/libdevlink3-0.dll" .

# check NAME PROGRAM: what it prints must be as expected.
check() {
	local printed
	if ! printed=$("$emulator" "./$2" | tr -d '\r') || [ "$printed" != "$expected" ]; then
		echo "$1: expected '$expected', printed '$printed'" >&2
		exit 1
	fi
	echo "$1: ok"
}

# shellcheck disable=SC2046 # the flags are to be split
"$cc" -std=c17 decode_record.c -o by-pkg-config.exe $(pkg-config --cflags --libs devlink3)
check 'pkg-config, DLL' by-pkg-config.exe

cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(devlink3 0.1 REQUIRED)
add_executable(shared decode_record.c)
target_link_libraries(shared PRIVATE devlink3::devlink3)
add_executable(static decode_record.c)
target_link_libraries(static PRIVATE devlink3::devlink3-static)
END
cmake -G Ninja -S . -B build -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix" >cmake.log
cmake --build build >>cmake.log || {
	cat cmake.log >&2
	exit 1
}
rm libdevlink3-0.dll
check 'CMake, static' build/static.exe
cp "$prefix/bin/libdevlink3-0.dll" build/
check 'CMake, DLL' build/shared.exe
