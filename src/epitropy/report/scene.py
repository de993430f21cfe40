"""Figure 1 of a cell from its computed stages: what is where, and the words beside it; `figure_one` draws it."""

from __future__ import annotations

import math
from collections.abc import Callable

from .. import __version__
from ..errors import InputError
from ..pipeline import Formed, form, host_metals
from ..records.scene import Grown, Heated, Scene
from ..study import CellStudy, Study, study_hash
from .lattice_view import LITHIUM, OXYGEN
from .scene_atoms import grown
from .scene_section import heated, not_heated, snapshot
from .scene_surface import mixed
from .scene_text import caption, headings, notes

HEATED_AT = 0.5  # share of the programme's time at which stage 2 is shown: some way into the hold
BARE_VIEW = 100e-9  # m across stage 2 of a cell without a coating


def scene(
    study: Study,
    cell: str | None = None,
    *,
    share_of_time: float = HEATED_AT,
    formed: Formed | None = None,
    progress: Callable[[str], None] = lambda stage: None,
) -> Scene:
    """The three stages of a cell at the medians of all inputs; by default of the last coated one, else of the last.

    ``share_of_time`` of the anneal at which stage 2 is shown, ``formed`` the cell if it is at hand (see `form`).

    >>> from ..study import load_study
    >>> made = scene(load_study("zhang2022"))
    >>> made.cell, made.coated, made.elements
    ('doped', False, ('Ni', 'Mn', 'Ti', 'Mg', 'Nb', 'Mo', 'Li', 'O'))
    """
    name = shown_cell(study, cell)
    chosen = study.cells[name]
    formed = formed or form(chosen, progress)
    layer, recipe = formed.coating, chosen.coating
    first = mixed(
        formed.particle,
        layer,
        recipe.agglomerate_diameter.value if layer else 0.0,
        bool(layer) and recipe.deposition == "exclusive",
        chosen.phases,
    )
    second = heated_scene(chosen, formed, share_of_time)
    third = layer_scene(chosen, formed)
    return Scene(
        study=study.name,
        title=study.title,
        cell=name,
        hash=study_hash(study),
        version=__version__,
        coated=layer is not None,
        elements=(*(formed.profile.species if formed.profile else host_metals(chosen)), LITHIUM, OXYGEN),
        mixed=first,
        heated=second,
        grown=third,
        headings=headings(layer is not None),
        notes=notes(chosen, formed, second, third),
        caption=caption(study, name, third),
    )


def shown_cell(study: Study, cell: str | None) -> str:
    """The cell asked for; by default the last with a coating, or the last of all."""
    if cell is not None:
        if cell not in study.cells:
            raise InputError("--cell", f"'{cell}'", ", ".join(study.cells))
        return cell
    coated = [n for n, c in study.cells.items() if c.coating is not None and c.coating.dose.value > 0]
    return (coated or list(study.cells))[-1]


def heated_scene(cell: CellStudy, formed: Formed, share_of_time: float) -> Heated:
    """Stage 2 at a share of the anneal's time, 0 to 1; some tens of milliseconds once the cell is formed."""
    _check_share(share_of_time)
    if formed.coating is None:
        return not_heated(host_metals(cell), BARE_VIEW)
    layer, profile = snapshot(cell, formed.particle, share_of_time)
    return heated(cell, layer, profile, share_of_time, formed.profile)


def layer_scene(cell: CellStudy, formed: Formed, share_of_time: float = 1.0, **view) -> Grown:
    """Stage 3 with the cations of a share of the anneal's time, 0 to 1; ``view``: width and strips of `grown`.

    The layer is drawn with the structure of the finished one at any time: how it forms is not computed.
    """
    _check_share(share_of_time)
    if formed.coating is None:
        return grown(cell, formed, None, 0.0, **view)
    if share_of_time == 1.0:
        return grown(cell, formed, formed.profile, formed.coating.coverage, **view)
    layer, profile = snapshot(cell, formed.particle, share_of_time)
    return grown(cell, formed, profile, layer.coverage, **view)


def _check_share(share: float) -> None:
    if not (math.isfinite(share) and 0 <= share <= 1):
        raise InputError("share_of_time", f"{share}", "0 to 1")
