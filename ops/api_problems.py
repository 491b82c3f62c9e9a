"""The catalogue of everything the API may answer instead of what was asked.

`python -m ops.api_problems > ops/errors.md` writes it down.
"""

import sys

from domain.refusal import Refusal
from read_api.ports import Mishap
from write_api.problems import sentence_of, status_of

HEAD = """\
# What the API answers when it does not do what was asked

Every problem is `application/problem+json` (RFC 9457): `type` is `/problems#code`, a page the API
serves, `detail` is the sentence for people, `errors` names each wrong field by its JSON pointer,
`request_id` finds the request in the log. This table is made from the code by
`python -m ops.api_problems > ops/errors.md`, and a test keeps it so.

"""

EDGE = [
    Mishap("malformed_request", 400, "The request's parameters or form are wrong."),
    Mishap("json_malformed", 400, "The body is not well-formed JSON."),
    Mishap("no_export", 404, "Only a request of the kind access has an export."),
    Mishap("bad_cursor", 400, "The cursor is not one that this list answered with."),
    Mishap("if_match_malformed", 400, 'If-Match takes one ETag as it was answered, like "3".'),
    Mishap("idempotency_key_malformed", 400, "Idempotency-Key takes 1 to 255 visible characters."),
    Mishap("unauthenticated", 401, "Send a valid API key as Authorization: Bearer KEY."),
    Mishap("sign_in_refused", 401, "What was sent to sign in with does not let anybody in."),
    Mishap("foreign_page", 403, "A session's request must come from our own pages."),
    Mishap("permission_missing", 403, "Your roles or your key do not give this permission."),
    Mishap("not_found", 404, "There is nothing at this address."),
    Mishap("provider_unknown", 404, "There is no such identity provider here."),
    Mishap("advertiser_unknown", 404, "This agency has no such advertiser."),
    Mishap("stream_unknown", 404, "There is no such stream, or nothing was in it by then."),
    Mishap("nothing_caused", 404, "No command and no event of this id led to anything."),
    Mishap("nothing_sealed", 404, "Nothing is sealed yet: it will be within a minute."),
    Mishap("method_not_allowed", 405, "This address does not take this method: see Allow."),
    Mishap("body_too_large", 413, "The body is larger than this API accepts."),
    Mishap("media_type_unsupported", 415, "The body must be of the media type named."),
    Mishap("fields_wrong", 422, "Some fields are wrong: each is named under errors."),
    Mishap("if_match_required", 428, "Send the ETag as If-Match, so that nobody's edit is lost."),
    Mishap("rate_limited", 429, "Too many requests with this key: Retry-After says when again."),
    Mishap("too_many_attempts", 429, "Too many attempts to sign in: Retry-After says when again."),
    Mishap("our_mistake", 500, "A mistake on our side: report it with the request id."),
    Mishap("try_again", 503, "Something is out of reach. Nothing is lost: please try again."),
]


def mishaps() -> list[Mishap]:
    """Return all of them, by status and code."""
    refusals = (
        Mishap(code, int(status_of(refusal)), " ".join(sentence_of(refusal).split()))
        for code, refusal in Refusal.registry.items()
    )
    return sorted([*EDGE, *refusals], key=lambda mishap: (mishap.status, mishap.code))


def table() -> str:
    """Return the catalogue as the table of `ops/errors.md`."""
    rows = (f"| {m.status} | `{m.code}` | {m.sentence} |" for m in mishaps())
    return "\n".join(["| status | code | what it says |", "|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    import ops.api_app  # noqa: F401 - every refusal is registered once the app is imported

    sys.stdout.write(HEAD + table())
