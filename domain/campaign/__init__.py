"""A campaign: drafted, reviewed, approved, run."""
