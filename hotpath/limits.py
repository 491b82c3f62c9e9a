"""Every bound the hot path keeps, in one place: nothing a stranger sends may grow without one."""

import msgspec

KIB, MIB = 1024, 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one worker; sizes in bytes, times in seconds."""

    head_bytes_max: int = 16 * KIB
    headers_max: int = 100
    body_bytes_max: int = MIB
    head_s_max: float = 10.0
    body_s_max: float = 30.0
    idle_s_max: float = 75.0
    lingering_s_max: float = 2.0
    """How long a refused sender may go on talking before the connection is cut."""
    unread_s_max: float = 30.0
    """How long a reader may leave our answers unread."""
    connections_max: int = 16_384
    pipelined_max: int = 256
    """Requests of one connection that may wait for an answer before we stop reading it."""
    batch_bytes_max: int = 512 * KIB
    batches_in_flight_max: int = 2
    lane_bytes_max: int = 16 * MIB
    """What may wait for acknowledgement in one lane before new facts are declined."""
    ack_s_max: float = 1.5
    stop_s_max: float = 5.0
