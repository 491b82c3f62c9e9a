import base64
import copy
import html
import re
import zlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree

from adapters.saml import Saml, SamlSettings
from commands.federation import Policy
from tests.api_world import running_world
from tests.identity_provider import local_provider
from tests.saml_provider import ACS, ENTITY, METADATA, SAML, Signer, answer, posted, stamp
from write_api.federation import Federation

REFUSED = "/sign-in?refused=provider"
TRUSTED = Policy(
    provider="corporate",
    tenant="acme",
    method="saml",
    joins=True,
    roles={"campaigns": ("marketer",)},
)
SIGNER, FORGER = Signer(), Signer()
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)
PLACES = {"metadata_url": METADATA, "acs_url": ACS}


def door(**settings):
    known = {
        "entity_id": ENTITY,
        "sso_url": "https://saml.example/sso",
        "certificate": SIGNER.certificate,
    }
    return Saml(SamlSettings(**{**known, **settings}))


def federated(saml):
    doors = {"corporate": (saml, TRUSTED)}
    return lambda secret: Federation(public_url="http://cx.example", secret=secret, saml=doors)


def judged(document):
    return door().vouched(posted(document), **PLACES)


def evil_twin(document):
    """Return a copy of the signed assertion that speaks of somebody else, unsigned."""
    twin = copy.deepcopy(next(document.iter(f"{{{SAML}}}Assertion")))
    twin.set("ID", "_evil")
    twin.remove(twin.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    next(twin.iter(f"{{{SAML}}}NameID")).text = "admin"
    return twin


def wrapped_beside(document):
    document.insert(2, evil_twin(document))
    return document


def wrapped_around(document):
    good = next(document.iter(f"{{{SAML}}}Assertion"))
    twin = evil_twin(document)
    document.replace(good, twin)
    twin.find(f"{{{SAML}}}Subject").append(good)
    return document


def wrapped_in_the_signature(document):
    good = next(document.iter(f"{{{SAML}}}Assertion"))
    twin = evil_twin(document)
    signature = good.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
    document.replace(good, twin)
    twin.insert(1, signature)
    thing = etree.SubElement(signature, "{http://www.w3.org/2000/09/xmldsig#}Object")
    thing.append(good)
    return document


def rewritten(document):
    next(document.iter(f"{{{SAML}}}NameID")).text = "admin"
    return document


def signed(**changes):
    return SIGNER.signed(answer(**changes))


BAD = {
    "unsigned": answer,
    "only the response is signed": lambda: SIGNER.signed(answer(), what="Response"),
    "signed by another": lambda: FORGER.signed(answer()),
    "signed with SHA-1": lambda: SIGNER.weakly_signed(answer()),
    "rewritten after signing": lambda: rewritten(signed()),
    "for another audience": lambda: signed(audience="https://elsewhere.example"),
    "for no audience": lambda: signed(audience=""),
    "for another recipient": lambda: signed(recipient="https://elsewhere.example/acs"),
    "for a recipient that starts as ours": lambda: signed(recipient=ACS + ".evil.example"),
    "sent elsewhere": lambda: signed(destination="https://elsewhere.example/acs"),
    "by another issuer": lambda: signed(issuer="https://elsewhere.example"),
    "expired": lambda: signed(until=stamp(LONG_AGO)),
    "not yet valid": lambda: signed(since=stamp(datetime.now(UTC) + timedelta(hours=1))),
    "in answer to nothing": lambda: signed(request=""),
    "an evil twin beside": lambda: wrapped_beside(signed()),
    "an evil twin around": lambda: wrapped_around(signed()),
    "an evil twin with the signature": lambda: wrapped_in_the_signature(signed()),
}


def test_a_signed_fresh_assertion_for_us_vouches():
    told = judged(signed())

    assert (told.identity.subject, told.identity.groups) == ("ada", ("campaigns",))
    assert told.in_response_to == "_request"
    assert not told.identity.email_verified


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_an_assertion_that_does_not_fit_vouches_for_nobody(bad):
    assert judged(bad()) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64!",
        base64.b64encode(b"<not xml").decode(),
        base64.b64encode(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>').decode(),
        base64.b64encode(b"<a/>").decode(),
        "A" * 300_000,
    ],
)
def test_what_is_no_response_vouches_for_nobody(text):
    assert door().vouched(text, **PLACES) is None


def onward(page):
    return html.unescape(re.search(r'content="0;url=([^"]+)"', page.text)[1])


async def request_of(browser):
    """Set out, and return the id of the request that was sent."""
    gone = await browser.get("/v1/auth/saml/corporate/login")
    (text,) = parse_qs(urlsplit(gone.headers["location"]).query)["SAMLRequest"]
    return etree.fromstring(zlib.decompress(base64.b64decode(text), -15)).get("ID")


async def sent(browser, document):
    """Post the provider's form, as a browser does that sends no cookies from another site."""
    form = {"SAMLResponse": posted(document)}
    return await browser.post("/v1/auth/saml/corporate/acs", data=form)


async def test_whoever_is_vouched_for_gets_in_once():
    async with (
        running_world(providers=federated(door())) as world,
        world.client() as browser,
        world.client() as elsewhere,
    ):
        document = signed(request=await request_of(browser))
        flow = browser.cookies["cx_flow"]
        place = onward(await sent(elsewhere, document))
        entered = await browser.get(place)
        me = (await browser.get("/v1/whoami")).json()
        again = onward(await sent(elsewhere, document))
        browser.cookies.set("cx_flow", flow, domain="cx.example", path="/v1/auth")

        assert entered.status_code == 200
        assert (me["tenant"], me["roles"]) == ("acme", ["marketer"])
        for replayed in (place, again):
            assert (await browser.get(replayed)).headers["location"] == REFUSED


async def test_an_assertion_serves_only_the_browser_that_asked():
    async with (
        running_world(providers=federated(door())) as world,
        world.client() as browser,
        world.client() as victim,
    ):
        place = onward(await sent(browser, signed(request=await request_of(browser))))
        await request_of(victim)
        for bad in (place, place[:-4], "/v1/auth/saml/corporate/finish"):
            assert (await victim.get(bad)).headers["location"] == REFUSED
        assert (await victim.get("/v1/whoami")).status_code == 401


async def test_a_bad_assertion_leads_back_to_the_form():
    async with running_world(providers=federated(door())) as world, world.client() as browser:
        answered = await sent(browser, FORGER.signed(answer()))

        assert (answered.status_code, answered.headers["location"]) == (303, REFUSED)


async def test_metadata_tells_a_provider_who_we_are():
    async with running_world(providers=federated(door())) as world, world.client() as anybody:
        told = await anybody.get("/v1/auth/saml/corporate/metadata")

        described = etree.fromstring(told.content)
        assert described.get("entityID") == METADATA
        assert ACS in told.text
        assert 'WantAssertionsSigned="true"' in told.text


def well_ordered(document):
    """Move the signature to where the schema wants it; as an enveloped one it still fits.

    This provider puts it last, and python3-saml holds each response to the schema.
    """
    assertion = next(document.iter(f"{{{SAML}}}Assertion"))
    assertion.insert(1, assertion.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    return document


async def test_a_real_provider_lets_someone_in(tmp_path):
    with local_provider(tmp_path) as provider:
        saml = door(
            entity_id=f"{provider.issuer}/saml",
            sso_url=f"{provider.issuer}/saml/sso",
            certificate=provider.certificate(),
        )
        async with running_world(providers=federated(saml)) as world, world.client() as browser:
            gone = await browser.get("/v1/auth/saml/corporate/login")
            page = await provider.signed_in(gone.headers["location"])
            text = re.search(r'name="SAMLResponse"\s+value="([^"]+)"', page.text)[1]
            document = etree.fromstring(base64.b64decode(html.unescape(text)))
            await browser.get(onward(await sent(browser, well_ordered(document))))
            me = (await browser.get("/v1/whoami")).json()

            assert me["roles"] == ["marketer"]
