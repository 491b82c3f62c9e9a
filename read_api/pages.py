"""HTML from templates, and the files beside it; nothing comes from elsewhere."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.handlers import get
from litestar.params import FromPath

from domain.money import MICROS_PER_UNIT, Money

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
ASSETS = {file.name: file.read_bytes() for file in files("read_api").joinpath("static").iterdir()}
VERSION = hashlib.sha256(b"".join(ASSETS[name] for name in sorted(ASSETS))).hexdigest()[:12]
YEAR_S = 365 * 24 * 3600


def money(amount: Money) -> str:
    """Return for example `1,250.00 USD`; four decimals where two would say nothing."""
    units = Decimal(amount.micros) / MICROS_PER_UNIT
    digits = 4 if 0 < units < 1 else 2
    return f"{units:,.{digits}f} {amount.currency}"


def count(number: int) -> str:
    return f"{number:,}"


def moment(at: datetime | None) -> str:
    """Return for example `2 Mar 2026, 09:00 UTC`."""
    if at is None:
        return "open"
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y, %H:%M} UTC"


def words(name: str) -> str:
    """Return a name as people read it: `in_review` is `In review`, `playerId` stays itself."""
    spaced = name.replace("_", " ").replace("-", " ")
    return spaced if spaced != spaced.lower() else spaced.capitalize()


_templates = Environment(
    loader=PackageLoader("read_api"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(money=money, count=count, moment=moment, words=words)
_templates.globals.update(version=VERSION)


def page(template: str, /, *, status: int = 200, **context: Any) -> Response[str]:  # noqa: ANN401 - whatever the template shows
    """Return the rendered template; private, because it shows one caller's view."""
    html = _templates.get_template(template).render(**context)
    return Response(
        html,
        media_type=MediaType.HTML,
        status_code=status,
        headers={"Cache-Control": "private, no-store"},
    )


@get("/assets/{name:str}", include_in_schema=False, opt={"permission": None})
async def asset(name: FromPath[str]) -> Response[bytes]:
    """Answer a style sheet, script or drawing; its address changes with its content."""
    content = ASSETS.get(name)
    if content is None:
        raise NotFoundException(detail="There is no such file.")
    media_type = TYPES[name.rpartition(".")[2]]
    headers = {"Cache-Control": f"public, max-age={YEAR_S}, immutable"}
    return Response(content, media_type=media_type, headers=headers)
