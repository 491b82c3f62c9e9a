import asyncio

import pytest

from tests.api_world import ANA
from tests.write_api.test_signing_in_with_a_password import CORRECT, MAIL, accepted, invited

OURS = {"Origin": "http://cx.example"}
FORM = {"email": MAIL, "password": CORRECT}


async def entered(browser, form):
    return await browser.post("/sign-in", data=form, headers=OURS)


async def test_a_password_opens_the_console(ana, stranger):
    ada = await accepted(ana, stranger)
    answer = await entered(stranger, FORM)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    assert ada in (await stranger.get("/")).text


@pytest.mark.parametrize("wrong", [{"password": "x" * 20}, {"email": "nobody@agency.example"}])
async def test_a_wrong_password_leads_back_to_the_form(ana, stranger, wrong):
    await accepted(ana, stranger)
    answer = await entered(stranger, {**FORM, **wrong})
    shown = await stranger.get(answer.headers["location"])

    assert answer.headers["location"] == "/sign-in?refused=password"
    assert "This does not let anybody in." in shown.text
    assert "set-cookie" not in answer.headers


async def test_the_form_shows_no_sentence_that_is_not_ours(stranger):
    shown = await stranger.get("/sign-in?refused=<b>your-account-is-locked</b>")

    assert "your-account-is-locked" not in shown.text


async def test_signing_out_ends_the_session_everywhere(ana, stranger):
    await accepted(ana, stranger)
    await entered(stranger, FORM)
    cookie = {"Cookie": f"cx_session={stranger.cookies['cx_session']}"}
    await stranger.post("/sign-out", headers=OURS)

    assert (await stranger.get("/v1/whoami", headers=cookie)).status_code == 401


async def test_another_sites_form_signs_nobody_in(ana, stranger):
    await accepted(ana, stranger)
    for place, form in (("/sign-in", FORM), ("/sign-in/password", {}), ("/sign-out", {})):
        answer = await stranger.post(place, data=form, headers={"Origin": "https://evil.example"})
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_page")


async def test_a_first_password_is_set_on_a_page(ana, stranger):
    _, token = await invited(ana)
    form = {"token": f" {token} ", "password": "short"}
    weak = await stranger.post("/sign-in/password", data=form, headers=OURS)
    shown = await stranger.get(weak.headers["location"])
    form["password"] = CORRECT
    done = await stranger.post("/sign-in/password", data=form, headers=OURS)
    again = await stranger.post("/sign-in/password", data=form, headers=OURS)

    assert "12 to 256 characters" in shown.text
    assert done.headers["location"] == "/sign-in?ready=true"
    assert again.headers["location"] == "/sign-in/password?refused=invitation_invalid"
    assert (await entered(stranger, FORM)).headers["location"] == "/"


async def test_a_page_that_is_not_for_someone_says_so_in_words(ana, stranger):
    await accepted(ana, stranger, roles=())
    await entered(stranger, FORM)
    answer = await stranger.get("/", follow_redirects=True)

    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "<code>campaign:read</code>" in answer.text


async def test_who_leaves_while_signed_in_meets_the_form(ana, stranger):
    ada = await accepted(ana, stranger)
    await entered(stranger, FORM)
    await ana.delete(f"/v1/people/{ada}")
    await asyncio.sleep(0.6)  # what is known of a session is believed for half a second

    assert (await stranger.get("/")).headers["location"] == "/sign-in"


async def test_a_key_still_opens_the_console(stranger):
    assert (await entered(stranger, {"key": ANA})).headers["location"] == "/"
