from datetime import UTC, datetime

from tests.hotpath.consent_strings import DAY_DS, tc_string

TODAY = int(datetime.now(UTC).timestamp()) // 86_400
JANE = "/v1/consent/jane"
FIRST, SECOND, THIRD = (
    tc_string(purposes=purposes, vendors={21, 755}, updated_ds=(TODAY - 9 + number) * DAY_DS)
    for number, purposes in enumerate([range(1, 12), {1, 7}, {1, 7, 8}])
)


async def said(client, world, *strings):
    for string in strings:
        answer = await client.put(JANE, json={"tc_string": string, "region": "DE"})
        assert answer.json()["recorded"] is True
    await world.settled()


async def test_of_whom_nothing_is_known_nothing_is_allowed(ana):
    answer = await ana.get("/v1/consent/nobody", params={"purpose": "1", "partner": "dv360"})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"0"')
    shown = answer.json()
    assert (shown["state"], shown["allowed"], shown["evidence"]) == ("no_consent", False, None)
    assert not any(shown["purposes"].values())
    assert not any(shown["partners"].values())


async def test_consent_is_told_by_purpose_and_by_partner(ana, world):
    await said(ana, world, SECOND)
    answer = await ana.get(JANE)
    assert answer.headers["etag"] == '"1"'
    shown = answer.json()
    assert [name for name, allowed in shown["purposes"].items() if allowed] == ["1", "7"]
    assert shown["partners"] == {
        "amazon_dsp": [],
        "dv360": ["1", "7"],
        "meta_ads": [],
        "the_trade_desk": ["1", "7"],
        "yahoo_dsp": [],
    }
    assert shown["vendors"] == "21,755"
    assert [each["signal"] for each in shown["signals"]] == ["tc_string"]


async def test_the_evidence_is_what_was_sent(ana, world):
    await said(ana, world, FIRST)
    evidence = (await ana.get(JANE)).json()["evidence"]
    assert evidence["sent"] == {"tc_string": FIRST, "region": "DE"}
    assert (evidence["law"], evidence["region"], evidence["source"]) == ("gdpr", "DE", "api")
    assert (evidence["tcf_policy"], evidence["cmp_id"], evidence["vendor_list"]) == (4, 300, 120)
    assert evidence["said_at"].endswith("T00:00:00Z")


async def test_the_history_is_told_newest_first_and_page_by_page(ana, world):
    await said(ana, world, FIRST, SECOND, THIRD)
    await ana.post(f"{JANE}/revoke")
    await world.settled()
    first = (await ana.get(f"{JANE}/history", params={"limit": 3})).json()
    assert [item["kind"] for item in first["items"]] == ["revoked", "given", "withdrawn"]
    assert first["items"][1]["evidence"]["sent"]["tc_string"] == THIRD
    assert first["items"][2]["state"] == "partial_consent"
    assert first["items"][2]["verdict"]["purposes"]["3"] is False
    rest = (await ana.get(f"{JANE}/history", params={"limit": 3, "cursor": first["next"]})).json()
    assert [item["kind"] for item in rest["items"]] == ["given"]
    assert rest["next"] is None


async def test_a_cursor_of_another_list_is_refused(ana, world):
    await said(ana, world, FIRST)
    answer = await ana.get(f"{JANE}/history", params={"cursor": "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


async def test_once_the_key_is_gone_nobody_knows_the_person(ana, world):
    await said(ana, world, FIRST)
    await world.keys.destroy(await world.keys.known("acme", "jane"))
    shown = (await ana.get(JANE)).json()
    assert (shown["state"], shown["ref"]) == ("no_consent", None)


async def test_the_audit_trail_names_the_stream(ana, world):
    await said(ana, world, FIRST)
    ref = (await ana.get(JANE)).json()["ref"]
    answer = await ana.get(f"/v1/audit/streams/consent-{ref}")
    assert [item["kind"] for item in answer.json()["items"]] == ["consent.given.v1"]
    assert FIRST not in answer.text
