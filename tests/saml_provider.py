"""A SAML provider in the test itself: it signs what it is told to, with its own key."""

import base64
import uuid
from datetime import UTC, datetime, timedelta

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

OURS = "http://cx.example/v1/auth/saml/corporate"
ACS, METADATA = f"{OURS}/acs", f"{OURS}/metadata"
ENTITY = "https://saml.example/idp"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
SAML, SAMLP = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
TEMPLATE = """\
<samlp:Response xmlns:samlp="{samlp}" xmlns:saml="{saml}" ID="_{response}" Version="2.0"
 IssueInstant="{now}" Destination="{destination}" InResponseTo="{request}">
<saml:Issuer>{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
<saml:Assertion ID="_{assertion}" Version="2.0" IssueInstant="{now}">
<saml:Issuer>{issuer}</saml:Issuer>
<saml:Subject><saml:NameID>{subject}</saml:NameID>
<saml:SubjectConfirmation Method="{bearer}"><saml:SubjectConfirmationData
 NotOnOrAfter="{until}" Recipient="{recipient}" InResponseTo="{request}"/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{since}" NotOnOrAfter="{until}">{audience}</saml:Conditions>
<saml:AuthnStatement AuthnInstant="{now}"><saml:AuthnContext><saml:AuthnContextClassRef>\
urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>
</saml:AuthnStatement>
<saml:AttributeStatement><saml:Attribute Name="groups">
<saml:AttributeValue>campaigns</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>
</saml:Assertion></samlp:Response>
"""


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Signer:
    def __init__(self):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "saml.example")])
        now = datetime.now(UTC)
        signed = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        self.key = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.certificate = signed.public_bytes(serialization.Encoding.PEM).decode()

    def signed(self, document, *, what="Assertion"):
        """Sign the assertion (or the `Response`) within a document, with SHA-256."""
        return self._sign(document, what, xmlsec.Transform.RSA_SHA256, xmlsec.Transform.SHA256)

    def weakly_signed(self, document):
        return self._sign(document, "Assertion", xmlsec.Transform.RSA_SHA1, xmlsec.Transform.SHA1)

    def _sign(self, document, what, method, digest):
        namespace = SAML if what == "Assertion" else SAMLP
        node = next(document.iter(f"{{{namespace}}}{what}"))
        xmlsec.tree.add_ids(node, ["ID"])
        signature = xmlsec.template.create(node, xmlsec.Transform.EXCL_C14N, method, ns="ds")
        node.insert(1, signature)  # after the issuer, as the schema wants it
        reference = xmlsec.template.add_reference(signature, digest, uri=f"#{node.get('ID')}")
        xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
        xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(self.key, xmlsec.KeyFormat.PEM)
        context.sign(signature)
        return document


def answer(**changes):
    """Return an unsigned response as a tree."""
    now = datetime.now(UTC)
    audience = changes.pop("audience", METADATA)
    restricted = (
        f"<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience>"
        "</saml:AudienceRestriction>"
    )
    said = {
        "samlp": SAMLP,
        "saml": SAML,
        "bearer": BEARER,
        "response": uuid.uuid4().hex,
        "assertion": uuid.uuid4().hex,
        "issuer": ENTITY,
        "subject": "ada",
        "destination": ACS,
        "recipient": ACS,
        "request": "_request",
        "now": stamp(now),
        "since": stamp(now - timedelta(minutes=1)),
        "until": stamp(now + timedelta(minutes=5)),
        "audience": restricted if audience else "",
    }
    return etree.fromstring(TEMPLATE.format(**{**said, **changes}).encode())


def posted(document):
    return base64.b64encode(etree.tostring(document)).decode()
