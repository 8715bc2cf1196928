"""Tables as spreadsheets and editors write them."""

import csv
import io
import os

import pytest

from fer_kit.errors import InputError
from fer_kit.grading.csvs import as_csv, as_written, harmless
from fer_kit.grading.tables import number, read_table


@pytest.fixture
def table(tmp_path):
    def run(text, encoding="utf-8"):
        (tmp_path / "t.csv").write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return read_table(tmp_path / "t.csv", "a table")

    return run


@pytest.mark.parametrize(
    "text",
    [
        "id,note\n1,ä\n",
        "ID;Note\r\n1;ä\r\n",
        "sep=;\r\nid;note;;\r\n1;ä;;\r\n;;;\r\n",
        "\n id \t note \n\n1\t ä \n",
        'id,note,,\n"1","ä",,\n',
        '"id";"note"\n"1";"ä"\n',
        "sep=,\nid,note\n1,ä",
        "id,note\r1,ä\r",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_table_is_read_however_it_was_saved(table, text, encoding):
    told = table(text, encoding)
    assert told.columns == ("id", "note")
    assert told.rows == ({"id": "1", "note": "ä"},)


def test_lines_are_counted_as_an_editor_does(table):
    told = table('id,note\n\n1,"two\nlines"\n2,x\n')
    assert told.rows[0]["note"] == "two\nlines"
    assert told.where(1).startswith("line 5 of ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("\n;;\n", "is empty"),
        ("id,ID\n1,2\n", "'id' twice"),
        ("id,note\n1,a,b\n", "'b' on line 2"),
        ("id,\n1,b\n", "'b' on line 2"),
        (b"PK\x03\x04", "a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook"),
        ("id\n" + "x" * 200_000, "field larger"),
    ],
)
def test_what_is_no_table_is_a_sentence(table, text, said):
    with pytest.raises(InputError, match=f"Expected .*{said}"):
        table(text)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\x89PNG\r\n\x1a\n" + bytes(90), "a picture"), (b"%PDF-1.7\n", "a PDF"),
     (b"<!DOCTYPE html>", "a web page"), (b"PK\x03\x04", "a workbook")],
)  # fmt: skip
def test_another_kind_of_file_is_named(table, content, said):
    with pytest.raises(InputError, match=f"Expected a table. Received: .*, {said}"):
        table(content)


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(InputError, match="Expected a table. Received"):
        read_table(tmp_path, "a table")


@pytest.mark.skipif(os.name == "nt", reason="there are no such pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "list.csv")
    with pytest.raises(InputError, match=r"list\.csv \(it is no file\)"):
        read_table(tmp_path / "list.csv", "a class list")


@pytest.mark.parametrize(("text", "value"), [("15.5", 15.5), ("15,5", 15.5), ("7", 7), ("0,0", 0)])
def test_decimal_commas_are_numbers(text, value):
    assert number(text) == value


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "＝1", "\r\n=1", "|x"])
def test_cells_that_start_a_formula_are_neutralised(text):
    assert harmless(text).startswith("'")
    (row,) = csv.reader(io.StringIO(as_csv([[text, -1.5, None]])))
    assert row[0].startswith("'")
    assert row[1:] == ["-1.5", ""]


@pytest.mark.parametrize("text", ["Ada", "a=b", "3", "O'Neill-Smith", ""])
def test_other_cells_stay_as_they_are(text):
    assert harmless(text) == text


@pytest.mark.parametrize("text", ["- no interval", "=1+1", "Ada", "'quoted'"])
def test_what_was_made_harmless_is_read_as_it_was_written(text):
    assert as_written(harmless(text)) == text
