#!/bin/bash
# SPDX-License-Identifier: MIT
# The tests of sessions once more, with all that they feed cut up: nothing that they expect may
# depend on how octets arrive. Chunks for all but test_session_pair, which cuts its streams itself; each
# cut of what is fed for the quick ones, whose streams are messages of a few dozen octets.
#   tests/splits/run.sh FOLDER
set -euo pipefail
cd "$1"

# again PROGRAM VARIABLE=VALUE
again() {
	env "$2" "./$1" >/dev/null 2>output.splits || {
		cat output.splits >&2
		echo "$1 fails with $2" >&2
		exit 1
	}
}

for program in test_session_auth test_session_client test_session_server test_session_limits; do
	for chunk in 1 2 7; do
		again "$program" "DL3T_CHUNK=$chunk"
	done
done
for program in test_session_auth test_session_client test_session_server; do
	for cut in {1..48}; do
		again "$program" "DL3T_CUT=$cut"
	done
done
rm -f output.splits
