cpdef tuple parse_query(bytes query)
