"""What a PDF of ours says, as its own text operators hold it."""

import re
import zlib

_PAGE = re.compile(rb"/Filter /FlateDecode\s*/Length (\d+)\s*>>\s*stream\n")
_SHOWN = re.compile(rb"\(((?:[^()\\]|\\.)*)\) ?Tj", re.DOTALL)


def printed(pdf: bytes) -> str:
    """All texts of all pages, in the order in which they are drawn, one a line."""
    texts = []
    for found in _PAGE.finditer(pdf):
        drawn = zlib.decompress(pdf[found.end() : found.end() + int(found[1])])
        texts += [re.sub(rb"\\(.)", rb"\1", text).decode("latin-1") for text in _SHOWN.findall(drawn)]
    return "\n".join(texts)
