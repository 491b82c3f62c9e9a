import base64
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from adapters.oidc import Oidc, OidcSettings, ProviderAway
from commands.federation import Policy
from tests.api_world import ANA, running_world
from tests.engines import free_port
from tests.identity_provider import CLIENT, SECRET, local_provider
from tests.write_api.test_signing_in_with_a_password import whoami
from write_api.federation import Federation

OURS = "http://cx.example"
STRICT = {"provider": "staff", "tenant": "acme", "method": "oidc"}
OPEN = {**STRICT, "joins": True, "roles": {"campaigns": ("marketer",)}}
MAIL = "ada@agency.example"


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    with local_provider(tmp_path_factory.mktemp("nanoidp")) as running:
        yield running


def federated(running, **policy):
    settings = OidcSettings(issuer=running.issuer, client_id=CLIENT, client_secret=SECRET)
    door = (Oidc(settings), Policy(**policy))
    return lambda secret: Federation(public_url=OURS, secret=secret, oidc={"staff": door})


async def departed(browser, **more):
    answer = await browser.get("/v1/auth/oidc/staff/login", params=more)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def returned(provider, browser, **more):
    """Sign in at the provider, and return the address that it sends the browser to."""
    answer = await provider.signed_in(await departed(browser), **more)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"].removeprefix(OURS)


def refused(answer):
    return (answer.status_code, answer.headers.get("location")) == (
        303,
        "/sign-in?refused=provider",
    )


async def test_a_stranger_with_the_right_group_joins_and_gets_a_session(provider):
    async with running_world(providers=federated(provider, **OPEN)) as world:
        async with world.client() as browser:
            answer = await browser.get(await returned(provider, browser))
            me = (await browser.get("/v1/whoami")).json()

        cookie = answer.headers.get_list("set-cookie")[0]
        assert 'http-equiv="refresh" content="0;url=/"' in answer.text
        assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
        assert (me["tenant"], me["roles"]) == ("acme", ["marketer"])


async def test_the_same_person_comes_back_as_the_same_person(provider):
    async with running_world(providers=federated(provider, **OPEN)) as world:
        people = []
        for _ in range(2):
            async with world.client() as browser:
                await browser.get(await returned(provider, browser))
                people.append((await browser.get("/v1/whoami")).json()["person"])
        events = await world.log.after(0, limit=10_000)
        whole = b"".join(event.data for event in events)
        linked = [event for event in events if event.kind == "login.claimed.v1"]

        assert people[0] == people[1]
        assert len(linked) == 1
        assert b"ada" not in whole.replace(b"ada-", b"")


@pytest.mark.parametrize("policy", [STRICT, OPEN])
async def test_who_is_not_known_and_has_no_role_stays_outside(provider, policy):
    async with (
        running_world(providers=federated(provider, **policy)) as world,
        world.client() as browser,
    ):
        back = await returned(provider, browser, name="eve", password="evening")

        assert refused(await browser.get(back))
        assert (await browser.get("/v1/whoami")).status_code == 401


async def test_a_verified_mail_address_links_only_where_that_is_wanted(provider):
    for links in (False, True):
        policy = {**STRICT, "links_by_mail": links}
        async with running_world(providers=federated(provider, **policy)) as world:
            async with world.client(ANA) as ana:
                asked = {"name": "Ada", "email": MAIL, "roles": ["manager"]}
                ada = (await ana.post("/v1/people", json=asked)).json()["id"]
            async with world.client() as browser:
                answer = await browser.get(await returned(provider, browser))
                me = (await browser.get("/v1/whoami")).json()

            assert refused(answer) is not links
            assert (me.get("person") == ada) is links


async def test_who_was_let_go_does_not_come_back_by_themselves(provider):
    async with running_world(providers=federated(provider, **OPEN)) as world:
        async with world.client() as browser:
            await browser.get(await returned(provider, browser))
            ada = (await browser.get("/v1/whoami")).json()["person"]
        async with world.client(ANA) as ana:
            await ana.delete(f"/v1/people/{ada}")
        async with world.client() as browser:
            assert refused(await browser.get(await returned(provider, browser)))


async def test_roles_follow_the_groups_where_that_is_wanted(provider):
    policy = {**OPEN, "roles_follow": True}
    async with running_world(providers=federated(provider, **policy)) as world:
        async with world.client() as browser:
            await browser.get(await returned(provider, browser))
            ada = (await browser.get("/v1/whoami")).json()["person"]
        async with world.client(ANA) as ana:
            change = {"roles": ["manager"]}
            await ana.patch(f"/v1/people/{ada}", json=change, headers={"If-Match": "*"})
        async with world.client() as browser:
            await browser.get(await returned(provider, browser))

            assert (await browser.get("/v1/whoami")).json()["roles"] == ["marketer"]


async def test_a_callback_counts_once_in_one_browser_and_with_its_own_state(provider):
    async with (
        running_world(providers=federated(provider, **OPEN)) as world,
        world.client() as browser,
        world.client() as other,
    ):
        back = await returned(provider, browser)
        flow = browser.cookies["cx_flow"]
        await departed(other)
        assert refused(await other.get(back))  # somebody else's browser: login CSRF
        browser.cookies.set("cx_flow", flow, domain="cx.example", path="/v1/auth")
        assert refused(await browser.get(back.replace("state=", "state=x")))
        browser.cookies.set("cx_flow", flow, domain="cx.example", path="/v1/auth")
        assert (await browser.get(back)).status_code == 200
        browser.cookies.set("cx_flow", flow, domain="cx.example", path="/v1/auth")
        assert refused(await browser.get(back))
        assert refused(await browser.get("/v1/auth/oidc/staff/callback?error=access_denied"))


async def test_a_script_gets_tokens_instead_of_a_cookie(provider):
    async with (
        running_world(providers=federated(provider, **OPEN)) as world,
        world.client() as script,
    ):
        answer = await provider.signed_in(await departed(script, use="api"))
        told = (await script.get(answer.headers["location"].removeprefix(OURS))).json()

        assert told["refresh_token"].startswith("cxr_acme_")
        assert (await whoami(script, told["access_token"])).status_code == 200


async def test_an_unknown_provider_is_a_problem(stranger):
    answer = await stranger.get("/v1/auth/oidc/nobody/login")

    assert (answer.status_code, answer.json()["code"]) == (404, "provider_unknown")


async def test_a_provider_that_is_away_is_a_fault_of_the_world():
    settings = OidcSettings(
        issuer=f"http://127.0.0.1:{free_port()}", client_id=CLIENT, client_secret=SECRET
    )
    with pytest.raises(ProviderAway):
        await Oidc(settings).depart("http://cx.example/back")


async def test_a_provider_without_tls_is_not_asked():
    settings = OidcSettings(issuer="http://idp.example", client_id=CLIENT, client_secret=SECRET)
    with pytest.raises(ProviderAway, match="https"):
        await Oidc(settings).depart("http://cx.example/back")


KEY, STRANGE = RSAKey.generate_key(2048, {"kid": "one"}), RSAKey.generate_key(2048, {"kid": "one"})
NOW = int(time.time())
TOLD = {
    "iss": "https://idp.example", "aud": CLIENT, "sub": "ada", "nonce": "n", "iat": NOW,
    "exp": NOW + 300,
}  # fmt: skip


def judged(claims, key=KEY, algorithm="RS256"):
    """Judge an ID token as the relying party does, with the provider's key at hand."""
    settings = OidcSettings(issuer=TOLD["iss"], client_id=CLIENT, client_secret=SECRET)
    oidc = Oidc(settings)
    oidc._keys = (time.monotonic() + 60, KeySet([KEY]))
    token = jwt.encode({"alg": algorithm, "kid": "one"}, claims, key, algorithms=[algorithm])
    return oidc, token


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"},
        {"aud": "somebody-else"},
        {"aud": [CLIENT, "somebody-else"]},
        {"azp": "somebody-else"},
        {"nonce": "another"},
        {"exp": NOW - 61},
        {"iat": NOW + 61},
        {"exp": None},
        {"sub": None},
    ],
)
async def test_an_identity_token_that_does_not_fit_is_refused(wrong):
    oidc, token = judged({**TOLD, **wrong})
    claims = await oidc._claims(token)

    assert not oidc._in_force(claims, nonce="n", now=NOW)
    assert oidc._in_force(TOLD, nonce="n", now=NOW + 60)


async def test_an_identity_token_signed_by_another_key_or_not_at_all_is_refused():
    oidc, forged = judged(TOLD, key=STRANGE)
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    body = forged.split(".")[1]

    assert await oidc._claims(forged) is None
    assert await oidc._claims(f"{head}.{body}.") is None


async def test_what_is_asked_of_a_provider_is_a_code_with_a_challenge(provider):
    settings = OidcSettings(issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET)
    left = await Oidc(settings).depart("http://cx.example/back")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(left.url).query).items()}

    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert left.verifier not in left.url
