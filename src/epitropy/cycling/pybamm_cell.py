"""A coated lithium-metal half-cell in PyBaMM: one particle, the electrolyte, four kinds of surface in parallel.

The file needs PyBaMM and numpy only. ``CoatedHalfCell`` runs in a plain ``pybamm.Simulation``, with or without an
``Experiment``; ``Engine`` runs the same equations cycle by cycle on one discretised model, 200 cycles in seconds.

Equations (SI; current density i > 0 charges, the opposite of PyBaMM's sign, which ``Current [A]`` keeps):

    particle     dx/dt = (1/r^2) d/dr(M(x) r^2 dx/dr) on 0 < r < 1,  M = D(x) k_s g/R^2,  M dx/dr = v/3 at r = 1,
                 v = d<x>/dt = -j/(a Q_full),  j = i/loading
    electrolyte  eps dc/dt = d/dz(T D_e(c) dc/dz) + S,  S = (1 - t+) i/(F L) in the cathode;
                 the lithium metal takes the salt flux (1 - t+) i/F
    surfaces     eta = R_k i_k + 2 V_T asinh(i_k/2 i0),  sum_k A_k i_k = j
    voltage      V = U(x_s) + stress terms + eta + 2 V_T asinh(i/2 i0_Li) + i (electrolyte + series resistance)
                 + 2 V_T (1 - t+) (thermodynamic factor) [<ln c>_cathode - ln c(0)]

One-particle model with electrolyte after Marquis et al. 2019 (10.1149/2.0341915jes), finite volumes throughout.
Lithium and salt are conserved to rounding: a flux at an end is divided by the transport that the volumes use there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pybamm

PLACES = ("Separator", "Cathode")  # of the electrolyte
FACES = ("bare outer", "coated outer", "bare crack", "coated crack")
INITIAL_LITHIUM = 0.95  # content of the particle as assembled
SALT_LIMIT = 4000.0  # mol/m3, end of the electrolyte's tables
DEPLETED = 1e-3  # of the nominal salt concentration: nothing moves any more
EDGE = 1e-4  # surface lithium content that ends a half-cycle
PARAMETER_SET = "epitropy_NCM90_half_cell"  # as registered with PyBaMM
RTOL, ATOL = 2e-5, 2e-7  # of the solver; every state is scaled to about one
OPTIONS = {"silence_sundials_errors": True}

AREAS = tuple(f"Area of {face} faces [m2.kg-1]" for face in FACES)
RESISTANCES = tuple(f"Resistance of {face} faces [Ohm.m2]" for face in FACES)
STRETCH = "Diffusion rate over that of the reference cell"
SERIES = "Series resistance [Ohm.m2]"
ACTIVE = "Active share of the host"
STRESS_SKIN = "Stress amplitude of the skin"
STRESS_LAYER = "Stress amplitude of the layer"
SLOW = (*AREAS, *RESISTANCES, STRETCH, SERIES, ACTIVE, STRESS_SKIN, STRESS_LAYER)

# what drives a controlled cell, as inputs
SET_CURRENT = "Set charging current density [A.m-2]"
END_CURRENT = "Current density that ends the hold [A.m-2]"
CHARGING, DISCHARGING, HOLDING = "Charging", "Discharging", "Holding"  # 1 or 0; a hold also charges
NEVER = 1e3  # added to an event that is switched off
MINIMUM, MAXIMUM, LEAST = "Minimum voltage [V]", "Maximum voltage [V]", "Current of the hold"
ENDS = {MINIMUM: "voltage", MAXIMUM: "voltage", LEAST: "current", "final time": "time"}


class CoatedHalfCell(pybamm.BaseModel):
    """Half-cell of a coated cathode against lithium metal; see the file's head for the equations.

    ``controlled``: the current density becomes an unknown that inputs set (current or voltage); for ``Engine``.
    ``radial``, ``separator``, ``electrode``: finite volumes; the radial ones grow finer towards the surface by a factor
    of about exp(``grading``).

    >>> solution = pybamm.Simulation(CoatedHalfCell()).solve([0, 600])  # charges at 1C
    >>> round(float(solution["Mean lithium content"].entries[-1]), 2)
    0.83
    """

    def __init__(
        self,
        name: str = "Coated half-cell",
        *,
        radial: int = 80,
        separator: int = 10,
        electrode: int = 10,
        grading: float = 1.5,
        controlled: bool = False,
    ):
        super().__init__(name)
        self.param = SimpleNamespace(  # what PyBaMM's experiments ask of a model
            Q=pybamm.Parameter("Nominal cell capacity [A.h]"), A_cc=pybamm.Parameter("Electrode area [m2]")
        )
        self.options = {}
        self._points = (radial, separator, electrode)
        self._grading = grading
        self._space = (
            pybamm.SpatialVariable("r", domain="positive particle", coord_sys="spherical polar"),
            pybamm.SpatialVariable("z_s", domain="separator", coord_sys="cartesian"),
            pybamm.SpatialVariable("z_p", domain="positive electrode", coord_sys="cartesian"),
        )
        voltage = pybamm.Variable("Voltage [V]")
        current, density = self._control(voltage, controlled)
        host = density / pybamm.Parameter("Host loading [kg.m-2]")
        surface, mean = self._particle(host)
        metal, cathode, ohmic, diffusion = self._electrolyte(density)
        eta = self._surfaces(host, surface, pybamm.x_average(cathode))
        self._terminal(voltage, density, surface, metal, eta, ohmic + diffusion)
        self._counters(current, voltage, surface)
        self._stops(voltage, density, surface, metal, cathode, controlled)
        self.variables |= {
            "Time [s]": pybamm.t,
            "Time [h]": pybamm.t / 3600,
            "Charging current density [A.m-2]": density,
            "Voltage [V]": voltage,
            "Terminal voltage [V]": voltage,
            "Battery voltage [V]": voltage,
            "Power [W]": current * voltage,
            "Surface lithium content": surface,
            "Mean lithium content": mean,
            "Cathode overpotential [V]": eta,
            "Electrolyte voltage drop [V]": ohmic + diffusion,
        }
        self.summary_variables = ["Discharge capacity [A.h]", "Mean lithium content", "Exposure [s]"]

    def _control(self, voltage, controlled: bool):
        """Current (PyBaMM's sign) and charging current density."""
        one_c = self.param.Q / self.param.A_cc
        if controlled:
            density = pybamm.Variable("Charging current density [A.m-2]", scale=one_c)
            current = -density * self.param.A_cc
            held = pybamm.InputParameter(HOLDING)
            by_current = (density - pybamm.InputParameter(SET_CURRENT)) / one_c
            by_voltage = voltage - pybamm.Parameter("Upper voltage cut-off [V]")
            self.algebraic[density] = (1 - held) * by_current + held * by_voltage
            self.initial_conditions[density] = pybamm.Scalar(0)
        else:
            current = pybamm.FunctionParameter("Current function [A]", {"Time [s]": pybamm.t})
            density = -current / self.param.A_cc
        self.variables |= {
            "Current [A]": current,
            "Current variable [A]": current,
            "Total current density [A.m-2]": -density,
            "C-rate": current / self.param.Q,
        }
        return current, density

    def _particle(self, host):
        """Diffusion in the unit sphere; surface and mean lithium content."""
        lithium = pybamm.Variable("Lithium content", domain="positive particle")
        radius = pybamm.Parameter("Apparent radius [m]")
        scale = pybamm.Parameter("Kinetic scale") * pybamm.Parameter(STRETCH) / radius**2
        mobility = scale * pybamm.FunctionParameter("Lithium diffusivity [m2.s-1]", {"Lithium content": lithium})
        speed = -host / (pybamm.Parameter(ACTIVE) * pybamm.Parameter("Host capacity [C.kg-1]"))
        self.rhs[lithium] = pybamm.div(mobility * pybamm.grad(lithium))
        self.boundary_conditions[lithium] = {
            "left": (pybamm.Scalar(0), "Neumann"),
            # the mobility as the volumes extrapolate it, so that the flux is speed/3 to rounding
            "right": (speed / 3 / pybamm.BoundaryValue(mobility, "right", order="linear"), "Neumann"),
        }
        self.initial_conditions[lithium] = pybamm.Parameter("Initial lithium content")
        self.variables["Lithium content"] = lithium
        return pybamm.BoundaryValue(lithium, "right", order="quadratic"), pybamm.r_average(lithium)

    def _electrolyte(self, density):
        """Salt: value at the metal, in the cathode; ohmic drop and concentration overpotential."""
        nominal = pybamm.Parameter("Salt concentration [mol.m-3]")
        _, z_s, z_p = self._space
        parts, porosities, transports = [], [], []
        for place, domain in zip(PLACES, ("separator", "positive electrode")):
            parts.append(pybamm.Variable(f"{place} salt concentration [mol.m-3]", domain=domain, scale=nominal))
            porosities.append(pybamm.PrimaryBroadcast(pybamm.Parameter(f"{place} porosity"), domain))
            transports.append(pybamm.PrimaryBroadcast(pybamm.Parameter(f"{place} transport factor"), domain))
        salt = pybamm.concatenation(*parts)
        porosity = pybamm.concatenation(*porosities)
        bulk = pybamm.FunctionParameter("Salt diffusivity [m2.s-1]", {"Salt concentration [mol.m-3]": salt})
        transport = pybamm.concatenation(*transports) * bulk
        moved = (1 - pybamm.Parameter("Lithium transference number")) * density / pybamm.constants.F
        thickness = pybamm.Parameter("Cathode thickness [m]")
        source = pybamm.concatenation(
            pybamm.PrimaryBroadcast(0, "separator"), pybamm.PrimaryBroadcast(moved / thickness, "positive electrode")
        )
        self.rhs[salt] = (pybamm.div(transport * pybamm.grad(salt)) + source) / porosity
        self.boundary_conditions[salt] = {
            "left": (moved / pybamm.BoundaryValue(transport, "left", order="linear"), "Neumann"),
            "right": (pybamm.Scalar(0), "Neumann"),
        }
        self.initial_conditions[salt] = nominal
        conductivity = [
            pybamm.FunctionParameter("Salt conductivity [S.m-1]", {"Salt concentration [mol.m-3]": part}) * t
            for part, t in zip(parts, transports)
        ]
        depth = (z_p - pybamm.Parameter("Separator thickness [m]")) / thickness
        ohmic = density * (
            pybamm.Integral(1 / conductivity[0], z_s) + pybamm.Integral((1 - depth) ** 2 / conductivity[1], z_p)
        )
        metal = pybamm.BoundaryValue(salt, "left", order="quadratic")
        diffusion = (
            2
            * pybamm.Parameter("Thermal voltage [V]")
            * pybamm.Parameter("Thermodynamic factor")
            * (1 - pybamm.Parameter("Lithium transference number"))
            * (pybamm.x_average(pybamm.log(parts[1])) - pybamm.log(metal))
        )
        self.variables |= {
            "Salt concentration [mol.m-3]": salt,
            **{part.name: part for part in parts},
            "Salt per area [mol.m-2]": sum(
                pybamm.Integral(share * part, z) for share, part, z in zip(porosities, parts, (z_s, z_p))
            ),
            "Salt concentration at the metal [mol.m-3]": metal,
        }
        return metal, parts[1], ohmic, diffusion

    def _surfaces(self, host, surface, salt):
        """Currents of the four kinds of surface under one overpotential, which is returned."""
        reference = pybamm.Parameter("Reference area [m2.kg-1]")
        faces = 3 / (pybamm.Parameter("Host density [kg.m-3]") * pybamm.Parameter("Apparent radius [m]") * reference)
        depletion = (salt / pybamm.Parameter("Salt concentration [mol.m-3]")) ** pybamm.Parameter(
            "Exponent of salt in the exchange current"
        )
        table = pybamm.FunctionParameter("Exchange current density [A.m-2]", {"Lithium content": surface})
        exchange = table * pybamm.Parameter("Kinetic scale") * faces * depletion
        thermal = pybamm.Parameter("Thermal voltage [V]")
        one_c = self.param.Q / self.param.A_cc / pybamm.Parameter("Host loading [kg.m-2]")
        eta = pybamm.Variable("Cathode overpotential [V]")
        total = 0
        for face, area, resistance in zip(FACES, AREAS, RESISTANCES):
            own = pybamm.Variable(f"Current density of {face} faces [A.m-2]", scale=one_c / reference)
            drop = pybamm.Parameter(resistance) * own + 2 * thermal * pybamm.arcsinh(own / (2 * exchange))
            self.algebraic[own] = drop - eta
            self.initial_conditions[own] = pybamm.Scalar(0)
            self.variables[own.name] = own
            total = total + pybamm.Parameter(area) * own
        self.algebraic[eta] = (total - host) / one_c
        self.initial_conditions[eta] = pybamm.Scalar(0)
        return eta

    def _terminal(self, voltage, density, surface, metal, eta, electrolyte):
        """The terminal voltage as an unknown of its own: held, compared and error-controlled as such."""
        thermal = pybamm.Parameter("Thermal voltage [V]")
        nominal = pybamm.Parameter("Salt concentration [mol.m-3]")
        lithium = pybamm.Parameter("Lithium metal exchange current density [A.m-2]") * (metal / nominal) ** (
            pybamm.Parameter("Exponent of salt at the lithium metal")
        )
        at = {"Lithium content": surface}
        rest = pybamm.FunctionParameter("Cathode open-circuit voltage [V]", at)
        stress = pybamm.Parameter(STRESS_SKIN) * pybamm.FunctionParameter("Stress voltage of the skin [V]", at)
        stress += pybamm.Parameter(STRESS_LAYER) * pybamm.FunctionParameter("Stress voltage of the layer [V]", at)
        metal_drop = 2 * thermal * pybamm.arcsinh(density / (2 * lithium))
        series = density * pybamm.Parameter(SERIES)
        self.algebraic[voltage] = rest + stress + eta + metal_drop + electrolyte + series - voltage
        start = pybamm.FunctionParameter(
            "Cathode open-circuit voltage [V]", {"Lithium content": pybamm.Parameter("Initial lithium content")}
        )
        self.initial_conditions[voltage] = start
        self.variables |= {
            "Cathode open-circuit voltage [V]": rest,
            "Stress voltage [V]": stress,
            "Lithium metal overpotential [V]": metal_drop,
        }

    def _counters(self, current, voltage, surface):
        """Charge and energy passed, and the time the surface spent delithiated (soft threshold)."""
        threshold = pybamm.Parameter("Lithium content of the exposure threshold")
        width = pybamm.Parameter("Width of the exposure threshold")
        rates = {
            "Discharge capacity [A.h]": (current / 3600, self.param.Q),
            "Discharge energy [W.h]": (current * voltage / 3600, 4 * self.param.Q),
            "Exposure [s]": (1 / (1 + pybamm.exp((surface - threshold) / width)), 3600),
        }
        for name, (rate, scale) in rates.items():
            counter = pybamm.Variable(name, scale=scale)
            self.rhs[counter] = rate
            self.initial_conditions[counter] = pybamm.Scalar(0)
            self.variables[name] = counter

    def _stops(self, voltage, density, surface, metal, cathode, controlled: bool):
        """Events. Each cut-off watches the direction that can cross it, where that is known."""
        up = down = hold = pybamm.Scalar(0)
        if controlled:
            hold = NEVER * pybamm.InputParameter(HOLDING)
            up = NEVER * (1 - pybamm.InputParameter(CHARGING))
            down = NEVER * (1 - pybamm.InputParameter(DISCHARGING))
            left = (density - pybamm.InputParameter(END_CURRENT)) / (self.param.Q / self.param.A_cc)
            self.events.append(pybamm.Event(LEAST, left + NEVER - hold))
        nominal = pybamm.Parameter("Salt concentration [mol.m-3]")
        back = pybamm.BoundaryValue(cathode, "right", order="linear")
        self.events += [
            pybamm.Event(MINIMUM, voltage - pybamm.Parameter("Lower voltage cut-off [V]") + down),
            pybamm.Event(MAXIMUM, pybamm.Parameter("Upper voltage cut-off [V]") - voltage + up + hold),
            pybamm.Event("Salt used up at the lithium metal", metal / nominal - DEPLETED + up),
            pybamm.Event("Salt used up in the cathode", back / nominal - DEPLETED + down),
            pybamm.Event("Surface empty of lithium", surface - EDGE + up),
            pybamm.Event("Surface full of lithium", 1 - EDGE - surface + down),
        ]

    @property
    def default_geometry(self):
        r, z_s, z_p = self._space
        separator = pybamm.Parameter("Separator thickness [m]")
        return pybamm.Geometry(
            {
                "positive particle": {r: {"min": pybamm.Scalar(0), "max": pybamm.Scalar(1)}},
                "separator": {z_s: {"min": pybamm.Scalar(0), "max": separator}},
                "positive electrode": {
                    z_p: {"min": separator, "max": separator + pybamm.Parameter("Cathode thickness [m]")}
                },
            }
        )

    @property
    def default_var_pts(self):
        return dict(zip(self._space, self._points))

    @property
    def default_submesh_types(self):
        graded = pybamm.MeshGenerator(pybamm.Exponential1DSubMesh, {"side": "right", "stretch": self._grading})
        return {
            "positive particle": graded if self._grading else pybamm.Uniform1DSubMesh,
            "separator": pybamm.Uniform1DSubMesh,
            "positive electrode": pybamm.Uniform1DSubMesh,
        }

    @property
    def default_spatial_methods(self):
        return {domain: pybamm.FiniteVolume() for domain in ("positive particle", "separator", "positive electrode")}

    @property
    def default_solver(self):
        return pybamm.IDAKLUSolver(rtol=RTOL, atol=ATOL, options=OPTIONS)

    @property
    def default_quick_plot_variables(self):
        return ["Current [A]", "Voltage [V]", "Lithium content", "Salt concentration [mol.m-3]"]

    @property
    def default_parameter_values(self):
        return pybamm.ParameterValues(PARAMETER_SET)


def parameters(
    model: Mapping[str, float],
    tables: Mapping[str, Sequence[float]],
    surfaces: Mapping[str, Any] | None = None,
    *,
    area: float = 1e-4,
    initial_lithium: float = INITIAL_LITHIUM,
    salt_limit: float = SALT_LIMIT,
    interpolator: str = "linear",
) -> dict[str, Any]:
    """The numbers of a cell under the names that the model uses.

    ``model``, ``tables``: the two records of a cell as dictionaries; tables run over lithium content 0..1, those of the
    salt over 0..``salt_limit`` [mol/m3]. ``surfaces``: what a cycle sees of the slow state; inputs of the simulation if
    None. ``area`` of the electrode [m2].
    """
    m = model
    one_c = m["one_c"] * m["mass_factor"] * m["loading"] * area  # A
    function = {
        "Cathode open-circuit voltage [V]": "voltage",
        "Lithium diffusivity [m2.s-1]": "diffusivity",
        "Exchange current density [A.m-2]": "exchange",
        "Stress voltage of the skin [V]": "stress_skin",
        "Stress voltage of the layer [V]": "stress_layer",
        "Salt diffusivity [m2.s-1]": "salt_diffusivity",
        "Salt conductivity [S.m-1]": "salt_conductivity",
    }
    values = {
        name: _table(tables[key], salt_limit if key.startswith("salt") else 1.0, key, interpolator)
        for name, key in function.items()
    }
    values |= dict.fromkeys(SLOW, "[input]") if surfaces is None else slow_values(surfaces)
    values |= {
        "Initial lithium content": initial_lithium,
        "Host capacity [C.kg-1]": m["capacity_full"],
        "Host density [kg.m-3]": m["density"],
        "Host loading [kg.m-2]": m["loading"],
        "Kinetic scale": m["kinetic_scale"],
        "Reference area [m2.kg-1]": m["reference_area"],
        "Apparent radius [m]": m["apparent_radius"],
        "Lithium content of the exposure threshold": m["threshold"],
        "Width of the exposure threshold": m["threshold_width"],
        "Lithium metal exchange current density [A.m-2]": m["lithium_exchange"],
        "Exponent of salt at the lithium metal": m["lithium_salt_exponent"],
        "Exponent of salt in the exchange current": m["exchange_salt_exponent"],
        "Salt concentration [mol.m-3]": m["salt_concentration"],
        "Lithium transference number": m["transference"],
        "Thermodynamic factor": m["thermodynamic_factor"],
        "Separator thickness [m]": m["separator_thickness"],
        "Separator porosity": m["separator_porosity"],
        "Separator transport factor": m["separator_transport"],
        "Cathode thickness [m]": m["electrode_thickness"],
        "Cathode porosity": m["electrode_porosity"],
        "Cathode transport factor": m["electrode_transport"],
        "Thermal voltage [V]": m["thermal_voltage"],
        # what every PyBaMM cell has; the temperature is a label, all else was evaluated at it
        "Ambient temperature [K]": m["thermal_voltage"] * pybamm.constants.F.value / pybamm.constants.R.value,
        "Upper voltage cut-off [V]": m["upper_voltage"],
        "Lower voltage cut-off [V]": m["lower_voltage"],
        "Nominal cell capacity [A.h]": one_c,
        "Current function [A]": -one_c,  # a half-cell is assembled discharged
        "Electrode area [m2]": area,
    }
    return values


def _table(values: Sequence[float], end: float, name: str, interpolator: str):
    """A table as a function; that of the salt (``end`` not 1) is held constant beyond its end."""
    y = np.asarray(values, dtype=float)
    x = np.linspace(0.0, end, len(y))

    def function(at):
        inside = at if end == 1.0 else pybamm.minimum(at, end)
        return pybamm.Interpolant(x, y, inside, name=name, interpolator=interpolator)

    return function


def slow_values(surfaces: Mapping[str, Any]) -> dict[str, float]:
    """The slow state under the names that the model uses."""
    ordered = (*surfaces["area"], *surfaces["resistance"])
    rest = [surfaces[key] for key in ("stretch", "series", "active", "stress_skin", "stress_layer")]
    return {name: float(value) for name, value in zip(SLOW, (*ordered, *rest))}


class CycleFailed(RuntimeError):
    """A phase of a cycle that PyBaMM could not finish: ``what`` failed, in which ``phase``, at which ``time`` [s] of it
    and at which ``voltage`` [V]."""

    def __init__(self, what: str, phase: str, time: float, voltage: float):
        super().__init__(what, phase, time, voltage)
        self.what, self.phase, self.time, self.voltage = what, phase, time, voltage

    def __str__(self) -> str:
        return f"{self.phase}: {self.what} after {self.time:.0f} s at {self.voltage:.3f} V"


class State(NamedTuple):
    """What a cell carries from phase to phase: lithium by shell, salt by cell [mol/m3]."""

    lithium: np.ndarray
    salt: np.ndarray


class Phase(NamedTuple):
    """What a phase of a cycle has done."""

    name: str
    swing: float  # change of the mean lithium content, counted from the current
    energy: float  # V, integral of the voltage over the swing
    exposure: float  # s
    current: float  # A/m2 at its end
    ended_by: str  # "voltage", "current", "time" or the event in words
    trace: np.ndarray
    state: State


class Cycle(NamedTuple):
    """What a cycle shows. Capacities in C per kg of the mass basis."""

    capacity: float
    charge_capacity: float
    mean_voltage: float  # of the discharge; the cut-off if nothing passed
    mean_charge_voltage: float
    exposure: float  # s, rests and hold included
    charged_lithium: float  # mean content when the charge is over
    discharged_lithium: float
    hold_share: float  # of the charge capacity
    lithium_imbalance: float  # content of the states against the charge counted, in mean lithium content
    salt_imbalance: float  # relative
    charge_ended_by: str  # "voltage", after a hold "current", or the event in words
    discharge_ended_by: str
    trace: np.ndarray  # rows of TRACE
    state: State


TRACE = ("time", "current", "voltage", "lithium", "surface_lithium")  # s, A per kg of host (+ charges), V


class Engine:
    """The half-cell on one discretised model and one solver, driven phase by phase through inputs.

    ``model``, ``tables``: as for ``parameters``. Tables are read by straight lines, as the compiled kernel reads
    them; cubics give smoother derivatives but cost twice the time a step.

    ``simulate_cycle`` takes the state that the cycle before has left, ``fresh`` gives the first one.
    """

    def __init__(
        self,
        model: Mapping[str, float],
        tables: Mapping[str, Sequence[float]],
        *,
        radial: int = 80,
        separator: int = 10,
        electrode: int = 10,
        grading: float = 1.5,
        rtol: float = RTOL,
        atol: float = ATOL,
        initial_lithium: float = INITIAL_LITHIUM,
        salt_limit: float = SALT_LIMIT,
        interpolator: str = "linear",
        options: Mapping[str, Any] | None = None,
    ):
        self._m = m = dict(model)
        self._host_one_c = m["one_c"] * m["mass_factor"]  # A/kg of host
        cell = CoatedHalfCell(radial=radial, separator=separator, electrode=electrode, grading=grading, controlled=True)
        values = pybamm.ParameterValues(
            parameters(
                m, tables, initial_lithium=initial_lithium, salt_limit=salt_limit, interpolator=interpolator, area=1.0
            )
        )
        geometry = cell.default_geometry
        values.process_model(cell)
        values.process_geometry(geometry)
        mesh = pybamm.Mesh(geometry, cell.default_submesh_types, cell.default_var_pts)
        self._cell = pybamm.Discretisation(mesh, cell.default_spatial_methods).process_model(cell)
        self._rows = {variable.name: place[0] for variable, place in self._cell.y_slices.items()}
        self._scale = {variable.name: float(variable.scale.evaluate()) for variable in self._cell.y_slices}
        shells, porosity = mesh["positive particle"], (m["separator_porosity"], m["electrode_porosity"])
        self._shells = np.diff(shells.edges**3)
        self._surface = _weights_at_end(shells.nodes[-3:], shells.edges[-1])
        widths = [mesh[domain].d_edges for domain in ("separator", "positive electrode")]
        self._cells = np.concatenate([share * width for share, width in zip(porosity, widths)])
        self._fresh = State(np.full(radial, initial_lithium), np.full(separator + electrode, m["salt_concentration"]))
        self._solver = pybamm.IDAKLUSolver(
            rtol=rtol,
            atol=atol,
            on_extrapolation="ignore",
            on_failure="ignore",  # a truncated solution tells time and voltage; ``_run`` notices it
            options=OPTIONS | {"hermite_interpolation": False} | dict(options or {}),
        )

    def fresh(self) -> State:
        """A cell as assembled: uniform lithium and salt."""
        return self._fresh

    def simulate_cycle(self, row: Sequence[float], surfaces: Any, state: State, *, trace: bool = False) -> Cycle:
        """One cycle: constant-current charge, hold, rest, discharge, rest.

        ``row`` begins with charge rate, discharge rate [C], the rate that ends the hold (0: no hold) and the rests [s];
        ``surfaces`` is what a cycle sees of the slow state, a mapping or a named tuple with ``area``, ``resistance``,
        ``stretch``, ``series``, ``active``, ``stress_skin``, ``stress_layer``. Raises ``CycleFailed``.
        """
        charge_rate, discharge_rate, hold_rate, rest = row[:4]
        slow = slow_values(surfaces if isinstance(surfaces, Mapping) else surfaces._asdict())
        up = [self._constant_current("charge", charge_rate, slow, state, trace)]
        if hold_rate > 0 and up[0].ended_by == "voltage":
            up.append(self._hold(hold_rate, up[0], slow, trace))
        if rest > 0:
            up.append(self._rest("rest after charge", rest, slow, up[-1].state, trace))
        down = [self._constant_current("discharge", -discharge_rate, slow, up[-1].state, trace)]
        if rest > 0:
            down.append(self._rest("rest after discharge", rest, slow, down[-1].state, trace))
        return self._cycle(state, up, down, slow[ACTIVE])

    def _cycle(self, state: State, up: list[Phase], down: list[Phase], active: float) -> Cycle:
        lithium, salt = zip(*(self.content(s) for s in (state, up[-1].state, down[-1].state)))
        out, back = (sum(phase.swing for phase in half) for half in (up, down))
        energy_out, energy_back = (sum(phase.energy for phase in half) for half in (up, down))
        swing = self._m["capacity_full"] * active / self._m["mass_factor"]
        return Cycle(
            capacity=back * swing,
            charge_capacity=abs(out) * swing,
            mean_voltage=energy_back / back if back else self._m["lower_voltage"],
            mean_charge_voltage=energy_out / out if out else self._m["upper_voltage"],
            exposure=sum(phase.exposure for phase in (*up, *down)),
            charged_lithium=lithium[1],
            discharged_lithium=lithium[2],
            hold_share=abs(sum(phase.swing for phase in up if phase.name == "hold") / out) if out else 0.0,
            lithium_imbalance=max(abs(lithium[1] - lithium[0] - out), abs(lithium[2] - lithium[1] - back)),
            salt_imbalance=abs(salt[2] / salt[0] - 1),
            charge_ended_by=next(p.ended_by for p in reversed(up) if p.ended_by != "time"),
            discharge_ended_by=down[0].ended_by,
            trace=_one_clock([phase.trace for phase in (*up, *down)]),
            state=down[-1].state,
        )

    def content(self, state: State) -> tuple[float, float]:
        """Mean lithium content and salt per area [mol/m2] of the states."""
        return float(self._shells @ state.lithium), float(self._cells @ state.salt)

    def _full_swing(self, rate: float, active: float) -> float:
        """Time [s] that a current takes over a full swing of lithium."""
        return self._m["capacity_full"] * active / (rate * self._host_one_c)

    def _constant_current(self, name: str, rate: float, slow, state: State, trace: bool) -> Phase:
        density = rate * self._host_one_c * self._m["loading"]
        inputs = {SET_CURRENT: density, CHARGING: int(rate > 0), DISCHARGING: int(rate < 0)}
        limit = self._m["upper_voltage"] if rate > 0 else self._m["lower_voltage"]
        longest = 2 * self._full_swing(abs(rate), slow[ACTIVE])
        return self._run(name, longest, slow, inputs, (density, limit), state, trace)

    def _hold(self, rate: float, before: Phase, slow, trace: bool) -> Phase:
        inputs = {CHARGING: 1, HOLDING: 1, END_CURRENT: rate * self._host_one_c * self._m["loading"]}
        guess = (before.current, self._m["upper_voltage"])
        return self._run("hold", self._full_swing(rate, slow[ACTIVE]), slow, inputs, guess, before.state, trace)

    def _rest(self, name: str, duration: float, slow, state: State, trace: bool) -> Phase:
        return self._run(name, duration, slow, {}, (0.0, self._m["lower_voltage"]), state, trace)

    def _run(self, name: str, duration: float, slow, drive, guess: tuple[float, float], state: State, trace: bool):
        """One phase; PyBaMM returns a failed one as a shorter solution, so each must end in the way it should."""
        inputs = dict.fromkeys((SET_CURRENT, END_CURRENT, CHARGING, DISCHARGING, HOLDING), 0) | drive | slow
        start = pybamm.Solution(np.zeros(1), self._packed(state, *guess, slow), self._cell, inputs)
        try:
            solution = self._solver.step(start, self._cell, duration, inputs=inputs, save=False)
        except pybamm.SolverError as error:
            met = _met_at_start(str(error), name)
            if met is None:
                raise CycleFailed(_first_line(error), name, 0.0, guess[1]) from None
            return Phase(name, 0.0, 0.0, 0.0, guess[0], met, np.empty((0, len(TRACE))), state)
        y, end = solution.y, solution.y[:, -1]
        ended = solution.termination.removeprefix("event: ")
        ended = ENDS.get(ended, ended)
        wrong = "the solver gave up" if ended == "failure" or not np.isfinite(end).all() else None
        if wrong is None and (ended == "time") != name.startswith("rest"):
            wrong = "no cut-off was reached" if ended == "time" else f"stopped by '{ended}'"
        if wrong:
            seen = self._read("Voltage [V]", y)[0]
            last = seen[np.isfinite(seen)][-1] if np.isfinite(seen).any() else guess[1]
            raise CycleFailed(wrong, name, float(solution.t[-1]), float(last))
        per_lithium = self._m["loading"] * self._m["capacity_full"] * slow[ACTIVE] / 3600  # A.h/m2
        return Phase(
            name,
            float(self._read("Discharge capacity [A.h]", end)[0]) / per_lithium,
            float(self._read("Discharge energy [W.h]", end)[0]) / per_lithium,
            float(self._read("Exposure [s]", end)[0]),
            float(self._read("Charging current density [A.m-2]", end)[0]),
            ended,
            self._traced(solution.t, y) if trace else np.empty((0, len(TRACE))),
            State(self._read("Lithium content", end), self._salt(end)),
        )

    def _read(self, name: str, y: np.ndarray) -> np.ndarray:
        return y[self._rows[name]] * self._scale[name]

    def _salt(self, y: np.ndarray) -> np.ndarray:
        return np.concatenate([self._read(f"{place} salt concentration [mol.m-3]", y) for place in PLACES])

    def _packed(self, state: State, density: float, voltage: float, slow) -> np.ndarray:
        """The state vector at the start of a phase, counters at zero, the algebraic unknowns as a guess."""
        y = np.zeros((self._cell.len_rhs_and_alg, 1))
        split = self._rows["Separator salt concentration [mol.m-3]"]
        salt = np.split(state.salt, [split.stop - split.start])
        share = density / self._m["loading"] / sum(slow[area] for area in AREAS)
        values = {f"{place} salt concentration [mol.m-3]": part for place, part in zip(PLACES, salt)}
        values |= {f"Current density of {face} faces [A.m-2]": share for face in FACES}
        values |= {"Lithium content": state.lithium, "Voltage [V]": voltage}
        values["Charging current density [A.m-2]"] = density
        for name, value in values.items():
            y[self._rows[name], 0] = value / self._scale[name]
        return y

    def _traced(self, t: np.ndarray, y: np.ndarray) -> np.ndarray:
        lithium = self._read("Lithium content", y)
        current = self._read("Charging current density [A.m-2]", y)[0] / self._m["loading"]
        voltage = self._read("Voltage [V]", y)[0]
        return np.column_stack([t, current, voltage, self._shells @ lithium, self._surface @ lithium[-3:]])


def _met_at_start(message: str, name: str) -> str | None:
    """What has ended a phase before it began: IDAKLU raises for an event that is met at the start."""
    if "non-positive at initial conditions" not in message or name.startswith("rest"):
        return None
    met = message.split("[", 1)[1].split("] are", 1)[0].split("', '")[0].strip("'")
    return ENDS.get(met, met)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def _weights_at_end(nodes: np.ndarray, end: float) -> np.ndarray:
    """Weights of three nodes in the value of their parabola at ``end``."""
    others = [np.delete(nodes, k) for k in range(3)]
    return np.array([np.prod((end - rest) / (node - rest)) for node, rest in zip(nodes, others)])


def _one_clock(traces: list[np.ndarray]) -> np.ndarray:
    """Traces of phases one after another in time."""
    clock, rows = 0.0, []
    for trace in traces:
        rows.append(trace + np.array([clock, 0, 0, 0, 0]))
        clock = rows[-1][-1, 0] if len(trace) else clock
    return np.concatenate(rows)
