"""The story, step by step: from a marketer's command to a won bid and a replayed history."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from typing import Any

from ops.data_dir import Credentials
from ops.demo import requests
from ops.demo.browsers import Browsers
from ops.demo.figures import Figures
from ops.demo.installation import Installation
from ops.demo.market import Bid, Exchange
from ops.demo.marketing import BUDGET_MICROS, FORBIDDEN, LAUNCH_RULE, Desk, brief
from ops.demo.report import Report
from ops.demo.tally import Tally
from ops.demo.wire import Wire
from ops.obstacle import Obstacle

KNOWN_WITHIN_S, ALERTED_WITHIN_S = 1.0, 15.0
LOOK_EVERY_S = 0.02
HALF, NEAR = BUDGET_MICROS * 40 // 100, BUDGET_MICROS * 85 // 100
PLAYERS = 90
WIN_EVERY = 2
CLEARING = (Decimal(1), Decimal("0.9"), Decimal("0.75"))
COSTS = {"deposit": "cpa", "click": "cpc", "thousand impressions": "cpm"}
VICTIMS = ("hot-0", "projector", "api", "nats", "valkey", "clickhouse")
# A bid request is never sent twice, so none is sent while what must record it is being killed.
NO_BIDS_DURING = {"hot-0", "nats"}


class StoryBroken(Obstacle):
    """The platform did something else than the story tells; the message says what."""


class Story:
    """Plays the parts of everyone outside the platform."""

    def __init__(
        self, installation: Installation, wire: Wire, keys: Credentials, report: Report
    ) -> None:
        self.installation, self.report = installation, report
        self.tally = Tally()
        self.marketer = Desk(wire, keys, keys.admin_key)
        self.approver = Desk(wire, keys, keys.approver_key)
        self.exchange = Exchange(wire, keys, self.tally)
        self.figures = Figures(self.marketer)
        self.campaign = ""
        self.version_in_review = 0
        self._wire, self.keys = wire, keys
        self._suitable = 0

    async def people_exist(self) -> None:
        """Step 1: the platform is up, a tenant, a marketer and an approver exist."""
        for desk in (self.marketer, self.approver):
            who = await desk.read("/v1/whoami")
            self.report.step(f"{who['person']} of {who['tenant']} is here: {_list(who['roles'])}")
        await self.figures.mark()

    async def campaign_goes_live(self) -> None:
        """Step 2: a rule, a draft, a refusal for the author, the approval it waits for, live."""
        await self.marketer.put("/v1/approval-rules/launches", LAUNCH_RULE)
        self.report.step("every launch waits for a manager who vouches for its creatives")
        name = f"Spring boots {int(time.time())}"
        made = await self.marketer.send("/v1/campaigns", brief(name))
        self.campaign = made["id"]
        self.browsers = Browsers(self._wire, self.keys, self.tally, banner_tag=self.campaign)
        path = f"/v1/campaigns/{self.campaign}"
        submitted = await self.marketer.send(f"{path}/submit")
        self.version_in_review = submitted["version"]
        self.report.step(f"{name!r} is drafted and submitted ({self.campaign})")
        refusal = await self.marketer.send(f"{path}/approve", status=FORBIDDEN)
        self.report.step(f"its author may not approve it: {refusal['detail']}")
        await self._approved(path, submitted["position"])
        await self.approver.send(f"{path}/go-live")
        self.report.step("it is live")
        await self._small_change(name)
        waiting = await self.marketer.send("/v1/campaigns", brief(f"{name}, autumn"))
        await self.marketer.send(f"/v1/campaigns/{waiting['id']}/submit")

    async def _approved(self, path: str, position: int) -> None:
        """Let the approver find the campaign among those that wait for them, and approve it."""
        asked = await self.approver.read("/v1/approvals?approver=me", position=position)
        card = next((card for card in asked["items"] if card["id"] == self.campaign), None)
        if card is None:
            raise StoryBroken("The campaign does not wait for its approver.")
        yes = {"comment": "Good boots.", "reviews": ["creative"]}
        await self.approver.send(f"{path}/approve", {**yes, "content_hash": card["content_hash"]})
        rules = _list([still["rule"] for still in card["missing"]])
        self.report.step(f"the approver, for whom it waited ({rules}), approved what they read")

    async def _small_change(self, name: str) -> None:
        """Submit a campaign that no rule wants anybody to look at."""
        small = await self.marketer.send("/v1/campaigns", brief(f"{name}, rest", launches=False))
        path = f"/v1/campaigns/{small['id']}"
        passed = await self.marketer.send(f"{path}/submit")
        card = await self.marketer.read(path, position=passed["position"])
        if card["stage"] != "approved":
            raise StoryBroken(f"A campaign of 2.00 USD is {card['stage']}, not approved.")
        self.report.step(f"a small campaign was approved by {card['approvals'][0]['approver']}")

    async def requests_are_answered(self) -> None:
        """Step 3: the hot path knows the campaign within a second, and bids where it fits."""
        started = time.monotonic()
        bids = await self._until(self._one_suitable, within_s=ALERTED_WITHIN_S, what="a first bid")
        took = time.monotonic() - started
        await self._settle(bids)
        if took > KNOWN_WITHIN_S:
            raise StoryBroken(f"The hot path knew the campaign after {took:.2f} s, not within 1 s.")
        self.report.step(f"the hot path bid {took * 1000:.0f} ms after the campaign went live")
        own, recorded = requests.own(), requests.recorded()
        for body in (*own, *recorded):
            await self._settle(await self._bids(body))
        more = f" and {len(recorded)} recorded at real exchanges" if recorded else ""
        self.report.step(
            f"{len(own)} requests of our own{more}: {self.tally.bids} bids, "
            f"{self.tally.no_bids} answered 204, {self.tally.refused_requests} not bid requests"
        )

    async def players_arrive(self) -> None:
        """Step 4: pixels, some twice, some broken."""
        for _ in range(PLAYERS):
            await self.browsers.live("USD")
        await self.browsers.stumble()
        self.report.step(
            f"{self.tally.wins} wins, {self.tally.losses} losses, {self.tally.clicks} clicks, "
            f"{self.tally.visits} visits; {self.tally.repeats} of it sent twice, "
            f"{self.tally.rejected} pixels broken"
        )

    async def everything_is_killed(self) -> None:
        """Step 8: every process dies in turn while pixels, notices and bids go on."""
        for victim in VICTIMS:
            busy = asyncio.create_task(self._traffic(bids=victim not in NO_BIDS_DURING))
            try:
                after_s = await self.installation.kill(victim)
            finally:
                self._quiet.set()
                await busy
            self.report.told.recovered_after_s[victim] = round(after_s, 2)
            self.report.step(f"{victim} was killed and was ready again after {after_s:.1f} s")

    async def budget_runs_out(self) -> None:
        """Step 6: alerts at 80 % and 100 %, then no more bids."""
        for limit, kind in ((NEAR, "nearing_limit"), (BUDGET_MICROS, "exhausted")):
            while self.tally.spend_micros < limit:
                for bid in await self._until(self._one_suitable, within_s=10, what="a bid"):
                    await self.exchange.win(bid)
            await self._until(partial(self._alert, kind), within_s=ALERTED_WITHIN_S, what=kind)
            share = self.tally.spend_micros * 100 / BUDGET_MICROS
            self.report.step(f"{share:.0f} % of the budget is spent: the alert {kind} is recorded")
        await self._until(self._no_bid, within_s=ALERTED_WITHIN_S, what="the end of bidding")
        self.report.step("bidding stopped: the same request is answered 204 now")

    async def figures_agree(self) -> None:
        """Step 5: every figure of the read API equals what was sent."""
        figures = await self.figures.agreed(self.tally, self.campaign)
        self.report.told.figures = figures
        wrong = [figure for figure in figures if not figure.agrees]
        self.report.told.agreed = not wrong
        await self._results()
        if wrong:
            said = "; ".join(f"{f.name}: sent {f.expected}, read {f.seen}" for f in wrong)
            raise StoryBroken(f"Some figures do not agree with what was sent: {said}.")
        self.report.step(f"all {len(figures)} figures agree with what was sent")

    async def _results(self) -> None:
        bidding = await self.figures.bidding()
        budget = await self.marketer.read(f"/v1/budgets/{self.campaign}")
        rates = await self.figures.conversion_rates()
        self.report.told.funnel = bidding["funnel"]
        self.report.told.rejected = await self.figures.rejected()
        self.report.told.results = {
            "spend": _amount(budget["spent_total"]),
            "revenue": _amount(budget["revenue"]),
            "return on ad spend": _ratio(budget["roas"]),
            "return on investment, %": _ratio(budget["roi"]),
            **{f"cost per {what}": _amount(budget[name]) for what, name in COSTS.items()},
            "visit to registration": round(rates["visitToRegistration"], 4),
            "registration to deposit": round(rates["registrationToDeposit"], 4),
            "bid latency p50, p95, p99 (ms)": _milliseconds(bidding["latency"]),
        }

    async def _traffic(self, *, bids: bool) -> None:
        """Keep pixels coming, and bids when allowed, until told to be quiet."""
        self._quiet = asyncio.Event()
        while not self._quiet.is_set():
            await self.browsers.live("USD")
            if bids:
                await self._settle(await self._one_suitable())
            await asyncio.sleep(LOOK_EVERY_S)

    async def _one_suitable(self) -> list[Bid]:
        self._suitable += 1
        return await self._bids(requests.suitable(self._suitable))

    async def _bids(self, body: bytes) -> list[Bid]:
        """Return what the story's campaign bids on a request.

        One that an interrupted demo left live may bid for a moment longer; it wins nothing.
        """
        bids = await self.exchange.ask(body)
        self.tally.other_bids += sum(bid.campaign != self.campaign for bid in bids)
        return [bid for bid in bids if bid.campaign == self.campaign]

    async def _settle(self, bids: list[Bid]) -> None:
        """Let every other bid win while there is budget to spare for the story's next step."""
        for bid in bids:
            if bid.is_test:
                continue
            number = self.tally.wins + self.tally.losses
            if number % WIN_EVERY == 0 and self.tally.spend_micros < HALF:
                await self.exchange.win(bid, share=CLEARING[number % len(CLEARING)])
            else:
                await self.exchange.lose(bid)

    async def _alert(self, kind: str) -> bool:
        budget = await self.marketer.read(f"/v1/budgets/{self.campaign}")
        return any(kind in alert["kind"] for alert in budget["alerts"])

    async def _no_bid(self) -> bool:
        bids = await self._one_suitable()
        for bid in bids:
            await self.exchange.lose(bid)
        return not bids

    async def _until(self, ask: Callable[[], Awaitable[Any]], *, within_s: float, what: str) -> Any:  # noqa: ANN401 - whatever is waited for
        deadline = time.monotonic() + within_s
        while not (answer := await ask()):
            if time.monotonic() > deadline:
                raise StoryBroken(f"Waited {within_s:.0f} s in vain for {what}.")
            await asyncio.sleep(LOOK_EVERY_S)
        return answer


def _list(names: list[str]) -> str:
    return ", ".join(names)


def _amount(money: dict[str, Any] | None) -> str:
    return f"{money['micros'] / 1_000_000:.2f} {money['currency']}" if money else "none"


def _ratio(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def _milliseconds(latency: dict[str, int]) -> str:
    return ", ".join(f"{latency[f'{p}_us'] / 1000:.2f}" for p in ("p50", "p95", "p99"))
