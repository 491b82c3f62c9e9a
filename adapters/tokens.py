"""Signed tokens (JWT, RFC 7519) and the keys that sign them, in a directory shared by processes.

A key is a file `TIME.KID.pem` of mode 0600 with an EC P-256 key (PKCS #8); KID is its RFC 7638
thumbprint. The newest signs, the two newest verify. A token's `kid` is looked up among the keys
that are loaded and never becomes part of a path.
"""

import contextlib
import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

ALGORITHM = "ES256"
TYPE = "at+jwt"  # RFC 9068, section 2.1: an access token is never taken for an identity token
KEYS_LIVE = 2
TOKEN_LENGTH_MAX = 8_192
LOOK_AGAIN_S = 1.0
NAME = re.compile(r"^\d{8}T\d{12}Z\.([A-Za-z0-9_-]{43})\.pem$")


class Pair(NamedTuple):
    """A key with the name it has in tokens."""

    kid: str
    key: ECKey


class SigningKeys:
    """The keys of a directory; made on first use, looked at again when a token names another."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._pairs: list[Pair] = []  # newest first
        self._looked_at = 0.0

    def signed(self, claims: dict[str, Any]) -> str:
        """Return the claims as a JWT, signed with the newest key."""
        pair = self._live()[0]
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": pair.kid}
        return jwt.encode(header, claims, pair.key, algorithms=[ALGORITHM])

    def claims(self, token: str) -> dict[str, Any] | None:
        """Return what one of our keys has signed, None for everything else.

        Only ES256 is understood: neither `none` nor an HMAC keyed with what is public.
        Times and audience are the caller's to judge.
        """
        if len(token) > TOKEN_LENGTH_MAX:
            return None
        try:
            read = jwt.decode(token, self._key_of, algorithms=[ALGORITHM])
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        return read.claims if read.header.get("typ") == TYPE else None

    def public(self) -> dict[str, list[dict[str, Any]]]:
        """Return the JWK Set (RFC 7517) of the keys that verify, as they are now."""
        self._look()
        return {
            "keys": [
                {**pair.key.as_dict(private=False), "kid": pair.kid, "use": "sig", "alg": ALGORITHM}
                for pair in self._live()
            ]
        }

    def rotate(self) -> str:
        """Make another key and return its name; the one before verifies until the next time."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ECKey.generate_key("P-256")
        kid = key.thumbprint()
        path = self._directory / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z.{kid}.pem"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(key.as_pem(private=True))
            handle.flush()
            os.fsync(handle.fileno())
        for old in self._files()[KEYS_LIVE:]:
            with contextlib.suppress(FileNotFoundError):
                old.unlink()
        self._look()
        return kid

    def _live(self) -> list[Pair]:
        if not self._pairs or time.monotonic() - self._looked_at > LOOK_AGAIN_S:
            self._look()
        if not self._pairs:
            self.rotate()
        return self._pairs

    def _key_of(self, token: Any) -> ECKey:  # noqa: ANN401 - joserfc's own protocol
        kid = token.headers().get("kid")
        if not isinstance(kid, str):
            raise TypeError("a token must name its key")
        return {pair.kid: pair.key for pair in self._live()}[kid]

    def _look(self) -> None:
        known = {pair.kid: pair for pair in self._pairs}
        pairs = []
        for path in self._files()[:KEYS_LIVE]:
            kid = path.name.split(".")[1]
            with contextlib.suppress(FileNotFoundError):
                pairs.append(known.get(kid) or Pair(kid, ECKey.import_key(path.read_bytes())))
        self._pairs, self._looked_at = pairs, time.monotonic()

    def _files(self) -> list[Path]:
        """Return the keys' files, newest first."""
        if not self._directory.is_dir():
            return []
        files = [path for path in self._directory.iterdir() if NAME.match(path.name)]
        return sorted(files, key=lambda path: path.name, reverse=True)
