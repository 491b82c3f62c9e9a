"""The API's own pages: its document, a page that renders it, and what each problem means."""

from typing import Any

from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency as Given
from litestar.handlers import get

from projections.access import Holder
from read_api.pages import page
from read_api.ports import ApiReference, Mishap


@get("/openapi.json", include_in_schema=False, opt={"permission": None})
async def openapi_document(
    request: Request[Any, Any, State], reference: Given[ApiReference]
) -> Response[bytes]:
    """Answer the OpenAPI 3.1 document."""
    return Response(reference.document(request.app), media_type="application/json")


@get("/docs", include_in_schema=False, opt={"permission": None})
async def api_page(visitor: Given[Holder | None]) -> Response[str]:
    """Show the OpenAPI document to people."""
    return page("reference.html", caller=visitor)


@get("/problems", include_in_schema=False, opt={"permission": None})
async def problems_page(
    visitor: Given[Holder | None], mishaps: Given[list[Mishap]]
) -> Response[str]:
    """Say what each problem's code means: a problem's `type` points here."""
    return page("problems.html", caller=visitor, mishaps=mishaps)
