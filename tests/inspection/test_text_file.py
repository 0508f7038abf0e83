"""What a person wrote is read whatever their editor put in front of it, and named for what it is where it can't be."""

import pytest

from inspection.text_file import TextError, decode_text, is_same_name, parse_json, parse_toml, read_bytes, read_table

MARK = b"\xef\xbb\xbf"


def test_a_byte_order_mark_means_nothing():
    assert decode_text(MARK + "Größe = 1".encode()) == "Größe = 1"
    assert decode_text(MARK) == ""


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_unicode_is_called_by_its_name(encoding):
    with pytest.raises(TextError, match="UTF-16, expected UTF-8: save it again as UTF-8"):
        decode_text('{"images": []}'.encode(encoding))


def test_latin_1_is_named_with_its_line():
    with pytest.raises(TextError, match=r"line 3 is not in UTF-8 \(byte 0xfc"):
        decode_text("a = 1\n\nb = 'Lüke'".encode("latin-1"))


def test_zeros_where_a_crash_left_no_text_are_named():
    with pytest.raises(TextError, match="line 2 holds zeros"):
        decode_text(b"name = 1\n" + bytes(4096))


def test_a_file_is_read_no_further_than_it_may_be_large(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 2000)
    assert len(read_bytes(tmp_path / "a", 2000)) == 2000
    with pytest.raises(TextError, match="larger than"):
        read_bytes(tmp_path / "a", 1999)


TOML_BOMBS = {
    "lists in lists": "a = " + "[" * 5000 + "]" * 5000,
    "tables in tables": "a = " + "{a = " * 3000 + "1" + "}" * 3000,
    "a table of a thousand names": f"[{'.'.join(['a'] * 1000)}]\nb = 1",
    "a key of half a million parts": "a." * 500_000 + "b = 1",
    "a quoted key of half a million parts": '"a" . ' * 500_000 + "b = 1",
    "tables below tables": "\n".join(f"[{'.'.join(['a'] * n)}]" for n in range(1, 40)),
    "a number of a hundred thousand digits": "a = " + "9" * 100_000,
    "an unknown escape": 'a = "\\q"',
    "a day that is none": "a = 2030-02-31",
}


@pytest.mark.parametrize("name", TOML_BOMBS)
def test_what_no_settings_are_is_refused_at_once(name):
    # tomllib alone takes hours for some of them.
    with pytest.raises(TextError, match="correct that place"):
        parse_toml(TOML_BOMBS[name])


def test_settings_may_have_many_words_and_dots_where_no_key_is():
    long = "# " + "see a.b.c " * 100 + "\n" + 'name = "' + "x" * 100_000 + '"\n[a.b.c.d]\ne = 1\n# ' + "." * 1000
    assert parse_toml(long)["a"]["b"]["c"]["d"] == {"e": 1}


JSON_FAULTS = {
    "nothing": ("", "it is empty"),
    "blanks": (" \n", "it is empty"),
    "cut short": ('{"images": [{"id": 1}, {"id"', "cut short"),
    "cut short in a word": ('{"images": "abc', "cut short"),
    "cut short in a list": ('{"images": [1, 2', "cut short"),
    "no JSON": ("{images}", "no valid JSON .line 1 column 2"),
    "more behind it": ("{}\n{}", "no valid JSON .line 2 column 1"),
    "a key twice": ('{"annotations": [1], "annotations": []}', "the key 'annotations' is there twice"),
    "lists in lists": ("[" * 100_000, "nested far too deep"),
    "a number of ten thousand digits": ("9" * 10_000, "no valid JSON"),
}


@pytest.mark.parametrize("name", JSON_FAULTS)
def test_what_is_wrong_with_json_is_said(name):
    text, words = JSON_FAULTS[name]
    with pytest.raises(TextError, match=words):
        parse_json(text)


@pytest.mark.parametrize(
    "content", ["image,group\na.png,R1\n", "image;group\r\na.png;R1\r\n", "image\tgroup\na.png\tR1"]
)
@pytest.mark.parametrize("mark", [b"", MARK])
def test_a_table_may_come_from_any_spreadsheet(content, mark, tmp_path):
    (tmp_path / "t.csv").write_bytes(mark + content.encode())
    assert read_table(tmp_path / "t.csv", ("image", "group")) == [{"image": "a.png", "group": "R1"}]


def test_a_table_keeps_commas_and_lines_in_quotes_and_skips_empty_lines(tmp_path):
    (tmp_path / "t.csv").write_text('\nimage,group,\n\n"a,1.png","R\n1",\n,,\n')
    assert read_table(tmp_path / "t.csv", ("group",)) == [{"image": "a,1.png", "group": "R\n1", "": ""}]


TABLE_FAULTS = {
    "no line at all": ("", "got none"),
    "other columns": (
        "picture,roll\na,b\n",
        "expected the columns image and group in its first line, got picture, roll",
    ),
    "a column twice": ("image,group,group\na,b,c\n", "names group twice"),
    "a short row": ("image,group\na.png\n", "line 2 has 1 fields, its first line 2"),
    "a long row": ("image,group\n\na.png,R,7\n", "line 3 has 3 fields"),
    "an open quote": ('image,group\n"a.png,R\n', "line 2: unexpected end of data"),
}


@pytest.mark.parametrize("name", TABLE_FAULTS)
def test_what_is_wrong_with_a_table_is_said(name, tmp_path):
    content, words = TABLE_FAULTS[name]
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(TextError, match=words):
        read_table(tmp_path / "t.csv", ("image", "group"))


def test_a_name_is_the_same_however_its_accents_are_written():
    assert is_same_name("\u00e9.png", "e\u0301.png")
    assert not is_same_name("e.png", "\u00e9.png")
