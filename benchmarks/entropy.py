"""Entropy and neutrality against their plain counterparts, side by side: ``python -m benchmarks.entropy``."""

import statistics
import time
from collections.abc import Callable

import numpy as np
from pymatgen.core import Composition

from epitropy.constants import GAS_CONSTANT
from epitropy.entropy.assess import entropy_of
from epitropy.entropy.neutrality import balance
from epitropy.entropy.stage import profile_entropy, profile_high_entropy

COMPOSITIONS = 100_000
ELEMENTS = ("Ni", "Co", "Mn", "Nb", "W", "Zr")
ALLOWED = {"Li": [1], "Ni": [2, 3, 4], "Co": [2, 3, 4], "Mn": [2, 3, 4], "O": [-2]}


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    """Median wall time; one call before to warm up."""
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def one_by_one(fractions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Entropy and five-element rule with numpy, composition by composition."""
    entropy, high = np.empty(len(fractions)), np.empty(len(fractions), dtype=bool)
    for k, y in enumerate(fractions):
        entropy[k] = -GAS_CONSTANT * np.sum(y * np.log(y))
        within = np.sum((y >= 0.05 - 1e-9) & (y <= 0.35 + 1e-9))
        high[k] = within >= 5 and entropy[k] >= (1.5 - 1e-9) * GAS_CONSTANT
    return entropy, high


def all_at_once(fractions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The functions that profiles, bands and maps call, on (species, x)."""
    entropy = profile_entropy(fractions)
    return entropy, profile_high_entropy(ELEMENTS, fractions, entropy)


def entropy_ratio() -> float:
    """How many times faster than the loop the array functions are, on the same compositions."""
    fractions = np.random.default_rng(0).dirichlet(np.ones(len(ELEMENTS)), size=COMPOSITIONS)
    columns = np.ascontiguousarray(fractions.T)
    ours, theirs = all_at_once(columns), one_by_one(fractions)
    assert np.allclose(ours[0], theirs[0], rtol=1e-12) and (ours[1] == theirs[1]).all()
    fast = median_seconds(lambda: all_at_once(columns), 31)
    slow = median_seconds(lambda: one_by_one(fractions), 3)
    print(f"site entropy and class, {COMPOSITIONS} compositions of {len(ELEMENTS)} elements")
    print(f"  numpy loop {slow * 1e3:8.1f} ms   epitropy {fast * 1e3:8.2f} ms   ratio {slow / fast:6.0f}")
    return slow / fast


def neutrality_ratio() -> float:
    """Compositions a second against pymatgen's guesses with the same allowed states, on whole-number formulas."""
    rng = np.random.default_rng(0)
    metals = rng.multinomial(20, [0.7, 0.15, 0.15], size=COMPOSITIONS)
    amounts = np.column_stack([np.full(COMPOSITIONS, 20), metals, np.full(COMPOSITIONS, 40)]).astype(float)
    few = [dict(zip(ALLOWED, map(int, row))) for row in amounts[:20]]

    def guess() -> list:
        return [Composition(row).oxi_state_guesses(oxi_states_override=ALLOWED) for row in few]

    assert all(guess())
    fast = median_seconds(lambda: balance(list(ALLOWED), amounts), 15) / COMPOSITIONS
    slow = median_seconds(guess, 3) / len(few)
    print("neutrality, Li20(Ni,Co,Mn)20O40, a composition")
    print(f"  pymatgen   {slow * 1e6:8.0f} us   epitropy {fast * 1e6:8.3f} us   ratio {slow / fast:6.0f}")
    return slow / fast


def main() -> None:
    entropy_ratio()
    neutrality_ratio()
    one = median_seconds(lambda: entropy_of("LiNi0.9Co0.05Mn0.05O2", "layered"), 200)
    print(f"a formula read, placed, balanced and classified: {one * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
