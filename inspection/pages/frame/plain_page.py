"""Pages without NiceGUI: login, password, refusals. They work without a session, and without JavaScript."""

from html import escape

from fastapi.responses import HTMLResponse

from inspection.pages.frame.static_files import address_of
from inspection.people.person import Language, Theme

_PAGE = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{style}">
</head>
<body class="plain {theme}">
<main class="plain-card">
<h1>{title}</h1>
{advice}
{content}
</main>
</body>
</html>
"""


def plain_page(
    language: Language,
    title: str,
    advice: str = "",
    content: str = "",
    *,
    theme: Theme = Theme.AUTO,
    status: int = 200,
) -> HTMLResponse:
    """A page with a title and a sentence; `content` is HTML, everything else is text."""
    return HTMLResponse(
        _PAGE.format(
            style=address_of("pages.css"),
            language=language.value,
            title=escape(title),
            advice=f"<p>{escape(advice)}</p>" if advice else "",
            content=content,
            theme=f"body--{theme.value}",
        ),
        status,
        {"Cache-Control": "no-store"},
    )
