"""The one parameter record of a half-cell, all that both engines read, and the columns that they give back.

Built by ``cycling/stage.py`` alone. SI units; masses are kilograms of host unless said. All temperature dependence is
folded in: the engines know the temperature as ``thermal_voltage`` only.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..records.electrolyte import SALT_LIMIT as SALT_LIMIT


class Model(NamedTuple):
    """All numbers of one cell."""

    # host
    capacity_full: float  # C/kg for one Li per formula unit
    density: float
    kinetic_scale: float  # multiplies diffusivity and exchange current
    reference_area: float  # m2/kg the apparent kinetics are mapped onto: bare cell after formation
    apparent_radius: float
    uncracked_transport: float  # share of the diffusion rate that needs no crack
    # surfaces and their phases
    outer_area: float
    crack_area_start: float
    crack_area_max: float
    crack_rate: float  # 1/cycle
    deep_charge_share: float
    coverage_outer: float
    coverage_cracks: float
    film_resistance_outer: float  # ohm m2
    film_resistance_cracks: float
    film_path_outer: float  # m
    film_path_cracks: float
    layer_thickness: float  # that stores misfit
    fresh_skin: float
    skin_rate: float
    skin_diffusivity: float
    fade_scale: float  # multiplies the clock of the surfaces
    skin_resistivity: float
    interphase_growth: float  # ohm m2 of face over the root of the clock in s
    interphase_coated: float  # growth on the layer over that on the bare face
    dead_volume_ratio: float
    inert_share: float  # host mass that never stores lithium
    pinning_rate: float  # 1/cycle
    pinning_limit: float
    threshold: float
    threshold_width: float
    coherency: float
    # cell
    mass_factor: float  # kg of the stated mass basis per kg of host
    loading: float  # kg of host per m2 of electrode
    series_resistance: float  # ohm m2 of electrode: contacts, electrons, residual lithium
    lithium_exchange: float  # A/m2 at the nominal salt concentration
    lithium_salt_exponent: float
    lithium_growth: float  # ohm m2 per cycle
    crosstalk_growth: float  # ohm m2 per cycle at the bare cell's first exposure and area
    dissolution_coated: float  # of metals below the layer over that from the bare face
    reference_exposure: float  # s per cycle
    # electrolyte
    salt_concentration: float  # mol/m3
    transference: float  # of lithium
    thermodynamic_factor: float
    exchange_salt_exponent: float
    separator_thickness: float
    separator_porosity: float
    separator_transport: float  # effective over bulk transport
    electrode_thickness: float
    electrode_porosity: float
    electrode_transport: float
    # protocol
    one_c: float  # A per kg of the stated mass basis
    upper_voltage: float
    lower_voltage: float
    thermal_voltage: float


class Tables(NamedTuple):
    """Functions on uniform grids: of lithium content over 0..1, of salt concentration over 0..``SALT_LIMIT``."""

    voltage: np.ndarray
    diffusivity: np.ndarray
    exchange: np.ndarray  # A/m2 at the nominal salt concentration
    stress_skin: np.ndarray  # V at full coherency and r/(1+r) = 1
    stress_layer: np.ndarray
    crack_ratio: np.ndarray  # grain-mismatch energy release over toughness
    layer_relief: np.ndarray  # mismatch energy of the layer over that of the skin
    salt_diffusivity: np.ndarray  # m2/s
    salt_conductivity: np.ndarray  # S/m


class Row(NamedTuple):
    """One cycle of a program."""

    charge_rate: float
    discharge_rate: float
    hold_rate: float  # current at which the constant-voltage hold ends; 0: no hold
    rest: float  # s, after charge and after discharge
    ages: float  # 1: cracks, lithium metal and pinning move as well as the skins; 0: formation


# what a cycle of a life shows, by both engines: columns of its array
FACE_NAMES = ("outer_bare", "outer_coated", "cracks_bare", "cracks_coated")
SKINS = tuple(f"skin_{face}" for face in FACE_NAMES)
INTERPHASES = tuple(f"interphase_{face}" for face in FACE_NAMES)
COLUMNS = (
    "capacity",
    "charge_capacity",
    "mean_voltage",
    "mean_charge_voltage",
    *SKINS,
    *INTERPHASES,
    "crack_area",
    "dead_share",
    "lithium_resistance",
    "charged_lithium",
    "discharged_lithium",
    "exposure",
    "hold_share",
    "pinned_share",
)
WIDTH = len(COLUMNS)
