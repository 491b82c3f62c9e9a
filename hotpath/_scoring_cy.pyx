# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, freethreading_compatible=True
"""The compiled twin of `_scoring_py`: exact integer products on the widest path there is."""

from libc.math cimport exp, fabs, sqrt
from libc.stdint cimport int8_t, int32_t, int64_t

cdef extern from "_dot.h":
    int32_t cx_dot(const int8_t *a, const int8_t *b, int width) nogil
    const char *cx_dot_name
    void cx_dot_start()

cx_dot_start()
path = cx_dot_name.decode()


def probabilities(
    const int8_t[:, ::1] offers,
    const double[::1] norms,
    const int32_t[::1] rows,
    const int8_t[::1] profile,
    *,
    double bias,
    double gain,
    double[::1] out,
):
    _check_widths(profile.shape[0], offers.shape[1])
    if norms.shape[0] < offers.shape[0] or out.shape[0] < rows.shape[0]:
        raise ValueError("norms or out is too short")
    _check_rows(rows, offers.shape[0])
    with nogil:
        _probabilities(offers, norms, rows, &profile[0], bias, gain, out)


def best(const int64_t[::1] prices, const int32_t[::1] rows, const double[::1] chances):
    cdef Py_ssize_t place, found = -1
    cdef double worth, most = 0.0
    if chances.shape[0] < rows.shape[0]:
        raise ValueError("chances is too short")
    _check_rows(rows, prices.shape[0])
    for place in range(rows.shape[0]):
        worth = <double>prices[rows[place]] * chances[place]
        if found < 0 or worth > most:
            found, most = place, worth
    return found


cdef class Ranking:
    cdef const int8_t[:, ::1] offers
    cdef const double[::1] norms
    cdef const int64_t[::1] prices

    def __init__(
        self, const int8_t[:, ::1] offers, const double[::1] norms, const int64_t[::1] prices
    ):
        if norms.shape[0] < offers.shape[0] or prices.shape[0] < offers.shape[0]:
            raise ValueError("norms or prices is too short")
        self.offers, self.norms, self.prices = offers, norms, prices

    def best(
        self, const int32_t[::1] rows, const int8_t[::1] profile, *, double bias, double gain
    ):
        cdef double chance = 0.0
        cdef Py_ssize_t place
        _check_widths(profile.shape[0], self.offers.shape[1])
        _check_rows(rows, self.offers.shape[0])
        place = self.first(rows, &profile[0], bias, gain, &chance)
        return place, chance

    cdef Py_ssize_t first(
        self, const int32_t[::1] rows, const int8_t *profile, double bias, double gain,
        double *chance,
    ) noexcept nogil:
        cdef double length = sqrt(<double>cx_dot(profile, profile, 256))
        # No cosine is above 1; the rest is for what rounding may add to it.
        cdef double ceiling = _sigmoid(bias + fabs(gain) * (1.0 + 1e-9))
        cdef double odds, price, worth, most = -1.0, dearest = -1.0, likeliest = 0.0
        cdef Py_ssize_t place, found = -1
        cdef int32_t dot, row
        cdef int width = <int>self.offers.shape[1]
        for place in range(rows.shape[0]):
            row = rows[place]
            price = <double>self.prices[row]
            if price * ceiling <= most:
                continue
            dot = cx_dot(&self.offers[row, 0], profile, width)
            odds = bias + gain * (dot / (length * self.norms[row])) if dot else bias
            # Neither dearer nor likelier than the best so far: no need of its exponential.
            if price <= dearest and odds <= likeliest:
                continue
            worth = price * _sigmoid(odds)
            if worth > most:
                found, most, dearest, likeliest = place, worth, price, odds
        if found >= 0:
            chance[0] = _sigmoid(likeliest)
        return found


cdef inline double _sigmoid(double odds) noexcept nogil:
    return 1.0 / (1.0 + exp(-odds))


cdef int _check_widths(Py_ssize_t profile, Py_ssize_t width) except -1:
    if profile != 256 or not 0 < width <= 256 or width % 64:
        raise ValueError("a profile has 256 dimensions, an offer 64, 128, 192 or 256 of them")
    return 0


cdef int _check_rows(const int32_t[::1] rows, Py_ssize_t offers) except -1:
    cdef Py_ssize_t place
    cdef bint wrong = False
    for place in range(rows.shape[0]):
        wrong |= rows[place] < 0 or rows[place] >= offers
    if wrong:
        raise IndexError("no such offer")
    return 0


cdef void _probabilities(
    const int8_t[:, ::1] offers, const double[::1] norms, const int32_t[::1] rows,
    const int8_t *profile, double bias, double gain, double[::1] out,
) noexcept nogil:
    cdef double length = sqrt(<double>cx_dot(profile, profile, 256))
    # Most offers share nothing with a request, so what that is worth is computed once.
    cdef double unrelated = _sigmoid(bias)
    cdef Py_ssize_t place
    cdef int32_t dot
    cdef int width = <int>offers.shape[1]
    for place in range(rows.shape[0]):
        dot = cx_dot(&offers[rows[place], 0], profile, width)
        if dot == 0:
            out[place] = unrelated
        else:
            out[place] = _sigmoid(bias + gain * (dot / (length * norms[rows[place]])))
