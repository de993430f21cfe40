"""Cell and sites to atoms: built, read, ordered, written."""
