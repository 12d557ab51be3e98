# SPDX-License-Identifier: MIT
# Completion of `devlink3` for bash. Commands and options are asked of the command itself, so that they are
# those of the one that is installed.

_devlink3_options() {
	"$1" "$2" --help 2>/dev/null | grep -E '^  -' | grep -oE '(^| )--?[a-z][a-z0-9-]*' | tr -d ' '
	echo --help
}

_devlink3() {
	local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]-} cur=${COMP_WORDS[COMP_CWORD]}
	local previous=${COMP_WORDS[COMP_CWORD - 1]} words=
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words="$("$program" --help 2>/dev/null | sed -nE 's/^  ([a-z]+) .*/\1/p') --help --version"
	elif [ "$previous" = --flags ]; then
		words='-SCN -CD2 -SIPTrack -CMExtn -CONN -TEXT'
	elif [[ $command = token && $COMP_CWORD -eq 2 && $cur != -* ]]; then
		words='add list remove'
	elif [ "$previous" = --scope ]; then
		words='live history files metrics admin'
	elif [[ $cur = -* ]]; then
		words=$(_devlink3_options "$program" "$command")
	elif [[ $command = cat && $cur = n* ]]; then
		words='nasystem/user_list nasystem/hunt_list nasystem/dir_list nasystem/who_is nasystem/licence_list'
		words+=' nasystem/extn_list nasystem/AccountCode nasystem/call_list/1/1'
	elif [[ $command =~ ^(watch|ping|cat|record)$ && $cur = d* ]]; then
		words='devlink3:// devlink3s://'
	fi
	[ -z "$words" ] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

# Where nothing of this fits, names of files.
complete -o default -F _devlink3 devlink3
