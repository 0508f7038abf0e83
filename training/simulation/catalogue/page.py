"""The picture book's page: HTML with everything in it, so that it opens without a network."""

import base64
import html
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.web.figure import Kind
from camera.web.settings import Material, View
from inspection.recipe.limits import Condition, Limit
from inspection.recipe.recipe import Recipe, shipped_recipe_paths
from inspection.values.kinds import KINDS as NAMED_KINDS
from training.simulation.catalogue.specimens import PITCH_UM, Chapter, Picture, Specimen

_SIDE_PX = 152
"""Pictures are enlarged by whole numbers up to about this on the page."""
_GROUPS = {"E": "Electrodes", "S": "Separators", "N": "No defects"}
_QUANTITIES = {
    "diameter_mm": ("diameter", "mm"),
    "length_mm": ("length", "mm"),
    "width_mm": ("width", "mm"),
    "area_mm2": ("area", "mm²"),
    "contrast_percent": ("contrast", "%"),
}


def as_page(chapters: Sequence[Chapter]) -> str:
    """The whole page."""
    materials = list(dict.fromkeys(material for chapter in chapters for material in chapter.specimens))
    views = list(View)
    links = "".join(
        f"<div><b>{name}</b>"
        + "".join(
            f'<a href="#{chapter.kind.code}" title="{html.escape(_name(chapter.kind))}">{chapter.kind.code}</a>'
            for chapter in chapters
            if chapter.kind.code[0] == letter
        )
        + "</div>"
        for letter, name in _GROUPS.items()
        if any(chapter.kind.code[0] == letter for chapter in chapters)
    )
    boxes = "".join(
        f"<fieldset><legend>{legend}</legend>"
        + "".join(f'<label><input type="checkbox" data-{group}="{value}" checked>{value}</label>' for value in values)
        + "</fieldset>"
        for group, legend, values in (
            ("material", "material", [material.value for material in materials]),
            ("view", "view", [view.value for view in views]),
        )
    )
    hidden = "".join(
        f'.hide-{group}-{value} [data-{group}~="{value}"]{{display:none}}'
        for group, values in (("material", materials), ("view", views))
        for value in values
    )
    limits = _limits()
    body = "".join(_chapter(chapter, limits) for chapter in chapters)
    return (
        '<!doctype html><html lang="en" class="evened"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Catalogue of the simulated web</title><style>{_STYLE}{hidden}</style></head><body>"
        f"<header><h1>Catalogue of the simulated web</h1><p>{_INTRODUCTION}</p></header>"
        f'<nav><div class="kinds">{links}</div><div class="choices">{boxes}'
        '<fieldset><legend>show</legend><label><input type="checkbox" id="outline">outline</label>'
        '<label><input type="checkbox" id="even" checked>evened brightness</label>'
        '<label><input type="checkbox" id="stretch">stretched contrast</label>'
        '<label><input type="checkbox" id="theme">other theme</label></fieldset></div></nav>'
        f"<main>{body}</main><script>{_SCRIPT}</script></body></html>\n"
    )


def outline_path(mask: NDArray[np.bool_]) -> str:
    """SVG path along the pixel borders of a mask, one unit a pixel.

    >>> outline_path(np.array([[True, True]]))
    'M0 0h2M0 1h2M0 0v1M2 0v1'
    """
    padded = np.pad(mask, 1)
    across = _runs(padded[1:, 1:-1] != padded[:-1, 1:-1])
    down = _runs((padded[1:-1, 1:] != padded[1:-1, :-1]).T)
    return "".join(f"M{start} {line}h{end - start}" for line, start, end in across) + "".join(
        f"M{line} {start}v{end - start}" for line, start, end in sorted(down, key=lambda run: run[0])
    )


def _runs(borders: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """(row, start, end) of each stretch of True."""
    steps = np.diff(np.pad(borders.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    starts, ends = np.argwhere(steps == 1), np.argwhere(steps == -1)
    return [(int(row), int(start), int(end)) for (row, start), (_, end) in zip(starts, ends, strict=True)]


def _chapter(chapter: Chapter, limits: dict[str, dict[str, Limit]]) -> str:
    kind = chapter.kind
    named = NAMED_KINDS.get(kind.code)
    severity = f'<span class="severity {named.severity}">{_severity(named.severity.value)}</span>' if named else ""
    text = named.text if named else "planted by the simulation; the station's catalogue has no entry for it"
    rules = "".join(
        f"<li><b>{material}</b>: {html.escape(limit_in_words(limit))}</li>"
        for material, limit in limits.get(kind.code, {}).items()
    )
    if named and named.severity.value == "N":
        rules = "<li>no defect, never rejected</li>"
    sections = "".join(_on_material(material, specimens) for material, specimens in chapter.specimens.items())
    sections = f'<div class="materials">{sections}</div>'
    shown_on = " ".join(chapter.specimens)
    return (
        f'<article id="{kind.code}" data-shown="{shown_on}"><h2><a href="#{kind.code}">{kind.code}</a> '
        f"{html.escape(_name(kind))} {severity}</h2>"
        f"<p>{html.escape(text)}</p>"
        f"<ul>{rules or '<li>no default limit in the shipped recipes</li>'}</ul>{sections}</article>"
    )


def _on_material(material: Material, specimens: Sequence[Specimen]) -> str:
    if not specimens:
        return f'<section data-material="{material}"><h3>{material}</h3><p>None found on 40 m of web.</p></section>'
    pictures = [picture for each in specimens for picture in each.pictures]
    shown = [view for view in View if any(picture.view is view and picture.is_visible for picture in pictures)]
    unseen = [view for view in View if view not in shown and any(picture.view is view for picture in pictures)]
    heads = "".join(f"<th>{_size(each)}</th>" for each in specimens)
    rows = "".join(
        f'<tr data-view="{view}"><th>{view}</th>'
        + "".join(f"<td>{_figure(each, view)}</td>" for each in specimens)
        + "</tr>"
        for view in shown
    )
    note = f'<p class="unseen">Not to be seen in {" and ".join(unseen)}.</p>' if unseen else ""
    return (
        f'<section data-material="{material}"><h3>{material}</h3>'
        f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>{note}</section>"
    )


def _size(specimen: Specimen) -> str:
    planted = specimen.planted
    return (
        f"{specimen.size}<small>length {_number(planted.length_mm)} mm<br>width {_number(planted.width_mm)} mm<br>"
        f"area {_number(planted.area_mm2)} mm²</small>"
    )


def _figure(specimen: Specimen, view: View) -> str:
    picture = next((each for each in specimen.pictures if each.view is view), None)
    if picture is None:
        return "<small>nothing of it shows</small>"
    height, width = picture.pixels.shape
    zoom = max(1, _SIDE_PX // max(height, width))
    squeeze = ""
    if (specimen.lines_per_row, specimen.columns_per_column) != (1, 1):
        squeeze = f"<br>{specimen.lines_per_row} × {specimen.columns_per_column} px averaged"
    mean = max(0.004, float(np.median(picture.pixels)) / 255.0)
    seen = "" if picture.is_visible else ' class="lost"'
    return (
        f'<figure style="--w:{width * zoom}px;--h:{height * zoom}px;--mean:{mean:.3f}"><div>{_image(picture)}'
        f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none"><path d="{outline_path(picture.mask)}"/></svg>'
        f"</div><figcaption{seen}>contrast {picture.contrast_percent:+.0f} %, SNR {_number(picture.snr)}{squeeze}"
        f"</figcaption></figure>"
    )


def _image(picture: Picture) -> str:
    _, png = cv2.imencode(".png", picture.pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return f'<img alt="{picture.view}" src="data:image/png;base64,{base64.b64encode(png.tobytes()).decode()}">'


def _name(kind: Kind) -> str:
    named = NAMED_KINDS.get(kind.code)
    return named.name if named else "(no name yet)"


def _severity(severity: str) -> str:
    names = {"S1": "safety", "S2": "cell function", "S3": "process", "S4": "cosmetic", "N": "no defect"}
    return names[severity] if severity == "N" else f"{severity} {names[severity]}"


def _limits() -> dict[str, dict[str, Limit]]:
    """The limits of the shipped recipes: kind, then recipe."""
    limits: dict[str, dict[str, Limit]] = {}
    for path in shipped_recipe_paths():
        for code, limit in Recipe.load(path).limits.items():
            limits.setdefault(code, {})[path.stem] = limit
    return limits


def limit_in_words(limit: Limit) -> str:
    """What a limit rejects, for a person.

    >>> limit_in_words(Limit(severity="S3", reject_above=[{"length_mm": 10, "width_mm": 0.1}]))
    'rejected above length 10 mm and width 0.1 mm'
    """
    words = "rejected above " + ", or ".join(_condition(condition) for condition in limit.reject_above)
    for rule in limit.count:
        words += f"; more than {rule.at_most} from diameter {rule.from_diameter_mm:g} mm on"
    return words


def _condition(condition: Condition) -> str:
    return " and ".join(
        f"{_QUANTITIES[name][0]} {value:g} {_QUANTITIES[name][1]}" for name, value in condition.numbers.items()
    )


def _number(value: float) -> str:
    """Two digits that count, never an exponent.

    >>> _number(0.04213), _number(3.14), _number(1234.0)
    ('0.042', '3.1', '1234')
    """
    return f"{value:.0f}" if value >= 10.0 else f"{value:.1f}" if value >= 1.0 else f"{value:.2g}"


_INTRODUCTION = (
    "Every kind of object that the simulation plants, as a line camera of "
    f"{PITCH_UM:g} µm per pixel sees it: a small, a middle and a large one of what a dense web draws, the same object "
    "in each light. Sizes are true ones; contrast is the mean over the object against the web around, before the "
    "lens; SNR is its visibility against texture and sensor noise, and below 3 nobody can say whether it is there "
    "(set in grey). Pixels are enlarged, not smoothed; dark views are shown brighter than the camera has them, unless "
    "evened brightness is switched off. The top row of a picture is the line that came first."
)

_STYLE = """
:root{color-scheme:light dark;--zoom:1;--line:light-dark(#d5d9de,#3a4048);--soft:light-dark(#f5f6f8,#1d2126);
--faint:light-dark(#5b6570,#9aa5b1);--accent:light-dark(#0b5cad,#6fb3ff);font-size:clamp(14px,.3vw + 10px,21px)}
@media(min-width:2600px){:root{--zoom:1.5}}
*{box-sizing:border-box}
body{margin:0;font:1rem/1.45 system-ui,sans-serif;
background:light-dark(#fff,#14171a);color:light-dark(#16191d,#e6e9ec)}
header{padding:1.2rem 1.5rem .2rem;max-width:75rem}h1{font-size:1.5rem;margin:0}
header p{margin:.4rem 0;color:var(--faint)}
nav{position:sticky;top:0;z-index:2;background:light-dark(#fffffff0,#14171af0);border-bottom:1px solid var(--line);
padding:.5rem 1.5rem}
@media(max-height:1000px){nav{position:static}article{scroll-margin-top:1rem!important}}
.kinds div{display:flex;flex-wrap:wrap;gap:.1rem .6rem}.kinds b{min-width:6.5rem;font-weight:600}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
.choices{display:flex;flex-wrap:wrap;gap:.2rem 1.5rem;margin-top:.4rem}
fieldset{border:0;padding:0;margin:0;display:flex;flex-wrap:wrap;gap:0 .8rem;align-items:center}
legend{float:left;color:var(--faint);padding:0 .6rem 0 0}label{white-space:nowrap;cursor:pointer}
main{padding:0 1.5rem 4rem;display:grid;gap:1.2rem;margin-top:1.2rem;
grid-template-columns:repeat(auto-fill,minmax(min(100%,84rem),1fr))}
article{border:1px solid var(--line);border-radius:.5rem;padding:1rem 1.2rem;
scroll-margin-top:11rem;background:var(--soft)}
h2{font-size:1.2rem;margin:0}h3{font-size:1rem;margin:.9rem 0 .3rem}article p{margin:.2rem 0}
ul{margin:.2rem 0;padding-left:1.2rem;color:var(--faint)}
.severity{font-size:.8rem;font-weight:600;padding:.1rem .5rem;border-radius:1rem;margin-left:.3rem;vertical-align:.12em;
background:light-dark(#e3e6ea,#363d45)}
.S1{background:light-dark(#fbd5d5,#7a1f24)}.S2{background:light-dark(#fde6c8,#6b4512)}
section{overflow-x:auto}table{border-collapse:collapse}th{text-align:left;font-weight:600;vertical-align:top;
padding:.2rem .6rem .2rem 0}
td{vertical-align:top;padding:.2rem .6rem .6rem 0}
.materials{display:flex;flex-wrap:wrap;gap:0 2rem}
thead th{min-width:calc(152px*var(--zoom) + .6rem)}thead th:first-child{min-width:5.4rem}
small{display:block;font-weight:400;font-size:.85rem;color:var(--faint);line-height:1.3}
figure{margin:0}figure div{position:relative;width:calc(var(--w)*var(--zoom));height:calc(var(--h)*var(--zoom))}
img,svg{position:absolute;inset:0;width:100%;height:100%}img{image-rendering:pixelated}
svg{visibility:hidden;overflow:visible}path{fill:none;stroke:#ff2fa0;stroke-width:1.5;vector-effect:non-scaling-stroke}
.outlined svg{visibility:visible}
.evened img{filter:brightness(clamp(1,.4/var(--mean),8))}
.stretched img{filter:brightness(calc(.5/var(--mean))) contrast(4)}
figcaption{max-width:calc(152px*var(--zoom));font-size:.8rem;line-height:1.3;margin-top:.2rem}.lost,.unseen{color:var(--faint)}
"""

_SCRIPT = """
const root = document.documentElement, find = (id) => document.getElementById(id);
for (const box of document.querySelectorAll("input[data-material], input[data-view]")) {
  const name = box.dataset.material ? "material-" + box.dataset.material : "view-" + box.dataset.view;
  box.addEventListener("change", () => {
    document.querySelector("main").classList.toggle("hide-" + name, !box.checked);
    const on = [...document.querySelectorAll("input[data-material]:checked")].map((each) => each.dataset.material);
    for (const article of document.querySelectorAll("article"))
      article.hidden = !article.dataset.shown.split(" ").some((material) => on.includes(material));
  });
}
find("outline").addEventListener("change", (event) => root.classList.toggle("outlined", event.target.checked));
find("even").addEventListener("change", (event) => root.classList.toggle("evened", event.target.checked));
find("stretch").addEventListener("change", (event) => root.classList.toggle("stretched", event.target.checked));
find("theme").addEventListener("change", (event) => {
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.style.colorScheme = event.target.checked ? (isDark ? "light" : "dark") : "light dark";
});
"""
