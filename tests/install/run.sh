#!/bin/bash
# SPDX-License-Identifier: MIT
# Installs a build to a folder of its own and builds the examples against it as a
# stranger would: pkg-config and CMake, shared and static.
#   tests/install/run.sh BUILD_FOLDER COMPILER
set -euo pipefail
build=$1
cc=$2
source=$(cd "$(dirname "$0")/../.." && pwd)
expected='CallLost c0a82a0300000413: normal'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
cmake --install "$build" --prefix "$prefix" >"$work/install.log" || {
	cat "$work/install.log" >&2
	exit 1
}
pc=$(find "$prefix" -name devlink3.pc)
libdir=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH=$libdir/pkgconfig

# check NAME COMMAND...: the command is the program; what it prints must be as expected.
check() {
	local name=$1 printed
	shift
	if ! printed=$("$@") || [ "$printed" != "$expected" ]; then
		echo "$name: expected '$expected', printed '$printed'" >&2
		exit 1
	fi
	echo "$name: ok"
}

[ "$(wc -l <"$source/examples/decode_record.c")" -le 30 ] || {
	echo "examples/decode_record.c is to be a program of at most 30 lines" >&2
	exit 1
}

# With the headers of the installation only: the source tree is not on the include path.
cp "$source/examples/decode_record.c" "$source/examples/client.c" "$work/"
cd "$work"

# shellcheck disable=SC2046 # the flags are to be split
"$cc" -std=c17 -Wall -Wextra -Werror decode_record.c -o by-pkg-config $(pkg-config --cflags --libs devlink3)
check 'pkg-config, shared' env LD_LIBRARY_PATH="$libdir" ./by-pkg-config
# shellcheck disable=SC2046
"$cc" -std=gnu17 -Wall -Wextra -Werror client.c -o client $(pkg-config --cflags --libs devlink3)
[ "$(ldd ./by-pkg-config | grep -c libcrypto)" -le 1 ]
if readelf -d ./by-pkg-config | grep -q 'NEEDED.*libcrypto'; then
	echo "pkg-config without --static names libcrypto, which is the library's own affair" >&2
	exit 1
fi
readelf -d ./by-pkg-config | grep -q 'NEEDED.*libdevlink3\.so\.0' || {
	echo "the program does not ask for libdevlink3.so.0" >&2
	exit 1
}

# The Python package, with the library found by its name.
check 'python' env LD_LIBRARY_PATH="$libdir" PYTHONPATH="$prefix/share/devlink3/python" DEVLINK3_LIBRARY= PYTHONDONTWRITEBYTECODE=1 python3 -c '
import devlink3
lost = devlink3.decode_record("<CallLost>c0a82a03,c0a82a0300000413,1,16</CallLost>")
print(f"CallLost {lost.end}: {lost.cause}")'

# libcrypto.a looks up names and loads modules, which glibc warns of in a static program.
# shellcheck disable=SC2046
"$cc" -std=c17 -static decode_record.c -o by-pkg-config-static $(pkg-config --static --cflags --libs devlink3) 2>"$work/static.log" || {
	cat "$work/static.log" >&2
	exit 1
}
check 'pkg-config, static' ./by-pkg-config-static

cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(devlink3 0.1 REQUIRED)
add_executable(shared decode_record.c)
target_link_libraries(shared PRIVATE devlink3::devlink3)
add_executable(static decode_record.c)
target_link_libraries(static PRIVATE devlink3::devlink3-static)
END
{
	cmake -S . -B cmake-build -G Ninja -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix"
	cmake --build cmake-build
} >cmake.log 2>&1 || {
	cat cmake.log >&2
	exit 1
}
check 'CMake, shared' ./cmake-build/shared
check 'CMake, static' ./cmake-build/static
if readelf -d ./cmake-build/static | grep -q 'NEEDED.*libdevlink3'; then
	echo "the static program asks for the shared library" >&2
	exit 1
fi

# libdevlink3-event, where it was built: each way to link it asks for the library beneath it too.
if [ -f "$libdir/pkgconfig/devlink3-event.pc" ]; then
	expected='127.0.0.1'
	cat >listen.c <<'END'
#include <devlink3/devlink3.h>
#include <devlink3/event.h>
#include <event2/event.h>
#include <stdio.h>

static void on_event(struct dl3_conn *conn, const struct dl3_event *event, void *arg)
{
	(void)conn;
	(void)event;
	(void)arg;
}

int main(void)
{
	char error[256] = "";
	struct dl3_tls_server tls = { 0 };
	struct dl3_listener_config config = { .tls = &tls, .callbacks.event = on_event };
	struct event_base *base = event_base_new();
	struct dl3_listener *l = dl3_listener_new(base, &config, error, sizeof(error));
	printf("%.9s\n", l ? dl3_listener_address(l) : error);
	dl3_listener_free(l);
	event_base_free(base);
	return dl3_version()[0] == '\0';
}
END
	# shellcheck disable=SC2046
	"$cc" -std=c17 -Wall -Wextra -Werror listen.c -o listen $(pkg-config --cflags --libs devlink3-event libevent_core)
	check 'pkg-config, event' env LD_LIBRARY_PATH="$libdir" ./listen
	readelf -d ./listen | grep -q 'NEEDED.*libdevlink3-event\.so\.0' || {
		echo "the program does not ask for libdevlink3-event.so.0" >&2
		exit 1
	}
	cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(devlink3 0.1 REQUIRED)
foreach(kind event event-static)
	add_executable(${kind} listen.c)
	target_link_libraries(${kind} PRIVATE devlink3::${kind} event_core)
endforeach()
END
	rm -rf cmake-build
	{
		cmake -S . -B cmake-build -G Ninja -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix"
		cmake --build cmake-build
	} >cmake.log 2>&1 || {
		cat cmake.log >&2
		exit 1
	}
	check 'CMake, event' ./cmake-build/event
	check 'CMake, event, static' ./cmake-build/event-static
	if readelf -d ./cmake-build/event-static | grep -q 'NEEDED.*libdevlink3'; then
		echo "the static program asks for the shared libraries" >&2
		exit 1
	fi
fi

# The command, where it was built, is installed and says the version that devlink3.pc has.
if [ -x "$build/devlink3" ]; then
	version=$("$prefix/bin/devlink3" --version)
	case "$version" in
	*"$(pkg-config --modversion devlink3)"*) echo "command: ok" ;;
	*)
		echo "devlink3 --version printed '$version'" >&2
		exit 1
		;;
	esac
fi
