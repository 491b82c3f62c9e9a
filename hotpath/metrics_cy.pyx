# cython: language_level=3, boundscheck=False, wraparound=False
"""Counters and latency histograms of one worker, cheap enough to touch on every answer."""

from libc.stdint cimport int64_t
from libc.string cimport memset

BOUNDS_S = (
    0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015,
    0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
)
cdef int64_t[BUCKETS] bounds_ns
for index, bound in enumerate(BOUNDS_S):
    bounds_ns[index] = <int64_t>(bound * 1e9)
bounds_ns[BUCKETS - 1] = 0x7FFFFFFFFFFFFFFF


cdef class Meters:
    """What this worker answered: per kind, status and time taken."""

    def __cinit__(self):
        memset(self.answered, 0, sizeof(self.answered))
        memset(self.buckets, 0, sizeof(self.buckets))
        memset(self.elapsed_ns, 0, sizeof(self.elapsed_ns))
        self.rejected = {}

    cdef void answer(self, int kind, int status, int64_t elapsed_ns) noexcept:
        cdef int bucket = 0
        self.answered[kind & (KINDS - 1)][status & (STATUSES - 1)] += 1
        while elapsed_ns > bounds_ns[bucket]:
            bucket += 1
        self.buckets[kind & (KINDS - 1)][bucket] += 1
        self.elapsed_ns[kind & (KINDS - 1)] += elapsed_ns

    def count(self, int kind, int status, int64_t elapsed_ns):
        """Count one answer of a kind, by HTTP status, `elapsed_ns` after its bytes arrived."""
        self.answer(kind, status, elapsed_ns)

    def statuses(self, int kind):
        """Return the answers of a kind as {HTTP status: count}."""
        cdef int status
        counts = {}
        for status in range(STATUSES):
            if self.answered[kind & (KINDS - 1)][status]:
                # Statuses of 512 and more do not occur, so the masked number is the status.
                counts[status] = self.answered[kind & (KINDS - 1)][status]
        return counts

    def histogram(self, int kind):
        """Return (count per bucket of `BOUNDS_S` and above, seconds in all) of a kind."""
        cdef int bucket
        counts = [self.buckets[kind & (KINDS - 1)][bucket] for bucket in range(BUCKETS)]
        return counts, self.elapsed_ns[kind & (KINDS - 1)] / 1e9
