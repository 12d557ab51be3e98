#!/bin/bash
# SPDX-License-Identifier: MIT
# The DLL exports what the list of exports has (lib/libdevlink3.map), and needs no DLL that not every Windows has.
#   tests/exports/dll.sh DLL OBJDUMP
set -euo pipefail
dll=$1
objdump=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
export LC_ALL=C

headers=$("$objdump" -p "$dll")
diff --label lib/libdevlink3.map --label "$(basename "$dll")" -u \
	<(sed -n 's/^\t\(dl3_[a-z0-9_]*\);$/\1/p' "$root/lib/libdevlink3.map") \
	<(sed -n '/^\[Ordinal\/Name Pointer\] Table/,/^$/s/^\t\[ *[0-9]*\] //p' <<<"$headers" | sort)

needed=$(sed -n 's/^\tDLL Name: //p' <<<"$headers" | sort)
diff --label 'needed, as expected' --label 'needed' -u <(printf '%s\n' KERNEL32.dll bcrypt.dll msvcrt.dll) <(echo "$needed")
