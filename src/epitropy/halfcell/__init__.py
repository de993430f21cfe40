"""Cells cycled in declared scenarios: one life told in full, maps over settings, batches of candidates."""

from .engines import Candidate, batch

__all__ = ["Candidate", "batch"]
