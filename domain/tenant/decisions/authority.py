"""Who may give what to whom."""

from collections.abc import Collection, Iterable

from domain.refusal import FieldError
from domain.tenant.permissions import Permission
from domain.tenant.refusals import PermissionExceeded, PermissionUnknown
from domain.tenant.roles import Actor

EVERY = frozenset(Permission)


def require_all(given: Collection[str], *, by: Actor) -> None:
    """Refuse to let `by` give what they lack themselves."""
    if lacking := set(given) - by.permissions:
        raise PermissionExceeded(person=by.person, permissions=" ".join(sorted(lacking)))


def permissions_named(names: Iterable[str], *, field: str) -> tuple[str, ...]:
    """Return the permissions once each and in order; refuse what is none."""
    if unknown := [name for name in names if name not in EVERY]:
        raise PermissionUnknown(
            *(FieldError(field, f"There is no permission {name!r}.") for name in unknown)
        )
    return tuple(sorted(set(names)))
