"""A PUT that creates what does not exist, and overwrites only what its caller has read."""

import contextlib
from collections.abc import Iterator
from http import HTTPStatus

from commands.transact import StaleVersion
from write_api.preconditions import expected_version
from write_api.problems import AnyRequest, Declined

NEVER_READ = 0


def version_read(request: AnyRequest) -> int | None:
    """Return the version in `If-Match`; `NEVER_READ` without one, None for `*`."""
    return expected_version(request) if "if-match" in request.headers else NEVER_READ


@contextlib.contextmanager
def asking_for_if_match(request: AnyRequest) -> Iterator[None]:
    """Answer 428 instead of 412 when what exists was to be overwritten unread."""
    try:
        yield
    except StaleVersion:
        if "if-match" in request.headers:
            raise
        raise Declined(
            HTTPStatus.PRECONDITION_REQUIRED,
            "if_match_required",
            "This exists: send its ETag as If-Match, so that nobody's change is lost.",
        ) from None
