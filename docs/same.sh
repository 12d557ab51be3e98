#!/bin/sh
# SPDX-License-Identifier: MIT
# same.sh PROGRAM WHAT FILE: whether FILE is what the program prints now.
if "$1" "$2" | diff -u "$3" -; then
	echo "$3 is what the tables say"
else
	echo "$3 is out of date: run 'make docs'" >&2
	exit 1
fi
