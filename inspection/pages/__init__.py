"""The pages: what operators, QA, engineers and admins see in the browser. A process of their own beside the station,
at a lower priority; the only home of NiceGUI.

They read the store and the frame archive directly, and ask the station's `/v1` API for what is live. A page that is
slow or dead never touches the line; pages without a station show what is stored, and say that nothing is live.

How a page is added:

1. Write its texts: a frozen dataclass with `ENGLISH` and `FRENCH` in `texts/<name>.py`, and a field for it in
   `texts.Texts`. A text with numbers is a format string (`"{metres} of web"`); both languages use the same names.
2. Write `<name>_page.py` with a function `build(visit: Visit) -> None` (it may be async) that makes the content within
   the frame which is there already, and

       PAGE = Page("/rolls", Permission.SEE_RESULTS, "map", lambda texts: texts.rolls.title, build)

   Who has not the permission gets 403 and `build` is never called. `visit.texts`, `visit.person`, `visit.query` and
   `visit.quantities` (numbers with units in the person's language) are what a page needs; `visit.desk` has the
   database, the store, the live line and the saved frames.
3. Everything a person can change is a function with `@action(Permission.…)` whose first parameter is the visit: the
   server looks the session and the permission up again each time it is called. It notes what it did in the audit log.
   Handlers of buttons go through `visit.attempt(…)`, which shows a refusal or an error to the person.
4. What takes longer than some milliseconds runs in a thread (`await asyncio.to_thread(…)`); show `notices.loading()`
   meanwhile, and `notices.empty(…)` or `notices.failed(…)` where there is nothing or something went wrong.
5. Add the page to `contents.CONTENTS`: that is what is served, navigated and tested for authorisation.

Pictures come from `/frames/<sequence>.png` (`?left=&top=&width=&height=` for a region at full resolution, `&scale=0.5`
for a smaller picture, `&low=&high=` for the grey values that become black and white) and what was found in them from
`/frames/<sequence>/defects.json`, all for people with SEE_IMAGES only: see `image_routes`.

Styles are in `static/pages.css`: sizes in rem, which grow with the screen, and colours by name (`--accept`, `--reject`,
`--uninspected` …), which the themes set. A state is never told by colour alone: use `badges`.
"""
