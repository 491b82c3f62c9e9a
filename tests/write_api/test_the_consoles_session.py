import pytest

from tests.api_world import ANA, BEN, EXCHANGE, created, moved

OURS = {"Origin": "http://cx.example"}
FOREIGN = {"Origin": "https://evil.example"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def signed_in(client, key=BEN):
    answer = await client.post("/sign-in", data={"key": key}, headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return answer


async def test_a_session_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger):
    cookie = (await signed_in(stranger)).headers["set-cookie"]

    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert BEN not in cookie


async def test_a_session_opens_the_console_and_the_api(stranger):
    await signed_in(stranger)

    assert (await stranger.get("/")).status_code == 200
    assert (await stranger.get("/v1/whoami")).json()["person"] == "ben"


@pytest.mark.parametrize("key", ["", "nobody", EXCHANGE])
async def test_a_key_that_opens_nothing_leads_back_to_the_form(stranger, key):
    answer = await stranger.post("/sign-in", data={"key": key}, headers=OURS)

    assert answer.headers["location"] == "/sign-in?refused=key"
    assert "set-cookie" not in answer.headers


async def test_pages_lead_strangers_to_the_form(stranger):
    for page in ("/", "/campaigns/any"):
        answer = await stranger.get(page)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("headers", [FOREIGN, {}, {"Origin": "null"}])
async def test_another_sites_form_is_not_acted_on(stranger, ana, headers):
    campaign = await created(ana)
    await signed_in(stranger, ANA)
    for place in (f"/campaigns/{campaign}/submit", f"/v1/campaigns/{campaign}/submit"):
        answer = await stranger.post(place, data={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_page")
    assert (await ana.get(f"/v1/campaigns/{campaign}")).json()["stage"] == "draft"


async def test_a_forged_or_altered_cookie_opens_nothing(stranger):
    await signed_in(stranger)
    sealed = stranger.cookies["cx_session"]
    for forged in ("", "x", sealed[:-4], "A" + sealed[1:], sealed.swapcase()):
        stranger.cookies.clear()
        answer = await stranger.get("/v1/whoami", headers={"Cookie": f"cx_session={forged}"})
        assert answer.status_code == 401, forged


async def test_an_unknown_campaign_is_a_page_that_leads_back(stranger):
    await signed_in(stranger)
    answer = await stranger.get("/campaigns/nobody-wrote-this")

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert '<a href="/">Back to the board</a>' in answer.text


async def test_signing_out_forgets_the_cookie(stranger):
    await signed_in(stranger)
    await stranger.post("/sign-out", headers=OURS)

    assert (await stranger.get("/")).status_code == 303


async def test_a_step_from_the_form_leads_back_to_the_campaign(stranger, ana):
    campaign = await created(ana)
    await signed_in(stranger, ANA)
    answer = await stranger.post(
        f"/campaigns/{campaign}/submit", data={"comment": "Please"}, headers=OURS
    )

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/campaigns/{campaign}?position=")
    shown = await stranger.get(answer.headers["location"])
    assert "In review" in shown.text
    assert "Please" in shown.text


async def test_a_refused_step_leads_back_with_its_sentence(stranger, ana):
    campaign = await created(ana)
    await signed_in(stranger)
    answer = await stranger.post(f"/campaigns/{campaign}/approve", headers={**OURS, **FORM})
    shown = await stranger.get(answer.headers["location"])

    assert "Only a campaign in review can be approved." in shown.text


async def test_a_page_shows_no_sentence_that_is_not_ours(stranger, ana):
    campaign = await created(ana)
    await signed_in(stranger)
    shown = await stranger.get(f"/campaigns/{campaign}?refused=<b>your-account-is-locked</b>")

    assert "your-account-is-locked" not in shown.text
    assert "This was not possible." in shown.text


async def test_what_a_marketer_writes_is_shown_as_text(stranger, ana):
    campaign = await created(ana, name="<script>alert(1)</script>")
    await moved(ana, campaign, "submit")
    await signed_in(stranger)
    for page in ("/", f"/campaigns/{campaign}"):
        shown = await stranger.get(page)
        assert "<script>alert" not in shown.text
        assert "&lt;script&gt;alert" in shown.text
