#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`devlink3 token`. Usage: test_token.py PROGRAM [CLASS]"""
import base64
import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from tool import PROGRAM, TIMEOUT, Terminal, environment, lines, options_in_help, run


class Token(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.file = pathlib.Path(self.folder.name, "tokens.yaml")

    def token(self, *arguments):
        return run("token", *arguments, "--file", self.file)

    def add(self, name, *arguments):
        code, out, err = self.token("add", name, *arguments)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out.count("\n"), 1)
        return out.strip()

    def list(self):
        code, out, err = self.token("list")
        self.assertEqual((code, err), (0, ""))
        return lines(out)

    def assertFails(self, expected_code, words, *arguments):
        code, out, err = run("token", *arguments)
        self.assertEqual((code, out), (expected_code, ""), err)
        self.assertIn(words, err)

    def test_a_token_is_shown_once_and_its_hash_kept(self):
        token = self.add("wallboard")
        self.assertRegex(token, r"\Adl3_[A-Za-z0-9_-]{43}\Z")
        self.assertEqual(len(base64.urlsafe_b64decode(token[4:] + "=")), 32)
        text = self.file.read_text()
        self.assertNotIn(token[4:], text)
        self.assertIn(hashlib.sha256(token.encode()).hexdigest(), text)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(os.listdir(self.folder.name), ["tokens.yaml"])

    def test_list_has_what_was_told(self):
        self.add("wallboard")
        self.add("crm", "--scope", "files,live", "--pbx", "main,1.5")
        self.add("none", "--scope", "admin")
        wallboard, crm, none = self.list()
        self.assertRegex(wallboard.pop("created"), r"\A20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
        self.assertEqual(wallboard, {"name": "wallboard", "scopes": ["live", "history"], "pbxs": None})
        self.assertEqual((crm["scopes"], crm["pbxs"]), (["live", "files"], ["main", "1.5"]))
        self.assertEqual(none["scopes"], ["admin"])

    def test_tokens_differ(self):
        self.assertEqual(len({self.add(f"t{i}") for i in range(10)}), 10)

    def test_remove(self):
        self.add("one")
        self.add("two")
        self.assertEqual(self.token("remove", "one"), (0, "", ""))
        self.assertEqual([t["name"] for t in self.list()], ["two"])
        self.assertFails(1, 'there is no token "one"', "remove", "one", "--file", self.file)

    def test_list_on_a_terminal_is_a_table(self):
        self.add("wallboard")
        self.add("crm", "--pbx", "main")
        t = Terminal("token", "list", "--file", self.file)
        text = t.until_lines(3)
        self.assertRegex(text, r"name +created +scopes +pbxs\r\n")
        self.assertRegex(text, r"\r\nwallboard +20\S+Z +live,history +all\r\n")
        self.assertRegex(text, r"\r\ncrm       +20\S+Z +live,history +main\r\n")
        starts = {line.index("live") for line in text.splitlines()[1:3]}
        self.assertEqual(len(starts), 1)

    def test_many_at_a_time_all_stay(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for _ in pool.map(lambda i: self.add(f"t{i}"), range(24)):
                pass
        self.assertEqual({t["name"] for t in self.list()}, {f"t{i}" for i in range(24)})

    def test_a_token_that_nobody_saw_is_removed(self):
        self.add("one")
        with open("/dev/full", "w") as full:
            p = subprocess.run([PROGRAM, "token", "add", "two", "--file", self.file], stdout=full, stderr=subprocess.PIPE, timeout=TIMEOUT,
                               env=environment(), check=False)
        self.assertEqual(p.returncode, 1)
        self.assertIn(b"could not be shown and is removed", p.stderr)
        self.assertEqual([t["name"] for t in self.list()], ["one"])

    def test_a_file_that_others_may_read_is_refused(self):
        self.add("one")
        self.file.chmod(0o604)
        before = self.file.read_bytes()
        for words in (["list"], ["add", "two"], ["remove", "one"]):
            self.assertFails(1, "its mode is 604: chmod 600 ends that", *words, "--file", self.file)
        self.assertEqual(self.file.read_bytes(), before)

    def test_a_file_that_is_damaged_is_told_with_its_place(self):
        self.file.write_text("tokens:\n- name: a\n")
        self.file.chmod(0o600)
        self.assertFails(1, f'{self.file}:2:3: tokens: expected "scopes", which is missing', "add", "b", "--file", self.file)
        self.assertFails(1, "No such file or directory", "list", "--file", self.file.with_name("other"))
        self.assertFails(1, "No such file or directory", "add", "a", "--file", self.file.with_name("x") / "y")

    def test_usage(self):
        self.assertFails(2, "expected add, list or remove, came nothing", "--file", self.file)
        self.assertFails(2, "expected add, list or remove, came show", "show", "--file", self.file)
        self.assertFails(2, "--file FILE is missing", "list")
        self.assertFails(2, "add: expected a name", "add", "--file", self.file)
        self.assertFails(2, "remove: expected a name, came 2 words", "remove", "a", "b", "--file", self.file)
        self.assertFails(2, "list: expected no name", "list", "a", "--file", self.file)
        self.assertFails(2, "'A b' cannot be a name", "add", "A b", "--file", self.file)
        self.assertFails(2, "came 'root'", "add", "a", "--scope", "live,root", "--file", self.file)
        self.assertFails(2, "came ''", "add", "a", "--scope", "", "--file", self.file)
        self.assertFails(2, "--pbx: expected names", "add", "a", "--pbx", "main,", "--file", self.file)
        self.assertFails(2, "at most 32", "add", "a", "--pbx", ",".join(f"p{i}" for i in range(33)), "--file", self.file)
        self.assertFails(2, "list has no option --pbx", "list", "--pbx", "main", "--file", self.file)
        self.assertFails(2, "remove has no option --scope", "remove", "a", "--scope", "live", "--file", self.file)
        self.assertFails(2, "add has no option --json", "add", "a", "--json", "--file", self.file)
        self.assertFails(2, "exclude each other", "list", "--json", "--text", "--file", self.file)
        self.assertFalse(self.file.exists())

    def test_help_has_examples_that_work(self):
        text = run("token", "--help")[1]
        self.assertEqual(options_in_help("token"), ["--file", "--json", "--pbx", "--scope", "--text"])
        examples = re.findall(r"^  devlink3 (token .*)", text, re.M)
        self.assertEqual(len(examples), 3)
        for example in examples:
            code, _, err = run(*example.replace("/etc/devlink3/tokens.yaml", str(self.file)).split())
            self.assertEqual((code, err), (0, ""), example)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
