"""CSV files as laboratories write them."""

import pytest

from epitropy.csvfile import read_csv
from epitropy.errors import InputError


def written(folder, text, encoding="utf-8"):
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("depth_nm,Ni\n0.5,90.1\n1.5,89\n", "utf-8"),
        ("depth_nm,Ni\r\n0.5,90.1\r\n1.5,89\r\n", "utf-8-sig"),
        ("depth_nm;Ni\n0,5;90,1\n1,5;89\n", "utf-8-sig"),
        ("depth_nm\tNi\n0,5\t90,1\n1,5\t89\n", "utf-8"),
        ("# a remark\n\ndepth_nm;Ni;\n0,5;90,1;\n1,5;89;\n", "utf-8"),
        ('"depth_nm","Ni"\n"0.5","90.1"\n"1.5","89"\n', "utf-8"),
    ],
    ids=["plain", "byte-order mark", "semicolons and commas", "tabs", "remark, empty cells", "quotes"],
)
def test_every_habit_gives_the_same_numbers(tmp_path, text, encoding):
    table = read_csv(written(tmp_path, text, encoding))
    assert table.numbers("depth_nm") == [0.5, 1.5]
    assert table.numbers("Ni") == [90.1, 89.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an empty file"),
        ("\n\n", "an empty file"),
        ("depth_nm,Ni\n", "no rows"),
        ("Ni,Ni\n1,2\n", "each column named once"),
        ("depth_nm,Ni\n1,2,3\n", "line 2"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read_csv(written(tmp_path, text))


def test_one_column_takes_the_whole_line(tmp_path):
    table = read_csv(written(tmp_path, 'formula\n(Mg,Co,Ni,Cu,Zn)O\n"(Mg,Co)O"\nNiO,,\n'))
    assert [r.cells["formula"] for r in table.rows] == ["(Mg,Co,Ni,Cu,Zn)O", "(Mg,Co)O", "NiO"]
    assert read_csv(written(tmp_path, "x\n1,5\n-,5\n")).numbers("x") == [1.5, -0.5]


def test_only_numbers_have_decimal_commas(tmp_path):
    (row,) = read_csv(written(tmp_path, "solvent;formula;x\n1,3-dioxolane;LiNi0,5Mn0,5O2;1,5e-3\n")).rows
    assert tuple(row.cells.values()) == ("1,3-dioxolane", "LiNi0,5Mn0,5O2", "1.5e-3")


def test_a_faulty_row_can_be_left_out(tmp_path):
    faults = []
    table = read_csv(written(tmp_path, "a,b\n1,2\n1,2,3\n4,5\n"), faults.append)
    assert [row.line for row in table.rows] == [2, 4]
    assert len(faults) == 1 and "line 3" in str(faults[0])


def test_a_cell_that_is_no_number_is_named(tmp_path):
    with pytest.raises(InputError, match="line 3, column 'b': 'x'"):
        read_csv(written(tmp_path, "a,b\n1,2\n1,x\n")).numbers("b")


def test_a_quoted_cell_may_hold_line_breaks(tmp_path):
    table = read_csv(written(tmp_path, 'a;b\n"one\n\ntwo";1,5\n5" wafer;2\n'))
    assert [(r.line, r.cells.get("a")) for r in table.rows] == [(2, "one\n\ntwo"), (5, '5" wafer')]


def test_an_open_quote_costs_one_row(tmp_path):
    faults = []
    table = read_csv(written(tmp_path, 'a;b\n"open;3\nlast;4\n'), faults.append)
    assert [r.line for r in table.rows] == [3] and "line 2" in str(faults[0])


def test_windows_files_are_read_and_said(tmp_path):
    table = read_csv(written(tmp_path, "Tiefe [µm];Ni\n0,5;90\n", "cp1252"))
    assert table.header[0] == "Tiefe [µm]" and table.encoding == "Windows-1252"
    assert read_csv(written(tmp_path, "Tiefe [µm];Ni\n0,5;90\n")).encoding == "UTF-8"


def test_text_with_commas_stays(tmp_path):
    (row,) = read_csv(written(tmp_path, "sample;x\nbatch 1,2,3 of 4;1,5\n")).rows
    assert tuple(row.cells.values()) == ("batch 1,2,3 of 4", "1.5")


def test_a_missing_or_binary_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="not a readable text file"):
        read_csv(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="not a readable text file"):
        read_csv(tmp_path / "binary.csv")


def test_a_cell_longer_than_any_table_has_is_one_line(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("depth_nm,Ni\n1," + "9" * 200_000 + "\n")
    with pytest.raises(InputError, match="a line that cannot be read"):
        read_csv(path)
