#!/bin/bash
# SPDX-License-Identifier: MIT
# The gateway as a service, as it is installed: the unit is one, says where the command is, and keeps it from what it does not
# need; its user can be made.
#   tests/install/service.sh BUILD_FOLDER
set -euo pipefail
build=$1
command -v systemd-analyze >/dev/null || {
	echo "there is no systemd-analyze (Debian: systemd)"
	exit 77
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/usr" >"$work/log" || {
	cat "$work/log" >&2
	exit 1
}
unit=$work/usr/lib/systemd/system/devlink3.service

# What is wrong is only said, whatever the exit code is.
said=$(systemd-analyze verify "$unit" 2>&1) || {
	echo "$said" >&2
	exit 1
}
if grep -F devlink3 <<<"$said" >&2; then
	exit 1
fi
grep -qxF "ExecStart=$work/usr/bin/devlink3 serve /etc/devlink3/devlink3.yaml" "$unit"
for word in Type=notify User=devlink3 StateDirectory=devlink3 NoNewPrivileges=yes ProtectSystem=strict MemoryDenyWriteExecute=yes; do
	grep -qxF "$word" "$unit" || {
		echo "the unit does not say $word" >&2
		exit 1
	}
done

# In tenths: 1.2 of 10, of which a network service can do without 0.4 at most.
systemd-analyze security --offline=true --threshold=12 --no-pager "$unit" >"$work/security" || {
	cat "$work/security" >&2
	exit 1
}

command -v systemd-sysusers >/dev/null || exit 0
DESTDIR=$work/root cmake --install "$build" --prefix /usr >/dev/null
mkdir -p "$work/root/etc"
systemd-sysusers --root="$work/root" devlink3.conf >"$work/log" 2>&1 || {
	cat "$work/log" >&2
	exit 1
}
grep -q '^devlink3:.*:/var/lib/devlink3:' "$work/root/etc/passwd"
