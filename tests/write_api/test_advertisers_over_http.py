FLOWERS = {"name": "Flowers Ltd", "currency": "EUR", "time_zone": "Europe/Berlin"}


def waiting_for(answer):
    return {"X-Consistency-Token": str(answer.json()["position"])}


async def test_an_advertiser_is_taken_on_read_and_listed(ana):
    taken = await ana.put("/v1/advertisers/flowers", json=FLOWERS)
    card = await ana.get("/v1/advertisers/flowers", headers=waiting_for(taken))
    listed = (await ana.get("/v1/advertisers")).json()["items"]

    assert (taken.status_code, taken.json()["id"]) == (201, "flowers")
    assert taken.headers["location"] == "/v1/advertisers/flowers"
    assert card.headers["etag"] == taken.headers["etag"]
    assert card.json() == {**FLOWERS, "id": "flowers", "version": card.json()["version"]}
    assert listed == [card.json()]


async def test_the_agencys_settings_are_what_advertisers_do_not_say(ana):
    version = (await ana.get("/v1/tenant")).headers["etag"]
    berlin = {"name": "Acme", "currency": "EUR", "time_zone": "Europe/Berlin"}
    unread = await ana.put("/v1/tenant", json=berlin)
    changed = await ana.put("/v1/tenant", json=berlin, headers={"If-Match": version})
    stale = await ana.put("/v1/tenant", json=berlin, headers={"If-Match": '"99"'})
    taken = await ana.put("/v1/advertisers/flowers", json={"name": "Flowers Ltd"})
    shown = await ana.get("/v1/tenant", headers=waiting_for(changed))
    card = await ana.get("/v1/advertisers/flowers", headers=waiting_for(taken))

    assert [a.status_code for a in (unread, changed, stale)] == [428, 200, 412]
    assert berlin.items() <= shown.json().items()
    assert (card.json()["currency"], card.json()["time_zone"]) == ("EUR", "Europe/Berlin")


async def test_an_advertiser_is_overwritten_only_by_who_read_it(ana):
    taken = await ana.put("/v1/advertisers/flowers", json=FLOWERS)
    moved = {**FLOWERS, "time_zone": "Europe/Lisbon"}
    unread = await ana.put("/v1/advertisers/flowers", json=moved)
    changed = await ana.put(
        "/v1/advertisers/flowers", json=moved, headers={"If-Match": taken.headers["etag"]}
    )
    anyhow = await ana.put("/v1/advertisers/flowers", json=FLOWERS, headers={"If-Match": "*"})

    assert [a.status_code for a in (unread, changed, anyhow)] == [428, 200, 200]


async def test_places_that_do_not_exist_are_all_named(ana):
    nowhere = {"name": "Nowhere", "currency": "XXX", "time_zone": "Moon/Tranquility"}
    answer = await ana.put("/v1/advertisers/nowhere", json=nowhere)

    assert (answer.status_code, answer.json()["code"]) == (422, "settings_wrong")
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/currency", "/time_zone"]


async def test_an_advertiser_is_its_own_tenants_alone(ana, rita, world):
    await ana.put("/v1/advertisers/flowers", json=FLOWERS)
    await world.settled()

    assert (await rita.get("/v1/advertisers/flowers")).json()["code"] == "advertiser_unknown"
    assert (await rita.get("/v1/advertisers")).json()["items"] == []
    assert (await rita.put("/v1/advertisers/flowers", json=FLOWERS)).status_code == 201
