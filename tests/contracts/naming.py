"""`python -m tests.contracts.naming BACKEND ADDRESS`: a process that asks who people are.

It prints the refs of the same fifty people, all asked for at once.
"""

import asyncio
import sys

from tests.contracts.key_rings import FileRing, ServerRing
from tests.people import ACME

PEOPLE = [f"person-{number}" for number in range(50)]


async def refs(backend):
    async with backend.opened() as ring:
        subjects = await asyncio.gather(*(ring.subject(ACME, name) for name in PEOPLE))
        return [subject.ref for subject in subjects]


if __name__ == "__main__":
    BACKEND = {"sqlite": FileRing, "postgres": ServerRing}[sys.argv[1]](sys.argv[2])
    sys.stdout.write("\n".join(asyncio.run(refs(BACKEND))))
