"""Cells that several tests read: a particle alone, an aged cell, and every cell's life in every scenario."""

import numpy as np
import pytest

from epitropy.calibrate.scales import build
from epitropy.cycling import kernel
from epitropy.cycling.ageing import Surfaces, surfaces
from epitropy.cycling.mesh import Resolution, mesh_of
from epitropy.cycling.program import program
from epitropy.cycling.stage import live

GRID = np.linspace(0, 1, 1001)
np.set_printoptions(threshold=20)  # of a failing test's tables


@pytest.fixture(scope="session")
def still():
    """Surfaces without resistance or stress: one bare area of 1000 m2/kg."""
    return Surfaces(np.array([1000.0, 0.0, 0.0, 0.0]), np.zeros(4), 1.0, 0.0, 1.0, 0.0, 0.0)


@pytest.fixture(scope="session")
def plain(bare):
    """A particle alone: the voltage is 5 V minus its surface lithium; steady diffusivity, nothing else."""
    m, t = bare
    model = m._replace(
        mass_factor=1.0,
        kinetic_scale=1.0,
        outer_area=1000.0,
        reference_area=1000.0,
        upper_voltage=4.9,
        lower_voltage=4.02,
        series_resistance=0.0,
        lithium_exchange=1e12,
        transference=1.0,
    )
    flat = t._replace(
        voltage=5 - GRID,
        diffusivity=np.full(GRID.size, 1e-14),
        exchange=np.full(GRID.size, 1e12),
        stress_skin=np.zeros(GRID.size),
        stress_layer=np.zeros(GRID.size),
        salt_conductivity=np.full(t.salt_conductivity.size, 1e12),
    )
    return model, flat


@pytest.fixture(scope="session")
def aged(bare):
    """A partly coated cell late in life: skins, films, cracks, interphase, series resistance, stress, dead mass."""
    m = bare[0]._replace(
        coverage_outer=0.8,
        coverage_cracks=0.5,
        film_resistance_outer=4e-3,
        film_resistance_cracks=1e-3,
        layer_thickness=6e-9,
        inert_share=0.02,
    )
    skin, interphase = np.array([15e-9, 6e-9, 12e-9, 4e-9]), np.array([0.05, 0.02, 0.03, 0.01])
    strained = bare[1]._replace(stress_layer=0.3 * bare[1].stress_skin)
    return m, strained, surfaces(m, skin, interphase, 2600.0, 5e-4)


@pytest.fixture(scope="session")
def run_phase():
    """Runs one phase from even profiles (or given ones): what it did, its trace, the profiles it leaves."""

    def run(m, t, s, kind, level, end, *, lithium=0.9, resolution=kernel.RESOLUTION, profiles=None):
        mesh = mesh_of(m, resolution)
        if profiles is None:
            even = np.full(mesh.volume.size, lithium), np.full(mesh.width.size, m.salt_concentration)
            profiles = kernel.Profiles(*even)
        profiles = kernel.Profiles(profiles.lithium.copy(), profiles.salt.copy())
        trace = np.zeros((200 * resolution.steps, len(kernel.TRACE)))
        done = kernel.phase(m, t, s, mesh, profiles, kind, float(level), float(end), resolution.steps, trace, 0)
        return done, trace[: done.rows], profiles

    return run


@pytest.fixture(scope="session")
def run_cycle():
    """Runs one cycle of a row from even profiles (or given ones): named results, state, trace, profiles."""
    names = "capacity charge voltage charge_voltage exposure charged discharged held lithium_imbalance salt_imbalance"

    def run(m, t, s, row, *, resolution=kernel.RESOLUTION, profiles=None):
        mesh = mesh_of(m, resolution)
        profiles = profiles or kernel.rested(m, mesh)
        profiles = kernel.Profiles(profiles.lithium.copy(), profiles.salt.copy())
        trace = np.zeros((1000 * resolution.steps, len(kernel.TRACE)))
        found, state, lines = kernel.one_cycle(m, t, s, mesh, profiles, row, resolution.steps, trace)
        return dict(zip(names.split(), found)), state, trace[:lines], profiles

    return run


@pytest.fixture(scope="session")
def fine():
    """A resolution with steps or shells of one's own."""
    return lambda **changes: Resolution()._replace(**changes)


@pytest.fixture(scope="session")
def schedule(zhao):
    """Rows and kinds of the study's program."""
    return program(zhao.cells["bare"].protocol)


@pytest.fixture(scope="session")
def lives(zhao, ready, scenarios, scales, schedule):
    """Model, tables and life, cycle by cycle, of every cell in every scenario."""
    found = {}
    for name, (formed, tables) in ready.items():
        for key, scale in scales.items():
            m = build(zhao.cells[name], formed, scenarios[key], scale)
            found[name, key] = (m, tables, live(m, tables, *schedule))
    return found
