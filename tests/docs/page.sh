#!/bin/bash
# SPDX-License-Identifier: MIT
# What a page has a reader type works: its blocks that are fenced as `sh`, in order, in one shell, in a folder of its own.
# The addresses that it names become such as are free here.
#   tests/docs/page.sh COMMAND PAGE.md
set -euo pipefail
command=$(realpath "$1")
page=$(realpath "$2")
command -v curl >/dev/null || exit 77
work=$(mktemp -d)
shell=
trap '[ -z "$shell" ] || kill -- "-$shell" 2>/dev/null || true; rm -rf "$work"' EXIT

mapfile -t ports < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
for s in held:
    print(s.getsockname()[1])')

# Each line is echoed before it runs, so that a log tells which one failed.
awk '$0 == "```" { inside = 0 } inside { print } $0 == "```sh" { inside = 1 }' "$page" |
	sed -E -e "s,127\.0\.0\.1:50797,127.0.0.1:${ports[0]},g" -e "s,127\.0\.0\.1:8080,127.0.0.1:${ports[1]},g" \
		-e "s,127\.0\.0\.1:50798,127.0.0.1:${ports[2]},g" -e "s,([/@]127\.0\.0\.1)( |$),\1:${ports[0]}\2,g" >"$work/typed"
# Whoever types is slower than a server's start.
sed -E 's,^.*--listen 127\.0\.0\.1:([0-9]+).*&$,&\nuntil (: </dev/tcp/127.0.0.1/\1) 2>/dev/null; do sleep 0.1; done,' \
	"$work/typed" >"$work/commands"
[ -s "$work/commands" ]
mkdir "$work/bin" "$work/here"
ln -s "$command" "$work/bin/devlink3"
cd "$work/here"
# A group of its own, for what it leaves running to be ended with it.
PATH=$work/bin:$PATH setsid timeout --foreground 150 bash -evc "$(cat "$work/commands")" >"$work/log" 2>&1 &
shell=$!
code=0
wait "$shell" || code=$?
[ "$code" -eq 0 ] || { cat "$work/log"; echo "$page: exit code $code" >&2; exit 1; }
echo "$(wc -l <"$work/typed") lines of $page work"
