"""Two crystals to ranked orientation relationships."""
