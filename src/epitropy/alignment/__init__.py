"""Two crystals laid on each other, asked as a whole: matches, what charging does to them, the particle's facets."""
