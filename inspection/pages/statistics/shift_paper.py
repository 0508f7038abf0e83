"""A shift's report on paper, in the reader's language."""

from collections.abc import Sequence
from datetime import timedelta

from inspection.alarms.alarm import Alarm
from inspection.pages.alarms.alarm_words import rule_words, sentence
from inspection.pages.texts import Texts
from inspection.pages.texts.kinds import kind_name
from inspection.pages.texts.quantities import Quantities
from inspection.papers import Paper
from inspection.quality.shift_counts import ReasonCount
from inspection.quality.shift_report import MOST_REASONS, InForce, Note, ShiftReport, Stretch
from inspection.quality.shifts import Shift
from inspection.values import Verdict
from inspection.values.kinds import KINDS

MOST_ALARMS = 60
"""Named on the paper, the gravest; the alarms page has all."""
MOST_NOTES = 120
"""Named on the paper; the audit log has all."""

_MOST_STRETCHES = 24


def shift_name(shift: Shift, texts: Texts) -> str:
    """Day and shift, as the language writes them."""
    quantities = Quantities(texts.language)
    word = shift.name.partition(" ")[2]
    return f"{quantities.moment(shift.began).partition(' ')[0]} {texts.shift.names[word]}"


def shift_pdf(report: ShiftReport, texts: Texts) -> bytes:
    """Some A4 pages."""
    return _ShiftPaper(report, texts).written()


class _ShiftPaper:
    def __init__(self, report: ShiftReport, texts: Texts) -> None:
        self._report, self._texts, self._words = report, texts, texts.shift
        self._quantities = Quantities(texts.language)
        title = self._words.title.format(shift=shift_name(report.shift, texts))
        made = self._words.generated.format(time=self._quantities.moment(report.made_utc))
        self._paper = Paper(title, made, report.made_utc, self._words.page)

    def written(self) -> bytes:
        self._facts()
        self._counts()
        self._reasons(self._words.rejects, self._report.rejects, Verdict.REJECT)
        self._reasons(self._words.not_inspected, self._report.not_inspected, Verdict.UNINSPECTED)
        self._downtime()
        self._alarms()
        self._notes()
        self._paper.signatures(self._words.signed_by, self._words.taken_note_of)
        return bytes(self._paper.output())

    def _facts(self) -> None:
        report, words, quantities = self._report, self._words, self._quantities
        told = {words.station: report.station, words.began: quantities.moment(report.shift.began)}
        told[words.ended] = quantities.moment(report.shift.ends)
        if not report.is_over:
            told[words.ended] = words.not_over.format(time=quantities.moment(report.made_utc))
        told[words.zone] = quantities.zone(report.shift.began)
        told |= self._in_force(words.recipe, report.recipes) | self._in_force(words.model, report.models)
        self._paper.facts(told | {words.made_by: report.made_by})
        if report.is_cut:
            self._paper.text_block(words.cut)

    def _in_force(self, word: str, several: tuple[InForce, ...]) -> dict[str, str]:
        told = [
            self._words.in_force.format(
                name=each.artefact.name,
                version=each.artefact.version,
                first=self._quantities.time(each.first_utc),
                last=self._quantities.time(each.last_utc),
                pieces=self._quantities.number(each.pieces),
                sha256=each.artefact.sha256,
            )
            for each in several
        ]
        if len(told) < 2:
            return {word: told[0] if told else self._words.nothing_judged}
        return {f"{word} {number}": line for number, line in enumerate(told, start=1)}

    def _counts(self) -> None:
        report, words = self._report, self._words
        self._paper.heading(words.counts)
        cameras: list[str | None] = [None, *(report.cameras if len(report.cameras) > 1 else ())]
        head = (
            words.camera, words.pieces, words.accepted, words.rejected, words.uninspected,
            words.inspected_m, words.uninspected_m,
        )  # fmt: skip
        self._paper.grid(head, (30, 17, 27, 27, 27, 24, 28), [self._count_row(camera) for camera in cameras])
        note = words.metres_note.format(count=self._quantities.number(report.without_length()))
        self._paper.text_block(note, 7.5)

    def _count_row(self, camera: str | None) -> tuple[str, ...]:
        report, number = self._report, self._quantities.number
        pieces = report.pieces(None, camera)

        def counted(verdict: Verdict) -> str:
            count = report.pieces(verdict, camera)
            return f"{number(count)} ({self._share(count, pieces)})"

        blind_m = report.metres(Verdict.UNINSPECTED, camera)
        return (
            camera or self._words.all_cameras,
            number(pieces),
            *(counted(verdict) for verdict in (Verdict.ACCEPT, Verdict.REJECT, Verdict.UNINSPECTED)),
            number(report.metres(None, camera) - blind_m, 1),
            number(blind_m, 1),
        )

    def _reasons(self, title: str, reasons: tuple[ReasonCount, ...], verdict: Verdict) -> None:
        words, number = self._words, self._quantities.number
        self._paper.heading(title)
        whole = self._report.pieces(verdict)
        if not reasons:
            self._paper.text_block(words.none)
            return
        rows = [
            (self._kind(each.kind), each.rule, number(each.pieces), self._share(each.pieces, whole), self._said(each))
            for each in reasons[:MOST_REASONS]
        ]
        if rest := reasons[MOST_REASONS:]:
            left = sum(each.pieces for each in rest)
            rows.append(("", words.others.format(count=number(len(rest))), number(left), self._share(left, whole), ""))
        head = (words.kind, words.rule, words.pieces, words.share, "")
        self._paper.word_grid(head, (36, 44, 17, 16, 67), rows)
        if sum(each.pieces for each in reasons) > whole:
            self._paper.text_block(words.reasons_note, 7.5)

    def _kind(self, code: str | None) -> str:
        return f"{code} {kind_name(code, self._texts.language)}" if code in KINDS else code or ""

    def _said(self, reason: ReasonCount) -> str:
        return rule_words(reason.rule, self._texts)

    def _downtime(self) -> None:
        report, words = self._report, self._words
        self._paper.heading(words.downtime)
        rows = []
        for sort, span in report.downtime.items():
            told = _span(span.total)
            told = words.at_most.format(time=told) if span.is_upper_bound else told
            rows.append((words.sorts[sort], told, self._when(span.stretches)))
        silence = report.silence
        if silence.stretches:
            rows.append((words.silence, _span(silence.total), self._when(silence.stretches)))
            rows.append((words.unexplained, _span(silence.unexplained), ""))
        if rows:
            self._paper.word_grid((words.what, words.how_long, words.when), (50, 32, 98), rows)
        if not silence.stretches:
            self._paper.text_block(words.no_silence)
        self._paper.text_block(words.downtime_note, 7.5)

    def _when(self, stretches: Sequence[Stretch]) -> str:
        time = self._quantities.time
        told = [f"{time(began)} - {time(ended)}" for began, ended in stretches[:_MOST_STRETCHES]]
        if more := len(stretches) - len(told):
            told.append(self._words.others.format(count=self._quantities.number(more)))
        return ", ".join(told)

    def _alarms(self) -> None:
        report, words, number = self._report, self._words, self._quantities.number
        self._paper.heading(words.alarms)
        gravest = sorted(report.alarms, key=lambda each: (each.priority.rank, each.number))[:MOST_ALARMS]
        rows = [self._alarm(alarm) for alarm in sorted(gravest, key=lambda each: each.number)]
        if rows:
            head = (words.raised, words.lasted, words.acknowledged, words.kind, words.what)
            self._paper.word_grid(head, (28, 21, 28, 38, 65), rows)
        else:
            self._paper.text_block(words.none)
        if len(report.alarms) > len(rows):
            more = words.alarms_more.format(shown=number(len(rows)), count=number(len(report.alarms)))
            self._paper.text_block(more)
        if report.alarms_removed:
            self._paper.text_block(words.alarms_removed.format(count=number(report.alarms_removed)))

    def _alarm(self, alarm: Alarm) -> tuple[str, ...]:
        words, quantities = self._words, self._quantities
        lasted = words.stands
        if alarm.cleared_utc is not None:
            lasted = _span(alarm.cleared_utc - alarm.raised_utc)
            if alarm.occurrences > 1:
                lasted = words.at_most.format(time=lasted)
        kind, told = self._texts.alarms.kinds[alarm.kind.value], sentence(alarm, self._texts)
        if alarm.occurrences > 1:
            told += f" ({words.occurrences.format(count=quantities.number(alarm.occurrences))})"
        by = alarm.acknowledged_by
        if by is not None and alarm.acknowledged_utc is not None:
            by = f"{by}, {quantities.short_moment(alarm.acknowledged_utc).partition(' ')[2]}"
        return quantities.moment(alarm.raised_utc), lasted, by or words.not_acknowledged, kind, told

    def _notes(self) -> None:
        notes, words, number = self._report.notes, self._words, self._quantities.number
        self._paper.heading(words.notes)
        rows = [self._note(note) for note in notes[:MOST_NOTES]]
        if rows:
            self._paper.word_grid((words.when, words.who, words.what, words.said), (28, 36, 46, 70), rows)
        else:
            self._paper.text_block(words.none)
        if len(notes) > len(rows):
            self._paper.text_block(words.notes_more.format(shown=number(len(rows)), count=number(len(notes))))

    def _note(self, note: Note) -> tuple[str, ...]:
        told = self._words.actions.get(note.deed, note.action)
        told = f"{told} {note.subject}" if note.subject else told
        facts = [self._fact(name, value) for name, value in note.facts.items()]
        said = "; ".join(each for each in (note.reason, *facts) if each)
        return self._quantities.moment(note.utc), note.person, told, said

    def _fact(self, name: str, value: str | float) -> str:
        written = value if isinstance(value, str) else self._quantities.number(value)
        return self._words.facts[name].format(value=written)

    def _share(self, part: int, whole: int) -> str:
        return self._quantities.percent(part / whole if whole else None, 2)


def _span(span: timedelta) -> str:
    """Hours, minutes, seconds.

    >>> _span(timedelta(seconds=3725.4)), _span(timedelta(seconds=0.2))
    ('1:02:05', '0:00:00')
    """
    return str(timedelta(seconds=int(span.total_seconds())))
