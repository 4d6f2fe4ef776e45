"""Files as offices have them: read as they are meant, or refused in a sentence; what was assumed is said."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.model.tidy import sheets
from devkit.model.tidy.__main__ import tidied
from devkit.model.tidy.opening import opened
from devkit.model.tidy.report import write_clean
from devkit.model.tidy.table import CannotRead, Table

Said = Callable[..., str]
LINES = "invoice,date,customer,amount\nINV-1,2026-08-02,Müller,100.50\nINV-2,2026-09-01,Bo,220\ninv-1 ,2026-08-02,Müller,100.50\n"
GERMAN = "Rechnung;Datum;Kunde;Betrag\r\nINV-1;02.08.2026;Müller;1.234,56\r\n\r\ninv-1 ;02.08.2026;Müller;1.234,56\r\nINV-2;13.09.2026;Bo;(20,00)\r\n"


@pytest.fixture
def says(tmp_path: Path) -> Said:
    """What is said of a file with such a content."""

    def said(content: bytes | str, *options: str, name: str = "file.csv") -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        (text,), _ = tidied([path], tmp_path / "out", options)
        return text

    return said


def amounts(*written: str) -> str:
    return "id\tdate\tamount\n" + "".join(f"{at}\t2026-08-02\t{one}\n" for at, one in enumerate(written))


def days(*written: str, amount: str = "1") -> str:
    return "id\tdate\tamount\n" + "".join(f"{at}\t{one}\t{amount}\n" for at, one in enumerate(written))


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(made := io.BytesIO())
    return made.getvalue()


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for name in names:
            target.writestr(name, "x" * 100)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (LINES.encode(), ""),
        (LINES.encode("utf-8-sig"), ""),
        (LINES.encode("utf-16"), "The text is UTF-16."),
        (b"\xfe\xff" + LINES.encode("utf-16-be"), "The text is UTF-16."),
        (LINES.encode("utf-32"), "The text is UTF-32."),
        (LINES.encode("utf-16-le"), "I read the text as UTF-16"),
        (LINES.encode("utf-16-be"), "I read the text as UTF-16"),
        (LINES.encode("cp1252"), "Windows-1252"),
        (LINES.replace("Bo", "B\x81").encode("latin-1"), "Latin-1"),
        (LINES.replace(",", ";").encode(), "Cells are separated by semicolons."),
        (LINES.replace(",", "\t").encode(), "Cells are separated by tabs."),
        (LINES.replace(",", "|").encode(), "Cells are separated by vertical bars."),
        (b"sep=|\n" + LINES.replace(",", "|").encode(), "Cells are separated by vertical bars."),
        (LINES.replace("\n", "\r\n\r\n").encode(), "I left out 3 blank lines."),
        (LINES.replace("\n", "\r").encode(), ""),
        (("Report of the year\n\n" + LINES).encode(), "I left out 1 line above the header"),
    ],
)
def test_a_table_is_read_whatever_it_is_written_in(
    says: Said, tmp_path: Path, content: bytes, note: str
) -> None:
    said = says(content, name="EXPORT.CSV")

    assert "3 rows, 1 duplicate: `INV-1` (2 times)." in said
    assert "2026-08: 100.50; 2026-09: 220.00" in said
    assert "`INV-1` and `inv-1 ` differ only in case or spaces; I counted them as duplicates." in said
    assert note in said
    assert "Müller" in (tmp_path / "out/clean.csv").read_text("utf-8-sig")
    assert (tmp_path / "out/spend.png").read_bytes().startswith(b"\x89PNG")


def test_a_file_as_excel_exports_it_in_germany(says: Said, tmp_path: Path) -> None:
    said = says(GERMAN.encode("cp1252"))

    assert "3 rows, 1 duplicate" in said
    assert "2026-08: 1,234.56; 2026-09: -20.00" in said
    for note in ("Windows-1252", "semicolons", "a decimal comma", "in brackets", "1 blank line", "`Betrag`"):
        assert note in said
    clean = (tmp_path / "out/clean.csv").read_text("utf-8-sig")
    assert clean.splitlines()[:2] == ["Rechnung;Datum;Kunde;Betrag", "INV-1;02.08.2026;Müller;1.234,56"]


@pytest.mark.parametrize(
    ("written", "total", "note"),
    [
        (("$100.50", "$1,234.56"), "1,335.06", ""),
        (("(20.00)", "5"), "-15.00", "in brackets"),
        (("20.00-", "€5.00"), "-15.00", "with a minus behind"),
        (("−20.00", "-$5.00", "$-5.00", "($5.00)"), "-35.00", ""),
        (("1.234,56", "7,5"), "1,242.06", "a decimal comma"),
        (("1.234.567,00",), "1,234,567.00", "a decimal comma"),
        (("1,234,567",), "1,234,567.00", ""),
        (("1 234,50", "1\u202f234,50", "1\xa0234,50 €"), "3,703.50", "a decimal comma"),
        (("1'234.50 CHF", "CHF 1’000.00"), "2,234.50", ""),
        (("12,34,567.50", "₹1"), "1,234,568.50", ""),
        (("12.5%", "1"), "1.12", "Amounts in percent"),
        (("1.234", "2.345"), "3.58", "`1.234` can be read in two ways; I took it as 1.234."),
        (("1,234",), "1,234.00", "`1,234` can be read in two ways; I took it as 1234."),
        (("1,234", "0,5"), "1.73", "a decimal comma"),
        (("1.234,56", "1,234.56"), "2,469.12", "Some amounts have a decimal comma and others"),
        (("5", "about 7", "n/a"), "5.00", "I could not read `about 7`, so 1 row is in no sum."),
        (("5", "-", ""), "5.00", "Without an amount or a date 2 rows are in no sum."),
        (("$5", "€7"), "12.00", "several currencies (`$`, `€`); I added them up without converting"),
        (("1.2.3", "5"), "5.00", "I could not read `1.2.3`"),
        (("0.123", "1,000.5"), "1,000.62", ""),
        (("20,-", "kr 1.000,-", "Rs. 5"), "1,025.00", ""),
        (("R$ 1.234,56", "1.234,56 €-"), "0.00", "with a minus behind"),
        (("(50%)", "2"), "1.50", "Amounts in percent"),
        (("INV-1", "5"), "5.00", "I could not read `INV-1`"),
    ],
)
def test_amounts_are_read_as_people_write_them(
    says: Said, written: tuple[str, ...], total: str, note: str
) -> None:
    said = says(amounts(*written))

    assert f"2026-08: {total}\n" in said
    assert note in said
    assert "two ways" in note or "two ways" not in said


@pytest.mark.parametrize(
    ("written", "months", "note"),
    [
        (("2026-08-02", "2026/09/01", "20261001"), "2026-08: 1.00; 2026-09: 1.00; 2026-10: 1.00", ""),
        (("2026-08-02T10:00:00Z", "2026-08-02 9:30 PM"), "2026-08: 2.00", ""),
        (("02.08.2026", "2.8.26"), "2026-08: 2.00", ""),
        (("03/04/2026", "25/04/2026"), "2026-04: 2.00", "Days have the day first."),
        (("03/04/2026", "03/25/2026"), "2026-03: 2.00", "Days have the month first."),
        (("2 Aug 2026", "Aug 3, 2026", "04-AUG-26", "5. August 2026"), "2026-08: 4.00", ""),
        (("3. Dezember 2026", "4 Mai 2026"), "2026-05: 1.00; 2026-12: 1.00", ""),
        (("13/04/2026", "04/13/2026"), "2026-04: 2.00", "this is a guess"),
        (("5/5/2026",), "2026-05: 1.00", ""),
        (("Sat, 2 Aug 2026", "03/Aug/2026", "2026年8月2日", "2026-08"), "2026-08: 4.00", ""),
        (("31/12/99", "31/12/26"), "1999-12: 1.00; 2026-12: 1.00", ""),
        (("2026-02-30", "2026-03-01"), "2026-03: 1.00", "I could not read `2026-02-30`"),
    ],
)
def test_days_are_read_as_people_write_them(
    says: Said, written: tuple[str, ...], months: str, note: str
) -> None:
    said = says(days(*written))

    assert f"{months}\n" in said
    assert note in said
    assert "two ways" not in said


def test_a_day_that_can_be_read_in_two_ways_is_said_and_a_person_decides(says: Said) -> None:
    unsure = days("03/04/2026")

    assert "`03/04/2026` can be read in two ways; I took the day first (2026-04-03)." in says(unsure)
    assert "Say “month first” if that is wrong." in says(unsure)
    assert "2026-03: 1.00\n" in says(unsure, "--month-first")
    assert "I took the month first (2026-03-04)" in says(days("03/04/2026", amount="$1"))
    assert "2026-04: 1.00\n" in says(days("03/04/2026", amount="$1"), "--day-first")


def test_a_header_alone_is_kept(says: Said, tmp_path: Path) -> None:
    said = says("invoice,date,amount\n")

    assert "0 rows, 0 duplicates: none." in said
    assert "There is a header and no row below it." in said
    assert (tmp_path / "out/clean.csv").read_text() == "invoice,date,amount\n"


def test_rows_and_headers_that_do_not_fit_are_put_right_and_said(says: Said, tmp_path: Path) -> None:
    said = says('id,date,amount,amount,\n1,2026-08-02,5,6,,extra\n2,2026-08-03\n3,2026-08-04,"7",8\n')

    assert "1 row with more cells than the header" in said
    assert "1 row with fewer cells than the header" in said
    assert "Two columns are called `amount`; I call the later one `amount (2)`." in said
    clean = (tmp_path / "out/clean.csv").read_text().splitlines()
    assert clean[0] == "id,date,amount,amount (2),column 5,column 6"
    assert clean[1] == "1,2026-08-02,5,6,,extra"


def test_a_table_without_a_header_loses_no_row(says: Said, tmp_path: Path) -> None:
    said = says("INV-1,2026-08-02,5.00\nINV-2,2026-08-03,6.00\n")

    assert "There is no header, so I numbered the columns." in said
    assert "2 rows, 0 duplicates" in said
    assert "2026-08: 11.00" in said


def test_quotation_marks_hold_separators_and_lines_together_unless_one_is_never_closed(
    says: Said, tmp_path: Path
) -> None:
    said = says('id,date,note,amount\n1,2026-08-02,"a, b\nc ""d""",5\n2,2026-08-03,x,6\n')
    assert "2 rows, 0 duplicates" in said
    assert '"a, b\nc ""d"""' in (tmp_path / "out/clean.csv").read_text()

    rows = "".join(f"{at},2026-08-02,{'5 inch' if at else chr(34) + 'wide'},1\n" for at in range(100))
    said = says(f"id,date,note,amount\n{rows}")
    assert "100 rows, 0 duplicates" in said
    assert "A quotation mark is never closed" in said


def test_what_differs_beside_its_number_is_said_and_what_has_none_is_kept(says: Said) -> None:
    said = says("invoice,date,amount\nA,2026-08-02,5\nA,2026-08-02,6\n,2026-08-03,7\n,2026-08-03,7\n")

    assert "4 rows, 1 duplicate: `A` (2 times)." in said
    assert "`A`: the rows differ in other columns too. I kept the first of each; please look." in said
    assert "2 rows without a number: I kept all of them." in said
    assert "2026-08: 19.00" in said


def test_without_a_number_whole_rows_are_compared(says: Said) -> None:
    said = says("customer,paid,amount\nAda,2026-08-02,5\nAda,2026-08-02,5\nAda,2026-08-03,5\n")

    assert "3 rows, 1 duplicate" in said
    assert "I compared whole rows" in said


def test_the_right_columns_are_found_beside_others_of_a_like_name(says: Said) -> None:
    said = says("invoice date,paid,invoice,total amount\n2026-08-02,yes,A,5\n2026-08-02,no,B,6\n")

    assert "2 rows, 0 duplicates" in said
    assert "I compared `invoice`, and added up `total amount` by the month of `invoice date`." in said


def test_a_spreadsheet_is_read_by_its_first_sheet_and_the_others_are_named(
    says: Said, tmp_path: Path
) -> None:
    rows: list[list[object]] = [
        ["Invoice", "Date", "Amount"],
        [1001, datetime(2026, 8, 2), 1.234],
        ["1001 ", datetime(2026, 8, 2), "1.234,56"],
        [1002, "13.09.2026", -20],
        [],
        ["x", None, "=1+1"],
    ]
    said = says(workbook(("Sales", rows), ("Old", []), ("Notes", [])), name="book.xlsx")

    assert "I read the first sheet, `Sales`, and not `Old`, `Notes`." in said
    assert "4 rows, 1 duplicate: `1001` (2 times)." in said
    assert "2026-08: 1.23; 2026-09: -20.00" in said
    assert "1 blank line" in said
    assert (tmp_path / "out/clean.csv").read_text().splitlines()[1] == "1001,2026-08-02,1.234"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n  \n", "is empty"),
        (b",,\n,,\n", "is empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF, which I cannot read as a table"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is a picture"),
        (b"\xff\xd8\xff\xe0\0", "is a picture"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "of the old kind (.xls), or one that is locked with a password",
        ),
        (archive("word/document.xml"), "is a Word document"),
        (archive("a.txt", "b.txt"), "is an archive"),
        (archive("xl/workbook.xml"), "is damaged"),
        # It holds the time at which it was made, and each process makes its own: that is no name for a test.
        pytest.param(archive("xl/workbook.xml")[:60], "is damaged", id="the beginning of a workbook"),
        (bytes(range(256)) * 20, "is no text and no spreadsheet"),
        (b"\xff\xfea\0b", "is damaged: its text breaks off"),
        (b"<!DOCTYPE html><html></html>", "is a web page"),
        (b'[\n  {"id": 1}, {"id": 2}]', "is JSON"),
        (b"a,b\n" * 1_000_001, "has more than 1,000,000 rows"),
        (b"RIFF\x24\0\0\0WEBPVP8 \x01\x02\x03", "is no text"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(says: Said, content: bytes, why: str) -> None:
    said = says(content, name="thing.csv")

    assert said.startswith(f"`thing.csv` {why}") or why in said
    assert said.endswith(".")
    assert len(said.splitlines()) == 1


def test_a_small_archive_that_becomes_very_large_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(workbook(("One", [["x" * 1_000]])))

    assert sheets.read(path, most=100_000)[0] == [["x" * 1_000]]
    with pytest.raises(CannotRead, match="larger when it is unpacked"):
        sheets.read(path, most=1_000)


def test_a_large_clean_file_is_packed_and_is_read_again(tmp_path: Path, says: Said) -> None:
    table = opened_bytes(tmp_path, LINES.encode())
    (tmp_path / "clean.csv").write_text("of before")
    packed = write_clean(table, table.rows, tmp_path / "clean.csv", large=50)

    assert packed.name == "clean.zip"
    assert not (tmp_path / "clean.csv").exists()
    assert "1 duplicate" in says(packed.read_bytes(), name="sent.zip")
    assert write_clean(table, table.rows, tmp_path / "clean.csv").name == "clean.csv"
    assert not packed.exists()


def opened_bytes(folder: Path, content: bytes) -> Table:
    (path := folder / "any.csv").write_bytes(content)
    return opened(path)


def test_some_damaged_characters_do_not_spoil_the_others(says: Said, tmp_path: Path) -> None:
    says(LINES.replace("Bo", "Zoë Łódź").encode().replace(b"INV-2", b"INV-2\xff"))

    clean = (tmp_path / "out/clean.csv").read_text("utf-8-sig")
    assert "Zoë Łódź" in clean
    assert "INV-2\ufffd" in clean


def test_several_files_are_told_one_by_one_and_share_no_result(tmp_path: Path) -> None:
    for name, content in (("a.csv", LINES), ("b.tsv", LINES.replace(",", "\t")), ("c.pdf", "%PDF-1.7")):
        (tmp_path / name).write_text(content)
    texts, read = tidied([tmp_path / name for name in ("a.csv", "b.tsv", "c.pdf")], tmp_path / "out")

    assert read
    assert [text.split("`")[1] for text in texts] == ["a.csv", "b.tsv", "c.pdf"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("a-clean.csv", "a-spend.png", "b-clean.csv", "b-spend.png")
    }


def test_the_highest_month_is_read_from_what_was_made(says: Said, tmp_path: Path) -> None:
    says(GERMAN.encode("cp1252"))

    assert tidied([tmp_path / "out/clean.csv"], tmp_path, ["--highest"])[0] == ["highest: 2026-08 1,234.56"]


def test_of_very_much_little_is_said(says: Said) -> None:
    rows = "".join(f"INV-{at % 10_000},{2000 + at % 30}-08-02,{at % 7}?\n" for at in range(20_000))
    said = says(f"invoice,date,amount\n{rows}")

    assert "20,000 rows, 10,000 duplicates: " in said
    assert "and 9,990 more." in said
    assert "so 10,000 rows are in no sum." in said
    assert len(said) < 1_500


FORMS = [
    *(LINES.encode(encoding) for encoding in ("utf-8", "cp1252", "utf-16", "utf-16-be", "utf-8-sig")),
    GERMAN.encode("cp1252"),
    workbook(("One", [["invoice", "date", "amount"], ["A", datetime(2026, 8, 2), 5]])),
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FORMS), st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=4)), max_size=4))
def test_whatever_is_damaged_is_read_or_refused(whole: bytes, damages: list[tuple[int, bytes]]) -> None:
    for at, put in damages:
        at %= len(whole)
        whole = whole[:at] + put + whole[at + max(1, len(put)) :] or b"x"
    with tempfile.TemporaryDirectory() as folder:
        (path := Path(folder, "any.csv")).write_bytes(whole)
        texts, read = tidied([path], Path(folder, "out"))
        made = sorted(one.name for one in Path(folder).glob("out/*"))

    assert texts[0].startswith("`any.csv`")
    assert read == ("clean.csv" in made)
