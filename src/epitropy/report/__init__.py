"""What people read of a result: sentences, tables, figures and one self-contained page."""
