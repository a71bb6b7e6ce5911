"""A cell is read in one way, or it is a fault; expected values are read off by hand."""

import datetime

import numpy as np
import pyarrow as pa
import pytest

from shuseki.reading.values import (
    Evidence,
    Sign,
    as_text,
    codes_of,
    days_of,
    is_missing,
    numbers_of,
    read_day,
    read_number,
    read_year,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234", 1234),
        ("1,234", 1234),
        ("1,234,567.5", 1234567.5),
        ("1.234.567,5", 1234567.5),
        ("1 234", 1234),
        ("1\u00a0234,5", 1234.5),
        ("1'234", 1234),
        ("35,56", 35.56),
        ("0,123", 0.123),
        ("35.56", 35.56),
        ("1.234", 1.234),
        (".5", 0.5),
        ("007", 7),
        ("1e6", 1e6),
        ("+5", 5),
        ("１，２３４", 1234),
        ("−5", -5),
        ("－5", -5),
        ("‐5", -5),
        ("△5", -5),
        ("▲ 1,234", -1234),
    ],
)
def test_numbers_that_have_one_reading(text, value):
    assert read_number(text) == (value, Sign.READ)
    cells = numbers_of(pa.array([text]))
    assert cells.values.tolist() == [value]


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        *((text, Sign.NIL) for text in ("-", "－", "―", "—", "ー", "−")),
        *((text, Sign.WITHHELD) for text in ("X", "x", "Ｘ", "χ", "***", "(x)", "(X)", "（ｘ）")),
        *((text, Sign.ABSENT) for text in ("…", "...", "..", "NA", "N/A", "NaN", "None", "null")),
        *(
            (text, Sign.BROKEN)
            for text in (
                *("inf", "-inf", "1e400", "12%", "(5)", "1_000", "0x10", "①", "5²", "5人", "--"),
                *("1,5e3", "12,34,567", "1.2.3", "5-", "1 23", "true", "２００円"),
            )
        ),
        ("", Sign.EMPTY),
        ("\u3000", Sign.EMPTY),
    ],
)
def test_signs_of_tables_and_what_is_no_number(text, sign):
    value, found = read_number(text)
    assert found == sign
    assert value == 0 if sign == Sign.NIL else np.isnan(value)


@pytest.mark.parametrize(
    ("cells", "convention", "semicolons", "unsure"),
    [
        (["1,234", "5"], "point", False, 1234.0),
        (["1,234", "35,5"], "comma", False, 1.234),
        (["1.234", "35,5"], "comma", False, 1234.0),
        (["1.234", "35.5"], "point", True, 1.234),
        (["1,234"], "unsettled", True, None),  # a file of semicolons, and nothing settles it
        (["1,234", "35,5", "35.5"], "unsettled", False, None),  # the column speaks for both
        (["1,234", "2,345", "1,23"], "unsettled", False, None),  # one slip against two thousands
    ],
)
def test_a_cell_with_two_readings_follows_its_column_or_is_a_fault(
    cells, convention, semicolons, unsure
):
    column = pa.array(cells)
    found = numbers_of(column).evidence.convention(semicolons=semicolons)
    assert found == convention
    read = numbers_of(column, found)
    if unsure is None:
        assert read.signs[0] == Sign.AMBIGUOUS
    else:
        assert read.values[0] == unsure


def test_the_fast_way_and_the_slow_way_agree():
    rng = np.random.default_rng(5)
    letters = np.array(list("0123456789.,-+eE 'X△"))
    texts = ["".join(rng.choice(letters, rng.integers(1, 9))) for _ in range(4000)]
    for convention in ("point", "comma", "unsettled"):
        cells = numbers_of(pa.array(texts), convention)
        for text, value, sign in zip(texts, cells.values, cells.signs, strict=True):
            slow, slow_sign = read_number(text.strip(), convention)
            assert sign == slow_sign, text
            assert value == slow or (np.isnan(value) and np.isnan(slow)), text


def test_evidence_adds_up():
    parts = [pa.array(["35,5", "1,234"]), pa.array(["2.5", "7"])]
    both = numbers_of(parts[0]).evidence + numbers_of(parts[1]).evidence
    assert both == numbers_of(pa.concat_arrays(parts)).evidence == Evidence(1, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        *("1998-04-01", "1998/4/1", "1998.4.1", "19980401", "1998年4月1日", "１９９８／４／１"),
        *("平成10年4月1日", "H10.4.1", "h10/4/1", "㍻10年4月1日"),
        *("1998-04-01 00:00:00", "1998-04-01T00:00:00+09:00", "1998-04-01T23:30Z"),
    ],
)
def test_days(text):
    assert read_day(text) == (datetime.date(1998, 4, 1), Sign.READ)


@pytest.mark.parametrize("text", ["199804", "1998-04", "1998/4", "1998年4月"])
def test_a_month_is_its_first_day_and_says_so(text):
    assert read_day(text) == (datetime.date(1998, 4, 1), Sign.PARTIAL)


@pytest.mark.parametrize(
    "text",
    [
        *("1998", "1998-13-01", "19980231", "1998-02-29", "98/4/1", "1/4/1998", "35886", "later"),
        *(
            "199813",
            "1998-04-01 25:00",
            "1998-4/1",
            "昭和65年1月1日",
            "平成元年1月7日",
            "明治5年1月1日",
        ),
    ],
)
def test_what_is_no_day(text):
    day, sign = read_day(text)
    assert day is None
    assert sign >= Sign.BROKEN


def test_the_first_and_last_days_of_eras():
    # National Diet Library: 昭和64年1月7日 was the last, 平成元年1月8日 the first.
    assert read_day("昭和64年1月7日")[0] == datetime.date(1989, 1, 7)
    assert read_day("平成元年1月8日")[0] == datetime.date(1989, 1, 8)
    assert read_day("R1.5.1")[0] == datetime.date(2019, 5, 1)


def test_a_moment_is_the_day_it_is_in_its_own_zone():
    # Midnight in Tokyo is 15:00 of the day before in UTC.
    utc = datetime.datetime(1998, 3, 31, 15, tzinfo=datetime.UTC)
    for unit in ("s", "us", "ns"):
        stored = pa.array([utc], pa.timestamp(unit, tz="Asia/Tokyo"))
        assert days_of(stored).values.to_pylist() == [datetime.date(1998, 4, 1)]
        assert as_text(stored).to_pylist() == ["1998-04-01"]


@pytest.mark.parametrize("text", ["199803", "98", "0", "19.98", "3000", "平成10年", "-1998"])
def test_what_is_no_year(text):
    assert read_year(text) == (None, Sign.BROKEN)


def test_years():
    assert read_year("1998") == read_year("1998.0") == read_year("１９９８") == (1998, Sign.READ)


def test_codes_stay_text():
    stored = pa.array(["01", " 01100 ", "０１２０２", "nan", "NA", None, "1.0"])
    # NA is Naples, and Namibia.
    assert codes_of(stored).to_pylist() == ["01", "01100", "01202", "", "NA", "", "1.0"]
    assert codes_of(pa.array([1.0, 2.5, None])).to_pylist() == ["1", "2.5", ""]
    assert codes_of(pa.array([2**53 + 1])).to_pylist() == ["9007199254740993"]
    assert is_missing("NaN")
    assert not is_missing("NA")


def test_stored_numbers_are_as_strict_as_text():
    cells = numbers_of(pa.array([1.5, float("nan"), float("inf"), None]))
    assert cells.signs.tolist() == [Sign.READ, Sign.ABSENT, Sign.BROKEN, Sign.EMPTY]
    assert np.isnan(cells.values[1:]).all()
