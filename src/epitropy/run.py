"""One verb: a study in, its result out. The nominal answer comes first, the ensemble after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from importlib.metadata import version

from . import __version__
from .calibrate import headline as say
from .calibrate.attribution import attribute
from .calibrate.ensemble import DRAWS, Draw, calibrated, calibration_cell, prepare, run_ensemble
from .calibrate.influence import influences
from .calibrate.measurements import measurement_plan
from .calibrate.scales import build, tolerance_of
from .calibrate.scenarios import declared_scenarios
from .calibrate.update import observed, update
from .cycling.kernel import RESOLUTION
from .cycling.parameters import Tables
from .cycling.program import program
from .cycling.stage import live
from .errors import NumericsError
from .phases.energies import DEFAULT, SECOND
from .pipeline import SKIN, Formed, align, along_boundaries, facets_of, layer_on_facets, phase_verdict
from .records.cell import CycleSeries
from .records.headline import CellHeadline, Headline, Placebo
from .records.result import CellStages, StudyResult
from .records.scenario import Scales, Scenario
from .study import CellStudy, Study, as_read, priors_hash, study_hash
from .transport.stage import permeation

Progress = Callable[[str, int, int], None]
LIBRARIES = ("numpy", "scipy", "numba", "pymatgen-core", "spglib")


def quiet(stage: str, done: int, total: int) -> None:
    """No progress shown."""


def run_nominal(study: Study, progress: Progress = quiet) -> StudyResult:
    """Every stage and every scenario at the medians of all inputs; no intervals yet.

    >>> from epitropy.study import load_study
    >>> result = run_nominal(load_study("zhao2024"))
    >>> result.nominal["bare"]["outer/series"] == round(138 / 174.7, 3)
    True
    """
    scenarios = declared_scenarios(study)
    centre = study.at({})
    ready = {}
    for i, (name, cell) in enumerate(centre.cells.items()):
        progress("forming the cells (the first run compiles, about a minute)", i, len(centre.cells))
        ready[name] = prepare(cell)
    progress("solving the bare cell", 0, 1)
    scales = calibrated(centre, ready, scenarios, resolution=RESOLUTION).scales
    cells = {}
    for i, name in enumerate(centre.cells):
        progress("aligning and cycling", i, len(centre.cells))
        cells[name] = _stages(study, centre, name, *ready[name], scenarios, scales)
    progress("aligning and cycling", len(cells), len(cells))
    return StudyResult(
        study=study.name,
        title=study.title,
        hash=study_hash(study),
        priors=priors_hash(study),
        version=__version__,
        versions={name: version(name) for name in LIBRARIES},
        inputs=study.inputs(),
        cells=cells,
        scenarios=scenarios,
        scales={k: v for k, v in scales.items() if isinstance(v, Scales)},
        nominal={n: {s: round(c.retention, 3) for s, c in cell.cycling.items()} for n, cell in cells.items()},
        headline=None,
        references=_references(study, cells),
    )


def _stages(
    study: Study,
    centre: Study,
    name: str,
    formed: Formed,
    looked_up: Tables,
    scenarios: tuple[Scenario, ...],
    scales: Mapping[str, Scales | str],
) -> CellStages:
    cell, spread = centre.cells[name], study.cells[name]
    facets = facets_of(spread, formed.host)
    lives = {s.name: _life(cell, formed, looked_up, s, scales[s.name]) for s in scenarios}
    return CellStages(
        particle=formed.particle,
        host_entropy=formed.host_entropy,
        coating=formed.coating,
        anneal=formed.profile,
        boundaries=along_boundaries(cell, formed.particle, formed.coating) if formed.coating else None,
        entropy_profile=formed.entropy_profile,
        layer_entropy=formed.layer_entropy,
        phases=formed.phases,
        crystal=formed.crystal,
        verdicts=(),
        facets=facets,
        matches=align(cell, formed) if formed.coating else (),
        layer_on_facets=layer_on_facets(cell, formed, facets) if formed.coating else (),
        strain=(formed.skin_strain, formed.grain_strain) + ((formed.layer_strain,) if formed.coating else ()),
        electrode=formed.electrode,
        permeation=permeation(formed.electrode, spread.layer, skin_thickness=cell.degradation.skin_thickness_200.value)
        if formed.electrode
        else None,
        cycling={name: series for name, series in lives.items() if series is not None},
    )


def _life(
    cell: CellStudy, formed: Formed, looked_up: Tables, scenario: Scenario, scales: Scales | str
) -> CycleSeries | None:
    """None where the scales are not solved or the cell delivers not even a first cycle."""
    if isinstance(scales, str):
        return None
    try:
        m = build(cell, formed, scenario, scales)
        rows, kinds = program(cell.protocol)
        area = cell.cell.area.value * cell.cell.coated_faces
        return live(m, looked_up, rows, kinds, tolerance=tolerance_of(cell.protocol), area=area)
    except NumericsError:
        return None


def run_study(
    study: Study,
    progress: Progress = quiet,
    *,
    draws: int = DRAWS,
    nominal: StudyResult | None = None,
    pool: Executor | None = None,
) -> StudyResult:
    """The nominal result and, over all draws, the headline with intervals, placebos and influences.

    ``pool``, as from `epitropy.calibrate.workers.worker_pool`, shares the work among processes; without one it is
    done here.
    """
    nominal = nominal or run_nominal(study, progress)
    drawing = partial(progress, "draws of all inputs")
    ensemble = run_ensemble(study, draws=draws, scenarios=nominal.scenarios, progress=drawing, pool=pool)
    headline = _headline(study, nominal, ensemble, progress, pool)
    return replace(nominal, headline=headline, cells=_with_verdicts(study, nominal, progress))


def _with_verdicts(study: Study, nominal: StudyResult, progress: Progress) -> dict[str, CellStages]:
    """The cells with the phase verdict of each potential, at the medians, with intervals over errors of energies."""
    centre = study.at({})
    found = dict(nominal.cells)
    coated = [name for name, cell in found.items() if cell.anneal is not None]
    for i, name in enumerate(coated):
        progress("pricing structures", i, len(coated))
        cell = centre.cells[name]
        potentials = dict.fromkeys((cell.stability.potential, DEFAULT, SECOND))
        verdicts = (phase_verdict(cell, found[name].anneal, potential=p) for p in potentials)
        found[name] = replace(found[name], verdicts=tuple(v for v in verdicts if v is not None))
    progress("pricing structures", len(coated), len(coated))
    return found


def _headline(
    study: Study, nominal: StudyResult, ensemble: list[Draw], progress: Progress, pool: Executor | None
) -> Headline | None:
    """None if no draw could be solved in any scenario: a value, told as such."""
    scenarios = nominal.scenarios
    known = calibration_cell(study)
    cells = {}
    for name, cell in study.cells.items():
        basis = "calibrated" if study.calibration and as_read(study) and name == known else "predicted"
        found = say.cell_headline(name, basis, ensemble, scenarios, cell.protocol.cycles)
        if found is None:
            return None
        cells[name] = found
    target = _treated(study)
    bare = cells[known].retention.value
    moves, without = influences(study, target, scenarios, partial(progress, "one input at a time"), pool)
    guesses = say.baselines(bare, study.name) if study.cells[target].coating else ()
    return Headline(
        cells=cells,
        draws=len(ensemble),
        solved_by_scenario={
            s.name: sum(isinstance(d.scales[s.name], Scales) for d in ensemble) / len(ensemble) for s in scenarios
        },
        reasons_unsolved=say.unsolved(ensemble),
        between_scenarios=say.between_scenarios(target, ensemble, scenarios),
        baselines=guesses,
        placebos=_placebos(study, target, cells, bare, ensemble, scenarios, progress, pool),
        influences=moves,
        no_effect=without,
        measurements=measurement_plan(
            study,
            ensemble,
            scenarios,
            target,
            progress=partial(progress, "readings of possible measurements"),
            pool=pool,
        ),
        update=update(ensemble, scenarios, target, observed(study, target), {g.name: g.retention for g in guesses})
        if target != known
        else None,
        attribution=attribute(
            study, target, ensemble, scenarios, progress=partial(progress, "attribution of the gain"), pool=pool
        ),
    )


def _treated(study: Study) -> str:
    """The cell that is predicted: the last one that is not the calibration cell."""
    known = calibration_cell(study)
    return [n for n in study.cells if n != known][-1] if len(study.cells) > 1 else known


def _placebos(
    study: Study,
    target: str,
    cells: Mapping[str, CellHeadline],
    bare: float,
    ensemble: list[Draw],
    scenarios: tuple[Scenario, ...],
    progress: Progress,
    pool: Executor | None,
) -> tuple[Placebo, ...]:
    """Each placebo with the same draws and the scales already solved on the calibration cell."""
    if study.cells[target].coating is None:
        return ()
    treatments = say.placebo_studies(study, target, study.cells[calibration_cell(study)])
    total = len(treatments) * len(ensemble)
    results = []
    for i, (name, (meaning, placebo)) in enumerate(treatments.items()):
        draws = run_ensemble(
            placebo,
            draws=len(ensemble),
            scenarios=scenarios,
            solved=[d.scales for d in ensemble],
            only=target,
            names=[n for n, v in study.inputs().items() if v.uncertain],
            progress=lambda done, each, i=i: progress("placebos", i * each + done, total),
            pool=pool,
        )
        found = say.cell_headline(target, "predicted", draws, scenarios, placebo.cells[target].protocol.cycles)
        if found is not None:
            results.append(say.placebo_result(name, meaning, found, cells[target], bare))
    return tuple(results)


def _references(study: Study, cells: Mapping[str, CellStages]) -> tuple[str, ...]:
    """Every source of a number that this run used, once, in the order of the inputs."""
    from .catalogue import phase
    from .hosts import host_curves

    found = [v.source for v in study.inputs().values()]
    for name, cell in study.cells.items():
        found += host_curves(cell.cathode.lattice, cell.cathode.ocv).sources
        films = {m.match.film for m in cells[name].matches}
        weighed = tuple(cell.coating.precursors) if cell.coating else ()
        fired = {phase(p, cell.phases).becomes or p for p in weighed}
        own = cells[name].crystal
        named = [phase(used, cell.phases) for used in sorted({SKIN, *weighed, *fired, *films})]
        for crystal in named + ([own] if own else []):
            numbers = (crystal.density, crystal.young_modulus, crystal.poisson_ratio)
            found += [crystal.cell_source, *(n.source for n in numbers if n)]
    if any(cell.coating for cell in study.cells.values()):
        found += [row["source"] for row in say.published_coatings()]
    return tuple(dict.fromkeys(s for s in found if s))
