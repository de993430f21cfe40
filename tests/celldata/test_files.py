"""Tables of every cycler give the one cell that they were made of; round trips; faults in their own words."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from epitropy.celldata import Source, bdf_cycles, own_csv, read_cells, read_file, write_bdf_series
from epitropy.errors import InputError

FILES = Path(__file__).parent / "files"
MASS = 12e-6
CAPACITY = [195.0, 193.5, 192.5]  # of make_files.py
UNITLESS = {"step_capacity": "Capacity [Ah]", "current": "Current [A]", "voltage": "Voltage [V]"}
TELL = {  # what the files do not say themselves
    "maccor.csv": {"columns": UNITLESS, "current_sign": "charge-positive"},
    "landt_record.csv": {"current_sign": "charge-positive"},
}
RECORDS = [
    "arbin_record.csv",
    "basytec.txt",
    "biologic.mpt",
    "labels.bdf.csv",
    "landt_record.csv",
    "maccor.csv",
    "maccor.txt",
    "names.bdf.csv",
    "neware_record.csv",
]
SUMMARIES = ["biologic_cycles.txt", "landt_cycle.csv", "neware_cycle.txt"]


def yes(shown):
    return True


def read(name, **more):
    return read_file(FILES / name, Source(**{"mass": MASS, **TELL.get(name, {}), **more}), yes)


def mah_g(cell):
    return cell.readings["capacity"].value / 3600.0


def written(folder, text, name="cell.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def capacities(folder, text, **more):
    return [mah_g(c).tolist() for c in read_cells(written(folder, text), **more)]


@pytest.mark.parametrize("name", [*RECORDS, *SUMMARIES])
def test_every_cycler_gives_the_same_cell(name):
    found = read(name)
    (cell,) = found.cells
    assert mah_g(cell) == pytest.approx(CAPACITY, rel=1e-6)
    assert cell.readings["capacity"].cycle.tolist() == [1, 2, 3]
    assert np.isnan(cell.readings["capacity"].rate).all()
    assert found.kind == ("records" if name in RECORDS else "one row a cycle")
    if name in RECORDS:
        assert cell.voltage_range == pytest.approx((2.8, 4.3))
        assert cell.discharge_current == pytest.approx([200.0] * 3, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("neware_record.csv", "Neware"),
        ("neware_cycle.txt", "Neware"),
        ("arbin_record.csv", "Arbin"),
        ("biologic.mpt", "BioLogic EC-Lab or BT-Lab"),
        ("maccor.txt", "Maccor"),
        ("landt_cycle.csv", "Landt (LAND)"),
        ("basytec.txt", "Basytec"),
        ("labels.bdf.csv", "Battery Data Format"),
    ],
)
def test_the_cycler_is_told(name, title):
    assert read(name).shown.title == title


def test_what_is_shown_before_it_is_confirmed():
    seen = []
    with pytest.raises(InputError, match="not confirmed.*--yes"):
        read_cells(FILES / "neware_record.csv", mass=MASS, confirm=lambda shown: seen.append(shown))
    columns = {c.quantity: (c.header, c.unit) for c in seen[0].columns}
    assert columns["capacity"] == ("DChg. Cap.(mAh)", "mAh")
    assert columns["state"] == ("Step Type", "")
    assert seen[0].column("voltage").first == ("3.1000", "3.3000", "3.5000")
    assert "Power(W)" in seen[0].left_out


@pytest.mark.parametrize("name", ["labels.bdf.csv", "names.bdf.csv"])
def test_a_standard_needs_no_confirmation(name):
    assert len(read_cells(FILES / name, mass=MASS)) == 1


def test_a_mass_in_the_preamble_is_told_and_not_used():
    assert any("0.001 mg'; not used" in n for n in read("biologic.mpt").notes)


def test_the_capacity_per_mass_is_used_without_a_mass_and_tells_its_own():
    found = read("neware_record.csv", mass=None)
    assert mah_g(found.cells[0]) == pytest.approx(CAPACITY, rel=1e-6)
    assert "its capacity per mass is for 12 mg" in found.notes
    assert any("for 12 mg, not the 11 mg given" in n for n in read("neware_cycle.txt", mass=11e-6).notes)


@pytest.mark.parametrize("name", ["maccor.txt", "arbin_record.csv", "labels.bdf.csv", "biologic_cycles.txt"])
def test_no_mass_is_ever_assumed(name):
    with pytest.raises(InputError, match="and no mass.*--mass '12 mg'"):
        read(name, mass=None)


def test_units_that_are_not_stated_are_asked_for():
    with pytest.raises(InputError, match=r"'Capacity' states no unit.*--column 'step_capacity=Capacity \[UNIT\]'"):
        read("maccor.csv", columns={})
    with pytest.raises(InputError, match="no column 'Nothing'"):
        read("maccor.csv", columns={"capacity": "Nothing"})
    with pytest.raises(InputError, match="'Current' in 'V'"):
        read("maccor.csv", columns={**UNITLESS, "current": "Current [V]"})


def test_a_sign_that_is_not_shown_is_asked_for_and_checked():
    with pytest.raises(InputError, match="--current-sign charge-positive or"):
        read("landt_record.csv", current_sign=None)
    with pytest.raises(InputError, match="swapped"):
        read("landt_record.csv", current_sign="discharge-positive")


def test_ageing_starts_at_first():
    found = read("arbin_record.csv", first=2)
    assert found.cells[0].readings["capacity"].cycle.tolist() == [1, 2]
    assert mah_g(found.cells[0]) == pytest.approx(CAPACITY[1:], rel=1e-6)
    assert "cycle 1 before --first 2: left out" in found.notes
    with pytest.raises(InputError, match="--first: 9; allowed: a cycle of .*: 1 to 3"):
        read("arbin_record.csv", first=9)


@pytest.mark.parametrize(
    ("rows", "words"), [(29, "2, has no discharge"), (60, "3, is cut off: the file ends within its discharge")]
)
def test_a_last_cycle_that_is_not_complete_is_left_out(tmp_path, rows, words):
    lines = (FILES / "labels.bdf.csv").read_text().splitlines()[: rows + 1]
    found = read_file(written(tmp_path, "\n".join(lines) + "\n"), Source(mass=MASS))
    assert any(words in n for n in found.notes)
    count = 1 if rows == 29 else 2
    assert mah_g(found.cells[0]) == pytest.approx(CAPACITY[:count], rel=1e-9)


def rated_series(currents):
    """A BDF series whose cycles discharge at these currents (A)."""
    lines, time = ["Test Time / s,Voltage / V,Current / A,Cycle Count / 1"], 0.0
    for cycle, current in enumerate(currents, 1):
        for sign, start, end in ((1, 3.0, 4.3), (-1, 4.2, 3.0)):
            duration = 0.0024 * 3600.0 / abs(current if sign < 0 else 0.0024)
            for share in (0.0, 0.5, 1.0):
                volts = start + (end - start) * share
                lines.append(f"{time + share * duration},{volts},{sign * (current if sign < 0 else 0.0024)},{cycle}")
            time += duration
    return "\n".join(lines) + "\n"


def test_cycles_at_another_rate_are_left_out_unless_1c_is_known(tmp_path):
    path = written(tmp_path, rated_series([0.00024, 0.0024, 0.0024, 0.0024]))
    found = read_file(path, Source(mass=MASS))
    assert found.cells[0].readings["capacity"].cycle.tolist() == [2, 3, 4]
    assert any("cycle 1 at another discharge current than most: left out" in n for n in found.notes)
    rate = read_file(path, Source(mass=MASS, one_c=200.0)).cells[0].readings["capacity"].rate
    assert rate[0] == 0.1 and np.isnan(rate[1:]).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: v - 2.79, "0.01 to 1.51 V under current looks like a graphite or silicon half-cell"),
        (lambda v: 2.5 + (v - 2.8) * 0.8, "looks like LFP"),
        (lambda v: v + 1.0, "looks like a 5 V spinel"),
        (lambda v: np.where(v > 4.2, v, 2.0 + (v - 2.8) * 0.2), "mean discharge voltage of 2.31 V looks like"),
        (lambda v: v * 1000.0, "voltages up to 4300 V"),
    ],
)
def test_another_kind_of_cell_is_refused(tmp_path, change, words):
    head, *rows = (FILES / "labels.bdf.csv").read_text().splitlines()
    cells = [r.split(",") for r in rows]
    volts = change(np.array([float(c[1]) for c in cells]))
    lines = [head, *(",".join([c[0], f"{v:.6f}", *c[2:]]) for c, v in zip(cells, volts))]
    with pytest.raises(InputError, match=words):
        read_cells(written(tmp_path, "\n".join(lines) + "\n"), mass=MASS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "an empty file"),
        ("cycle,capacity_mAh_g\n", "a header and no rows"),
        ("a,b\n1,2\n", "no columns that are known in 'a, b'"),
        ("cycle,capacity_mAh_g\n1,195\n2,NaN\n", "line 3, column 'capacity_mAh_g': 'NaN'; allowed: a number"),
        ("cycle,capacity_mAh_g\n# remark\n\n1,195\n2,no\n", "line 5, column 'capacity_mAh_g': 'no'"),
        ("cycle,capacity_mAh_g\n1,195\n2,inf\n", "line 3, column 'capacity_mAh_g': 'inf'"),
        (
            "cycle,capacity_mAh_g\n2,195\n1,194\n",
            "cycle 2 in line 2, then 1 in line 3; allowed: cycle numbers that rise",
        ),
        ("cycle,capacity_mAh_g\n1,195\n\n1,194\n", "cycle 1 in line 2 and line 4; allowed: each cycle once"),
        ("cycle,capacity_mAh_g\n1.5,195\n", "line 2, column 'cycle': 1.5; allowed: a whole number"),
        ("cycle,capacity_mAh_g\n,195\n", "an empty cell; allowed: a whole number"),
        ("cycle,capacity_mAh_g\n0,195\n", "cycle 0; .*--first 0"),
        ("cycle,capacity_mAh\n1,2.3\n", "capacity in mAh and no mass; .*--mass '12 mg'"),
        ("cycle,capacity_Ah\n1,0.0023\n", "capacity in Ah and no mass"),
        ("cycle,capacity_mAh_g\n1,195\n2,388\n", "388 mAh/g; allowed: 20 to 300 mAh/g"),
        ("cycle,capacity_mAh_g\n1,0.0023\n", "It looks like Ah of the whole cell"),
        ("cycle,capacity_mAh_g\n1,2.3\n", "It looks like mAh of the whole cell"),
        ("cycle,capacity_mAh_g\n1,195\n2,0\n", "line 3, column 'capacity_mAh_g': discharge capacity 0 mAh/g"),
        ("cycle,capacity_mAh_g\n1,-195\n", "line 2.*discharge capacity -195 mAh/g"),
        ("cycle,charge_capacity_mAh_g\n1,195\n", "only a charge capacity"),
        ("cycle,capacity_mAh_g\n1,195,3\n", "line 2: 3 cells for 2 columns.*Decimal commas"),
        ("cycle,capacity_mAh_g\n1,195\n2,194,3\n", "line 3: 3 cells for 2 columns"),
        ("cycle,capacity_mAh_g,capacity_mAh_g\n1,195,3\n", "column 'capacity_mAh_g' twice"),
        ("cycle,resistance_ohm\n1,20\n", "resistance in ohm and no area.*--area '1.54 cm2'"),
        ("cycle,skin_outer_nm\n1,-2\n", "skin, outer surface -2 nm; allowed: zero or more"),
        ("cycle,rate,capacity_mAh_g\n1,fast,195\n", "line 2, column 'rate': 'fast'; allowed: a rate in C"),
        ("PK\x03\x04 and so on", "a workbook.*save the sheet as CSV"),
        ("BIO\0LOGIC", "a binary file"),
    ],
)
def test_faults_in_their_own_words(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        read_cells(written(tmp_path, text), confirm=yes)


def test_a_fault_far_below_is_named_by_its_line(tmp_path):
    lines = [f"{c},195" for c in range(1, 400)]
    lines[300] = "301,19x"
    with pytest.raises(InputError, match="line 302, column 'capacity_mAh_g': '19x'"):
        read_cells(written(tmp_path, "cycle,capacity_mAh_g\n" + "\n".join(lines) + "\n"))
    lines[300] = "301,1,2"
    with pytest.raises(InputError, match="line 302: more cells than columns"):
        read_cells(written(tmp_path, "cycle,capacity_mAh_g\n" + "\n".join(lines) + "\n"))


def test_missing_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_cells(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("cycle,capacity_mAh_g\n1,195.5\n2,194\n", "utf-8"),
        ("cycle;capacity_mAh_g\n1;195,5\n2;194\n", "utf-8-sig"),
        ("cycle\tcapacity_mAh_g\t\r\n1\t195,5\t\r\n2\t194\t\r\n", "utf-8"),
        ("# remark\n\nCYCLE,Capacity_mAh_g\n1,195.5\n# another\n2,194\n,\n", "utf-8"),
        ("# Prüfling\ncycle,capacity_mAh_g\n1,195.5\n2,194\n", "latin-1"),
        ("cycle,capacity_mAh_g\n1,195.5\n2,194\n", "utf-16"),
        ('"cycle","capacity_mAh_g"\n"1","195.5"\n"2","194"\n', "utf-8"),
        ("cycle;capacity_mAh_g\n" + "".join(f"{c};194\n" for c in range(1, 60)), "utf-8"),
    ],
)
def test_habits_of_spreadsheets(tmp_path, text, encoding):
    (cell,) = read_cells(written(tmp_path, text, encoding=encoding))
    assert mah_g(cell)[:2].tolist() == ([195.5, 194.0] if "195" in text else [194.0, 194.0])


def test_a_decimal_comma_far_below_is_one(tmp_path):
    rows = "".join(f"{c};{195 if c < 90 else '194,5'}\n" for c in range(1, 100))
    assert capacities(tmp_path, "cycle;capacity_mAh_g\n" + rows)[0][-1] == 194.5


def test_rates_and_replicates_are_no_repetition(tmp_path):
    text = "cycle,rate,replicate,capacity_mAh_g\n1,,a,195\n1,C/5,a,205\n1,,b,194\n2,2C,a,150\n2,,a,194.5\n"
    one, two = read_cells(written(tmp_path, text), cell="bare")
    assert (one.name, two.name, one.cell) == ("a", "b", "bare")
    r = one.readings["capacity"]
    assert r.cycle.tolist() == [1, 1, 2, 2] and (r.value / 3600).tolist() == [205.0, 195.0, 150.0, 194.5]
    assert r.rate[[0, 2]].tolist() == [0.2, 2.0] and np.isnan(r.rate[[1, 3]]).all()


def test_all_quantities_in_si(tmp_path):
    text = (
        "cycle,resistance_ohm_cm2,skin_outer_nm,skin_cracks_nm,wetted_area_m2_g\n1,20,,,0.4\n2,,,,\n200,35,12,3,1.1\n"
    )
    readings = read_cells(written(tmp_path, text))[0].readings
    assert {q: r.value.tolist() for q, r in readings.items()} == {
        "resistance": pytest.approx([20e-4, 35e-4], rel=1e-12),
        "skin_outer": pytest.approx([12e-9], rel=1e-12),
        "skin_cracks": pytest.approx([3e-9], rel=1e-12),
        "wetted_area": pytest.approx([400.0, 1100.0], rel=1e-12),
    }
    assert readings["wetted_area"].cycle.tolist() == [1, 200]
    (cell,) = read_cells(written(tmp_path, "cycle,resistance_ohm\n1,13\n"), area=1.54e-4)
    assert cell.readings["resistance"].value == pytest.approx([13 * 1.54e-4], rel=1e-12)


def test_of_two_capacities_one_is_used_and_said(tmp_path):
    path = written(tmp_path, "cycle,capacity_Ah,capacity_mAh_g\n1,0.0024,195\n")
    found = read_file(path)
    assert mah_g(found.cells[0]).tolist() == [195.0]
    assert any("'capacity_mAh_g' is used and not 'capacity_Ah'" in n for n in found.notes)
    assert mah_g(read_file(path, Source(mass=MASS)).cells[0]) == pytest.approx([200.0])


def test_a_table_of_no_known_cycler_is_asked_about(tmp_path):
    path = written(tmp_path, "Cycle number,Discharge capacity (mAh/g),CE (%)\n1,195,99\n2,0,0\n")
    with pytest.raises(InputError, match="not confirmed"):
        read_cells(path)
    found = read_file(path, None, yes)
    assert mah_g(found.cells[0]).tolist() == [195.0]
    assert "the last cycle, 2, has no discharge; left out" in found.notes


def test_columns_by_the_users_own_names(tmp_path):
    path = written(tmp_path, "Zyklus;Entladen;Laden\n1;2,34;2,4\n2;2,322;2,4\n")
    columns = {"cycle": "Zyklus", "capacity": "Entladen [mAh]"}
    (cell,) = read_cells(path, mass=MASS, columns=columns, confirm=yes)
    assert mah_g(cell) == pytest.approx([195.0, 193.5])
    with pytest.raises(InputError, match="'speed'; allowed: cycle, time"):
        read_cells(path, columns={**columns, "speed": "Laden"}, confirm=yes)


def test_cells_of_one_file_can_be_chosen(tmp_path):
    path = written(tmp_path, "cell,cycle,capacity_mAh_g\nbare,1,195\ncoated,1,190\n")
    assert [c.cell for c in read_cells(path)] == ["bare", "coated"]
    assert [mah_g(c).tolist() for c in read_cells(path, cell="coated")] == [[190.0]]
    with pytest.raises(InputError, match="'none'; allowed: cells of .*: bare, coated"):
        read_cells(path, cell="none")


VALUES = st.integers(200, 2990).map(lambda n: n / 10)
LIVES = st.lists(st.tuples(VALUES, st.one_of(st.none(), st.integers(1, 500))), min_size=1, max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(life=LIVES, order=st.permutations(["cycle", "capacity_mAh_g", "resistance_ohm_cm2"]), split=st.data())
def test_neither_the_order_of_columns_nor_a_split_of_rows_matters(tmp_path, life, order, split):
    def table(rows, names):
        return "\n".join([",".join(names), *(",".join(str(r.get(n, "")) for n in names) for r in rows)]) + "\n"

    rows, parts = [], []
    for cycle, (capacity, resistance) in enumerate(life, 1):
        row = {"cycle": cycle, "capacity_mAh_g": capacity}
        if resistance is not None:
            row["resistance_ohm_cm2"] = resistance
        rows.append(row)
        if split.draw(st.booleans()):
            parts += [{"cycle": cycle, name: row[name]} for name in order if name != "cycle" and name in row]
        else:
            parts.append(row)
    (one,) = read_cells(written(tmp_path, table(rows, ["cycle", "capacity_mAh_g", "resistance_ohm_cm2"])))
    (two,) = read_cells(written(tmp_path, table(parts, order)))
    assert one.readings.keys() == two.readings.keys()
    for quantity, r in one.readings.items():
        assert (r.cycle.tolist(), r.value.tolist()) == (
            two.readings[quantity].cycle.tolist(),
            two.readings[quantity].value.tolist(),
        )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(values=st.lists(VALUES, min_size=1, max_size=30), mass=st.floats(1e-6, 50e-6))
def test_round_trips_keep_every_printed_digit(tmp_path, values, mass):
    text = "\n".join(["cycle,capacity_mAh_g", *(f"{c},{v:g}" for c, v in enumerate(values, 1))]) + "\n"
    (cell,) = read_cells(written(tmp_path, text))
    assert own_csv([cell]) == text
    (back,) = read_cells(written(tmp_path, bdf_cycles(cell, mass), "cell.bdf.csv"), mass=mass)
    assert own_csv([back]) == text


def test_several_cells_go_out_and_come_back(tmp_path):
    text = (
        "cycle,rate,cell,replicate,capacity_mAh_g,skin_outer_nm\n"
        '1,,bare,1,195,\n2,0.2,bare,1,205,\n2,,bare,1,194,12\n1,,coated,"a,b",190.25,\n'
    )
    assert own_csv(read_cells(written(tmp_path, text))) == text


@pytest.mark.parametrize("name", RECORDS)
def test_a_time_series_goes_out_as_bdf_and_comes_back(tmp_path, name):
    found = read(name)
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    write_bdf_series(found.series, first, MASS, found.specific)
    again = read_file(first, Source(mass=MASS))
    assert again.shown.title == "Battery Data Format"
    assert mah_g(again.cells[0]) == pytest.approx(mah_g(found.cells[0]), rel=1e-9)
    write_bdf_series(again.series, second, MASS, again.specific)
    assert first.read_bytes() == second.read_bytes()


def test_bdf_goes_through_unchanged(tmp_path):
    out = tmp_path / "out.csv"
    write_bdf_series(read("labels.bdf.csv").series, out, MASS, False)
    assert out.read_text() == (FILES / "labels.bdf.csv").read_text()


def test_a_counter_of_the_whole_test_is_taken_apart(tmp_path):
    text = "Cycle Count / 1,Discharging Capacity / Ah\n1,0.00234\n2,0.004662\n"
    assert capacities(tmp_path, text, mass=MASS)[0] == pytest.approx([195.0, 193.5])
    text = "Cycle Count / 1,Discharging Capacity / Ah\n1,0.00234\n2,0.002322\n"
    assert capacities(tmp_path, text, mass=MASS)[0] == pytest.approx([195.0, 193.5])


def test_a_row_that_was_not_written_to_its_end_is_left_out(tmp_path):
    text = (FILES / "labels.bdf.csv").read_text() + "22720,2.9"
    found = read_file(written(tmp_path, text), Source(mass=MASS))
    assert mah_g(found.cells[0]) == pytest.approx(CAPACITY, rel=1e-9)
    assert "the last row is not complete; left out" in found.notes
    with pytest.raises(InputError, match="line 65.*an empty cell"):
        read_cells(written(tmp_path, text + "\n22730,2.9,-0.0024,3,9\n"), mass=MASS)


@pytest.mark.parametrize(
    "shape", ["{h}:{m:02d}:{s:06.3f}", "{d}d {r:02d}:{m:02d}:{s:06.3f}", "{d}d {r:02d}:{m:02d}:{s}"]
)
def test_times_as_clocks(tmp_path, shape):
    head, *rows = (FILES / "labels.bdf.csv").read_text().splitlines()
    lines = [head.replace("Test Time / s", "Total Time").replace("Voltage / V", "Voltage(V)")]
    lines = [lines[0].replace("Current / A", "Current(A)").replace("Cycle Count / 1", "Cycle Index")]
    for row in rows:
        time, rest = row.split(",", 1)
        t = float(time) * 10
        h, m, s = int(t // 3600), int(t // 60) % 60, t % 60
        lines.append(shape.format(h=h, d=h // 24, r=h % 24, m=m, s=s) + "," + rest)
    path = written(tmp_path, "\n".join(lines) + "\n")
    (cell,) = read_cells(path, mass=10 * MASS, current_sign="charge-positive", confirm=yes)
    assert mah_g(cell) == pytest.approx(CAPACITY, rel=1e-9)


def test_what_the_user_says_of_a_column_replaces_what_it_was_taken_for(tmp_path):
    path = written(tmp_path, "cycle,charge_capacity_mAh_g\n1,195\n")
    found = read_file(path, Source(columns={"capacity": "charge_capacity_mAh_g"}), yes)
    assert mah_g(found.cells[0]).tolist() == [195.0] and found.shown.column("charge_capacity") is None
