"""Engines: the same table from processes and from Dask, and deaths that are told."""

import importlib
import os
import sys

import pandas
import pytest

from epitropy.sweep import engines

from .conftest import CHAIN, RECIPE

WORKS = """
import os
import time


def work(common, first, last):
    time.sleep(0.01)
    return [common * i for i in range(first, last)]


def poisoned(common, first, last):
    if first <= 5 < last:
        os._exit(9)  # as a process that the system kills
    return work(common, first, last)


def faulty(common, first, last):
    raise TypeError("not this way")
"""


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    """Work that other processes can import."""
    folder = tmp_path_factory.mktemp("works")
    folder.joinpath("epitropy_test_works.py").write_text(WORKS)
    sys.path.insert(0, str(folder))
    yield importlib.import_module("epitropy_test_works")
    sys.path.remove(str(folder))


CHUNKS = [(n, 2 * n, 2 * n + 2) for n in range(10)]
WANTED = {chunk: [3 * i for i in range(chunk[1], chunk[2])] for chunk in CHUNKS}


def test_every_chunk_comes_back_once_from_processes(works):
    found = list(engines.local(works.work, 3, iter(CHUNKS), lambda: False, 2))
    assert len(found) == len(CHUNKS) and dict(found) == WANTED


def test_a_chunk_that_kills_its_process_is_told_and_takes_no_other_along(works):
    found = dict(engines.local(works.poisoned, 3, iter(CHUNKS), lambda: False, 2))
    assert found.pop(CHUNKS[2]) is None
    assert found == {c: v for c, v in WANTED.items() if c != CHUNKS[2]}


def test_what_is_at_work_is_finished_after_a_stop(works):
    seen = []
    for chunk, made in engines.local(works.work, 3, iter(CHUNKS), lambda: bool(seen), 1):
        seen.append(chunk)
        assert made == WANTED[chunk]
    assert 1 <= len(seen) <= 1 + engines.WINDOW


def test_a_fault_in_the_work_is_raised_here(works):
    with pytest.raises(TypeError):
        list(engines.local(works.faulty, 3, iter(CHUNKS), lambda: False, 1))


def test_every_chunk_comes_back_once_from_dask(works):
    found = list(engines.dask(works.work, 3, iter(CHUNKS), lambda: False, "local"))
    assert len(found) == len(CHUNKS) and dict(found) == WANTED


def test_a_chunk_that_kills_its_dask_worker_is_told(works):
    found = dict(engines.dask(works.poisoned, 3, iter(CHUNKS), lambda: False, "local"))
    assert found.pop(CHUNKS[2]) is None
    assert found == {c: v for c, v in WANTED.items() if c != CHUNKS[2]}


@pytest.mark.parametrize("raw", [CHAIN, RECIPE], ids=["chain", "recipe"])
def test_the_table_is_the_same_row_for_row(raw, written, epitropy, tmp_path):
    path = written(raw)
    for folder, more in (("pool", []), ("dask", ["--dask", "local"])):
        made = epitropy("sweep", path, "-o", folder, "--chunk", 4, *more)
        assert made.returncode == 0, made.stderr
        assert epitropy("show", folder, "--to", "parquet").returncode == 0
    one, other = (pandas.read_parquet(tmp_path / f"{f}.parquet") for f in ("pool", "dask"))
    pandas.testing.assert_frame_equal(one, other, check_exact=True)


def test_an_unreachable_scheduler_is_told(written, epitropy):
    made = epitropy("sweep", written(CHAIN), "-o", "made", "--dask", "tcp://127.0.0.1:9")
    assert made.returncode == 2 and "no scheduler answers at 'tcp://127.0.0.1:9'" in made.stderr
    assert "Traceback" not in made.stderr


def test_slurm_where_there_is_none_is_told(written, epitropy):
    made = epitropy("sweep", written(CHAIN), "-o", "made", "--dask", "slurm", PATH=os.path.dirname(os.__file__))
    assert made.returncode == 2 and "sbatch" in made.stderr
