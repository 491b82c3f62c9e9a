"""A wire to a server that loses an answer: what was asked is done, and nobody hears of it."""

import asyncio
import contextlib


@contextlib.asynccontextmanager
async def losing_wire(port, word):
    """Carry connections to `port`; yields the port to call and an event to set.

    Once it is set, the first request that holds `word` is passed on, and its answer is not:
    the wire is cut instead, and goes on for whoever calls again.
    """
    losing, carrying = asyncio.Event(), set()

    async def carry(reader, writer):
        carrying.add(asyncio.current_task())
        there, here = await asyncio.open_connection("127.0.0.1", port)
        lost = asyncio.Event()
        ways = [
            asyncio.create_task(_requests(reader, here, word, losing, lost)),
            asyncio.create_task(_answers(there, writer, lost)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, here):
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], losing
    server.close()
    for wire in carrying:
        wire.cancel()
    await asyncio.gather(*carrying, return_exceptions=True)


async def _requests(reader, writer, word, losing, lost):
    while chunk := await reader.read(65_536):
        if losing.is_set() and word in chunk:
            losing.clear()
            lost.set()
        writer.write(chunk)
        await writer.drain()


async def _answers(reader, writer, lost):
    while chunk := await reader.read(65_536):
        if lost.is_set():
            return
        writer.write(chunk)
        await writer.drain()
