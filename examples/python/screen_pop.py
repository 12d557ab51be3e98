#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Says who is calling, as soon as an extension rings: DEVLINK3_PASSWORD=... screen_pop.py devlink3://USER@HOST EXTENSION"""
import asyncio
import sys

import devlink3


async def watch(url: str, extension: str) -> None:
    tracker = devlink3.Tracker()
    shown = set()
    async with devlink3.connect(url, application="Screen pop") as link:
        async for event in link:
            for told in tracker.feed(event):
                if not isinstance(told, (devlink3.CallBegan, devlink3.CallChanged)):
                    continue
                call = told.call
                rings = any(t.extension == extension and not t.rejected for t in call.targets)
                if rings and call.id not in shown:
                    shown.add(call.id)
                    print(f"{call.cli or 'unknown number'}  {call.name or ''}  for group {call.group or '-'}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        asyncio.run(watch(sys.argv[1], sys.argv[2]))
    except (devlink3.Error, ValueError) as e:
        sys.exit(f"screen_pop: {e}")
    except KeyboardInterrupt:
        pass
