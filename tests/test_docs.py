"""Pages made from the package say what the package says."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_of_parameters_is_up_to_date():
    spec = importlib.util.spec_from_file_location("parameters_page", DOCS / "parameters.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert (DOCS / "parameters.md").read_text(encoding="utf-8") == made.page(), "run: python docs/parameters.py"


def test_the_page_of_the_potentials_is_that_of_the_shipped_energies():
    from epitropy.process.validation import shipped_sections

    page = (DOCS / "atoms-validation.md").read_text(encoding="utf-8")
    for section in shipped_sections():
        assert section in page, "run: epitropy atoms validate -o docs/atoms-validation.md"
