"""Papers of the station as PDF: A4 pages with a title, facts, tables and lines for signatures."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fpdf import FPDF
from fpdf.enums import XPos, YPos

_LEFT_MM = 15.0
_WIDTH_MM = 180.0
_SHOWN_AS = str.maketrans(
    {"\u202f": "\xa0", "–": "-", "—": "-", "…": "...", "’": "'", "“": '"', "”": '"', "œ": "oe", "Œ": "OE", "≤": "<="}
)


def plain(text: str) -> str:
    """As the PDF's built-in fonts can show it.

    >>> plain("Größe 日 – cœur")
    'Größe ? - coeur'
    """
    return text.translate(_SHOWN_AS).encode("latin-1", "replace").decode("latin-1")


class Paper(FPDF):
    """A4 pages that are written from top to bottom. `output` makes them bytes."""

    def __init__(self, title: str, made: str, made_utc: datetime, page_word: str = "page") -> None:
        """`made`: stands at the foot of each page, with `page_word` and the page's number."""
        super().__init__(format="A4")
        self._title = plain(title)
        self._made = plain(made)
        self._page_word = plain(page_word)
        self.set_margins(_LEFT_MM, _LEFT_MM)
        self.set_auto_page_break(True, 18)
        self.set_title(self._title)
        self.set_creation_date(made_utc)
        self.add_page()

    def header(self) -> None:
        """The title, above each page."""
        self.set_font("helvetica", "B", 15)
        self.cell(0, 8, self._title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_line_width(0.4)
        self.line(_LEFT_MM, self.get_y(), _LEFT_MM + _WIDTH_MM, self.get_y())
        self.ln(3)

    def footer(self) -> None:
        """When it was made, below each page."""
        self.set_y(-14)
        self.set_font("helvetica", "", 8)
        self.cell(0, 5, f"{self._made}   {self._page_word} {self.page_no()} / {{nb}}", align="C")

    def headline(self, words: str) -> None:
        """What matters most."""
        self.set_font("helvetica", "B", 12)
        self.cell(0, 7, plain(words), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def heading(self, words: str, room_mm: float = 16.0) -> None:
        """Above a part of the page, with so much room below it on the same page."""
        if self.will_page_break(6 + room_mm):
            self.add_page()
        self.set_font("helvetica", "B", 9.5)
        self.cell(0, 6, plain(words), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def text_block(self, words: str, size_pt: float = 8.5) -> None:
        """A paragraph over the whole width."""
        self.set_font("helvetica", "", size_pt)
        self.multi_cell(0, 4.6, plain(words), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(2)

    def facts(self, told: Mapping[str, str]) -> None:
        """Lines of a word and what it is."""
        self.set_font("helvetica", "", 8.5)
        for key, value in told.items():
            self.set_font(style="B")
            self.cell(44, 4.6, plain(key))
            self.set_font(style="")
            self.multi_cell(0, 4.6, plain(value), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(3)

    def grid(self, head: Sequence[str], widths_mm: Sequence[float], rows: Sequence[Sequence[str]]) -> None:
        """One line for each row, the head again on each page; what is longer than its cell is cut."""
        # FPDF's own tables measure every word, which takes seconds for a few hundred rows.
        self._row(head, widths_mm, is_head=True)
        for row in rows:
            if self.will_page_break(4.2):
                self.add_page()
                self._row(head, widths_mm, is_head=True)
            self._row(row, widths_mm, is_head=False)
        self.ln(4)

    def word_grid(self, head: Sequence[str], widths_mm: Sequence[float], rows: Sequence[Sequence[str]]) -> None:
        """As `grid`, for few rows of words: the last column is as high as its text, and nothing is cut from it."""
        self._row(head, widths_mm, is_head=True)
        for row in rows:
            self.set_font("helvetica", "", 7.5)
            last_left, last = sum(widths_mm[:-1]), plain(row[-1])
            height = self.multi_cell(widths_mm[-1], 4.2, last, dry_run=True, align="L", output="HEIGHT")
            assert isinstance(height, float)
            if self.will_page_break(height):
                self.add_page()
                self._row(head, widths_mm, is_head=True)
                self.set_font("helvetica", "", 7.5)
            top = self.get_y()
            for cell, width in zip(row[:-1], widths_mm[:-1], strict=True):
                self.cell(width, 4.2, self._fitted(plain(cell), width))
            self.multi_cell(widths_mm[-1], 4.2, last, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            self.set_y(max(self.get_y(), top + 4.2))
            self.set_line_width(0.1)
            self.line(_LEFT_MM, self.get_y(), _LEFT_MM + last_left + widths_mm[-1], self.get_y())
        self.ln(4)

    def signatures(self, *whose: str) -> None:
        """A line for each of two people."""
        if self.get_y() > 250:
            self.add_page()
        self.ln(12)
        self.set_font("helvetica", "", 8.5)
        y = self.get_y()
        for left, words in zip((_LEFT_MM, _LEFT_MM + 95.0), whose, strict=True):
            self.line(left, y, left + 80, y)
            self.set_xy(left, y + 1)
            self.cell(80, 5, plain(words))

    def _row(self, cells: Sequence[str], widths_mm: Sequence[float], *, is_head: bool) -> None:
        self.set_font("helvetica", "B" if is_head else "", 7.5)
        self.set_fill_color(225)
        for cell, width in zip(cells, widths_mm, strict=True):
            self.cell(width, 4.2, self._fitted(plain(cell), width), border="B", fill=is_head)
        self.ln(4.2)

    def _fitted(self, text: str, width_mm: float) -> str:
        room = width_mm - 2.0 * self.c_margin
        while text and self.get_string_width(text) > room:
            text = f"{text[:-4].rstrip()}..." if len(text) > 4 else ""
        return text
