#!/bin/bash
# SPDX-License-Identifier: MIT
# The chosen list of exports (lib/libdevlink3.map), what the headers declare with DL3_API, and
# what the built library exports are the same; and the library keeps no state and asks the
# system for nothing: it has no writable data, and calls no function of the kinds below.
# Of libdevlink3-event, where it was built, the same but the last: that is what it is for.
#   tests/exports/run.sh SHARED_LIBRARY STATIC_LIBRARY [SHARED_EVENT_LIBRARY STATIC_EVENT_LIBRARY]
set -euo pipefail
shared=$1
static=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
export LC_ALL=C

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
result=0

# same NAME_A FILE_A NAME_B FILE_B
same() {
	if ! diff --label "$1" --label "$3" -u "$2" "$4"; then
		result=1
	fi
}

# exported LIST SHARED_LIBRARY HEADER...
exported() {
	local list=$1 library=$2
	shift 2
	sed -n 's/^\t\(dl3_[a-z0-9_]*\);$/\1/p' "$root/$list" >"$work/list"
	sort -u "$work/list" >"$work/sorted"
	# A declaration may run over lines: take what stands between DL3_API and the next bracket.
	cat "$@" | grep -v '^#define' | tr '\n' ' ' | grep -o 'DL3_API [^(;]*(' |
		sed 's/.*[ *]\(dl3_[a-z0-9_]*\)($/\1/' | sort -u >"$work/headers"
	# A is the version's own symbol.
	nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u >"$work/library"
	same "$list as it stands" "$work/list" 'list in order' "$work/sorted"
	same "$list" "$work/sorted" 'headers, DL3_API' "$work/headers"
	same "$list" "$work/sorted" "$(basename "$library")" "$work/library"
	[ -s "$work/library" ] || result=1
}

# stateless STATIC_LIBRARY
stateless() {
	# Constants with addresses in them lie in .data.rel.ro, which is read-only once loaded.
	if objdump -t "$1" | awk '/file format/ { file = $1 } / O (\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ && !/ \.data\.rel\.ro/ { print file, $NF }' |
		grep . >&2; then
		echo "$1 has writable data" >&2
		result=1
	fi
}

mapfile -t headers < <(find "$root/include/devlink3" -name '*.h' ! -name event.h)
exported lib/libdevlink3.map "$shared" "${headers[@]}"
stateless "$static"
if [ $# -gt 2 ]; then
	exported net/libdevlink3-event.map "$3" "$root/include/devlink3/event.h"
	stateless "$4"
fi

# What the compiler or the C library adds by itself (memcpy, __stack_chk_fail) varies, so
# this is a list of what must not be there.
if nm -D --undefined-only "$shared" | awk '{ sub(/@.*/, "", $2); print $2 }' |
	grep -E '^(socket|connect|accept|bind|listen|send|recv|poll|select|epoll_.*|time|clock.*|gettimeofday|localtime.*|nanosleep|sleep|pthread_.*|thrd_.*|mtx_.*|f?open|fread|fwrite|f?puts|(v?[fs]?n?)?printf|(v|f|vf)printf|__.*printf_chk|read|write|getenv|rand|random|getrandom|exit|abort|signal|raise|setlocale)$'; then
	echo "the library must not call these" >&2
	result=1
fi
exit $result
