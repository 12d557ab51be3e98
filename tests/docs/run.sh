#!/bin/bash
# SPDX-License-Identifier: MIT
# What docs/simulator.md shows is what happens: its scenario plays, its requests are answered as
# it says, and its tables have every action, argument and request that there is.
#   tests/docs/run.sh COMMAND
set -euo pipefail
command=$(realpath "$1")
cd "$(dirname "$0")/../.."
command -v curl >/dev/null || exit 77
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$work"' EXIT

# block FENCE: the first fenced block of that kind.
block() {
	awk -v fence="\`\`\`$1" '$0 == "```" && inside { exit } inside { print } $0 == fence { inside = 1 }' docs/simulator.md
}

block yaml >"$work/scenario.yaml"
"$command" sim --listen 127.0.0.1:0 --scenario "$work/scenario.yaml" --speed 1000 --truth "$work/truth" --quiet >"$work/out"
[ "$(wc -l <"$work/truth")" -eq 1 ]
grep -q '"parties":\["2001","2002"\]' "$work/truth"

"$command" sim --listen 127.0.0.1:0 --control 127.0.0.1:0 --rate 0 --quiet >"$work/out" &
pid=$!
for _ in $(seq 200); do
	grep -q '^control on ' "$work/out" && break
	sleep 0.1
done
address=$(sed -n 's|^control on http://||p' "$work/out")
[ -n "$address" ]

# Each `$ curl` with what it prints up to the next one.
block console >"$work/shown"
sed -n 's/^\$ //p' "$work/shown" | while IFS= read -r line; do
	printf '$ %s\n' "$line"
	case $line in
	'curl -s '*) bash -c "${line//127.0.0.1:8080/$address}" ;;
	*) echo 'not a request' ;;
	esac
done >"$work/happened"
[ -s "$work/shown" ]
diff --label docs/simulator.md --label 'what happens' -u "$work/shown" "$work/happened"

curl -s "http://$address/" >"$work/index"
python3 - "$work/index" <<'EOF'
import json, sys

index = json.load(open(sys.argv[1]))
docs = open("docs/simulator.md").read()
missing = [a["action"] for a in index["actions"]
           if f"| `{a['action']}` | {'`' + a['arguments'] + '`' if a['arguments'] else ''} | {a['meaning']} |" not in docs]
missing += [n for n, m in index["arguments"].items() if f"| `{n}` | {m} |" not in docs]
missing += [r["path"] for r in index["requests"] if f"| `{r['method']} {r['path']}` |" not in docs]
missing += [n for n in index["faults"] if f"| `{n}` |" not in docs]
if missing:
    sys.exit(f"docs/simulator.md lacks, or tells differently: {', '.join(missing)}")
EOF
