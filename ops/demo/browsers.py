"""Browsers as the demo plays them: pixels of visits, registrations, deposits; some broken."""

from typing import NamedTuple
from urllib.parse import urlencode

from ops.data_dir import Credentials
from ops.demo.tally import Tally
from ops.demo.wire import Wire

OK, BAD_REQUEST = 200, 400
TWICE_EVERY = 4
REGISTERS_EVERY, DEPOSITS_EVERY = 3, 27
DEPOSIT_TEXT, DEPOSIT_MICROS = "1.25", 1_250_000


class Broken(NamedTuple):
    """A pixel that must be refused: its query, raw, and what is wrong with it."""

    path: str
    query: str
    wrong: str


BROKEN = (
    Broken("visit", "bannerTag=b", "no playerId"),
    Broken("visit", "playerId=p", "no bannerTag"),
    Broken("visit", "playerId=" + "x" * 10_000 + "&bannerTag=b", "a playerId of 10,000 bytes"),
    Broken("registration", "playerId=%ff%fe&bannerTag=b", "a playerId that is not UTF-8"),
    Broken("purchase", "playerId=p&bannerTag=b", "an event nobody knows"),
    Broken("deposit", "playerId=p&bannerTag=b&v=ten", "an amount that is no number"),
)


class PixelRefused(Exception):
    """A pixel was answered otherwise than its content deserves."""


class Browsers:
    """Players who see a campaign's banner, register, deposit."""

    def __init__(self, wire: Wire, keys: Credentials, tally: Tally, *, banner_tag: str) -> None:
        self._wire = wire
        self._url = f"{keys.hot_url}/api/pixel"
        self._site_key = keys.site_key
        self._tally = tally
        self._banner_tag = banner_tag
        self._players = 0

    async def live(self, currency: str) -> None:
        """Let one more player visit; every third registers, every 27th deposits."""
        self._players += 1
        number = self._players
        await self._pixel("visit", number)
        self._tally.visits += 1
        if number % REGISTERS_EVERY == 0:
            await self._pixel("registration", number)
            self._tally.registrations += 1
        if number % DEPOSITS_EVERY == 0:
            await self._pixel("deposit", number, v=DEPOSIT_TEXT, cur=currency)
            self._tally.deposits += 1
            self._tally.revenue_micros += DEPOSIT_MICROS

    async def stumble(self) -> None:
        """Send every broken pixel once; each must be refused with a reason."""
        for pixel in BROKEN:
            url = f"{self._url}/{pixel.path}?t={self._site_key}&{pixel.query}"
            reply = await self._wire.surely("GET", url)
            if reply.status != BAD_REQUEST:
                raise PixelRefused(f"A pixel with {pixel.wrong} was answered {reply.status}.")
            self._tally.rejected += 1

    async def _pixel(self, kind: str, number: int, **more: str) -> None:
        """Send a pixel until it is acknowledged; every fourth player's is sent once more."""
        said = {
            "playerId": f"player-{number}",
            "bannerTag": self._banner_tag,
            "s": "demo",
            "b": "story",
            "t": self._site_key,
            "e": f"{self._banner_tag}/{kind}/{number}",
        }
        again = number % TWICE_EVERY == 0
        for _ in range(2 if again else 1):
            reply = await self._wire.surely("GET", f"{self._url}/{kind}?{urlencode(said | more)}")
            if reply.status != OK:
                raise PixelRefused(f"A {kind} was answered {reply.status}: {reply.body[:300]!r}")
        self._tally.repeats += again
