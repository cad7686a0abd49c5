"""The two ways in which a run can go wrong."""

from __future__ import annotations


class Wrong(Exception):
    """Something did not come out as a case says."""


class Unusable(Exception):
    """Nothing can be said of the client: a program is missing or does not start."""
