"""Measurements: ``make bench``. No test runs them; each prints what it saw, beside a named peer in the same run."""
