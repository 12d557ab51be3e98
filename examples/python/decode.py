#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints each record of a stream of raw octets as a line of JSON: decode.py FILE"""
import sys

import devlink3


def main(path: str) -> None:
    decoder = devlink3.Decoder()
    with open(path, "rb") as file:
        while octets := file.read(65536):
            for message in decoder.feed(octets):
                if message.fault:
                    print(f"decode: {message.fault}", file=sys.stderr)
                if isinstance(message, devlink3.Event):
                    for record in message.records:
                        print(record.to_json())
    decoder.end()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except (devlink3.Error, OSError) as e:
        sys.exit(f"decode: {e}")
