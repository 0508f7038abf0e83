// What is known of a case, beside its picture; and its objects with the reader's corrections, as the viewer draws them.

// The station's objects, corrected by the draft, and those that the reader has added; first what a reason is about.
function marksOf(review, names, texts) {
  const { kind: caseKind, corrections } = review.draft;
  const marks = review.defects.map((defect, number) => {
    const correction = corrections.find((each) => each.defect === number);
    const kind = correction?.kind ?? (caseKind && defect.is_reason ? caseKind : defect.kind);
    const isEdited = correction !== undefined || kind !== defect.kind;
    // Outlines run through the middles of pixels.
    const inMiddle = (outlines) => outlines.map((outline) => outline.map(([x, y]) => [x + 0.5, y + 0.5]));
    const shape = correction && shapeOf(correction);
    const outlines = inMiddle(defect.outlines);
    return {
      id: number,
      kind,
      name: names.get(kind) ?? defect.name,
      change: correction?.change ?? null,
      isReason: defect.is_reason,
      look: correction?.change === "removed" ? "removed" : isEdited ? "edited" : defect.is_reason ? "reason" : "other",
      words: `${kind} ${names.get(kind) ?? defect.name}${correction?.change === "removed" ? ` (${texts.removed})` : ` ${defect.size}`}`,
      facts: defect.facts,
      box: shape?.box ?? defect.box,
      outlines: shape?.outlines ?? outlines,
      said: defect.said,
      sightings: sightingsOf(review, correction, seenOf(review, defect).map((each) => ({ ...each, outlines: inMiddle(each.outlines) }))),
    };
  });
  corrections.forEach((correction, place) => {
    if (correction.change !== "added") return;
    const kind = correction.kind ?? null;
    const name = names.get(kind) ?? texts.kind_missing;
    const shape = shapeOf(correction);
    const facts = `${Math.round(shape.box[2] - shape.box[0])} × ${Math.round(shape.box[3] - shape.box[1])} px`;
    const base = { kind, name, change: "added", isReason: false, look: "edited", facts, sightings: sightingsOf(review, correction, []) };
    marks.push({ id: `added ${place}`, words: kind ? `${kind} ${name} (${texts.added})` : name, ...base, ...shape });
  });
  return marks.sort((one, other) => other.isReason - one.isReason);
}

// Where the frames of all views show an object, by their places among the decision's frames; none without views. What a
// reader has drawn in a frame stands there in place of what the station saw.
function sightingsOf(review, correction, seen) {
  if (!review.views.length) return [];
  const drawn = drawingsIn(correction).map((drawing) => ({ position: drawing.view ?? ownPosition(review), ...shapeOf(drawing) }));
  return [...seen.filter(({ position }) => !drawn.some((each) => each.position === position)), ...drawn];
}

// What the station saw of an object, frame by frame: one that nobody else saw lies in the frame its piece begins in.
function seenOf(review, { sightings, box, outlines }) {
  return sightings.length || !review.views.length ? sightings : [{ position: ownPosition(review), box, outlines }];
}

const ownPosition = (review) => review.views[0].frames[0].position;

// All that a correction draws: a box or polygon, and the same object in other frames.
function drawingsIn(correction) {
  if (!correction?.box_px && !correction?.polygon_px) return [];
  const { view, box_px, polygon_px } = correction;
  return [{ view, box_px, polygon_px }, ...(correction.elsewhere ?? [])];
}

// The keys of a correction that draws this; none where nothing is drawn.
function drawnAs([first, ...elsewhere]) {
  return { ...first, elsewhere: elsewhere.length ? elsewhere : null };
}

function shapeOf({ box_px: box, polygon_px: polygon }) {
  if (box) {
    const [left, top, right, bottom] = box;
    return { box, outlines: [[[left, top], [right, top], [right, bottom], [left, bottom]]] };
  }
  return polygon ? { box: outerBox(polygon), outlines: [polygon] } : null;
}

// The elements of the panel. `page` has words, kinds, marks and what can be done.
function casePanel(page, review) {
  const { texts } = page;
  const title = (words) => make("h2.card-title", { textContent: words });
  const verdict = make(`span.badge.tone-${review.verdict}`, {}, icon(VERDICT_ICONS[review.verdict]), texts.verdicts[review.verdict]);
  // Where the verdict itself is the risk, it is said once.
  const risk = review.risk === review.verdict ? null : make("span.badge.tone-off", { textContent: texts.risks[review.risk] });
  const head = make("div.case-head", {}, verdict, risk, make("span.muted.number", { textContent: `#${review.sequence}` }));
  const place = make("div.muted.number", { textContent: review.place });
  const reasons = review.reasons.length ? review.reasons.map((reason) => reasonRow(texts, reason)) : [make("div.muted", { textContent: texts.no_reason })];
  const mine = review.mine ? earlierNotice(page, review) : null;
  const hint = review.verdict === "accept" && !review.draft.corrections.length ? make("div.case-hint", { textContent: texts.escape_hint }) : null;
  const marks = page.marks.length ? page.marks.map((mark) => markRow(page, mark)) : [make("div.muted", { textContent: texts.no_defects })];
  return [
    make("div.case-top", {}, head, place, mine),
    make("div.case-scroll", {}, title(texts.why), ...reasons, hint, title(texts.found), ...marks, ...earlierReviews(texts, review, title), details(texts, review, page.isMoreOpen)),
    kindKeys(page, review),
  ].filter(Boolean);
}

// A bar that ends at one and a half times the limit, with the limit marked on it.
function reasonRow(texts, reason) {
  const head = make("div.reason-head", {}, make("b", { textContent: reason.kind ? `${reason.kind} ${reason.name}` : reason.quantity }));
  const parts = [head];
  if (reason.view !== null) head.append(make("span.reason-view.muted", { textContent: reason.view }));
  if (reason.share !== null) {
    const value = make("span.number", {}, make("b", { textContent: reason.measured }), ` · ${texts.limit} ${reason.limit}`);
    head.append(value);
    const bar = make("div.reason-bar", { title: reason.quantity }, make("div"), make("i"));
    bar.firstChild.style.width = `${Math.min(100, (reason.share / 1.5) * 100)}%`;
    parts.push(bar);
  }
  return make("div.reason", {}, ...parts, make("div.reason-sentence", { textContent: reason.sentence, title: reason.sentence }));
}

function markRow(page, mark) {
  const { texts } = page;
  const isSelected = page.viewer.selected === mark.id;
  const change = { relabelled: texts.relabelled, removed: texts.removed, redrawn: texts.redrawn, added: texts.added }[mark.change];
  const row = make(`div.mark-row.look-${mark.look}${isSelected ? ".is-selected" : ""}`, {},
    make("button.mark-name", { type: "button", ariaPressed: isSelected }, make("span.mark-sign"), make("b", { textContent: mark.kind ? `${mark.kind} ${mark.name}` : mark.name }),
      make("span.muted", { textContent: change ?? (mark.isReason ? "" : texts.not_a_reason) })),
    make("div.mark-facts.muted.number", { textContent: mark.facts }),
    ...(mark.said ?? []).map((words) => make("div.mark-facts.mark-said.number", { textContent: words })));
  row.firstChild.addEventListener("click", () => { page.viewer.select(mark.id, true); page.render(); });
  if (isSelected) {
    const symbol = mark.change === "removed" ? ["restore", "settings_backup_restore"] : ["remove", "delete"];
    const button = make("button.review-minor.mark-remove", { type: "button" }, icon(symbol[1]), texts[symbol[0]]);
    button.addEventListener("click", () => page.remove(mark.id));
    row.append(button);
  }
  return row;
}

function earlierReviews(texts, review, title) {
  if (!review.reviews.length) return [];
  const rows = review.reviews.map((each) => {
    const word = each.answer ? texts.answers[each.answer] : texts.taken_back;
    return make("div.history", { textContent: [`${each.person}: ${word}`, each.kind, each.note, each.when].filter(Boolean).join(" · ") });
  });
  return [title(texts.earlier), ...rows];
}

function details(texts, review, open) {
  const line = (words) => make("div", { textContent: words });
  return make("details.case-more", { open }, make("summary", { textContent: texts.more }), line(`${texts.captured} ${review.captured}`),
    line(`${texts.judged_by} ${review.judged_by}`), ...review.dimensions.map(line));
}

// What this reader, or who settled the case, has answered before: another answer needs a step of its own.
function earlierAnswer({ texts, person }, { person: who, answer, kind, when }) {
  const said = [texts.answers[answer], kind, when].filter(Boolean).join(" · ");
  return fill(who === person ? texts.answered_by_you : texts.answered_by, { person: who, said });
}

function earlierNotice(page, review) {
  const notice = make("div.case-mine", { role: "status" }, make("b", { textContent: earlierAnswer(page, review.mine) }));
  if (review.isChanging) notice.append(make("span", { textContent: page.texts.changing }));
  else {
    const button = make("button.review-minor", { type: "button" }, keyCap("A"), page.texts.change_answer);
    button.addEventListener("click", () => { button.blur(); page.change(); });
    notice.append(button);
  }
  return notice;
}

// The keys of the recipe, for the kind of the selected object, or of the case.
function kindKeys(page, review) {
  const { texts } = page;
  const selected = page.marks.find((mark) => mark.id === page.viewer.selected);
  const kind = selected ? selected.kind : review.draft.kind;
  const words = selected ? texts.kind_of_defect : kind ? fill(texts.kind_is, { kind: `${kind} ${page.names.get(kind)}` }) : texts.kind_of_case;
  const chip = (key, code, name, act) => {
    const made = make("button.kind-chip", { type: "button", ariaPressed: code !== null && code === kind, title: `${code ?? ""} ${name}` }, keyCap(key), make("span", { textContent: name }));
    made.addEventListener("click", () => { made.blur(); act(); });
    return made;
  };
  const chips = review.keys.kinds.map((code, index) => code && chip(`${index + 1}`, code, page.names.get(code), () => page.relabel(code)));
  const whose = fill(texts.keys_of, { recipe: review.recipe });
  const edit = make("a.keys-edit", { href: `/review/keys?recipe=${encodeURIComponent(review.recipe)}`, textContent: texts.set_keys });
  const source = make("div.keys-source.muted", { title: review.keys.set }, make("span", { textContent: whose }), page.may_set_keys ? edit : null);
  return make("div.case-kinds", {}, make("h2.card-title", { textContent: words }), make("div.kind-chips", {}, ...chips, chip("K", null, texts.other_kind, () => page.chooseKind())), source);
}
