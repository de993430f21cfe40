"""Dials, layer and strain in, one cell's parameters and its life out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..constants import AVOGADRO, FARADAY, GAS_CONSTANT
from ..errors import NumericsError
from ..laws import arrhenius
from ..records.cell import CycleSeries, LossBudget, SideCycles, VoltageCurve
from ..records.coating import Particle
from ..records.electrode import CoatedElectrode
from ..records.electrolyte import ElectrolyteCurves
from ..records.host import HostCurves
from ..records.scenario import Scales, Scenario
from ..records.strain import StrainPath
from . import ageing, kernel
from .laws import electron_resistance, exchange_current, overload
from .life import age
from .mesh import Resolution, mesh_of
from .parameters import COLUMNS, INTERPHASES, SALT_LIMIT, SKINS, Model, Row, Tables
from .program import Kind
from .spec import REFERENCE_TEMPERATURE, Cathode, Cell, Degradation, Protocol

REFERENCE_CYCLES = 200  # the cycle number to which the priors of ageing refer
HALF_CHARGED = 0.5  # lithium content at which a cell's resistance is told
BIN = 5e-3  # V, of dQ/dV


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
    electrolyte: ElectrolyteCurves,
    temperature: float,
    *,
    skin: StrainPath,
    layer: StrainPath,
    grains: StrainPath,
    stress_skin: np.ndarray,
    stress_layer: np.ndarray,
) -> Tables:
    """Functions of lithium content and salt at ``temperature`` [K]; stress potentials in V at full coherency."""
    x = np.clip(host.lithium, 1e-3, 1 - 1e-3)
    worst_so_far = np.maximum.accumulate(grains.energy_release[::-1])[::-1]  # passed on every charge down to x
    floor = 1e-3 * max(skin.energy_density.max(), 1.0)
    exchange = cathode.exchange_current.value * _faster(cathode.exchange_activation_energy.value, temperature)
    return Tables(
        voltage=host.voltage + cathode.ocv_shift.value,
        diffusivity=host.diffusivity * _faster(cathode.diffusivity_activation_energy.value, temperature),
        exchange=exchange_current(x, exchange, host.exchange_exponents),
        stress_skin=stress_skin,
        stress_layer=stress_layer,
        crack_ratio=worst_so_far / cathode.boundary_toughness.value,
        layer_relief=np.clip(layer.energy_density / np.maximum(skin.energy_density, floor), 0.0, 1.0),
        salt_diffusivity=electrolyte.diffusivity,
        salt_conductivity=electrolyte.conductivity,
    )


def _faster(activation_energy: float, temperature: float) -> float:
    """Arrhenius factor against 25 degC, exactly one there."""
    return float(arrhenius(1.0, activation_energy, temperature, REFERENCE_TEMPERATURE))


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
    host: HostCurves,
    electrolyte: ElectrolyteCurves,
    particle: Particle,
    scenario: Scenario,
    scales: Scales,
    electrode: CoatedElectrode | None,
    strained_thickness: float = 0.0,
    fresh_skin_factor: float = 1.0,
) -> Model:
    """All numbers of one cell. With zero coverage and dose the coated cell's are the bare cell's, to the bit.

    A mechanism that ``degradation.without`` names is left out here, and only here, by a factor of zero.
    """

    def on(mechanism: str) -> float:
        return 0.0 if mechanism in degradation.without else 1.0

    def faster(energy: float) -> float:
        return _faster(energy, protocol.temperature.value)

    start, _, limit = crack_areas(particle, degradation)
    outer, cracks, thickness = _reach(electrode, particle, limit, scenario)
    cracking = 1 - (1 - scenario.crack_share) * cracks
    residual_left = 1 - (electrode.residual_consumed if electrode else 0.0)
    inactive_left = 1 - (electrode.coverage_formed * electrode.residual_consumed if electrode else 0.0)
    film = electrode.film_resistivity * thickness * on("film_resistance") if electrode else 0.0
    path = thickness * scenario.barrier / electrode.oxygen_ratio * on("oxygen_barrier") if electrode else 0.0
    inert = cathode.inactive_share.value * inactive_left if scenario.gap_carrier == "inactive" else 0.0
    inert = inert * on("inactive_share") + (electrode.host_share_lost if electrode else 0.0)
    scaled = {name: scales.fade if scenario.fade_carrier == name else 1.0 for name in ("skin", "crosstalk", "pinned")}
    carries = {name: float(scenario.fade_carrier == name) for name in scaled}
    surface = cathode.surface_resistance.value * residual_left * on("surface_resistance")
    surface = surface if scenario.gap_carrier == "series" else 0.0
    mass_ratio = electrode.mass_ratio if electrode else 0.0
    mass_factor = 1 + mass_ratio if protocol.mass_basis == "coated powder" else 1.0
    solid = 1 - cell.electrode_porosity.value
    loading = cell.loading.value / mass_factor  # of host
    electrode_thickness = loading / (particle.density * solid * cell.active_share.value)
    skin_faster = faster(degradation.skin_activation_energy.value)
    interphase = degradation.interphase_resistance_200.value / math.sqrt(scales.exposure_200)
    return Model(
        capacity_full=FARADAY / particle.molar_mass,
        density=particle.density,
        kinetic_scale=scales.kinetic,
        reference_area=scales.reference_area,
        apparent_radius=cathode.apparent_radius.value,
        uncracked_transport=cathode.uncracked_transport.value,
        outer_area=particle.wetted_area,
        crack_area_start=start * cracking * on("formation_cracks"),
        crack_area_max=limit,
        crack_rate=scales.crack_rate * cracking * on("cycling_cracks"),
        deep_charge_share=degradation.deep_charge_share.value,
        coverage_outer=outer,
        coverage_cracks=cracks,
        film_resistance_outer=film,
        film_resistance_cracks=film,
        film_path_outer=path,
        film_path_cracks=path,
        layer_thickness=strained_thickness
        * (thickness / electrode.thickness if electrode and electrode.thickness else 0.0),
        fresh_skin=degradation.fresh_skin.value * fresh_skin_factor * on("fresh_skin"),
        skin_rate=scales.skin_rate * skin_faster * on("skin"),
        skin_diffusivity=scales.skin_diffusivity * skin_faster,
        fade_scale=scaled["skin"],
        skin_resistivity=degradation.skin_resistivity.value
        / faster(degradation.conduction_activation_energy.value)
        * on("skin_resistance"),
        interphase_growth=interphase
        * math.sqrt(faster(degradation.interphase_activation_energy.value))
        / faster(degradation.conduction_activation_energy.value)
        * on("interphase"),
        interphase_coated=degradation.interphase_coated.value,
        dead_volume_ratio=degradation.dead_volume_ratio.value * on("dead_mass"),
        inert_share=inert,
        pinning_rate=scaled["pinned"]
        * -math.log1p(-degradation.pinned_share_200.value)
        / REFERENCE_CYCLES
        * carries["pinned"]
        * on("pinned_grains"),
        pinning_limit=degradation.pinning_limit.value,
        threshold=degradation.threshold.value,
        threshold_width=degradation.threshold_width.value,
        coherency=degradation.coherency.value * on("stress_potential"),
        mass_factor=mass_factor,
        loading=loading,
        series_resistance=cell.series_resistance.value
        + electrode_thickness / (3 * cell.electrode_conductivity.value)
        + cell.contact_resistance.value
        + _electron_access(cell, particle, electrode, loading, outer, thickness) * on("electron_access")
        + surface,
        lithium_exchange=cell.lithium_exchange.value * faster(cell.lithium_activation_energy.value),
        lithium_salt_exponent=cell.lithium_salt_exponent.value,
        lithium_growth=cell.lithium_resistance_growth.value
        / REFERENCE_CYCLES
        * faster(cell.lithium_growth_activation_energy.value)
        * on("lithium_growth"),
        crosstalk_growth=scaled["crosstalk"]
        * degradation.crosstalk_growth.value
        / REFERENCE_CYCLES
        * carries["crosstalk"]
        * on("cross_talk"),
        dissolution_coated=0.0,  # what is covered does not dissolve
        reference_exposure=scales.reference_exposure,
        salt_concentration=electrolyte.salt_concentration,
        transference=electrolyte.transference,
        thermodynamic_factor=electrolyte.thermodynamic_factor,
        exchange_salt_exponent=host.exchange_salt_exponent,
        separator_thickness=cell.separator_thickness.value,
        separator_porosity=cell.separator_porosity.value,
        separator_transport=cell.separator_porosity.value**cell.bruggeman.value,
        electrode_thickness=electrode_thickness,
        electrode_porosity=cell.electrode_porosity.value,
        electrode_transport=cell.electrode_porosity.value**cell.bruggeman.value,
        one_c=protocol.one_c.value,
        upper_voltage=protocol.upper_voltage.value,
        lower_voltage=protocol.lower_voltage.value,
        thermal_voltage=GAS_CONSTANT * protocol.temperature.value / FARADAY,
    )


def _electron_access(
    cell: Cell,
    particle: Particle,
    electrode: CoatedElectrode | None,
    loading: float,
    coverage: float,
    thickness: float,
) -> float:
    """What the layer adds to the contacts between particles and carbon, ohm m2 of electrode; loading of host."""
    contact = cell.contact_resistance.value
    if electrode is None or contact == 0:
        return 0.0
    touching = loading * particle.wetted_area * cell.contact_share.value  # m2 per m2 of electrode
    blocked = thickness / electrode.electronic_conductivity / (contact * touching)
    return electron_resistance(coverage, blocked, contact)


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
    """Share of the layer that stays bonded while the host breathes; the energy release goes with the thickness.

    Each facet holds or lets go on its own: a mean release would let a weak facet be held by the strong ones.
    """
    ratios = electrode.release_ratio
    return sum(share * (1 - overload(ratios.get(f, 0.0) * thinner)) for f, share in electrode.facet_shares.items())


class Life(NamedTuple):
    """What an engine gives back of a cell's life."""

    rows: np.ndarray  # (rows of the program, len(COLUMNS)), nan where skipped or dead
    state: int
    ended: int  # row of the program
    lithium_imbalance: float
    salt_imbalance: float


def simulate(
    m: Model, t: Tables, rows: np.ndarray, tolerance: float = 0.0, resolution: Resolution = kernel.RESOLUTION
) -> Life:
    """A life by the compiled kernel, every cycle or (``tolerance`` > 0, of capacity) with skipping."""
    return Life(*age(m, t, mesh_of(m, resolution), rows, float(tolerance), resolution.steps))


def capacity_by_cycle(life: Life, kinds: Sequence[Kind]) -> np.ndarray:
    """Capacity of every ageing cycle, C/kg, skipped ones interpolated; zero once the cell is dead."""
    where = np.flatnonzero(np.array(kinds) == "ageing")
    found = life.rows[where, 0]
    known = np.flatnonzero(found > 0)
    capacity = np.zeros(len(where))
    if known.size:
        span = np.arange(known[-1] + 1)
        capacity[span] = _fill(known, found[known], span)
    return np.maximum(capacity, 0.0)


def told(life: Life, kinds: Sequence[Kind]) -> dict[str, np.ndarray]:
    """Columns of every ageing cycle that the cell delivers, skipped ones interpolated; empty without a first one."""
    where = np.flatnonzero(np.array(kinds) == "ageing")
    known = np.flatnonzero(life.rows[where, 0] > 0)
    if known.size == 0 or known[0] > 0:
        return {}
    filled = _fill(known, life.rows[where[known], : len(COLUMNS)], np.arange(known[-1] + 1))
    return {name: filled[:, j] for j, name in enumerate(COLUMNS)}


REASONS = {
    kernel.ENDED: "no capacity left between the cut-offs",
    kernel.DEPLETED_SALT: "the current drains the electrolyte of salt",
    kernel.STUCK: "a cut-off is never reached",
}


def live(
    m: Model,
    t: Tables,
    rows: np.ndarray,
    kinds: Sequence[Kind],
    *,
    tolerance: float = 0.0,
    area: float = 0.0,
    milestones: int = 1,
    engine: Callable[[Model, Tables, np.ndarray, float], Life] = simulate,
) -> CycleSeries:
    """The cell's life as told: ageing cycles, those skipped interpolated (monotone cubic), and what lies between them.

    ``area`` [m2] is all the coated area of the cell, ``milestones`` the number of cycles, the last one included, at
    which the losses are told apart (by the kernel, whatever the ``engine``). Raises `NumericsError` where not even the
    first cycle is delivered.
    """
    life = engine(m, t, rows, tolerance)
    kind = np.array(kinds)
    where = np.flatnonzero(kind == "ageing")
    column = told(life, kinds)
    if not column:
        raise NumericsError(
            "cycling",
            f"no first cycle at {rows[where[0], 0]:g}C / {rows[where[0], 1]:g}C: {REASONS[life.state]}",
            "a window and rate that the cell can follow",
        )
    span = np.arange(len(column["capacity"]))
    dead = len(span) < len(where)
    milestone = np.unique(np.round(np.linspace(0, span[-1], milestones + 1)[1:]).astype(int))
    row = Row(*rows[where[0]])
    return CycleSeries(
        cycle=span + 1.0,
        **column,
        resistance=np.array([small_signal_resistance(m, t, _at(column, n)) for n in span]),
        coverage_cracks=m.coverage_cracks,
        mass_per_area=m.loading * m.mass_factor,
        area=area,
        simulated=int(np.isfinite(life.rows[:, 0]).sum()),
        losses=_losses(m, t, row, _at(column, 0), _at(column, -1)),
        losses_by_cycle={int(n) + 1: _losses(m, t, row, _at(column, 0), _at(column, n)) for n in milestone[:-1]},
        side_cycles={
            name: _side(life.rows, kind, rows, name) for name in ("formation", "rate", "reference") if name in kinds
        },
        lithium_imbalance=float(life.lithium_imbalance),
        salt_imbalance=float(life.salt_imbalance),
        ended_by=(f"dead after cycle {span[-1] + 1}: {REASONS[life.state]}" if dead else f"{len(where)} cycles done"),
    )


def _side(found: np.ndarray, kind: np.ndarray, rows: np.ndarray, name: str) -> SideCycles:
    """Cycles of one kind that are not ageing cycles, with the number of ageing cycles before each."""
    where = np.flatnonzero((kind == name) & (found[:, 0] > 0))
    before = np.cumsum(kind == "ageing")
    return SideCycles(after=before[where].astype(float), rate=rows[where, 1], capacity=found[where, 0])


def _at(column: Mapping[str, np.ndarray], n: int) -> dict[str, float]:
    return {k: float(v[n]) for k, v in column.items()}


def _surfaces(m: Model, row: Mapping[str, float]) -> ageing.Surfaces:
    return ageing.surfaces(m, _skin(row), _interphase(row), row["crack_area"], row["lithium_resistance"])


def small_signal_resistance(m: Model, t: Tables, row: Mapping[str, float]) -> float:
    """Resistance of a cell at half charge, ohm m2 of electrode: all but diffusion, as an impedance arc shows it.

    ``row`` holds one cycle's skins, interphases, cracks and lithium resistance by name.
    """
    mesh = mesh_of(m, kernel.RESOLUTION)
    nominal = m.salt_concentration / SALT_LIMIT
    exchange = ageing.lookup(t.exchange, HALF_CHARGED)
    exchange *= m.kinetic_scale * 3.0 / (m.density * m.apparent_radius * m.reference_area)
    fixed = m.thermal_voltage / m.lithium_exchange + mesh.path.sum() / ageing.lookup(t.salt_conductivity, nominal)
    s = _surfaces(m, row)
    return float(fixed + s.series + 1 / (m.loading * (s.area / (s.resistance + m.thermal_voltage / exchange)).sum()))


def discharge_at(m: Model, t: Tables, row: Mapping[str, float], program_row: Row, resolution: Resolution) -> float:
    """Capacity [C/kg] of a settled cycle at other currents, of the cell as in ``row``, which does not age by it."""
    mesh = mesh_of(m, resolution)
    return float(kernel.settled_cycle(m, t, _surfaces(m, row), mesh, program_row, resolution.steps)[0])


def _losses(m: Model, t: Tables, row: Row, first: Mapping[str, float], last: Mapping[str, float]) -> LossBudget:
    """Capacity lost by mechanism: the fresh cell takes on one aged property after another, in this order.

    What remains between the settled cycles and those of the simulated life is ``history``; all sum to the total.
    """
    fresh, aged = _surfaces(m, first), _surfaces(m, last)
    outer = (
        m.dead_volume_ratio * m.density * float(aged.area[:2] @ (_skin(last)[:2]) - fresh.area[:2] @ (_skin(first)[:2]))
    )
    steps = [fresh, fresh._replace(area=aged.area, stretch=aged.stretch)]
    steps.append(steps[-1]._replace(active=max(fresh.active - outer, aged.active)))
    steps.append(steps[-1]._replace(active=aged.active))
    steps.append(steps[-1]._replace(resistance=aged.resistance - _interphase(last) + _interphase(first)))
    steps.append(steps[-1]._replace(resistance=aged.resistance))
    steps.append(steps[-1]._replace(series=aged.series))
    steps.append(aged)
    resolution = kernel.RESOLUTION
    mesh = mesh_of(m, resolution)
    settled = [kernel.settled_cycle(m, t, s, mesh, row, resolution.steps) for s in steps]
    capacity = [c for c, _ in settled]
    capacity.append(capacity[-1] - ageing.pinned_loss(m, aged.active, settled[-1][1], last["pinned_share"]))
    total = first["capacity"] - last["capacity"]
    lost = [before - after for before, after in zip(capacity, capacity[1:])]
    return LossBudget(
        cracks_opening_transport=lost[0],
        dead_mass_outer=lost[1],
        dead_mass_cracks=lost[2],
        skin_resistance=lost[3],
        interphase_resistance=lost[4],
        lithium_resistance=lost[5],
        stress_potential=lost[6],
        pinned_grains=lost[7],
        history=total - sum(lost),
        total=total,
    )


def _skin(row: Mapping[str, float]) -> np.ndarray:
    return np.array([row[k] for k in SKINS])


def _interphase(row: Mapping[str, float]) -> np.ndarray:
    return np.array([row[k] for k in INTERPHASES])


def _fill(known: np.ndarray, values: np.ndarray, span: np.ndarray) -> np.ndarray:
    """Values (cycles known, ...) at every cycle of ``span``, monotone between."""
    from scipy.interpolate import PchipInterpolator

    return values.copy() if known.size < 2 else PchipInterpolator(known, values)(span)


def voltage_curve(m: Model, t: Tables, series: CycleSeries, cycle: int, rate: float) -> VoltageCurve:
    """Charge and discharge at ``rate`` (CC) of the cell as it is at a cycle of its life, without ageing it further.

    The second of two cycles is told, so that the discharge before it was at the same rate.
    """
    n = int(np.flatnonzero(series.cycle == cycle)[0])
    s = _surfaces(m, {name: float(getattr(series, name)[n]) for name in COLUMNS})
    resolution = kernel.RESOLUTION
    mesh = mesh_of(m, resolution)
    profiles = kernel.rested(m, mesh)
    row = Row(rate, rate, 0.0, 0.0, 0.0)
    trace = np.zeros((100 * resolution.steps, len(kernel.TRACE)))
    kernel.one_cycle(m, t, s, mesh, profiles, row, resolution.steps, kernel.untraced())
    before = float(mesh.volume @ profiles.lithium)
    _, state, lines = kernel.one_cycle(m, t, s, mesh, profiles, row, resolution.steps, trace)
    if state != kernel.ENDED:
        raise NumericsError("voltage curve", f"{rate:g}C at cycle {cycle}: {REASONS[state]}", "a lower rate")
    trace = trace[:lines]
    per_swing = m.capacity_full * s.active / m.mass_factor
    parts = {}
    for name, sign in (("charge", 1), ("discharge", -1)):
        part = trace[trace[:, 1] * sign > 0]
        if len(part) < 2:
            raise NumericsError(
                "voltage curve", f"{rate:g}C at cycle {cycle}: no {name} between the cut-offs", "a lower rate"
            )
        passed = np.abs(part[:, 3] - before) * per_swing
        before = part[-1, 3]
        parts[f"{name}_capacity"], parts[f"{name}_voltage"] = passed, part[:, 2]
    low, high = (f(parts["charge_voltage"].tolist() + parts["discharge_voltage"].tolist()) for f in (min, max))
    grid = np.arange(math.ceil(low / BIN), math.floor(high / BIN) + 1) * BIN
    slopes = {
        f"{name}_slope": differential_capacity(parts[f"{name}_capacity"], parts[f"{name}_voltage"], grid)
        for name in ("charge", "discharge")
    }
    return VoltageCurve(cycle=cycle, rate=rate, voltage=grid, **parts, **slopes)


def differential_capacity(passed: np.ndarray, voltage: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """|dQ/dV| on a voltage grid by central differences of Q(V), unit of ``passed`` per volt; 0 outside the curve.

    ``voltage`` must rise or fall throughout, as under constant current.
    """
    order = np.argsort(voltage)
    q = np.interp(grid, voltage[order], passed[order])
    inside = (grid >= voltage.min()) & (grid <= voltage.max())
    return np.abs(np.gradient(q, grid)) * inside
