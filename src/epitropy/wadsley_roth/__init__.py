"""Wadsley-Roth blocks: the crystal from two numbers, and where lithium has room to run."""
