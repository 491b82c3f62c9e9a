from hotpath.matching cimport Matching


cdef class Winner:
    cdef readonly object imp
    cdef readonly object row
    cdef readonly object slot
    cdef readonly object click_chance


cdef class Asked:
    cdef readonly object request
    cdef readonly str tenant
    cdef readonly str exchange
    cdef readonly object received_ns
    cdef readonly bint test


cdef class CampaignBidder:
    cdef object _tokens
    cdef object _provider
    cdef object _ranker
    cdef object _entropy
    cdef bytes _drawn
    cdef Py_ssize_t _drawn_used
    cdef object _monotonic_ns
    cdef object _wall_ns
    cdef object _urls
    cdef object _index
    cdef dict _templates
    cdef dict _details
    cdef object _loaded
    cdef _late(self, Asked asked)
    cdef tuple _decided(self, held, Asked asked)
    cdef Winner _winner(self, held, Matching matching, imp, str currency)
    cdef tuple _best(self, held, offers, profile)
    cdef _bid(self, held, Asked asked, str currency, list winners)
    cdef bytes _fresh_id(self)
    cdef bytes _bid_row(
        self, held, Asked asked, Winner winner, bytes bid_id, at_us, latency_us, str more
    )
    cdef bytes _bid_object(self, held, Asked asked, Winner winner, str bid_id, at_us)
    cdef _template(self, held, Asked asked, Winner winner)
    cdef _live_urls(self, str tenant, row)
    cdef str _detail(self, Asked asked, Winner winner)
    cdef _declined(self, Asked asked, str reason)
    cdef _latency_us(self, Asked asked)
