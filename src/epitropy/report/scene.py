"""Figure 1 of a cell from its computed stages: what is where, and the words beside it; `figure_one` draws it."""

from __future__ import annotations

import math
from collections.abc import Callable

from .. import __version__
from ..errors import InputError
from ..pipeline import Formed, form, host_metals
from ..records.scene import Grown, Heated, Scene
from ..study import CellStudy, Study, study_hash
from .numbers import fixed, significant
from .scene_atoms import LITHIUM, OXYGEN, grown
from .scene_section import duration, heated, not_heated, snapshot
from .scene_surface import mixed

HEATED_AT = 0.3  # share of the programme's time at which stage 2 is shown: some way into the hold
BARE_VIEW = 100e-9  # m across stage 2 of a cell without a coating
STRUCTURES = {"rock salt": "disordered rock salt", "layered": "layered, as the host"}


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
        headings=_headings(layer is not None),
        notes=_notes(chosen, formed, second, third),
        caption=_caption(study, name, formed),
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


def _headings(coated: bool) -> tuple[str, str, str]:
    if coated:
        return "Precursors mixed on", "Heated: cations move", "Layer grown, magnified"
    return "No precursors", "Not coated: cations as made", "Host surface, magnified"


def _notes(cell: CellStudy, formed: Formed, second: Heated, third: Grown) -> tuple[str, str, str]:
    """What holds of each stage, in numbers."""
    if formed.coating is None:
        metals = ", ".join(f"{e} {fixed(100 * y, 0)}" for e, y in host_metals(cell).items())
        return (
            f"{fixed(1e6 * formed.particle.diameter, 0)} µm particle, {fixed(1e9 * formed.particle.grain_size, 0)} nm grains",
            f"{metals} % of the metal sites, everywhere alike",
            f"({third.facet}) facet: the electrolyte touches the host\non all of it"
            + (", lithium passes" if third.open_share else ""),
        )
    layer, hours = formed.coating, cell.anneal.time.value / 3600
    into = max(0.0, second.time - _until_hold(cell)) / 3600
    temperature = fixed(second.temperature - 273.15, 0)
    recipe = " + ".join(f"{fixed(100 * b.mass / sum(o.mass for o in layer.batch), 0)} % {_sub(b.precursor)}" for b in layer.batch)
    dose = significant(100 * sum(b.mass for b in layer.batch), 2)
    kind = STRUCTURES.get(third.structure, third.structure)
    return (
        f"{dose} wt% of {recipe}:\n{fixed(100 * layer.coverage_mixed, 0)} % of the surface under agglomerates",
        f"{temperature} °C in {cell.anneal.gas}, {significant(into, 2)} of {significant(hours, 2)} h at temperature:\n"
        f"film {significant(1e9 * second.film_thickness, 2)} nm on {fixed(100 * second.coverage, 0)} % of the surface",
        f"{significant(1e9 * third.thickness, 2)} nm, {kind}, on {fixed(100 * third.coverage, 0)} % of the surface;\n"
        f"{_percent(third.open_share)} of the layer passes lithium",
    )


def _until_hold(cell: CellStudy) -> float:
    return duration(cell) - cell.anneal.time.value - _cooling(cell)


def _cooling(cell: CellStudy) -> float:
    return abs(cell.anneal.temperature.value - 298.15) / cell.anneal.cool_rate.value


def _percent(share: float) -> str:
    return f"{significant(100 * share, 2)} %"


def _sub(formula: str) -> str:
    """A formula with its numbers set low, where the name is one."""
    return "".join(c.translate(_LOW) if i and (formula[i - 1].isalnum() or formula[i - 1] == ")") else c for i, c in enumerate(formula)) if formula[:1].isupper() else formula


_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def _caption(study: Study, name: str, formed: Formed) -> tuple[str, ...]:
    if formed.coating is None:
        return (
            "Computed or given: shares of the cations on each site, lattice, facet and tilt of the layers. "
            "Each atom's element is drawn at random from these shares.",
            "Only drawn: outlines of grains and all single places. This cell has no coating, so nothing keeps the electrolyte out.",
        )
    rows = {n: v for n, v in study.inputs().items() if _of_making(n, name)}
    assumed = sum(v.grade == "assumed" for v in rows.values())
    return (
        "Computed at the medians of all inputs: area under agglomerates, film, cation shares at every depth (each cation's "
        "element is drawn at random from them), structure, tilt, coverage, share that passes lithium.",
        "Only drawn: outlines of grains, single places, round agglomerates, molecules; the bare strip beside the layer has the "
        f"bare share of the surface. {assumed} of {len(rows)} inputs of recipe and anneal are assumed.",
    )


def _of_making(name: str, cell: str) -> bool:
    return name.removeprefix(f"{cell}.").startswith(("coating.", "anneal."))
