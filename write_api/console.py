"""What the console's forms send: take a step. Each answers with a page."""

from http import HTTPStatus
from typing import Any, get_args
from urllib.parse import parse_qs, quote, urlencode

from litestar import Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from commands.campaign import Action, move_campaign
from domain.approvals import Review
from domain.refusal import Refusal
from write_api.bodies import judged, whole
from write_api.campaign import NEEDED, STEPS, moving
from write_api.commanding import asking, commander_of
from write_api.problems import AnyRequest, Declined

FORM = "application/x-www-form-urlencoded"
FIELDS_MAX = 16


@post(
    [f"/campaigns/{{campaign:str}}/{action}" for action in Action],
    include_in_schema=False,
    opt={"permission": NEEDED},
)
async def post_step_form(request: AnyRequest, campaign: FromPath[str]) -> Response[Any]:
    """Take a step and show the campaign as it is then, or the sentence that refuses."""
    commander = commander_of(request)
    action = Action(request.scope["path"].rstrip("/").rpartition("/")[2])
    given = await fields(request)
    if given.get("at"):
        given["at"] += ":00Z"  # A browser's time field knows no seconds and no offset: ours is UTC.
    step = judged(_said(action, given), STEPS[action])
    command = moving(campaign, action, step)
    asked = asking(request, commander.caller, step)
    try:
        outcome = await move_campaign(command, asking=asked, desk=commander.desk)
    except Refusal as refusal:
        return _back(campaign, refused=refusal.code)
    return _back(campaign, position=str(outcome.position))


async def fields(request: AnyRequest) -> dict[str, str]:
    """Return a form's fields; each counts once."""
    if not request.headers.get("content-type", "").startswith(FORM):
        raise Declined(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media_type_unsupported", f"Send a form: {FORM}."
        )
    text = (await whole(request)).decode("utf-8", "replace")
    try:
        read = parse_qs(text, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise Declined(
            HTTPStatus.BAD_REQUEST, "malformed_request", "The form has too many fields."
        ) from None
    return {name: values[0] for name, values in read.items()}


def _said(action: Action, given: dict[str, str]) -> dict[str, object]:
    """Return a form's fields as the step's body has them; the form of a review serves three."""
    said: dict[str, object] = {name: text for name, text in given.items() if text}
    reviews = [review for review in get_args(Review) if said.pop(review, None)]
    content_hash = said.pop("content_hash", None)
    if action is Action.APPROVE:
        said |= {"reviews": reviews, "content_hash": content_hash}
    return said


def _back(campaign: str, **said: str) -> Redirect:
    return Redirect(f"/campaigns/{quote(campaign, safe='')}?{urlencode(said)}", status_code=303)
