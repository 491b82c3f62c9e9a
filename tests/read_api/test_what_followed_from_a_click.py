"""From a command to its events, to the commands these caused, and on."""

from adapters.clock import SystemClock
from commands.budget_allocation import BudgetAllocation
from commands.budget_notices import budget_notices
from commands.desk import Desk
from ops.audit_causation import ReadLinks
from projections.causation import CAUSED_MAX, Happened, Led, StoredCauses
from read_api.causation import COMMANDS_MAX, DEPTH_MAX, traced
from tests.api_world import created, moved
from tests.people import ACME, MONDAY


async def first_event(client, campaign):
    answer = await client.get(f"/v1/audit/streams/campaign-{campaign}")
    return answer.json()["items"][0]


async def tree(client, id_):
    return await client.get(f"/v1/audit/causation/{id_}")


async def allocated(world):
    desk = Desk(world.log, SystemClock(), keys=world.keys)
    await BudgetAllocation(desk, world.log).step()
    await budget_notices(desk, world.log).step()
    await world.settled()


async def test_a_drafted_campaign_led_to_its_budget(ana, world):
    campaign = await created(ana)
    drafted = await first_event(ana, campaign)
    await allocated(world)
    told = (await tree(ana, drafted["command_id"])).json()

    (command,) = told["commands"]
    assert (told["of"], told["truncated"]) == (drafted["command_id"], False)
    assert (command["actor"], command["causation_id"]) == ("ana", None)
    (consequence,) = command["events"]
    assert consequence["event"]["kind"] == "campaign.drafted.v1"
    assert consequence["event"]["stream"] == f"campaign-{campaign}"
    (caused,) = consequence["caused"]
    assert caused["actor"] == "process:allocation"
    assert caused["causation_id"] == consequence["event"]["event_id"]
    assert [each["event"]["kind"] for each in caused["events"]] == ["budget.allocated.v1"]


async def test_it_is_told_from_an_event_on_as_well(ana, world):
    drafted = await first_event(ana, await created(ana))
    await allocated(world)
    whole = (await tree(ana, drafted["command_id"])).json()
    event = whole["commands"][0]["events"][0]
    told = (await tree(ana, event["event"]["event_id"])).json()
    assert told["commands"] == event["caused"]


async def test_all_events_of_one_click_are_told_together(ana, ben, world):
    campaign = await created(ana)
    await moved(ana, campaign, "submit")
    await moved(ben, campaign, "approve")
    await world.settled()
    items = (await ana.get(f"/v1/audit/streams/campaign-{campaign}")).json()["items"]
    told = (await tree(ana, items[-1]["command_id"])).json()
    assert [each["event"]["kind"] for each in told["commands"][0]["events"]] == [
        "campaign.approval_given.v1",
        "campaign.approved.v1",
    ]


async def test_of_other_tenants_nothing_is_told(ana, rita, world):
    drafted = await first_event(ana, await created(ana))
    await allocated(world)
    for id_ in (drafted["command_id"], "nobody"):
        answer = await tree(rita, id_)
        assert (answer.status_code, answer.json()["code"]) == (404, "nothing_caused")


async def test_the_log_alone_tells_the_same(ana, world):
    drafted = await first_event(ana, await created(ana))
    await allocated(world)
    links = ReadLinks()
    await links.read(world.log, ACME)
    shown = await traced(StoredCauses(world.views), ACME, drafted["command_id"])
    assert shown is not None
    assert await traced(links, ACME, drafted["command_id"]) == shown


def command(name, *, causes=None, events=1):
    return Led(
        command_id=name,
        actor="process:chain",
        correlation_id="c",
        causation_id=causes,
        events=tuple(
            Happened(
                event_id=f"{name}/{number}",
                stream="campaign-x",
                version=number,
                position=number,
                kind="campaign.paused.v1",
                recorded_at=MONDAY,
            )
            for number in range(1, events + 1)
        ),
    )


class Links:
    """Links made up by a function of the event's id."""

    def __init__(self, caused):
        self.caused = caused

    async def command(self, _tenant, command_id):
        return command(command_id) if command_id == "first" else None

    async def caused_by(self, _tenant, event_id):
        return self.caused(event_id)


def size(commands):
    return sum(1 + size(each.caused) for one in commands for each in one.events)


def depth(commands):
    return 1 + max((depth(each.caused) for one in commands for each in one.events), default=0)


async def test_a_chain_without_end_is_cut_and_says_so():
    links = Links(lambda event: [command(f"{event}+", causes=event)])
    told = await traced(links, ACME, "first")
    assert told.truncated
    assert depth(told.commands) <= DEPTH_MAX + 2


async def test_a_circle_is_told_once():
    links = Links(lambda event: [command("first", causes=event)])
    told = await traced(links, ACME, "first")
    assert (size(told.commands), told.truncated) == (1, False)


async def test_a_tree_too_wide_is_cut_and_says_so():
    links = Links(
        lambda event: [command(f"{event}{n}", causes=event) for n in range(CAUSED_MAX - 1)]
    )
    told = await traced(links, ACME, "first")
    assert told.truncated
    assert size(told.commands) <= COMMANDS_MAX + CAUSED_MAX
