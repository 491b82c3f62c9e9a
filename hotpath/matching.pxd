cdef class Chance:
    cdef readonly str medium
    cdef readonly object asked
    cdef readonly object position
    cdef readonly object offers


cdef class Matching:
    cdef readonly str fallen
    cdef readonly tuple cats
    cdef readonly str keywords
    cdef readonly tuple segments
    cdef readonly str device
    cdef object _index
    cdef list _early
    cdef list _late
    cdef list _place_picks(self, request, tuple devices)
    cpdef list chances(self, imp, str currency)
    cdef _pass(self, list found, str medium, asked, position, list picks, list end)
    cdef list _banner_picks(self, banner)
    cdef list _player_picks(self, str medium, player)
    cdef list _native_picks(self, native)
    cdef list _money_picks(self, imp, str currency)
