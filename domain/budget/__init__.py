"""A budget: allocated, spent, watched."""
