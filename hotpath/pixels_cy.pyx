# cython: language_level=3, boundscheck=False, wraparound=False
"""The pixel's way from its query into the open batch; refusals are worded in `pixels`."""

from _blake2 import blake2b
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t

from hotpath._facts_cy cimport Batch
from hotpath._query_cy cimport parse_query
from hotpath.ledger_cy cimport Lane, Ledger, Sink, Waiter, record

from hotpath.pixels import KIND_PIXEL_REFUSED, PATH, Read, refuse

cdef Py_ssize_t PATH_SIZE = len(PATH)
cdef Py_ssize_t NAME_SIZE_MAX = 256
cdef Py_ssize_t CLIENT_ID_SIZE_MAX = 128
cdef int WHOLE_DIGITS_MAX = 12
cdef int DECIMALS_MAX = 6
cdef int64_t DAY_US = 86_400_000_000


cdef int64_t micros_of(bytes amount) noexcept:
    # `12.5` is 12,500,000 exactly; -1 for anything but digits with up to six decimals.
    cdef Py_ssize_t at, size = PyBytes_GET_SIZE(amount)
    cdef const char *text = PyBytes_AS_STRING(amount)
    cdef int64_t micros = 0
    cdef int whole = 0, decimals = -1
    for at in range(size):
        if text[at] == c"." and decimals < 0 and whole:
            decimals = 0
        elif c"0" <= text[at] <= c"9":
            micros = micros * 10 + (text[at] - c"0")
            if decimals < 0:
                whole += 1
            else:
                decimals += 1
        else:
            return -1
        if whole > WHOLE_DIGITS_MAX or decimals > DECIMALS_MAX:
            return -1
    if not whole or decimals == 0:
        return -1
    decimals = max(decimals, 0)
    while decimals < DECIMALS_MAX:
        micros *= 10
        decimals += 1
    return micros


cdef inline bint is_currency(bytes code) noexcept:
    cdef const char *text = PyBytes_AS_STRING(code)
    cdef int at
    if PyBytes_GET_SIZE(code) != 3:
        return False
    for at in range(3):
        if not c"A" <= text[at] <= c"Z":
            return False
    return True


cdef inline bint too_long(object text, Py_ssize_t size_max) noexcept:
    return text is not None and PyBytes_GET_SIZE(text) > size_max


def amount_micros(bytes amount not None):
    """Return the micros of a decimal amount, or -1 when it is not one."""
    return micros_of(amount)


cdef class Pixels:
    """Takes pixels for the tenants that `access` knows."""

    def __init__(self, Ledger ledger not None, access, replies):
        self.ledger = ledger
        self.access = access
        self.replies = replies
        self.scratch = Batch()

    cdef int take(
        self, Sink sink, Py_ssize_t number, bytes target, bytes agent, bytes ip,
        int64_t received_ns, int64_t at_us
    ) except -1:
        cdef Py_ssize_t mark = target.find(b"?", PATH_SIZE)
        cdef bytes event = target[PATH_SIZE:] if mark < 0 else target[PATH_SIZE:mark]
        cdef bytes query = b"" if mark < 0 else target[mark + 1:]
        cdef list values, faults
        cdef str tenant
        cdef bytes currency = b"", event_id
        cdef int64_t micros = 0
        cdef int kind
        cdef Waiter waiter
        cdef Lane lane
        values, faults = parse_query(query)
        if values[4] is None:
            tenant = self.access.only_tenant
            if tenant is None:
                faults.append(("t", "missing"))
        else:
            tenant = self.access.site(values[4].decode())
            if tenant is None:
                faults.append(("t", "unknown"))
        if event == b"visit":
            kind = 0
        elif event == b"registration":
            kind = 1
        elif event == b"deposit":
            kind = 2
            if values[6] is not None:
                micros = micros_of(values[6])
                if micros < 0:
                    faults.append(("v", "malformed"))
                currency = b"USD" if values[7] is None else values[7]
                if not is_currency(currency):
                    faults.append(("cur", "malformed"))
        else:
            kind = KIND_PIXEL_REFUSED
            faults.append(("event", "unknown"))
        if (
            faults or values[0] is None or values[1] is None
            or too_long(values[0], NAME_SIZE_MAX) or too_long(values[1], NAME_SIZE_MAX)
            or too_long(values[2], NAME_SIZE_MAX) or too_long(values[3], NAME_SIZE_MAX)
            or too_long(values[5], CLIENT_ID_SIZE_MAX)
        ):
            return self.reject(
                sink, number, event.decode("utf-8", "replace"), tenant, (values, faults),
                agent, ip, received_ns, at_us,
            )
        event_id = self.event_id(tenant, event, at_us, values, micros, currency)
        waiter = Waiter.__new__(Waiter)
        waiter.sink = sink
        waiter.number = number
        waiter.kind = kind
        waiter.status = 200
        waiter.response = self.replies.gif
        waiter.received_ns = received_ns
        lane = self.ledger.open_lane(tenant, PyBytes_AS_STRING(event_id)[0])
        if lane is None:
            return self.ledger.fail([waiter])
        write_row(
            lane.batch, event_id, tenant, event, at_us, values, micros, currency, ip, agent
        )
        return lane.enlist(waiter)

    cdef int reject(
        self, Sink sink, Py_ssize_t number, str event, str tenant, object read, bytes agent,
        bytes ip, int64_t received_ns, int64_t at_us
    ) except -1:
        cdef Waiter waiter = Waiter.__new__(Waiter)
        seen = Read(event, tenant or "", read[0], read[1], at_us, ip, agent)
        waiter.response, row, reason = refuse(seen, self.replies)
        counts = self.ledger.meters.rejected
        counts[reason] = counts.get(reason, 0) + 1
        waiter.sink = sink
        waiter.number = number
        waiter.kind = KIND_PIXEL_REFUSED
        waiter.status = 400
        waiter.received_ns = received_ns
        if tenant is None:
            # Nobody's pixel belongs into nobody's log: it is counted, and refused at once.
            self.ledger.meters.answer(KIND_PIXEL_REFUSED, 400, 0)
            return sink.deliver(number, waiter.response, False)
        return record(self.ledger, tenant, [row], waiter)

    cdef bytes event_id(
        self, str tenant, bytes kind, int64_t at_us, list values, int64_t micros, bytes currency
    ):
        # A client that repeats itself, by its own id or by its natural key, gives the same id.
        cdef Batch key = self.scratch
        key.size = 0
        key.put_column(tenant)
        key.put_column(kind)
        if values[5] is not None:
            key.put_column(b"e")
            key.put_column(values[5])
        else:
            key.put_column(b"natural")
            key.put_i64(at_us // DAY_US)
            key.put_column(values[0])
            key.put_column(values[1])
            key.put_column(b"" if values[2] is None else values[2])
            key.put_column(b"" if values[3] is None else values[3])
            key.put_i64(micros)
            key.put_column(currency)
        parts = PyBytes_FromStringAndSize(<char *>key.data, key.size)
        return blake2b(parts, digest_size=16).digest()


cdef int write_row(
    Batch batch, bytes event_id, str tenant, bytes kind, int64_t at_us, list values,
    int64_t micros, bytes currency, bytes ip, bytes agent
) except -1:
    batch.open_row()
    batch.put(PyBytes_AS_STRING(event_id), 16)
    batch.put_column(tenant)
    batch.put_column(kind)
    batch.put_i64(at_us)
    batch.put_text("", 0)  # campaign
    batch.put_text("", 0)  # offer
    batch.put_column(values[0])
    batch.put_column(values[1])
    batch.put_column(b"" if values[2] is None else values[2])
    batch.put_column(b"" if values[3] is None else values[3])
    batch.put_i64(micros)
    batch.put_column(currency)
    batch.put_i64(0)  # price
    batch.put_text("", 0)  # request_id
    batch.put_text("", 0)  # bid_id
    batch.put_text("", 0)  # imp_id
    batch.put_text("", 0)  # exchange
    batch.put_text("", 0)  # reason
    batch.put_u32(0)  # latency_us
    batch.put_column(ip)
    batch.put_column(agent)
    batch.put_text("", 0)  # detail
    return batch.close_row()
