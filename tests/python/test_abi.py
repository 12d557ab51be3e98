# SPDX-License-Identifier: MIT
"""What the package believes of the C library is so: layouts, numbers, names, where it is found."""
import ctypes
import json
import os
import subprocess
import tempfile
import unittest

import support

import devlink3
from devlink3 import _abi as abi
from devlink3 import _base, _library, _tables


def reach(struct, path):
    """Offset and size of a member, which may lie in members of members."""
    offset = 0
    for name in path.split("."):
        member = getattr(struct, name)
        offset += member.offset
        size, struct = member.size, dict(struct._fields_)[name]
    return offset, size


def leaves(struct, within_union=False):
    for name, kind in struct._fields_:
        yield name, kind


class Layout(unittest.TestCase):
    def setUp(self):
        self.told = json.loads(subprocess.check_output([os.environ["DEVLINK3_LAYOUT"]]))

    def test_members_lie_where_the_compiler_puts_them(self):
        self.assertGreater(len(self.told["members"]), 150)
        for struct, member, whole, offset, size in self.told["members"]:
            with self.subTest(struct=struct, member=member):
                ours = abi.STRUCTS[struct]
                self.assertEqual(ctypes.sizeof(ours), whole)
                self.assertEqual(reach(ours, member), (offset, size))

    def test_all_that_is_used_is_compared(self):
        told = {(struct, member) for struct, member, *_ in self.told["members"]}
        for name, struct in abi.STRUCTS.items():
            for member, kind in struct._fields_:
                if name == "dl3_event" and member == "u":
                    for event, shape in kind._fields_:
                        parts = getattr(shape, "_fields_", None) if event not in ("message", "request") else None
                        for part in [f"u.{event}.{p}" for p, _ in parts] if parts else [f"u.{event}"]:
                            self.assertIn((name, part), told)
                self.assertIn((name, member), told)

    def test_numbers(self):
        self.assertEqual(abi.NUMBERS, self.told["numbers"])


class Names(unittest.TestCase):
    def test_enumerations(self):
        self.assertEqual(devlink3.State.CONNECTED.label, "connected")
        self.assertEqual(devlink3.State["CONNECTED"], 2)
        self.assertTrue(devlink3.State.CONNECTED.meaning)
        self.assertEqual(devlink3.CalledType(100).label, "unspecified")

    def test_codes_without_a_name_are_kept(self):
        code = devlink3.State(99)
        self.assertEqual((code, code.name, code.label, code.known, code.json()), (99, "UNKNOWN_99", "99", False, 99))
        self.assertIsInstance(code, devlink3.State)
        self.assertEqual(devlink3.State(99), devlink3.State(99))
        self.assertEqual(devlink3.State(-(2**63)), -(2**63))
        self.assertNotIn(99, devlink3.State._value2member_map_)

    def test_flags_without_a_name_are_kept(self):
        self.assertEqual(devlink3.PartyFlag(0x45).json(), ["privacy", "auto_recorded", 0x40])
        self.assertEqual(devlink3.PartyFlag(-1), -1)
        self.assertIn(devlink3.PartyFlag.PRIVACY, devlink3.PartyFlag(3))
        self.assertEqual(devlink3.StreamFlag.SCN | devlink3.StreamFlag.SIPTRACK, 5)
        self.assertNotIn(0x45, devlink3.PartyFlag._value2member_map_)

    def test_each_name_is_one(self):
        for name in devlink3.__all__:
            self.assertTrue(hasattr(devlink3, name), name)

    def test_every_enumeration_has_its_texts(self):
        for cls in vars(_tables).values():
            if isinstance(cls, type) and issubclass(cls, (_base.Code, _base.Flags)) and cls not in (_base.Code, _base.Flags):
                self.assertEqual({int(v) for v in cls.__members__.values()}, set(cls.table()), cls)


class Loading(unittest.TestCase):
    def test_version(self):
        self.assertEqual(devlink3.__version__, _library.lib.dl3_version().decode())

    def test_no_such_library(self):
        code, errors = support.python("import devlink3", DEVLINK3_LIBRARY="/nowhere/libdevlink3.so")
        self.assertEqual(code, 1)
        self.assertIn("LibraryError: DEVLINK3_LIBRARY names a library that cannot be loaded", errors)
        self.assertIn("/nowhere/libdevlink3.so", errors)

    def test_another_library(self):
        code, errors = support.python("import devlink3", DEVLINK3_LIBRARY="libc.so.6")
        self.assertEqual(code, 1)
        self.assertIn("libc.so.6 has no dl3_version(): it is no libdevlink3", errors)

    def test_another_version(self):
        code, errors = support.python("import devlink3._tables as t; t.VERSION = '7.3.1'; import devlink3")
        # The package was imported with its own; only a fresh one sees the other.
        self.assertEqual((code, errors), (0, ""))
        code, errors = support.python(
            "import sys, types\n"
            "import importlib.util as u\n"
            "p = types.ModuleType('devlink3'); p.__path__ = [u.find_spec('devlink3').submodule_search_locations[0]]\n"
            "sys.modules['devlink3'] = p\n"
            "import devlink3._tables as t\n"
            "t.VERSION = '7.3.1'\n"
            "import devlink3._library\n")
        self.assertEqual(code, 1)
        self.assertIn("is version 0.1.0; this package was made for 7.3", errors)

    def test_not_installed(self):
        with tempfile.TemporaryDirectory() as empty:
            code, errors = support.python("import devlink3", DEVLINK3_LIBRARY="", LD_LIBRARY_PATH=empty)
        if code == 0:
            self.skipTest("libdevlink3 is installed here")
        self.assertIn("LibraryError: libdevlink3.so.0 cannot be loaded", errors)
        self.assertIn("Install libdevlink3 0.1, or give its path in DEVLINK3_LIBRARY", errors)


if __name__ == "__main__":
    unittest.main()
