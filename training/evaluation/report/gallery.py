"""Pictures of single places, outlined, as part of a page."""

import base64
import html

import cv2

from training.evaluation.report.evidence import Picture
from training.simulation.catalogue.page import outline_path

_SIDE_PX = 176


def figure(picture: Picture, title: str, facts: str, image: str) -> str:
    """One picture with its outline and what there is to know; small ones are enlarged by whole numbers."""
    height, width = picture.pixels.shape
    zoom = max(1, _SIDE_PX // max(height, width))
    _, png = cv2.imencode(".png", picture.pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    source = base64.b64encode(png.tobytes()).decode()
    return (
        f'<figure><div style="width:{width * zoom}px;height:{height * zoom}px">'
        f'<img alt="{html.escape(title)}" src="data:image/png;base64,{source}">'
        f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none"><path d="{outline_path(picture.mask)}"/></svg>'
        f"</div><figcaption><b>{html.escape(title)}</b> {html.escape(facts)}<small>{html.escape(image)}</small>"
        "</figcaption></figure>"
    )
