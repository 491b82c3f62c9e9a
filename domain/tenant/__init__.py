"""A tenant: an agency with its people and keys."""
