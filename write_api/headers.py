"""One header of a request, read from the wire's own list: asking Litestar builds them all."""

from write_api.problems import AnyRequest


def header(request: AnyRequest, name: bytes) -> str | None:
    """Return the first header of this lower-case name, None when there is none."""
    for given, value in request.scope["headers"]:
        if given == name:
            return value.decode("latin-1")
    return None
