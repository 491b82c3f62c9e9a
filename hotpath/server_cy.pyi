# Types of the compiled connection; the words are in `server_cy.pyx`.
import asyncio

from hotpath.server_door_cy import Door

class Connection(asyncio.Protocol):
    def __init__(self, door: Door) -> None: ...
