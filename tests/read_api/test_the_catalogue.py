"""The catalogue is told by the code, in the repository as in the API."""

from html import escape
from pathlib import Path

from domain.tenant.permissions import Permission
from ops.catalogue import HEAD, catalogue, table
from projections.catalogue import PROJECTIONS
from tests.golden.shipped import EVENTS

PAGE = Path(__file__).parents[2] / "ops/catalog.md"


def test_the_catalogue_in_the_repository_is_the_codes():
    said = "run python -m ops.catalogue > ops/catalog.md"
    assert PAGE.read_text() == HEAD + table(), said


def test_it_names_every_event_projection_and_permission():
    whole = catalogue()
    assert {entry.kind for entry in whole.events} == {path.stem for path in EVENTS.glob("*.json")}
    assert {entry.name for entry in whole.projections} == set(PROJECTIONS)
    assert [entry.permission for entry in whole.permissions] == list(Permission)
    names = [entry.name for entry in whole.commands]
    assert {"CreateCampaign", "MoveCampaign", "RecordSpend", "OpenRequest"} <= set(names)
    handlers = [(entry.name, entry.handler) for entry in whole.commands]
    assert len(set(handlers)) == len(handlers)


def test_every_entry_says_what_it_is():
    whole = catalogue()
    for entry in (*whole.commands, *whole.events, *whole.projections):
        assert entry.summary, entry


def test_what_an_old_kind_became_is_told():
    drafted = next(e for e in catalogue().events if e.kind == "campaign.drafted.v1")
    assert drafted.succeeded == ["campaign.drafted.v0"]
    assert drafted.aggregates == ["campaign"]
    assert {"campaign_board", "calendar"} <= set(drafted.projections)


async def test_the_page_and_the_document_tell_the_same(stranger):
    page = (await stranger.get("/catalog")).text
    document = (await stranger.get("/catalog.json")).json()
    for event in document["events"]:
        assert f'id="{event["kind"]}"' in page
        assert event["schema"]["$schema"].endswith("2020-12/schema")
    for refusal in document["refusals"]:
        assert escape(refusal["code"]) in page
    assert [entry["name"] for entry in document["commands"]] == sorted(
        entry["name"] for entry in document["commands"]
    )
