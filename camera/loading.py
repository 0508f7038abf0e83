"""What to do when an outside library can't be loaded."""

import re

_LIBRARY = re.compile(r"(lib[\w+.-]+\.so[\w.]*): cannot open shared object file")
_PYTHONS_OWN = re.compile(r"libpython(3\.\d+)")


def loading_advice(error: ImportError | str, extra: str | None = None) -> str:
    """What to do about a failed import, given as the error or its text; `extra`: of this program that brings it.

    >>> loading_advice("libpython3.13.so.1.0: cannot open shared object file: No such file or directory")
    "The system lacks Python's own library: apt-get install libpython3.13"
    >>> loading_advice("libEGL.so.1: cannot open shared object file: No such file or directory")
    'The system lacks libEGL.so.1: install the package that has it (apt-file search libEGL.so.1)'
    >>> loading_advice(ModuleNotFoundError("No module named 'genicam'"), "camera")
    "Install it: pip install 'web-inspection-station[camera]'"
    >>> loading_advice("undefined symbol: PyUnicode_AsUTF8")
    'It is installed, but damaged or not for this Python: pip install --force-reinstall web-inspection-station'
    """
    package = f"'web-inspection-station[{extra}]'" if extra else "web-inspection-station"
    text = str(error)
    if own := _PYTHONS_OWN.match(text):
        return f"The system lacks Python's own library: apt-get install libpython{own[1]}"
    if library := _LIBRARY.search(text):
        return f"The system lacks {library[1]}: install the package that has it (apt-file search {library[1]})"
    if isinstance(error, ModuleNotFoundError) or text.startswith("No module named"):
        return f"Install it: pip install {package}"
    return f"It is installed, but damaged or not for this Python: pip install --force-reinstall {package}"
