# cython: language_level=3, boundscheck=False, wraparound=False
# cython: initializedcheck=False, freethreading_compatible=True
"""The compiled twin of `_eligibility_py`."""

import numpy as np

from libc.stdint cimport int32_t, uint64_t

cdef extern from *:
    int __builtin_ctzll(unsigned long long) nogil


cdef class Sieve:
    cdef const uint64_t[:, ::1] bits
    cdef uint64_t[::1] alive
    cdef int32_t[::1] listed
    cdef readonly object out

    def __init__(self, const uint64_t[:, ::1] bits):
        self.bits = bits
        self.alive = np.zeros(bits.shape[1], np.uint64)
        self.out = np.zeros(64 * bits.shape[1], np.int32)
        self.listed = self.out

    def survivors(self, list picks not None):
        cdef Py_ssize_t words = self.bits.shape[1], place, count = len(picks)
        if count == 0:
            raise ValueError("nothing is picked")
        for place in range(count):
            _known(self.bits.shape[0], picks[place])
        if words == 0:
            return 0, 0
        cdef uint64_t *left = &self.alive[0]
        _copy(&self.bits[<Py_ssize_t>picks[0], 0], left, words)
        for place in range(count):
            if not _narrow(&self.bits[<Py_ssize_t>picks[place], 0], left, words):
                return 0, place
        return _listed(left, words, &self.listed[0]), count


def join(uint64_t[:, ::1] bits, list picks, Py_ssize_t into):
    cdef Py_ssize_t words = bits.shape[1], word
    cdef uint64_t *joined
    cdef const uint64_t *one
    _known(bits.shape[0], into)
    for pick in picks:
        _known(bits.shape[0], pick)
    if words == 0:
        return
    joined = &bits[into, 0]
    if not picks:
        for word in range(words):
            joined[word] = 0
        return
    if into in picks:
        raise ValueError("a predicate is not joined into itself")
    _copy(&bits[<Py_ssize_t>picks[0], 0], joined, words)
    for pick in picks:
        one = &bits[<Py_ssize_t>pick, 0]
        for word in range(words):
            joined[word] |= one[word]


def lead(uint64_t[:, ::1] bits, Py_ssize_t count, Py_ssize_t into):
    cdef Py_ssize_t word, words = bits.shape[1], rest
    _known(bits.shape[0], into)
    for word in range(words):
        rest = count - 64 * word
        if rest >= 64:
            bits[into, word] = <uint64_t>0xFFFFFFFFFFFFFFFF
        elif rest > 0:
            bits[into, word] = (<uint64_t>1 << rest) - 1
        else:
            bits[into, word] = 0


cdef int _known(Py_ssize_t rows, Py_ssize_t pick) except -1:
    if not 0 <= pick < rows:
        raise IndexError("no such predicate")
    return 0


cdef void _copy(const uint64_t *source, uint64_t *target, Py_ssize_t words) noexcept nogil:
    cdef Py_ssize_t word
    for word in range(words):
        target[word] = source[word]


cdef uint64_t _narrow(const uint64_t *bits, uint64_t *alive, Py_ssize_t words) noexcept nogil:
    # OR-ing what is left, instead of leaving early, lets the compiler use wide registers.
    cdef Py_ssize_t word
    cdef uint64_t left = 0
    for word in range(words):
        alive[word] &= bits[word]
        left |= alive[word]
    return left


cdef Py_ssize_t _listed(const uint64_t *alive, Py_ssize_t words, int32_t *out) noexcept nogil:
    cdef Py_ssize_t word, count = 0
    cdef uint64_t left
    for word in range(words):
        left = alive[word]
        while left:
            out[count] = <int32_t>(64 * word + __builtin_ctzll(left))
            count += 1
            left &= left - 1
    return count
