"""What the pages may reach: database, saved frames, people, the live line. Handed to every page."""

import threading
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from inspection.errors import EvidenceError
from inspection.pages.frame.kept_answers import KeptAnswers
from inspection.pages.frame.saved_frames import SavedFrames
from inspection.pages.frame.sessions import OpenSessions
from inspection.pages.station.live import LiveLine
from inspection.pages.station.station_client import StationClient
from inspection.people.api_keys import key_of_pages
from inspection.people.audit import AuditLog
from inspection.people.person import Language
from inspection.people.recipe_drafts import RecipeDrafts
from inspection.people.registry import People
from inspection.review.book import ReviewBook
from inspection.review.keys import ReviewKeys
from inspection.review.queue import ReviewQueue
from inspection.station.settings import PagesSettings, StationSettings
from inspection.store.database import Database
from inspection.store.decisions import Store
from inspection.store.engine import Access
from inspection.store.evidence import Evidence
from inspection.store.frame_files import FrameFiles

_MOST_ANSWERS = 8
"""A roll of 50,000 objects takes 30 MB."""


@dataclass(frozen=True, slots=True)
class PagesPlan:
    """What the pages are told at their start."""

    name: str
    """The station's."""
    state_dir: Path
    store_url: str | None
    models_dir: Path
    recipe_path: Path | None
    """The station's recipe; None: only the station itself knows."""
    api_url: str | None
    """Where the station's API listens; None: there is no station to ask."""
    api_key: SecretStr | None
    """Shown where the sealing key can't be had, of which the pages make a key of their own; None: there is none."""
    settings: PagesSettings
    evidence: Evidence | None = None
    """Seals what people do; None: key and anchors lie in `state_dir`."""
    api_certificate: Path | None = None
    """The station's, where its API speaks HTTPS."""
    is_guest_welcome: bool = False
    """The demo's: whoever is on this machine needs no password."""

    @classmethod
    def of(cls, settings: StationSettings) -> "PagesPlan":
        """The plan for a station's own settings."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.api.host, settings.api.host)
        bracketed = f"[{host}]" if ":" in host else host
        return cls(
            name=settings.name,
            state_dir=settings.state_dir,
            store_url=settings.store_url,
            models_dir=settings.models_dir,
            recipe_path=settings.recipe_path,
            api_url=f"{'http' if settings.api.certificate is None else 'https'}://{bracketed}:{settings.api.port}",
            api_certificate=settings.api.certificate,
            api_key=settings.api.api_key,
            settings=settings.pages,
            evidence=settings.open_evidence(),
        )


class PagesDesk:
    """Opened once for the process. `close` it at the end."""

    def __init__(self, plan: PagesPlan) -> None:
        """Open the database. Raises StoreError."""
        self.plan = plan
        self.database = Database.at(plan.store_url, plan.state_dir, Access.PEOPLE, plan.evidence)
        self.store = Store(self.database)
        self.audit = AuditLog(self.database)
        self.people = People(
            self.database,
            language=Language(plan.settings.language),
            session_hours=plan.settings.session_hours,
            is_guest_welcome=plan.is_guest_welcome,
        )
        self.sessions = OpenSessions(self.people)
        self.rejudging = threading.Lock()
        """Held by whoever computes a what-if: one at a time."""
        self.recipes = RecipeDrafts(self.database, plan.state_dir / "recipes")
        self.frames = SavedFrames(FrameFiles(plan.state_dir / "frames", self.store), self.store)
        self.answers = KeptAnswers(_MOST_ANSWERS)
        """What took long to find out about rolls and spans."""
        self.queue = ReviewQueue(self.database)
        self.reviews = ReviewBook(self.database)
        self.review_keys = ReviewKeys(self.database)
        self.station = StationClient(plan.api_url, self._api_key, plan.api_certificate)
        self.live = LiveLine(self.station, self.database)

    @property
    def is_https(self) -> bool:
        """Whether cookies may be kept to encrypted connections."""
        return self.plan.settings.certificate is not None

    def _api_key(self) -> str | None:
        """Looked up each time: the station may make its sealing key after the pages have begun.

        The pages' own first: with it the station believes them who the person is.
        """
        if (evidence := self.database.evidence) is not None:
            try:
                return key_of_pages(evidence.key_to_check())
            except EvidenceError:
                pass
        return None if self.plan.api_key is None else self.plan.api_key.get_secret_value()

    def close(self) -> None:
        """Give the database back."""
        self.database.close()
