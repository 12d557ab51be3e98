#!/bin/bash
# SPDX-License-Identifier: MIT
# What the README shows is what there is: its program is examples/decode_record.c, and what it
# says `decode` prints is what the command prints.
#   tests/readme/run.sh COMMAND
set -euo pipefail
command=$1
cd "$(dirname "$0")/../.."

# block FENCE: the first fenced block of that kind.
block() {
	awk -v fence="\`\`\`$1" '$0 == "```" && inside { exit } inside { print } $0 == fence { inside = 1 }' README.md
}

diff --label 'README.md' --label 'examples/decode_record.c' -u <(block c) <(sed '1,2d' examples/decode_record.c)

# `...` stands for lines left out.
shown=$(block decode | grep -v '^\.\.\.$\|^$')
printed=$("$command" decode --text examples/sample-stream.hex)
[ -n "$shown" ]
while IFS= read -r line; do
	grep -qxF -- "$line" <<<"$printed" || {
		echo "README.md shows what 'decode' does not print: $line" >&2
		exit 1
	}
done <<<"$shown"

# What it says of the length of examples/client.c.
[ "$(wc -l <examples/client.c)" -lt 100 ] || {
	echo "README.md says that examples/client.c has under a hundred lines" >&2
	exit 1
}
