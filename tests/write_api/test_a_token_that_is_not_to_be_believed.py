import base64
import hmac
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.write_api.test_signing_in_with_a_password import accepted, bearer, signed_in, whoami

LATER, LONG_AGO = 3_600, -3_600


class Mint:
    """What a forger knows: a real token's content, the public keys, and keys of their own."""

    def __init__(self, world, token):
        self.signer = world.sign_in.signer
        self.token = token
        head, body, _ = token.split(".")
        self.header, self.content = unpacked(head), unpacked(body)
        self.own = ECKey.generate_key("P-256")

    def ours(self, header=None, **changes):
        """Sign with the real key, as if our own process had gone mad."""
        (pair, *_) = self.signer._live()
        content = {**self.content, **changes}
        return jwt.encode(
            {**self.header, **(header or {})},
            {name: value for name, value in content.items() if value is not None},
            pair.key,
            algorithms=["ES256"],
        )

    def theirs(self, key, algorithm, **header):
        return jwt.encode(
            {**self.header, "alg": algorithm, **header}, self.content, key, algorithms=[algorithm]
        )


def packed(thing):
    return base64.urlsafe_b64encode(json.dumps(thing).encode()).rstrip(b"=").decode()


def unpacked(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def unsigned(mint, algorithm="none"):
    return f"{packed({**mint.header, 'alg': algorithm})}.{packed(mint.content)}."


def keyed_with_what_is_public(mint):
    public = mint.signer._live()[0].key.as_pem(private=False)
    text = f"{packed({**mint.header, 'alg': 'HS256'})}.{packed(mint.content)}"
    seal = base64.urlsafe_b64encode(hmac.digest(public, text.encode(), "sha256"))
    return f"{text}.{seal.rstrip(b'=').decode()}"


def tampered(mint):
    head, _, seal = mint.token.split(".")
    return f"{head}.{packed({**mint.content, 'sub': 'ana'})}.{seal}"


def with_embedded_key(mint):
    return mint.theirs(mint.own, "ES256", jwk=mint.own.as_dict(private=False))


def now():
    return int(time.time())


FORGED = {
    "alg none": unsigned,
    "alg None": lambda mint: unsigned(mint, "None"),
    "HMAC keyed with the public key": keyed_with_what_is_public,
    "tampered": tampered,
    "signed by another": lambda mint: mint.theirs(mint.own, "ES256"),
    "another key under its own kid": lambda mint: mint.theirs(mint.own, "ES256", kid="x" * 43),
    "a kid that climbs": lambda mint: mint.theirs(mint.own, "ES256", kid="../../../dev/null"),
    "no kid": lambda mint: mint.ours(header={"kid": ""}),
    "brings its own key": with_embedded_key,
    "another audience": lambda mint: mint.ours(aud="somebody-else"),
    "several audiences": lambda mint: mint.ours(aud=["campaign-express", "somebody-else"]),
    "another issuer": lambda mint: mint.ours(iss="https://evil.example"),
    "expired": lambda mint: mint.ours(exp=now() - 1),
    "never expires": lambda mint: mint.ours(exp=None),
    "expires in words": lambda mint: mint.ours(exp="tomorrow"),
    "not yet valid": lambda mint: mint.ours(nbf=now() + LATER),
    "issued in the future": lambda mint: mint.ours(iat=now() + LATER),
    "another type": lambda mint: mint.ours(header={"typ": "JWT"}),
    "another tenant's": lambda mint: mint.ours(tenant_id="rival"),
    "another person's": lambda mint: mint.ours(sub="ana"),
    "another session": lambda mint: mint.ours(sid="0" * 32),
    "no session": lambda mint: mint.ours(sid=None),
    "huge": lambda mint: mint.ours(more="x" * 20_000),
    "not even base64": lambda _: "a.b.c",
    "nested": lambda _: f"{packed({'alg': 'ES256'})}.{'W' * 4_000}.AA",
}


@pytest.mark.parametrize("forgery", FORGED.values(), ids=FORGED)
async def test_it_is_refused_and_told_so(world, ana, stranger, forgery):
    await accepted(ana, stranger)
    mint = Mint(world, (await signed_in(stranger))["access_token"])
    assert (await whoami(stranger, mint.ours())).status_code == 200
    answer = await whoami(stranger, forgery(mint))

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_scopes_of_a_token_never_exceed_what_its_person_may(world, ana, stranger):
    await accepted(ana, stranger)
    mint = Mint(world, (await signed_in(stranger))["access_token"])
    more = mint.ours(scope="user:write campaign:read")

    assert (await whoami(stranger, more)).json()["permissions"] == ["campaign:read"]


async def test_public_keys_verify_tokens_and_keep_no_secret(ana, stranger):
    await accepted(ana, stranger)
    told = (await signed_in(stranger))["access_token"]
    (key,) = (await stranger.get("/.well-known/jwks.json")).json()["keys"]

    assert jwt.decode(told, ECKey.import_key(key), algorithms=["ES256"]).claims["tenant_id"]
    assert "d" not in key


async def test_a_rotated_key_verifies_until_the_next_rotation(world, ana, stranger):
    await accepted(ana, stranger)
    old = (await signed_in(stranger))["access_token"]
    signer = world.sign_in.signer
    signer.rotate()
    new = (await signed_in(stranger))["access_token"]
    assert [(await whoami(stranger, token)).status_code for token in (old, new)] == [200, 200]
    signer.rotate()

    assert [(await whoami(stranger, token)).status_code for token in (old, new)] == [401, 200]
    assert len((await stranger.get("/.well-known/jwks.json")).json()["keys"]) == 2


async def test_keys_lie_in_files_that_only_their_owner_reads(world, ana, stranger):
    await accepted(ana, stranger)
    await signed_in(stranger)
    files = list(world.sign_in.signer._directory.iterdir())

    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}


async def renewed(stranger, token):
    return await stranger.post("/v1/auth/refresh", json={"refresh_token": token})


async def test_a_refresh_token_is_exchanged_for_the_next(ana, stranger):
    await accepted(ana, stranger)
    first = await signed_in(stranger)
    second = (await renewed(stranger, first["refresh_token"])).json()
    third = await renewed(stranger, second["refresh_token"])

    assert third.status_code == 200
    assert {first["session"], second["session"], third.json()["session"]} == {first["session"]}
    assert (await whoami(stranger, third.json()["access_token"])).status_code == 200


async def test_a_refresh_token_used_twice_ends_the_whole_family(ana, stranger):
    await accepted(ana, stranger)
    first = await signed_in(stranger)
    second = (await renewed(stranger, first["refresh_token"])).json()
    again = await renewed(stranger, first["refresh_token"])

    assert (again.status_code, again.json()["code"]) == (401, "sign_in_refused")
    assert (await renewed(stranger, second["refresh_token"])).status_code == 401
    assert (await whoami(stranger, second["access_token"])).status_code == 401
    events = (await ana.get(f"/v1/audit/streams/session-{first['session']}")).json()["items"]
    assert [e["kind"] for e in events][-1] == "session.reuse_detected.v1"


async def test_a_guessed_refresh_token_ends_nothing(ana, stranger):
    await accepted(ana, stranger)
    told = await signed_in(stranger)
    guessed = f"cxr_acme_{told['session']}_{'0' * 64}"
    for token in (guessed, guessed.replace("acme", "rival"), "cxr_", "", "x" * 900):
        assert (await renewed(stranger, token)).status_code == 401

    assert (await renewed(stranger, told["refresh_token"])).status_code == 200


@pytest.mark.parametrize("given_up", ["refresh_token", "access_token"])
async def test_a_token_given_up_ends_its_session(ana, stranger, given_up):
    await accepted(ana, stranger)
    told = await signed_in(stranger)
    for _ in range(2):
        answer = await stranger.post("/v1/auth/revoke", json={"token": told[given_up]})
        assert (answer.status_code, answer.json()) == (200, {})

    assert (await whoami(stranger, told["access_token"])).status_code == 401
    assert (await renewed(stranger, told["refresh_token"])).status_code == 401


async def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(world, ana, ben, stranger):
    ada = await accepted(ana, stranger)
    told = await signed_in(stranger)
    await world.settled()
    me = bearer(told["access_token"])
    (mine,) = (await stranger.get("/v1/auth/sessions", headers=me)).json()["items"]
    assert (mine["person"], mine["state"], mine["current"]) == (ada, "live", True)
    assert (await ben.get(f"/v1/auth/sessions?person={ada}")).status_code == 403
    assert (await ben.delete(f"/v1/auth/sessions/{told['session']}")).status_code == 404
    assert (await stranger.delete("/v1/auth/sessions/nonsense", headers=me)).status_code == 404

    assert (await ana.delete(f"/v1/auth/sessions/{told['session']}")).status_code == 200
    assert (await whoami(stranger, told["access_token"])).status_code == 401
    await world.settled()
    (seen,) = (await ana.get(f"/v1/auth/sessions?person={ada}")).json()["items"]
    assert seen["state"] == "asked"
