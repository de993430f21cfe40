"""Structures to energies by universal potentials; with ``potentials.py``, the only place that knows torch and ASE."""
