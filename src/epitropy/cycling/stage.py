"""Dials, layer and strain in, one cell's model and its life out."""

from __future__ import annotations

import math

import numpy as np

from ..constants import AVOGADRO, FARADAY, GAS_CONSTANT
from ..errors import NumericsError
from ..records.cell import CycleSeries, LossBudget
from ..records.coating import Particle
from ..records.electrode import CoatedElectrode
from ..records.host import HostCurves
from ..records.scenario import Scales, Scenario
from ..records.strain import StrainPath
from . import kernel
from .laws import exchange_current, overload
from .spec import Cathode, Cell, Degradation, Protocol

REFERENCE_CYCLES = 200  # the cycle number to which the priors of ageing refer


def particle_of(
    cathode: Cathode, host: HostCurves, molar_mass: float, *, lithium: float = 1.0, metals: float = 1.0
) -> Particle:
    """The powder as geometry; crystal density from the lattice, three formula units per hexagonal cell.

    ``lithium`` and ``metals`` (cations other than lithium) are per formula unit.
    """
    sites = 3 / (host.cell_volume * AVOGADRO)
    return Particle(
        diameter=cathode.particle_diameter.value,
        grain_size=cathode.grain_size.value,
        density=sites * molar_mass,
        roughness=cathode.roughness.value,
        wetted_area=cathode.wetted_area.value,
        molar_mass=molar_mass,
        lithium=lithium,
        residual_lithium=cathode.residual_lithium.value,
        cation_site_density=sites * metals,
    )


def tables(
    cathode: Cathode,
    host: HostCurves,
    *,
    skin: StrainPath,
    layer: StrainPath,
    grains: StrainPath,
    stress_skin: np.ndarray,
    stress_layer: np.ndarray,
) -> kernel.Tables:
    """Functions of lithium content that the kernel looks up; stress potentials in V at full coherency."""
    x = np.clip(host.lithium, 1e-3, 1 - 1e-3)
    worst_so_far = np.maximum.accumulate(grains.energy_release[::-1])[::-1]  # passed on every charge down to x
    floor = 1e-3 * max(skin.energy_density.max(), 1.0)
    return kernel.Tables(
        voltage=host.voltage + cathode.ocv_shift.value,
        diffusivity=host.diffusivity,
        exchange=exchange_current(x, cathode.exchange_current.value),
        stress_skin=stress_skin,
        stress_layer=stress_layer,
        crack_ratio=worst_so_far / cathode.boundary_toughness.value,
        layer_relief=np.clip(layer.energy_density / np.maximum(skin.energy_density, floor), 0.0, 1.0),
    )


def crack_areas(particle: Particle, degradation: Degradation) -> tuple[float, float, float]:
    """Crack area of the bare cell after formation and at 200 cycles, and its limit 6/(rho d_grain); m2/kg."""
    limit = 6 / (particle.density * particle.grain_size)
    late = min(max(degradation.wetted_area_200.value - particle.wetted_area, 0.0), 0.97 * limit)
    return degradation.cracked_share.value * late, late, limit


def crack_rate(particle: Particle, degradation: Degradation, drive: float) -> float:
    """kappa per cycle that opens a bare cell to its wetted area at 200 cycles under a constant drive.

    From dA/dN = kappa drive (A_max - A): kappa = ln((A_max - A_0)/(A_max - A_200)) / (200 drive).
    """
    start, late, limit = crack_areas(particle, degradation)
    return math.log((limit - start) / (limit - late)) / (REFERENCE_CYCLES * drive)


def model(
    cathode: Cathode,
    cell: Cell,
    protocol: Protocol,
    degradation: Degradation,
    *,
    particle: Particle,
    scenario: Scenario,
    scales: Scales,
    electrode: CoatedElectrode | None,
    strained_thickness: float = 0.0,
    fresh_skin_factor: float = 1.0,
) -> kernel.Model:
    """All numbers of one cell. With zero coverage and dose the coated cell's are the bare cell's, to the bit."""
    start, _, limit = crack_areas(particle, degradation)
    outer, cracks, thickness = _reach(electrode, particle, limit, scenario)
    cracking = 1 - (1 - scenario.crack_share) * cracks
    residual_left = 1 - (electrode.residual_consumed if electrode else 0.0)
    inactive_left = 1 - (electrode.coverage_formed * electrode.residual_consumed if electrode else 0.0)
    film = electrode.film_resistivity * thickness if electrode else 0.0
    path = thickness * scenario.barrier / electrode.oxygen_ratio if electrode else 0.0
    series = cell.series_resistance.value
    series += cathode.surface_resistance.value * residual_left if scenario.gap_carrier == "series" else 0.0
    inert = cathode.inactive_share.value * inactive_left if scenario.gap_carrier == "inactive" else 0.0
    inert += electrode.host_share_lost if electrode else 0.0
    scaled = {name: scales.fade if scenario.fade_carrier == name else 1.0 for name in ("skin", "crosstalk", "pinned")}
    mass_ratio = electrode.mass_ratio if electrode else 0.0
    return kernel.Model(
        capacity_full=FARADAY / particle.molar_mass,
        density=particle.density,
        kinetic_scale=scales.kinetic,
        reference_area=scales.reference_area,
        apparent_radius=cathode.apparent_radius.value,
        uncracked_transport=cathode.uncracked_transport.value,
        outer_area=particle.wetted_area,
        crack_area_start=start * cracking,
        crack_area_max=limit,
        crack_rate=scales.crack_rate * cracking,
        deep_charge_share=degradation.deep_charge_share.value,
        coverage_outer=outer,
        coverage_cracks=cracks,
        film_resistance_outer=film,
        film_resistance_cracks=film,
        film_path_outer=path,
        film_path_cracks=path,
        fresh_skin=degradation.fresh_skin.value * fresh_skin_factor,
        skin_rate=scales.skin_rate,
        skin_diffusivity=scales.skin_diffusivity,
        fade_scale=scaled["skin"],
        skin_resistivity=degradation.skin_resistivity.value,
        dead_volume_ratio=degradation.dead_volume_ratio.value,
        inert_share=inert,
        mass_factor=1 + mass_ratio if protocol.mass_basis == "coated powder" else 1.0,
        loading=cell.loading.value,
        series_resistance=series,
        lithium_growth=cell.lithium_resistance_growth.value / REFERENCE_CYCLES,
        crosstalk_growth=(
            scaled["crosstalk"] * degradation.crosstalk_growth.value / REFERENCE_CYCLES
            if scenario.fade_carrier == "crosstalk"
            else 0.0
        ),
        reference_exposure=scales.reference_exposure,
        pinning_rate=(
            scaled["pinned"] * -math.log1p(-degradation.pinned_share_200.value) / REFERENCE_CYCLES
            if scenario.fade_carrier == "pinned"
            else 0.0
        ),
        pinning_limit=degradation.pinning_limit.value,
        threshold=degradation.threshold.value,
        threshold_width=degradation.threshold_width.value,
        coherency=degradation.coherency.value,
        layer_thickness=strained_thickness
        * (thickness / electrode.thickness if electrode and electrode.thickness else 0.0),
        one_c=protocol.one_c.value,
        charge_rate=protocol.charge_rate.value,
        discharge_rate=protocol.discharge_rate.value,
        formation_rate=protocol.formation_rate.value,
        upper_voltage=protocol.upper_voltage.value,
        lower_voltage=protocol.lower_voltage.value,
        thermal_voltage=GAS_CONSTANT * protocol.temperature.value / FARADAY,
    )


def _reach(
    electrode: CoatedElectrode | None, particle: Particle, crack_limit: float, scenario: Scenario
) -> tuple[float, float, float]:
    """Coverage of the wetted outer surface and of crack faces, and the layer's thickness there.

    The layer's volume is conserved: what the recipe coats is a part of the wetted area, or, in the boundaries, the
    same volume spreads over outer surface and all grain faces. Only what wets runs in.
    """
    if electrode is None or electrode.coverage_formed <= 0:
        return 0.0, 0.0, 0.0
    reached = electrode.area / particle.wetted_area
    if scenario.reach == "outer" or electrode.wetting_share == 0:
        thicker = max(reached, 1.0)
        coverage = electrode.coverage_formed * min(reached, 1.0) * _bonded(electrode, thicker)
        return coverage, 0.0, electrode.thickness * thicker
    wet = electrode.wetting_share
    shared = electrode.area / (particle.wetted_area + wet * crack_limit)
    coverage = electrode.coverage_formed * _bonded(electrode, shared)
    return coverage, coverage * wet, electrode.thickness * shared


def _bonded(electrode: CoatedElectrode, thinner: float) -> float:
    """Share of the layer that stays bonded while the host breathes; the energy release goes with the thickness."""
    return 1 - overload(electrode.release_ratio * thinner)


def schedule(cycles: int) -> np.ndarray:
    """Cycles that are simulated: dense at first, then about one in eleven, always the first and the last."""
    early = [c for c in (1, 2, 4, 7, 11, 16, 22, 29, 37, 46) if c < cycles]
    late = np.linspace(57, cycles, max(2, round((cycles - 57) / 11.0))) if cycles > 57 else np.array([cycles])
    return np.unique(np.concatenate([early, np.round(late)])).astype(np.int64)


def live(
    m: kernel.Model, t: kernel.Tables, cycles: int, formation_cycles: int, *, every_cycle: bool = False
) -> CycleSeries:
    """The cell's life; cycles that were not simulated are interpolated (monotone cubic)."""
    plan = np.arange(1, cycles + 1) if every_cycle else schedule(cycles)
    rows, imbalance, _ = kernel.age(m, t, plan, cycles, formation_cycles)
    known = np.flatnonzero(rows[:, 0] > 0)
    if known.size == 0:
        raise NumericsError("cycling", "no cycle between the cut-offs", "a window and rate that the cell can follow")
    span = np.arange(known[0], known[-1] + 1)
    column = {name: _fill(known, rows[known, j], span) for j, name in enumerate(kernel.COLUMNS)}
    dead = known[-1] + 1 < cycles
    return CycleSeries(
        cycle=span + 1.0,
        **column,
        coverage_cracks=m.coverage_cracks,
        losses=_losses(m, t, {k: v[0] for k, v in column.items()}, {k: v[-1] for k, v in column.items()}),
        lithium_imbalance=float(imbalance),
        ended_by=f"dead after cycle {span[-1] + 1}" if dead else f"{cycles} cycles done",
    )


def _surfaces(m: kernel.Model, row: dict[str, float]) -> kernel.Surfaces:
    return kernel.surfaces(m, _skin(row), row["crack_area"], row["lithium_resistance"])


def _losses(m: kernel.Model, t: kernel.Tables, first: dict[str, float], last: dict[str, float]) -> LossBudget:
    """Capacity lost by mechanism: the fresh cell takes on one aged property after another, in this order.

    What remains between the settled cycles and those of the simulated life is ``history``; all sum to the total.
    """
    fresh, aged = _surfaces(m, first), _surfaces(m, last)
    outer = (
        m.dead_volume_ratio * m.density * float(aged.area[:2] @ (_skin(last)[:2]) - fresh.area[:2] @ (_skin(first)[:2]))
    )
    steps = [fresh, fresh._replace(area=aged.area)]
    steps.append(steps[-1]._replace(active=max(fresh.active - outer, aged.active)))
    steps.append(steps[-1]._replace(active=aged.active))
    steps.append(steps[-1]._replace(resistance=aged.resistance))
    steps.append(steps[-1]._replace(series=aged.series))
    steps.append(aged)
    settled = [kernel.settled_cycle(m, t, s) for s in steps]
    capacity = [c for c, _ in settled]
    capacity.append(capacity[-1] - kernel.pinned_loss(m, aged, settled[-1][1], last["pinned_share"]))
    total = first["capacity"] - last["capacity"]
    lost = [before - after for before, after in zip(capacity, capacity[1:])]
    return LossBudget(
        cracks_opening_transport=lost[0],
        dead_mass_outer=lost[1],
        dead_mass_cracks=lost[2],
        skin_resistance=lost[3],
        lithium_resistance=lost[4],
        stress_potential=lost[5],
        pinned_grains=lost[6],
        history=total - sum(lost),
        total=total,
    )


def _skin(row: dict[str, float]) -> np.ndarray:
    return np.array([row[k] for k in kernel.COLUMNS[2:6]])


def _fill(known: np.ndarray, values: np.ndarray, span: np.ndarray) -> np.ndarray:
    from scipy.interpolate import PchipInterpolator

    return values.copy() if known.size < 2 else PchipInterpolator(known, values)(span)
