"""From what is weighed onto a battery cathode to the coating that forms and what it does for the cell."""

__version__ = "0.1.0"
