"""What a command brings in its headers: the version it expects and the key of its retries."""

import re
from http import HTTPStatus

from write_api.headers import header
from write_api.problems import AnyRequest, Declined

IDEMPOTENCY_KEY_LENGTH_MAX = 255
VERSION = re.compile(r'^"(\d{1,18})"$')
IDEMPOTENCY_KEY = re.compile(r"^[\x21-\x7e]+$")


def expected_version(request: AnyRequest, *, required: bool = False) -> int | None:
    """Return the version in `If-Match`; None when any will do (absent, or `*`)."""
    match header(request, b"if-match"):
        case None if required:
            raise Declined(
                HTTPStatus.PRECONDITION_REQUIRED,
                "if_match_required",
                "Send the ETag you read as If-Match, so that nobody's edit is lost.",
            )
        case None | "*":
            return None
        case text if found := VERSION.match(text.strip()):
            return int(found[1])
        case _:
            raise Declined(
                HTTPStatus.BAD_REQUEST,
                "if_match_malformed",
                'If-Match takes one ETag as it was answered, for example "3".',
            )


def idempotency_key(request: AnyRequest) -> str | None:
    """Return the `Idempotency-Key`, None when the caller brought none."""
    key = header(request, b"idempotency-key")
    if key is None:
        return None
    if len(key) > IDEMPOTENCY_KEY_LENGTH_MAX or not IDEMPOTENCY_KEY.match(key):
        raise Declined(
            HTTPStatus.BAD_REQUEST,
            "idempotency_key_malformed",
            f"Idempotency-Key takes 1 to {IDEMPOTENCY_KEY_LENGTH_MAX} visible ASCII characters.",
        )
    return key
