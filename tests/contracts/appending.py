"""Another process that appends to a log: `python -m tests.contracts.appending URL N NAME`."""

import asyncio
import sys

from commands.ports import Overtaken
from ops.settings import Settings
from ops.wiring import log_at
from tests.contracts.logs import entry
from tests.people import ACME


async def append(url, count, name):
    """Append to a stream of its own and, in turns with others, to a shared one."""
    async with log_at(Settings(event_log_url=url)) as log:
        for number in range(count):
            await log.append(ACME, f"campaign-{name}", [entry()], after=number)
            while True:
                shared = await log.read(ACME, "campaign-shared")
                try:
                    await log.append(ACME, "campaign-shared", [entry()], after=len(shared))
                except Overtaken:
                    continue
                break


if __name__ == "__main__":
    asyncio.run(append(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
