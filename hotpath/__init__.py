"""Pixels and bids: the server, its codecs, indexes and kernels."""
