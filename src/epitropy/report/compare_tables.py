"""The rows and sentences of ``epitropy compare``."""

from __future__ import annotations

from ..records.comparison import CellDistance, Comparison

MEANING = {  # key: what, factor to the unit shown, unit
    "voltage_rmse_mV": ("voltage (rms)", 1.0, "mV"),
    "capacity_error": ("capacity, largest of all cycles", 100.0, "%"),
    "fade_error": ("fade 1 - C_last/C_first", 100.0, "%"),
    "salt_imbalance": ("salt lost, either engine", 1.0, ""),
    "lithium_imbalance": ("lithium lost, either engine", 1.0, ""),
}
C_PER_MAH_G = 3600.0


def opening(answer: Comparison) -> list[str]:
    """What was compared, and whether all limits are met."""
    missed = [MEANING[name][0] for name, met in answer.met.items() if not met]
    skipping = f"cycles skipped at {100 * answer.skip_tolerance:g} %" if answer.skip_tolerance else "every cycle"
    shells = {name: f"{found['shells']:g} shells" for name, found in answer.resolution.items()}
    return [
        f"{answer.study}, scenario {answer.scenario}, medians, {skipping}: kernel ({shells['kernel']}) against PyBaMM "
        f"({shells['pybamm']}).",
        f"NOT MET: {'; '.join(missed)}." if missed else "All limits are met.",
    ]


def sheets(answer: Comparison) -> dict[str, list[tuple[str, ...]]]:
    """Tables by title, a head and its rows each."""
    return {
        "Differences, the worst cell": limit_rows(answer),
        "Capacity of first and last cycle in mAh/g": cell_rows(answer),
        "Voltage, rms (largest) in mV": curve_rows(answer),
    }


def limit_rows(answer: Comparison) -> list[tuple[str, ...]]:
    """Each number beside its limit."""
    rows = [("difference", "found", "limit", "met")]
    for name, (what, factor, unit) in MEANING.items():
        if name.endswith("imbalance"):
            found = max(getattr(engine, name) for engine in (answer.kernel, answer.pybamm))
        else:
            found = getattr(answer, name)
        told = "none" if found is None else f"{found * factor:.2g} {unit}".strip()
        limit = f"{answer.limits[name] * factor:g} {unit}".strip()
        rows.append((what, told, limit, "yes" if answer.met[name] else "NO"))
    return rows


def cell_rows(answer: Comparison) -> list[tuple[str, ...]]:
    """Each cell by each engine."""
    rows = [("cell", "engine", "first", "last", "cycles run", "seconds")]
    for name, cell in answer.cells.items():
        for engine in ("kernel", "pybamm"):
            life = getattr(cell, engine)
            ends = [f"{c / C_PER_MAH_G:.3f}" if c else "none" for c in (life.first_capacity, life.last_capacity)]
            rows.append((name, engine, *ends, f"{life.simulated}", f"{life.seconds:.2g}"))
    return rows


def curve_rows(answer: Comparison) -> list[tuple[str, ...]]:
    """Each compared cycle of each cell."""
    rows = [("cell", "cycle", "charge", "discharge", "both (largest)")]
    for name, cell in answer.cells.items():
        for curve in cell.curves:
            both = f"{curve.voltage_rmse_mV:.3f} ({curve.largest_mV:.1f})"
            halves = (f"{curve.charge_rmse_mV:.3f}", f"{curve.discharge_rmse_mV:.3f}")
            rows.append((name, f"{curve.cycle}", *halves, both))
    return rows


def closing(answer: Comparison) -> list[str]:
    """What to know of a cell that does not live to its last cycle."""
    return [_told(name, cell) for name, cell in answer.cells.items() if cell.reason]


def _told(name: str, cell: CellDistance) -> str:
    return f"{name}: {cell.reason}."
