"""How events recorded in an older shape are read as what succeeded them."""

from migrations.events.reading import EventDecoder, kinds_of
from migrations.events.upcasters import UPCASTERS, Upcaster, ancestors_of, upcast

__all__ = ["UPCASTERS", "EventDecoder", "Upcaster", "ancestors_of", "kinds_of", "upcast"]
