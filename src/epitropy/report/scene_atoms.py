"""Stage 3 of Figure 1: columns of atoms of host and layer, and lithium's ways through them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..crystals.hosts import delithiated
from ..crystals.library import has_structure, structure_of
from ..pipeline import Formed, facet_weights, host_metals, places_on_facets
from ..records.anneal import DepthProfile
from ..records.phases import NOT_DECIDED
from ..records.scene import Cations, Grown
from ..records.structure import VACANCY, Structure
from ..strain.facets import passes_lithium
from ..strain.stage import continues
from ..study import CellStudy
from ..transport.spec import COMPUTED
from .lattice_view import LITHIUM, METAL, OXYGEN, Columns, columns, shortest_in_plane, tilt_of_layers, zone_axis
from .lithium_paths import lithium_paths
from .scene_section import drawn, shares_at

SEED = 20242
WIDTH = 8.6e-9  # m
HOST, LOWER, UPPER, ABOVE = 2.1e-9, 1.5e-9, 1.6e-9, 1.3e-9  # m shown of host, of layer at both ends, of electrolyte
WHOLE = 3.6e-9  # m; a thinner layer is shown in one piece, with as much host as there is room for
CLOSEST = 0.09e-9  # m; columns nearer than that to a cation's are not drawn
CUBIC = {"104": ((1, 0, 0), (0, 1, -1)), "110": ((1, 1, 0), (1, -1, 0))}  # of a spinel that continues the host
CLOSE_PACKED = ((1, 1, 1), (1, -1, 0))


def strips_of(thickness: float) -> tuple[tuple[float, float], ...]:
    """Heights that are shown: all of a thin layer, both ends of a thick one."""
    if thickness <= WHOLE:
        return ((thickness - WHOLE - HOST, thickness + ABOVE),)
    return (-HOST, LOWER), (thickness - UPPER, thickness + ABOVE)


def grown(
    cell: CellStudy,
    formed: Formed,
    profile: DepthProfile | None,
    coverage: float,
    *,
    width: float = WIDTH,
    strips: Sequence[tuple[float, float]] = (),
) -> Grown:
    """Columns of host and layer on the facet that takes most of the surface among those that pass lithium."""
    weights = facet_weights(cell, formed.host)
    facet = max(filter(passes_lithium, weights), key=weights.get)
    plane = tuple(map(int, facet))
    crystal = host_crystal(cell, formed)
    thickness = profile.layer_thickness if profile else 0.0
    shown = tuple(strips) or strips_of(thickness)
    covered_to = coverage * width if thickness > 0 else 0.0
    tilt = tilt_of_layers(crystal, plane)
    whole = formed.crystal is not None and formed.crystal.structure == "layered"
    # lithium layers lean to the left: those that come out left of the view are seen in it too
    aside = ((thickness if whole else 0.0) - shown[0][0]) / math.tan(tilt)
    host = _occupied_host(cell, profile, _seen(crystal, plane, width, shown[0][0], 0.0, aside), covered_to)
    layer = _occupied_layer(formed, profile, _layer_columns(cell, formed, crystal, facet, covered_to, thickness, aside))
    share = _open_share(formed, weights)
    paths = lithium_paths(host, layer, covered_to, thickness, share, whole)
    return Grown(
        facet=facet,
        facet_share=weights[facet],
        zone_axis=zone_axis(plane),
        tilt=tilt,
        structure=formed.crystal.structure if formed.crystal else "",
        decided=formed.phases is None or formed.phases.host != NOT_DECIDED or cell.layer.structure != COMPUTED,
        thickness=thickness,
        coverage=coverage if thickness > 0 else 0.0,
        width=width,
        covered_to=covered_to,
        strips=shown,
        atoms=_within(host, layer, width, shown),
        paths=paths,
        open_share=share,
        misfit=_misfit(formed),
    )


def host_crystal(cell: CellStudy, formed: Formed) -> Structure:
    """The lithiated host with the lattice of its curves, oxygen where its bonds put it."""
    name = {"nmc811": "NMC811"}.get(cell.cathode.lattice, "NCM90")
    return delithiated(name, 1.0, formed.host)


def _seen(
    crystal: Structure, plane: tuple[int, int, int], width: float, low: float, high: float, aside: float
) -> Columns:
    """Columns of a layered crystal from x = -aside; its layers are counted along c, metal and lithium ones in turn."""
    x, y, site, height = columns(crystal, plane, zone_axis(plane), width + aside, low, high)
    return Columns(x=x - aside, y=y, site=site, slab=np.rint(height / (crystal.cell.c / 6)).astype(int))


def _layer_columns(
    cell: CellStudy, formed: Formed, host: Structure, facet: str, covered_to: float, thickness: float, aside: float
) -> Columns:
    """Columns of the layer: the host's, run on, or those of its own crystal where it continues nothing."""
    if thickness <= 0 or formed.crystal is None:
        return Columns(x=np.empty(0), y=np.empty(0), site=np.empty(0, dtype=str), slab=np.empty(0, dtype=int))
    layer = formed.crystal
    if layer.structure not in ("layered", "rock salt") and has_structure(layer):
        return _own_columns(cell, formed, facet, covered_to, thickness)
    stretch = 1 + _misfit(formed)
    even = _evened(host) if layer.structure == "rock salt" else host
    found = _seen(even, tuple(map(int, facet)), covered_to, 0.0, thickness / stretch, aside)
    return replace(found, y=found.y * stretch)


def _evened(host: Structure) -> Structure:
    """The same with all layers equally far apart, as in a rock salt."""
    positions = host.positions.copy()
    positions[:, 2] = np.rint(positions[:, 2] * 12) / 12
    return replace(host, positions=positions)


def _misfit(formed: Formed) -> float:
    """Cube root of volume per oxygen, layer over host, less 1; 0 where the layer does not continue the host."""
    layer = formed.crystal
    per_cell = {"layered": 6, "rock salt": 4, "spinel": 32}  # oxygen in the conventional cell
    if layer is None or layer.cell is None or layer.structure not in per_cell:
        return 0.0
    return (layer.cell.volume / per_cell[layer.structure] / (formed.host.cell_volume / 6)) ** (1 / 3) - 1


def _own_columns(cell: CellStudy, formed: Formed, facet: str, covered_to: float, thickness: float) -> Columns:
    """Columns of a layer with a lattice of its own, laid on the host as its match lays it."""
    layer = formed.crystal
    crystal = structure_of(layer)
    if continues(layer):
        plane, axis = CUBIC.get(facet, CLOSE_PACKED)
    else:
        on = places_on_facets(cell, layer, facet_weights(cell, formed.host))
        plane = tuple(on[facet].match.film_plane) if facet in on else (0, 0, 1)
        axis = shortest_in_plane(crystal, plane)
    x, y, label, _ = columns(crystal, plane, axis, covered_to, 0.0, thickness - CLOSEST)
    kind = {k: _kind(crystal.occupancy[k]) for k in crystal.occupancy}
    site = np.array([kind[k] for k in label], dtype=str)
    found = Columns(x=x, y=y + CLOSEST, site=site, slab=np.zeros(x.size, dtype=int))
    return _apart(found)


def _kind(elements: Mapping[str, float]) -> str:
    """Lithium's, oxygen's or another cation's sublattice, by what most of it holds."""
    most = max((e for e in elements if e != VACANCY), key=elements.get, default=OXYGEN)
    return most if most in (LITHIUM, OXYGEN) else METAL


def _apart(found: Columns) -> Columns:
    """Without columns that would be hidden behind another, cations before oxygen."""
    from scipy.spatial import cKDTree

    rank = np.array([{METAL: 0, LITHIUM: 1}.get(s, 2) for s in found.site])
    found = found.where(np.argsort(rank, kind="stable"))
    kept = np.ones(found.x.size, dtype=bool)
    for first, second in sorted(cKDTree(np.column_stack([found.x, found.y])).query_pairs(CLOSEST)):
        if kept[first]:
            kept[second] = False
    return found.where(kept)


def _lots(found: Columns) -> np.ndarray:
    return np.random.default_rng([SEED, found.x.size]).uniform(size=found.x.size)


def _occupied_host(cell: CellStudy, profile: DepthProfile | None, found: Columns, covered_to: float) -> Columns:
    """The host's columns with elements: cations that moved in below the layer, its own elsewhere; lithium as stated."""
    lots = _lots(found)
    elements = np.where(found.site == METAL, "", found.site).astype("<U4")
    stated = cell.cathode.composition
    metal = found.site == METAL
    own = host_metals(cell)
    extra = stated["M"].get(LITHIUM, 0.0)
    plain = np.tile(list(own.values()), (int(metal.sum()), 1))
    names: tuple[str, ...] = tuple(own)
    if profile is not None:
        names = profile.species
        here = np.where(found.x < covered_to, found.y, profile.depth[0])[metal]
        plain = shares_at(profile, here)
    elements[metal] = _with_lithium(plain, names, extra, lots[metal])
    lithium = found.site == LITHIUM
    rest = stated.get("Li", {LITHIUM: 1.0})
    rows = np.tile(list(rest.values()), (int(lithium.sum()), 1))
    elements[lithium] = drawn(rows, tuple(rest), lots[lithium])
    return replace(found, element=elements)


def _occupied_layer(formed: Formed, profile: DepthProfile | None, found: Columns) -> Columns:
    """The layer's columns with elements by the profile; lithium on the sites that the layer's structure gives it."""
    elements = found.site.astype("<U4")
    if not found.x.size:
        return replace(found, element=elements)
    lots, layer = _lots(found), formed.crystal
    cations = found.site != OXYGEN
    shares = shares_at(profile, found.y)
    if layer.structure == "rock salt":
        lithium = max((s.elements.get(LITHIUM, 0.0) for s in layer.sites), default=0.0)
        elements[cations] = _with_lithium(shares[cations], profile.species, lithium, lots[cations])
        return replace(found, element=elements)
    mixed = found.site == METAL
    # beyond one lithium for each other cation the rest of it sits among them, below that some of them among lithium
    ratio = formed.phases.lithium.get("layered", 1.0) if layer.structure == "layered" else 1.0
    excess = max(0.0, (ratio - 1) / (ratio + 1))
    missing = max(0.0, (1 - ratio) / (1 + ratio))
    elements[mixed] = _with_lithium(shares[mixed], profile.species, excess, lots[mixed])
    other = found.site == LITHIUM
    elements[other] = _with_lithium(shares[other], profile.species, 1 - missing, lots[other])
    return replace(found, element=elements)


def _with_lithium(shares: np.ndarray, names: tuple[str, ...], lithium: float, lots: np.ndarray) -> np.ndarray:
    """Elements drawn from shares of the other cations, and a share of the sites that lithium takes."""
    rows = np.column_stack([shares * (1 - lithium), np.full(len(shares), lithium)])
    return drawn(rows, (*names, LITHIUM), lots)


def _within(host: Columns, layer: Columns, width: float, strips: Sequence[tuple[float, float]]) -> Cations:
    """Atoms of both that are shown; empty sites hold none."""
    x, y, element, site = (np.concatenate([getattr(host, k), getattr(layer, k)]) for k in ("x", "y", "element", "site"))
    body = np.repeat(["host", "layer"], [host.x.size, layer.x.size])
    shown = np.any([(y >= low) & (y <= high) for low, high in strips], axis=0) & (element != VACANCY)
    shown &= (x >= 0) & (x <= width)
    return Cations(
        x=tuple(x[shown].tolist()),
        y=tuple(y[shown].tolist()),
        element=tuple(element[shown].tolist()),
        site=tuple(f"{b} {s}" for b, s in zip(body[shown], site[shown])),
    )


def _open_share(formed: Formed, weights: Mapping[str, float]) -> float:
    """Share of a covered facet that passes lithium, the mean of all facets on which the host does."""
    if formed.electrode is None:
        return 1.0
    return min(1.0, formed.electrode.open_share / sum(w for f, w in weights.items() if passes_lithium(f)))
