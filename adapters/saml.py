"""A SAML 2.0 identity provider, as its service provider (Web Browser SSO Profile).

Over python3-saml in its strict mode; what that library leaves to chance (an assertion without
an audience, a recipient that merely contains our address) is refused here. Raises `SamlAbsent`
where the optional extra `saml` is not installed.
"""

import binascii
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from commands.federation import Identity

RESPONSE_BYTES_MAX = 200_000
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
PARTS = [f"onelogin.saml2.{part}" for part in ("auth", "errors", "response", "settings")]
PARTS.append("lxml.etree")
CONFIRMED = "/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData"


class SamlAbsent(Exception):
    """SAML needs more than is installed: pip install 'campaign-express[saml]'."""


class SamlSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Who the provider is, and which of its attributes say what.

    `verified_mail` says that this provider lets nobody choose their own mail address.
    """

    entity_id: str
    sso_url: str
    certificate: str  # PEM; the key that must have signed each assertion
    email_attribute: str = "email"
    name_attribute: str = "name"
    groups_attribute: str = "groups"
    verified_mail: bool = False


class SamlDeparture(NamedTuple):
    """Where the browser goes, and the request that must be answered."""

    url: str
    request_id: str


class Vouched(NamedTuple):
    """An identity, and which request of ours it answers."""

    identity: Identity
    in_response_to: str


class Saml:
    """One provider."""

    def __init__(self, settings: SamlSettings) -> None:
        self._settings = settings
        self._library = _library()

    def depart(self, *, metadata_url: str, acs_url: str) -> SamlDeparture:
        """Return where to send the browser with an AuthnRequest."""
        auth = self._library.auth.OneLogin_Saml2_Auth(
            _request(acs_url), self._described(metadata_url, acs_url)
        )
        return SamlDeparture(str(auth.login()), str(auth.get_last_request_id()))

    def metadata(self, *, metadata_url: str, acs_url: str) -> bytes:
        """Return what a provider needs to know of us, as SAML metadata (XML)."""
        described = self._library.settings.OneLogin_Saml2_Settings(
            self._described(metadata_url, acs_url), sp_validation_only=True
        )
        metadata = described.get_sp_metadata()
        return metadata if isinstance(metadata, bytes) else str(metadata).encode()

    def vouched(self, response: str, *, metadata_url: str, acs_url: str) -> Vouched | None:
        """Return whom a posted response vouches for, None when it is no good.

        The assertion must be signed by the provider's key, fresh, for us, received here and in
        answer to a request; that the request was this browser's is the caller's to check.
        """
        if len(response) > RESPONSE_BYTES_MAX:
            return None
        settings = self._library.settings.OneLogin_Saml2_Settings(
            self._described(metadata_url, acs_url)
        )
        try:
            read = self._library.response.OneLogin_Saml2_Response(settings, response)
            if not read.is_valid(_request(acs_url)) or metadata_url not in read.get_audiences():
                return None
            return self._vouched(read, acs_url)
        except self._failures:
            return None

    @property
    def _failures(self) -> tuple[type[Exception], ...]:
        errors = self._library.errors
        return (
            errors.OneLogin_Saml2_ValidationError,
            errors.OneLogin_Saml2_Error,
            self._library.etree.XMLSyntaxError,
            binascii.Error,
            ValueError,
            TypeError,
            AttributeError,
        )

    def _vouched(self, read: Any, acs_url: str) -> Vouched | None:  # noqa: ANN401 - untyped library
        # The library's own question to the signed assertion, and to nothing wrapped around it.
        confirmed = read._query_assertion(CONFIRMED)  # noqa: SLF001 - there is no public one
        if len(confirmed) != 1 or confirmed[0].get("Recipient") != acs_url:
            return None
        answered, until = confirmed[0].get("InResponseTo"), confirmed[0].get("NotOnOrAfter")
        subject = read.get_nameid()
        if not (answered and until and subject):
            return None
        told, ours = read.get_attributes(), self._settings
        email, name = _first(told, ours.email_attribute), _first(told, ours.name_attribute)
        identity = Identity(
            issuer=ours.entity_id,
            subject=str(subject),
            proof=str(read.get_assertion_id()),
            email=email,
            email_verified=ours.verified_mail and email is not None,
            name=name,
            groups=tuple(str(group) for group in told.get(ours.groups_attribute, ())),
        )
        return Vouched(identity, str(answered))

    def _described(self, metadata_url: str, acs_url: str) -> dict[str, Any]:
        return {
            "strict": True,
            "debug": False,
            "sp": {
                "entityId": metadata_url,
                "assertionConsumerService": {"url": acs_url, "binding": POST},
                "NameIDFormat": UNSPECIFIED,
            },
            "idp": {
                "entityId": self._settings.entity_id,
                "singleSignOnService": {"url": self._settings.sso_url, "binding": REDIRECT},
                "x509cert": self._settings.certificate,
            },
            "security": {
                "wantAssertionsSigned": True,
                "wantAttributeStatement": False,
                "rejectDeprecatedAlgorithm": True,
                "requestedAuthnContext": False,
            },
        }


def _request(acs_url: str) -> dict[str, str]:
    """Return the request as the library wants it: at the address that we told the provider."""
    place = urlsplit(acs_url)
    return {
        "https": "on" if place.scheme == "https" else "off",
        "http_host": place.netloc,
        "script_name": place.path,
    }


def _first(attributes: dict[str, list[str]], name: str) -> str | None:
    values = attributes.get(name)
    return str(values[0]) if values else None


class _Library(NamedTuple):
    auth: ModuleType
    errors: ModuleType
    response: ModuleType
    settings: ModuleType
    etree: ModuleType


def _library() -> _Library:
    try:
        return _Library(*(import_module(name) for name in PARTS))
    except ImportError:
        raise SamlAbsent(str(SamlAbsent.__doc__)) from None
