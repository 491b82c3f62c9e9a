from tests.api_callers import ana, ben, rita, stranger, world

__all__ = ["ana", "ben", "rita", "stranger", "world"]
