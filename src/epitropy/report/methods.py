"""The methods paragraph of a paper, made from what a run used, with the DOIs of its sources; how to cite epitropy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..entropy.classify import HIGH_ENTROPY, LEAST_ELEMENTS, LEAST_FRACTION, MOST_FRACTION
from . import phase_tables, text
from .facts import coated_cell, joined
from .markup import Html, join, linked, paragraphs

if TYPE_CHECKING:
    from ..records.result import StudyResult
    from ..study import CellStudy, Study

AUTHORS = "The epitropy developers"  # as in CITATION.cff; a test compares
ADDRESS = re.compile(r"\b10\.\d{4,9}/[^\s;,)]*[^\s;,).]")
Step = tuple[str, tuple[str, ...]]  # what was done, and the inputs (by the start of their names) that it used


def section(result: StudyResult, study: Study) -> Html:
    """The paragraph, its references, and how to cite."""
    said, dois = paragraph(result, study)
    used = uses(result, dois)
    rows = [linked(f"[{i}] {doi}, for {used[doi]}") for i, doi in enumerate(dois, 1)]
    note = (
        "Numbered are the papers that the sources of this run's numbers name and that were looked up; a number may be "
        "of another material than the paper's, which 'Inputs, limits and sources' tells one by one. Sources recalled "
        "without a check are listed there and not cited here."
    )
    return join(
        [
            paragraphs([said]),
            Html("<h3>References of this paragraph</h3>") if dois else Html(""),
            Html('<ul class="plain">' + "".join(f"<li>{r}</li>" for r in rows) + "</ul>") if dois else Html(""),
            paragraphs([note], "meta") if dois else Html(""),
            Html('<h3 id="cite">How to cite</h3>'),
            paragraphs([cite(result)]),
        ]
    )


def cite(result: StudyResult) -> str:
    """One line for a list of references."""
    return (
        f"{AUTHORS}: epitropy, version {result.version}; study {result.study}, content hash {result.hash}. Cite the "
        "articles above for the numbers that you lean on as well."
    )


def paragraph(result: StudyResult, study: Study) -> tuple[str, list[str]]:
    """The paragraph with numbered references, and the DOIs in the order of their numbers."""
    dois: list[str] = []
    said = []
    for sentence, names in steps(result, study):
        said.append(sentence + _numbers(_cited(result, names), dois) + ".")
    others = [d for d in _found(result.references) if d not in dois]
    if others:
        said.append(f"Curves of the hosts, crystal cells and published pairs are{_numbers(others, dois)}.")
    return " ".join(said), dois


def _numbers(found: Iterable[str], dois: list[str]) -> str:
    """References of a sentence as [1-3, 5]; new ones join the list.

    >>> known = ["10.1000/a"]
    >>> _numbers(["10.1000/b", "10.1000/a", "10.1000/c"], known), known
    (' [1-3]', ['10.1000/a', '10.1000/b', '10.1000/c'])
    """
    for doi in found:
        if doi not in dois:
            dois.append(doi)
    places = sorted({dois.index(d) + 1 for d in found})
    return f" [{_spans(places)}]" if places else ""


def _spans(places: Sequence[int]) -> str:
    """Whole numbers in rising order, runs of three and more drawn together.

    >>> _spans([1, 2, 3, 5, 6]), _spans([4])
    ('1-3, 5, 6', '4')
    """
    runs: list[list[int]] = []
    for n in places:
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return ", ".join(f"{r[0]}-{r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs)


def _cited(result: StudyResult, names: tuple[str, ...]) -> list[str]:
    """DOIs in the sources of the inputs whose names begin so, with or without the cell before them."""
    inputs = [v.source for n, v in result.inputs.items() if any(f".{n}".find(f".{start}") >= 0 for start in names)]
    return _found(s for s in inputs if s in result.references)


def _found(sources: Iterable[str]) -> list[str]:
    """DOIs that sources name, once each; a source recalled without a check is no citation.

    >>> _found(["a, 10.1000/x; other material", "recalled, unchecked: 10.1000/y", "b 10.1000/x."])
    ['10.1000/x']
    """
    return list(dict.fromkeys(d for s in sources if "recalled" not in s for d in ADDRESS.findall(s)))


def uses(result: StudyResult, dois: Sequence[str]) -> dict[str, str]:
    """What each paper's numbers were used for: labels of the inputs, else the source's own words."""
    told = {}
    for doi in dois:
        labels = [v.label or n for n, v in result.inputs.items() if doi in v.source and "recalled" not in v.source]
        words = [s for s in result.references if doi in s and "recalled" not in s]
        told[doi] = joined(list(dict.fromkeys(labels))) if labels else _without(words[0])
    return told


def _without(source: str) -> str:
    """A source without its DOIs, which the list names already."""
    return re.sub(r"\s*[,;]?\s*\(?" + ADDRESS.pattern + r"\)?", "", source)


# ---- what was done -----------------------------------------------------------------------------------------------


def steps(result: StudyResult, study: Study) -> list[Step]:
    """Sentences without their full stop, in the order of the chain; only what this run did."""
    coated = coated_cell(result, study)
    return [
        _begin(result, study),
        *(_layer(result, study, coated) if coated else [(_ENTROPY, ())]),
        *_cycling(result, study),
        *_ensemble(result),
    ]


def _begin(result: StudyResult, study: Study) -> Step:
    libraries = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    return (
        f"Bare and modified cathodes were computed with epitropy {result.version} ({libraries}; study {result.study}, "
        f"hash {result.hash}): {text.made_and_cycled(study)}",
        ("protocol.",),
    )


_ENTROPY = (
    "Configurational entropies are ideal, S = -R Σ y ln y per mole of sites; a site is high-entropy if "
    f"{LEAST_ELEMENTS} or more elements hold {100 * LEAST_FRACTION:g} to {100 * MOST_FRACTION:g} % each and S is "
    f"{HIGH_ENTROPY:g} R or more"
)


def _layer(result: StudyResult, study: Study, name: str) -> list[Step]:
    """From the recipe to what the cell sees of the layer."""
    cell, found = study.cells[name], result.cells[name]
    steps: list[Step] = [
        (
            f"Mean thickness is the coating's volume over the {_AREAS[cell.coating.area_basis]}; coverage follows "
            f"{cell.coating.deposition} deposition of agglomerates and the spreading of the precursors that wet",
            ("coating.", "cathode.particle", "cathode.roughness"),
        ),
        (_diffusion(cell), ("anneal.",)),
        (_ENTROPY, ()),
    ]
    if found.verdicts:
        names = joined([v.potential for v in found.verdicts])
        hosts = joined([phase_tables.titled(c) for c in found.phases.candidates])
        steps.append(
            (
                f"Structures of the layer ({hosts}) were compared with each other and with compounds by "
                "G = E - n(Li) μ(Li) - n(O) μ(O) - T S per mole of other cations, with energies of relaxed cells by "
                f"{names}",
                ("stability.",),
            )
        )
    steps.append(
        (
            "Orientation relationships are coincident cells of film and host planes; misfit strain and the energy it "
            "stores were followed over the host's lithium content in linear elasticity",
            ("cathode.young", "cathode.poisson", "cathode.surface_energy", "layer.interface_toughness"),
        )
    )
    steps.append(
        (
            "The layer acts on the cell by its resistance to lithium and to electrons, its oxygen transport over that "
            "of the reconstructed skin, its bond to the host, and its mass",
            ("layer.",),
        )
    )
    return steps


_AREAS = {"outer": "outer area that mixed particles reach", "wetted": "electrolyte-wetted (BET) area"}


def _diffusion(cell: CellStudy) -> str:
    mixing = "pair enthalpies of mixing" if cell.anneal.mixing_enthalpy else "ideal mixing"
    return (
        f"Depth profiles solve the interdiffusion of the cations on one sublattice ({mixing}, the host as a "
        f"{cell.anneal.geometry}) through heating, hold and cooling; precursors that do not wet dissolve at first order"
    )


def _cycling(result: StudyResult, study: Study) -> list[Step]:
    model: Step = (
        "Half-cells are one representative particle with diffusion of lithium, Butler-Volmer faces (outer and crack, "
        "bare and coated), a one-dimensional electrolyte and a lithium electrode",
        ("cathode.", "cell."),
    )
    ageing: Step = (
        "They age by a rock-salt skin that grows by reaction and oxygen transport, an interphase, cracking, dead and "
        "pinned grains and the lithium electrode",
        ("degradation.",),
    )
    return [model, ageing, (_calibrated(result, study), ())]


def _calibrated(result: StudyResult, study: Study) -> str:
    said = text.basis(result, study).rstrip(".")
    if study.calibration is None:
        return said
    given = dict.fromkeys(v.source for v in study.calibration.capacity.values())
    return f"{said}. Source of these data: {'; '.join(given)}"


def _ensemble(result: StudyResult) -> list[Step]:
    """Scenarios, draws and what was made of them."""
    kinds = len({s.title for s in result.scenarios})
    declared = f"{kinds} mechanisms in {len(result.scenarios)} scenarios were declared beforehand"
    told = result.headline
    if told is None:
        return [(f"{declared}; every input stood at its median, so no interval is given", ())]
    uncertain = sum(v.uncertain for v in result.inputs.values())
    solved = _lower(text.unsolved_short(told)).rstrip(".")
    steps: list[Step] = [
        (
            f"{declared} and weigh the same; intervals hold 80 % of {told.draws} Latin hypercube draws of the "
            f"{uncertain} uncertain inputs, the scales solved anew in each; {solved}",
            (),
        ),
        ("Influences move one input at a time to the ends of its 80 % range", ()),
    ]
    if told.placebos:
        names = joined([p.name for p in told.placebos])
        steps.append((f"The same draws were run with placebos in place of the coating ({names})", ()))
    if told.attribution:
        most = max(a.draws for a in told.attribution)
        said = f"The gain was split into Shapley shares of the layer's features over at most {most} draws a scenario"
        steps.append((said, ()))
    if told.update is not None:
        steps.append(
            (
                f"Afterwards the scenarios were weighed by the likelihood of the numbers reported of "
                f"{told.update.cell}, which the prediction never used",
                ("calibration.",),
            )
        )
    if told.measurements is not None:
        steps.append(
            (
                f"Next measurements are ranked by the information expected of readings simulated in "
                f"{told.measurements.draws} draws",
                (),
            )
        )
    return steps


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
