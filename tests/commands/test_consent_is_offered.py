import asyncio
import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from commands.consent import CONSENTS, OfferConsent, RevokeConsent, offer_consent, revoke_consent
from commands.consent_purge import ConsentPurge
from commands.consent_signals import Offered, heard
from commands.ports import SubjectErased
from commands.privacy import REQUESTS
from commands.transact import current
from domain.consent import allows
from domain.consent.decisions import Weight
from domain.consent.reading import permits
from domain.consent.refusals import ConsentSignalMissing, ConsentStringBroken
from domain.consent.vendors import members
from domain.privacy.refusals import SubjectInvalid
from hotpath import tcf
from tests.commands.desks import kinds, new_desk
from tests.hotpath.consent_strings import DAY_DS, mutations, naming_everyone, tc_string
from tests.people import ANA, GLOBEX, MONDAY, asks

JANE = "jane@example.com"
TODAY = int(MONDAY.timestamp()) // 86_400
YES = tc_string(purposes=range(1, 12), vendors={21, 755}, updated_ds=TODAY * DAY_DS)
LESS = tc_string(purposes={1, 7}, vendors={755}, updated_ds=(TODAY + 1) * DAY_DS)
OLDER = tc_string(purposes={1}, vendors={755}, updated_ds=(TODAY - 1) * DAY_DS)


async def offered(desk, key="offer", *, subject=JANE, tenant="acme", cmp=None, **said):
    command = OfferConsent(subject=subject, offered=Offered(**said), cmp=cmp)
    return await offer_consent(command, asking=asks(ANA, key, tenant=tenant), desk=desk)


async def revoked(desk, key="revoke", *, subject=JANE):
    command = RevokeConsent(subject=subject)
    return await revoke_consent(command, asking=asks(ANA, key), desk=desk)


async def consent(desk, subject=JANE, *, tenant="acme"):
    known = await desk.keys.known(tenant, subject)
    return (await current(desk, CONSENTS, tenant, known.ref)).state


async def stream(desk, subject=JANE):
    return f"consent-{(await desk.keys.known('acme', subject)).ref}"


async def test_a_string_becomes_consent_by_purpose_and_partner():
    desk = new_desk()
    taken = await offered(desk, tc_string=YES)
    assert (taken.state, taken.weight, taken.outcome.id) == ("full_consent", Weight.NEWER, JANE)
    assert allows(await consent(desk), 3, "dv360")
    assert not allows(await consent(desk), 3, 3)


async def test_withdrawal_narrows_at_once():
    desk = new_desk()
    await offered(desk, "first", tc_string=YES)
    desk.clock.at += timedelta(days=1)
    assert (await offered(desk, "second", tc_string=LESS)).state == "partial_consent"
    assert not allows(await consent(desk), 3, "dv360")
    assert await kinds(desk, await stream(desk)) == ["given", "withdrawn"]


async def test_the_same_and_older_strings_say_why_they_change_nothing():
    desk = new_desk()
    await offered(desk, "first", tc_string=YES)
    again = await offered(desk, "again", tc_string=YES)
    older = await offered(desk, "older", tc_string=OLDER)
    assert (again.weight, older.weight) == (Weight.KNOWN, Weight.OLDER)
    assert (again.outcome.version, older.outcome.version) == (1, 1)
    assert older.state == "full_consent"


async def test_a_revocation_outlasts_the_string_it_took_back():
    desk = new_desk()
    await offered(desk, "first", tc_string=YES)
    assert (await revoked(desk)).state == "no_consent"
    again = await offered(desk, "again", tc_string=YES)
    assert (again.weight, again.state) == (Weight.REVOKED, "no_consent")
    assert (await offered(desk, "anew", purposes={"analytics": True})).state == "partial_consent"


async def test_nobody_is_named_in_the_log():
    desk = new_desk()
    await offered(desk, tc_string=YES, region="DE")
    await revoked(desk)
    for recorded in await desk.log.after(0, limit=100):
        said = f"{recorded}{recorded.data.decode()}"
        assert JANE not in said
        assert YES not in said


async def test_a_guessed_name_cannot_be_held_against_a_fingerprint():
    desk = new_desk()
    await offered(desk, "offer", tc_string=YES)
    (recorded,) = await desk.log.read("acme", await stream(desk))
    assert recorded.fingerprint != asks(ANA, "offer").fingerprint
    assert recorded.fingerprint == desk.keys.digest(asks(ANA, "offer").fingerprint)


async def test_the_evidence_opens_with_the_key_and_with_nothing_else():
    desk = new_desk()
    await offered(desk, tc_string=YES, region="DE")
    subject = await desk.keys.known("acme", JANE)
    evidence = (await consent(desk)).evidence
    assert YES in await desk.keys.opened(subject, evidence.sealed)
    assert (evidence.law, evidence.region, evidence.tcf_policy) == ("gdpr", "DE", 4)
    assert (evidence.cmp_id, evidence.vendor_list, evidence.received_at) == (300, 120, MONDAY)
    await desk.keys.destroy(subject)
    assert await desk.keys.opened(subject, evidence.sealed) is None


async def test_who_was_erased_is_a_stranger_when_they_come_back():
    desk = new_desk()
    await offered(desk, "first", tc_string=YES)
    before = await stream(desk)
    await desk.keys.destroy(await desk.keys.known("acme", JANE))
    await offered(desk, "second", tc_string=YES)
    assert await stream(desk) != before


async def test_each_tenant_has_its_own_consent():
    desk = new_desk()
    await offered(desk, "ours", tc_string=YES)
    assert await desk.keys.known(GLOBEX, JANE) is None
    await offered(desk, "theirs", tenant=GLOBEX, tc_string=LESS)
    assert allows(await consent(desk), 3, 755)
    assert not allows(await consent(desk, tenant=GLOBEX), 3, 755)


@pytest.mark.parametrize("name", ["", "x" * 257, "é" * 129, "a\0b", "a\nb", "\ud800"])
async def test_bad_names_of_persons_are_refused(name):
    with pytest.raises(SubjectInvalid):
        await offered(new_desk(), subject=name, tc_string=YES)


@pytest.mark.parametrize("name", ["x" * 256, "Zoë", "日本語", "a b", "🙂", "@", "%2F"])
async def test_any_other_text_names_a_person(name):
    desk = new_desk()
    assert (await offered(desk, subject=name, tc_string=YES)).outcome.id == name
    assert allows(await consent(desk, name), 1)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"tc_string": ""}, "empty"),
        ({"tc_string": "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA"}, "version_1"),
        ({"tc_string": YES[:30]}, "cut_short"),
        ({"gpp": "DBABTA~present"}, "us_privacy_malformed"),
        ({"us_privacy": "1YYX"}, "us_privacy_malformed"),
        ({"tc_string": YES, "gpp": "nonsense"}, "header_malformed"),
        (
            {"tc_string": tc_string(purposes={1}, vendors={3}, policy=5)},
            "disclosed_vendors_missing",
        ),
        ({"tc_string": tc_string(purposes={1}, specific=False)}, "global_scope"),
        ({"gpp": f"DBABMA~{tc_string(purposes={1}, policy=5)}"}, "disclosed_vendors_missing"),
    ],
)
async def test_a_broken_string_leaves_no_trace(said, reason):
    desk = new_desk()
    with pytest.raises(ConsentStringBroken) as refused:
        await offered(desk, **said)
    assert refused.value.details == {"reason": reason}
    assert refused.value.errors[0].pointer.strip("/") in said
    assert await desk.keys.known("acme", JANE) is None


async def test_saying_nothing_is_refused():
    with pytest.raises(ConsentSignalMissing):
        await offered(new_desk())


async def test_being_asked_is_on_the_record():
    desk = new_desk()
    assert (await offered(desk, "loaded", cmp="loaded")).state == "checking"
    assert (await offered(desk, "shown", cmp="shown")).state == "checking"
    assert (await offered(desk, "no", tc_string=tc_string())).state == "no_consent"
    assert await kinds(desk, await stream(desk)) == ["check_started", "check_started", "denied"]


async def test_of_two_strings_the_stricter_wins():
    desk = new_desk()
    await offered(desk, tc_string=YES, gpp=f"DBACNYA~{LESS}~1YYN", region="DE")
    known = await consent(desk)
    assert allows(known, 1)
    assert not allows(known, 3)
    assert not allows(known, 1, 755)


async def test_the_same_key_is_answered_once():
    desk = new_desk()
    first = await offered(desk, "once", tc_string=YES)
    second = await offered(desk, "once", tc_string=YES)
    assert second.outcome == first.outcome._replace(replayed=True)


async def test_many_offers_at_once_are_all_heard_one_after_another():
    desk = new_desk()
    days = [tc_string(purposes={1, n}, updated_ds=(TODAY + n) * DAY_DS) for n in range(2, 12)]
    await asyncio.gather(*(offered(desk, f"o{n}", tc_string=text) for n, text in enumerate(days)))
    last = max(days, key=lambda text: tcf.TcString(text).last_updated_ds)
    assert allows(await consent(desk), 11)
    assert (await offered(desk, "last", tc_string=last)).weight is Weight.KNOWN


def test_a_string_that_names_everyone_a_thousand_times_stays_small():
    reading = heard(Offered(tc_string=naming_everyone(1_000))).signals.europe[0]
    assert reading.vendors == "1-65535"
    assert members(reading.vendors) == (1 << 65_536) - 2


@given(mutations(), st.sampled_from(["tc_string", "gpp", "us_privacy"]), st.booleans())
def test_whatever_is_sent_is_understood_or_refused(text, field, behind_a_header):
    said = f"DBABMA~{text}" if behind_a_header else text
    with contextlib.suppress(ConsentStringBroken):
        for reading in heard(Offered(**{field: said})).signals.europe:
            string = tcf.TcString(text)
            for purpose in reading.purposes:
                assert string.purpose_consents >> (purpose - 1) & 1
            for vendor in (1, 3, 20, 755):
                ours = permits([reading], 1, vendor)
                assert ours == (string.consents(1, vendor))


async def purges(desk):
    found = []
    for recorded in await desk.log.after(0, limit=1_000):
        if recorded.kind == "privacy.requested.v1":
            key = recorded.stream.partition("-")[2]
            found.append((await current(desk, REQUESTS, recorded.tenant, key)).state.kind)
    return found


async def test_a_revocation_asks_for_a_purge_once():
    desk = new_desk()
    await offered(desk, tc_string=YES)
    await revoked(desk)
    purge = ConsentPurge(desk, desk.log)
    assert await purge.step() == 1
    assert await purge.step() == 0
    assert await purges(desk) == ["purge"]
    request = (await desk.log.after(0, limit=100))[-1]
    assert request.causation_id == (await desk.log.read("acme", await stream(desk)))[-1].event_id


async def test_a_restart_asks_for_nothing_again():
    desk = new_desk()
    await revoked(desk)
    await ConsentPurge(desk, desk.log).step()
    desk.clock.at -= timedelta(hours=1)
    for _ in range(2):
        assert await ConsentPurge(desk, desk.log).step() == 0
    assert await purges(desk) == ["purge"]


async def test_who_was_erased_meanwhile_needs_no_purge():
    desk = new_desk()
    await revoked(desk)
    await desk.keys.destroy(await desk.keys.known("acme", JANE))
    assert await ConsentPurge(desk, desk.log).step() == 1
    assert await purges(desk) == []


class Unreachable:
    """A key ring whose disk is away for a while."""

    def __init__(self, ring):
        self.ring, self.away = ring, True

    def __getattr__(self, name):
        if self.away and name == "opened":
            raise SubjectErased("away")
        return getattr(self.ring, name)


async def test_a_purge_waits_while_the_world_is_away():
    desk = new_desk()
    await revoked(desk)
    desk._keys = Unreachable(desk.keys)
    purge = ConsentPurge(desk, desk.log)
    with capture_logs() as lines:
        assert await purge.step() == 0
    assert [line["event"] for line in lines] == ["purge_waits"]
    desk._keys.away = False
    assert await purge.step() == 1
    assert await purges(desk) == ["purge"]
