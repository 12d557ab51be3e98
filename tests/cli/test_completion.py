#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Completion has what --help has, of every command. Usage: test_completion.py PROGRAM [CLASS]"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from tool import PROGRAM, TIMEOUT, options_in_help, run

FOLDER = pathlib.Path(__file__).parents[2] / "packaging" / "completions"


def complete(*line):
    """What bash offers for the last word."""
    script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _devlink3; printf "%s\\n" "${COMPREPLY[@]}"'
    p = subprocess.run(["bash", "-c", script, "bash", FOLDER / "devlink3.bash", os.path.abspath(PROGRAM), *line], capture_output=True,
                       text=True, timeout=TIMEOUT, check=True)
    assert p.stderr == "", p.stderr
    return sorted(set(p.stdout.split()))


def commands():
    return re.findall(r"^  ([a-z]+) ", run("--help")[1], re.M)


class Completion(unittest.TestCase):
    def test_commands(self):
        self.assertLessEqual({"watch", "ping", "cat", "record", "decode", "sim"}, set(commands()))
        self.assertEqual(complete(""), sorted([*commands(), "--help", "--version"]))
        self.assertEqual(complete("wat"), ["watch"])

    def test_every_option_of_the_help_and_no_other(self):
        for command in commands():
            offered = set(complete(command, "-"))
            self.assertIn("--help", offered)
            text = run(command, "--help")[1]
            self.assertLessEqual(set(options_in_help(command)), offered, command)
            for option in offered - {"--help"}:
                self.assertRegex(text, rf"(?m)^  (?=-).*(?<![\w-]){re.escape(option)}(?![\w-])", command)

    def test_words(self):
        self.assertEqual(complete("watch", "--flags", "-S"), ["-SCN", "-SIPTrack"])
        self.assertIn("nasystem/user_list", complete("cat", "devlink3://app@h", "n"))
        self.assertEqual(complete("token", ""), ["add", "list", "remove"])
        self.assertEqual(complete("token", "add", "a", "--scope", "h"), ["history"])
        self.assertEqual(complete("ping", "devl"), ["devlink3://", "devlink3s://"])

    def test_zsh_can_read_its_own(self):
        if not shutil.which("zsh"):
            self.skipTest("no zsh here")
        subprocess.run(["zsh", "-n", FOLDER / "_devlink3"], check=True, timeout=TIMEOUT)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
