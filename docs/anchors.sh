#!/bin/bash
# SPDX-License-Identifier: MIT
# Whatever points into a page of docs/, as page.md#heading, must find that heading there.
#   anchors.sh ROOT
set -euo pipefail
cd "$1"

# A heading's anchor as Markdown makes it: lower case, blanks to hyphens, nothing else but letters,
# digits and hyphens.
anchors() {
	sed -n 's/^##* //p' "$1" | tr '[:upper:] ' '[:lower:]-' | tr -cd '[:alnum:]\n-'
}

links=$(grep -rohE '(docs/|\]\()[a-z]+\.md#[a-z0-9-]+' --include='*.h' --include='*.c' --include='*.def' --include='*.md' \
	include lib net cli tests docs README.md | sed -E 's/^(docs\/|\]\()//' | sort -u)
[ -n "$links" ]
missing=0
for link in $links; do
	page=docs/${link%%#*}
	if ! anchors "$page" | grep -qxF -- "${link##*#}"; then
		echo "there is no $link"
		missing=1
	fi
done
exit $missing
