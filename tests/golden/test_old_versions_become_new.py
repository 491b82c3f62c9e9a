"""An event in an older shape reads as what succeeded it, one step after another."""

import json
from pathlib import Path

import msgspec
import pytest

from domain.campaign import UNWRITTEN, evolve
from domain.campaign.events import CampaignDrafted, CampaignEdited, CampaignEvent
from domain.notification import NotificationEvent
from migrations.events import UPCASTERS, EventDecoder, ancestors_of, kinds_of, upcast
from tests.golden.shipped import EVENTS

OLD = sorted((Path(__file__).parent / "old").glob("*.json"))
CURRENT = {path.stem for path in EVENTS.glob("*.json")}
CAMPAIGNS = EventDecoder(CampaignEvent)


def test_every_succeeded_kind_is_kept_as_it_was_written():
    assert {path.stem for path in OLD} == set(UPCASTERS)


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_an_old_event_becomes_one_that_is_written_today(path):
    content = json.loads(path.read_bytes())
    kind, content = upcast(content.pop("kind"), content)
    assert kind in CURRENT
    assert content.keys() == json.loads((EVENTS / f"{kind}.json").read_bytes()).keys() - {"kind"}


@pytest.mark.parametrize("kind", UPCASTERS)
def test_an_upcaster_leaves_what_it_was_given_alone(kind):
    content = json.loads((Path(__file__).parent / "old" / f"{kind}.json").read_bytes())
    del content["kind"]
    before = json.dumps(content)
    UPCASTERS[kind].change(content)
    assert json.dumps(content) == before


def test_the_one_number_a_budget_was_is_its_total():
    events = [CAMPAIGNS.decode(path.read_bytes()) for path in OLD]
    drafted, edited = events
    assert isinstance(drafted, CampaignDrafted)
    assert isinstance(edited, CampaignEdited)
    for event in events:
        assert event.brief.budget.total.micros == 100_000_000
        assert event.brief.budget.daily is None
    state = evolve(evolve(UNWRITTEN, drafted), edited)
    assert state.plan.brief.budget.total.micros == 100_000_000


def test_who_reads_a_kind_reads_those_it_came_from():
    assert {"campaign.drafted.v0", "campaign.drafted.v1"} <= kinds_of(CampaignEvent)
    assert kinds_of(CampaignDrafted) == {"campaign.drafted.v0", "campaign.drafted.v1"}
    assert ancestors_of({"budget.spent.v1"}) == {"budget.spent.v1"}
    assert not kinds_of(NotificationEvent) & set(UPCASTERS)


@pytest.mark.parametrize(
    "data",
    [
        b'{"kind":"campaign.drafted.v0"}',
        b'{"kind":"campaign.drafted.v0","brief":7}',
        b'{"kind":"campaign.drafted.v0","brief":{"name":"no budget"}}',
        b'{"kind":"campaign.dreamt.v1"}',
        b'{"kind":"campaign.submitted.v1"}',
        b"{}",
        b"[]",
    ],
)
def test_what_was_never_an_event_is_not_read_as_one(data):
    with pytest.raises(msgspec.ValidationError):
        CAMPAIGNS.decode(data)
