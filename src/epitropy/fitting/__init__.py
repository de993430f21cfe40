"""A laboratory's own cells: what they fix of the ageing model, what stays loose, and what they let one predict."""
