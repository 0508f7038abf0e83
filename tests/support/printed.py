"""What a PDF of ours says, as its own text operators hold it."""

import re
import zlib

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"\(((?:[^()\\]|\\.)*)\) ?Tj", re.DOTALL)


def printed(pdf: bytes) -> str:
    """All texts of all pages, in the order in which they are drawn, one a line."""
    texts = []
    for stream in _STREAM.findall(pdf):
        try:
            drawn = zlib.decompress(stream)
        except zlib.error:
            continue  # a font or a colour profile
        texts += [re.sub(rb"\\(.)", rb"\1", text).decode("latin-1") for text in _SHOWN.findall(drawn)]
    return "\n".join(texts)
