"""Bid tokens: what a notice must know about its bid, signed so that nobody else can write one."""

import binascii
import hmac
from hashlib import blake2b

import msgspec

MAC_BYTES = 16
SECRET_BYTES_MIN = 16
TOKEN_CHARS_MAX = 4096


class Token(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The bid a notice speaks of; prices are micros of `currency` per thousand impressions."""

    tenant: str
    campaign: str
    offer: str
    bid_id: str
    imp_id: str
    currency: str
    bid_cpm_micros: int
    exchange: str
    issued_at_s: int


_encode = msgspec.msgpack.Encoder().encode
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = str.maketrans("-_", "+/")
_decode = msgspec.msgpack.Decoder(Token).decode
_decode_landing = msgspec.msgpack.Decoder(tuple[str, str, str, str]).decode


class Tokens:
    """Signs and reads tokens with one secret (keyed blake2b-128, RFC 7693 section 2.9).

    The text is base64url without padding of the MAC followed by a msgpack array.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SECRET_BYTES_MIN:
            raise ValueError(f"the notice secret needs at least {SECRET_BYTES_MIN} bytes")
        self._keyed = blake2b(key=secret, digest_size=MAC_BYTES)

    def sign(  # noqa: PLR0917 - the order of the token's own fields, a bid calls this per offer
        self,
        tenant: str,
        campaign: str,
        offer: str,
        bid_id: str,
        imp_id: str,
        currency: str,
        bid_cpm_micros: int,
        exchange: str,
        issued_at_s: int,
    ) -> str:
        """Return the token's text, safe to stand in a URL as it is."""
        body = _encode((
            tenant, campaign, offer, bid_id, imp_id, currency, bid_cpm_micros, exchange,
            issued_at_s,
        ))  # fmt: skip
        return self._sealed(body)

    def read(self, text: str) -> Token | None:
        """Return what we signed, or nothing for anything we did not."""
        body = self._opened(text)
        try:
            return None if body is None else _decode(body)
        except msgspec.DecodeError:
            return None

    def sign_landing(self, tenant: str, campaign: str, offer: str, url: str) -> str:
        """Return an offer's landing page for its click URL: clicks outlive campaigns."""
        return self._sealed(_encode((tenant, campaign, offer, url)))

    def read_landing(self, token: Token, text: str) -> str | None:
        """Return the landing page signed for the offer of `token`, or nothing."""
        body = self._opened(text)
        try:
            said = None if body is None else _decode_landing(body)
        except msgspec.DecodeError:
            return None
        if said is None or said[:3] != (token.tenant, token.campaign, token.offer):
            return None
        return said[3]

    def _sealed(self, body: bytes) -> str:
        text = binascii.b2a_base64(self._mac(body) + body, newline=False)
        return text.translate(_TO_URL, b"=").decode("ascii")

    def _opened(self, text: str) -> bytes | None:
        if len(text) > TOKEN_CHARS_MAX or not text.isascii():
            return None
        try:
            padded = text.translate(_FROM_URL) + "=" * (-len(text) % 4)
            raw = binascii.a2b_base64(padded, strict_mode=True)
        except binascii.Error:
            return None
        body = raw[MAC_BYTES:]
        return body if hmac.compare_digest(raw[:MAC_BYTES], self._mac(body)) else None

    def _mac(self, body: bytes) -> bytes:
        mac = self._keyed.copy()
        mac.update(body)
        return mac.digest()
