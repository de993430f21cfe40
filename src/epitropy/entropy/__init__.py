"""Composition to site-resolved configurational entropy, and its class with reasons."""
