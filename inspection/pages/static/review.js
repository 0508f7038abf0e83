// The review page: filters and progress above, the frame on the left, the case and the answers on the right.

const VERDICT_ICONS = { accept: "check_circle", reject: "cancel", uninspected: "help" };
const ANSWERS = [["confirmed", "C", "confirm", "check"], ["overruled", "X", "overrule", "close"], ["unsure", "U", "unsure", "question_mark"]];
const PAN_STEP = 0.2;
const ZOOM_STEP = 1.4;
const WORDS_AGAIN_MS = 2000;
// A drawn box that shares less with an object is about something else.
const LEAST_OVERLAP = 0.2;

class ReviewPage {
  constructor(host, words) {
    Object.assign(this, words);
    this.host = host;
    this.names = new Map(this.kinds.map(({ code, name }) => [code, name]));
    this.lastKinds = this.last_kinds;
    this.said = null;
    this.shownAt = 0;
    this.address = new ReviewAddress();
    this.queue = new CaseQueue(this.person, this.visit, this.texts, this);
    this.build();
    this.viewer = new FrameViewer(this.stage, {
      selected: (id) => { this.viewer.select(id); this.render(); },
      drawn: (shape, viewer = this.viewer) => this.drawn(this.views.drawingsOf(viewer, shape), this.views.positionsOf(viewer)),
      changed: () => {
        this.views?.matchContrast();
        this.tools?.render();
      },
    });
    this.views = new ViewPanes(this.stageFrame, this.viewer, words.texts);
    this.keys = this.keyTable();
    this.tools = new FrameTools(this.toolbar, this.hint, this.viewer, this.views, this.texts, (key) => this.keys[key]());
    document.addEventListener("keydown", (event) => this.press(event));
    this.render();
    this.takeFilters();
    const { texts } = this;
    const { asked } = this.address;
    if (asked !== null && !/^\d{1,15}$/.test(asked)) this.tell(fill(texts.no_such_case, { case: asked }), true);
    this.queue.start(/^\d{1,15}$/.test(asked ?? "") ? Number(asked) : null);
  }

  // The place on the page, when that is there.
  moveInto(place) {
    place.append(...this.host.children);
    place.classList.toggle("is-empty", this.host.classList.contains("is-empty"));
    this.host = place;
  }

  // --- what the queue tells

  show(review) {
    this.marks = review ? marksOf(review, this.names, this.texts) : [];
    this.views.show(review?.frame ?? null, review?.panes ?? [], this.marks);
    if (review) this.watchKeys(review);
    this.address.name(review?.sequence ?? null);
    this.shownAt = performance.now();
    this.render();
    if (review?.frame) {
      this.stage.dataset.sequence = review.sequence;
      this.stage.dispatchEvent(new CustomEvent("case-shown", { detail: review.sequence, bubbles: true }));
      if (this.viewer.showsWeb) this.loadNeighbours();
    } else delete this.stage.dataset.sequence;
  }

  // Whose hand knows the keys must hear of others: of another recipe, or set anew meanwhile.
  watchKeys({ recipe, keys }) {
    const kinds = keys.kinds.join();
    if (this.handKnows !== undefined && this.handKnows !== kinds) this.said = { sentence: fill(this.texts.other_keys, { recipe }), isTrouble: true };
    this.handKnows = kinds;
  }

  tell(sentence, isTrouble) {
    this.said = { sentence, isTrouble };
    this.renderState();
  }

  sayEarlier(earlier) { return earlierAnswer(this, earlier); }

  // --- what the reader does

  answer(word) {
    const review = this.queue.current;
    if (!review || this.viewer.tool) return;
    if (review.mine && !review.isChanging) return this.tell(`${earlierAnswer(this, review.mine)} ${this.texts.change_first}`, true);
    const nameless = this.marks.find((mark) => mark.change === "added" && !mark.kind);
    if (nameless) {
      this.viewer.select(nameless.id, true);
      this.tell(this.texts.kind_first, true);
      return this.chooseKind();
    }
    this.said = { sentence: fill(this.texts.done[word], review), isTrouble: false };
    this.queue.answer(word, Math.round(performance.now() - this.shownAt) / 1000);
  }

  skip() {
    const review = this.queue.current;
    if (!review) return;
    this.said = { sentence: fill(this.texts.skipped, review), isTrouble: false };
    this.queue.skip();
  }

  async undo() {
    if (this.views.dropCorner()) return;
    if (this.queue.stepBack()) return this.refreshMarks();
    if (!(await this.queue.undo())) this.tell(this.texts.nothing_to_undo, false);
  }

  // To put another answer in the place of one's own takes a step of its own.
  change() {
    const review = this.queue.current;
    if (!review?.mine) return;
    review.isChanging = true;
    this.tell(this.texts.changing, false);
    this.render();
  }

  // The kind of the selected object, or of the whole case; the key of the case's kind takes it away again.
  relabel(kind) {
    const review = this.queue.current;
    if (!review) return;
    if (this.viewer.selected === null && review.draft.kind === kind) {
      this.queue.edit({ kind: null });
      this.refreshMarks();
    } else this.giveKind(kind);
  }

  giveKind(kind) {
    const review = this.queue.current;
    const selected = this.marks.find((mark) => mark.id === this.viewer.selected);
    if ((selected ? selected.kind : review.draft.kind) === kind) return;
    this.lastKinds[review.recipe] = kind;
    if (selected) this.correct(selected.id, (correction) => ({ ...correction, change: correction.change ?? "relabelled", kind }));
    else this.queue.edit({ kind });
    this.refreshMarks();
  }

  // `drawings`: in each frame that shows a part of it; they stand in place of what was drawn in the same view, whose
  // frames are at `positions`.
  drawn(drawings, positions) {
    if (!drawings.length) return;
    const id = this.viewer.selected;
    if (id !== null) {
      const { views } = this.queue.current;
      this.correct(id, (before) => {
        const others = drawingsIn(before).filter(({ view }) => views.length && !positions.includes(view ?? ownPosition(this.queue.current)));
        return { kind: before.kind, change: before.change === "added" ? "added" : "redrawn", ...drawnAs([...drawings, ...others]) };
      });
      this.refreshMarks();
      return;
    }
    // Without a kind until its reader has given one: what is proposed is no answer.
    const { corrections } = this.queue.current.draft;
    this.queue.edit({ corrections: [...corrections, said({ change: "added", ...drawnAs(drawings) })] });
    this.refreshMarks();
    this.viewer.select(`added ${corrections.length}`);
    this.render();
    this.chooseKind();
  }

  // What an object most likely is that somebody drew: what the station found there, else what this reader saw last.
  likelyKind(drawn) {
    const [viewer, own] = this.views.drawnIn(drawn.id) ?? [this.viewer, drawn];
    const found = viewer.marks
      .filter((mark) => mark.id !== drawn.id && mark.change !== "removed" && this.names.has(mark.kind))
      .map((mark) => ({ kind: mark.kind, part: overlap(mark.box, own.box) }))
      .filter(({ part }) => part >= LEAST_OVERLAP)
      .sort((one, other) => other.part - one.part)[0];
    if (found) return { kind: found.kind, why: this.texts.likely_found };
    const last = this.lastKinds[this.queue.current.recipe];
    return this.names.has(last) ? { kind: last, why: this.texts.likely_last } : { kind: null, why: this.texts.likely_none };
  }

  // Station's objects are removed, and put back when they were; drawn ones go.
  remove(id = this.viewer.selected) {
    if (id === null || !this.queue.current) return;
    if (typeof id === "string") this.correct(id, () => null);
    else this.correct(id, ({ change }) => (change === "removed" ? null : { change: "removed" }));
    this.refreshMarks();
  }

  // Replace the correction of one object by what `change` makes of it; null takes it away.
  correct(id, change) {
    const { corrections } = this.queue.current.draft;
    const place = typeof id === "string" ? Number(id.split(" ")[1]) : corrections.findIndex((each) => each.defect === id);
    const before = place < 0 ? {} : corrections[place];
    const after = change(before.change === "removed" ? {} : before);
    const isUndone = before.change === "removed" && after?.change === "removed";
    const kept = corrections.filter((_, index) => index !== place);
    if (after && !isUndone) {
      const whole = typeof id === "string" ? { kind: before.kind, ...after } : { defect: id, ...after };
      kept.splice(place < 0 ? kept.length : place, 0, said(whole));
    }
    this.queue.edit({ corrections: kept });
  }

  refreshMarks() {
    this.marks = marksOf(this.queue.current, this.names, this.texts);
    this.views.setMarks(this.marks);
    this.render();
  }

  nextObject() {
    const ids = this.marks.map((mark) => mark.id);
    const next = ids[ids.indexOf(this.viewer.selected) + 1] ?? null;
    this.viewer.select(next, true);
    if (next === null) this.viewer.setMode("focus");
    this.render();
  }

  async toggleWeb() {
    this.viewer.toggle("showsWeb");
    if (this.viewer.showsWeb) await this.loadNeighbours();
  }

  async loadNeighbours() {
    const review = this.queue.current;
    if (!review) return;
    const load = async (neighbour) => {
      if (!neighbour) return null;
      const words = fill(this.texts.not_kept, { ...neighbour, verdict: this.texts.verdicts[neighbour.verdict] });
      const frame = neighbour.has_image ? await loadFrame(neighbour.sequence).catch(() => null) : null;
      return { frame, words: frame ? `#${neighbour.sequence} ${this.texts.verdicts[neighbour.verdict]}` : words };
    };
    review.sides ??= Promise.all([load(review.before), load(review.after)]);
    const sides = await review.sides;
    if (review === this.queue.current) this.viewer.setNeighbours(...sides);
  }

  draw(tool) { this.views.setTool(tool); }

  // --- keys

  keyTable() {
    const { viewer } = this;
    const pan = (across, along) => () => viewer.pan(across * PAN_STEP * viewer.width, along * PAN_STEP * viewer.height);
    return {
      a: () => this.change(),
      c: () => this.answer("confirmed"),
      x: () => this.answer("overruled"),
      u: () => this.answer("unsure"),
      z: () => this.undo(),
      s: () => this.skip(),
      k: () => this.chooseKind(),
      n: () => this.note.focus(),
      d: () => this.nextObject(),
      f: () => viewer.setMode("fit"),
      p: () => viewer.setMode("pixels"),
      e: () => viewer.zoom(ZOOM_STEP),
      "+": () => viewer.zoom(ZOOM_STEP),
      r: () => viewer.zoom(1 / ZOOM_STEP),
      "-": () => viewer.zoom(1 / ZOOM_STEP),
      t: () => viewer.toggleContrast(),
      l: () => viewer.toggle("showsOutlines"),
      w: () => this.toggleWeb(),
      v: () => this.views.switch(),
      o: () => this.views.overlay(),
      b: () => this.draw("box"),
      y: () => this.draw("polygon"),
      arrowleft: pan(-1, 0),
      arrowright: pan(1, 0),
      arrowup: pan(0, -1),
      arrowdown: pan(0, 1),
      delete: () => this.remove(),
      enter: () => this.views.closePolygon(),
      escape: () => (viewer.tool ? viewer.endTool() : (viewer.select(null), this.render())),
    };
  }

  press(event) {
    if (document.querySelector(".q-dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.chooser.open || event.target.closest?.("input, select, textarea")) return;
    if (event.target.closest?.("button, a, summary") && (event.key === "Enter" || event.key === " ")) return;
    // The digits' row by place: on a French keyboard it gives digits with Shift only.
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    const isAnswer = "acxuzs".includes(event.key.toLowerCase());
    const kind = this.queue.current?.keys.kinds[digit - 1];
    const act = digit ? kind && (() => this.relabel(kind)) : this.keys[event.key.toLowerCase()];
    if (!act || (event.repeat && (digit || isAnswer))) return;
    event.preventDefault();
    act();
  }

  // --- the screen

  build() {
    const { texts } = this;
    this.filters = make("div.review-filters");
    this.progressWord = make("div.review-progress.number", { role: "status" });
    this.saidBar = make("div.review-said", { role: "status", ariaLive: "polite" });
    this.stage = make("div.viewer");
    this.notice = make("div.viewer-notice");
    this.toolbar = make("div.review-tools");
    this.hint = make("div.review-hint", { role: "status" });
    this.panel = make("div.review-panel");
    this.buttons = make("div.review-answers");
    this.note = make("input.review-note", { placeholder: `${texts.note_hint} (N)`, maxLength: 2000, ariaLabel: texts.note });
    this.note.addEventListener("change", () => { if (this.queue.current) this.queue.edit({ note: this.note.value.trim() }); });
    this.note.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "Escape") this.note.blur();
      event.stopPropagation();
    });
    this.chooser = kindChooser(this.kinds, texts, (code) => this.giveKind(code));
    this.buildFilters();
    this.stageFrame = make("div.review-stage", {}, this.stage, this.notice, this.hint);
    this.host.append(
      make("div.review-bar", {}, this.filters, this.saidBar, this.progressWord),
      make("div.review-left", {}, this.stageFrame, this.toolbar),
      make("aside.review-right", {}, this.panel, this.note, this.buttons),
      this.chooser,
    );
  }

  buildFilters() {
    const { texts } = this;
    const lanes = this.lanes.map((lane) => [lane, `${texts.lane} ${lane}`]);
    const choices = [
      ["rolls", texts.all_rolls, this.rolls.map((roll) => [roll, roll])],
      ["lanes", texts.all_lanes, lanes],
      ["kinds", texts.all_kinds, this.kinds.map(({ code, name }) => [code, `${code} ${name}`])],
      ["verdicts", texts.all_verdicts, Object.entries(texts.verdicts)],
    ];
    for (const [name, all, values] of choices) {
      const select = make("select.review-filter", { name, ariaLabel: all }, new Option(all, ""));
      for (const [value, word] of values) select.append(new Option(word, value));
      select.addEventListener("change", () => {
        const chosen = select.value === "" ? [] : [name === "lanes" ? Number(select.value) : select.value];
        select.blur();
        this.filter({ ...this.queue.wanted, [name]: chosen });
      });
      this.filters.append(select);
    }
  }

  clearFilters() {
    for (const select of this.filters.children) select.value = "";
    this.filter({ rolls: [], lanes: [], kinds: [], verdicts: [] });
  }

  filter(wanted) {
    this.address.filter(wanted);
    this.queue.filter(wanted);
  }

  // As the address has them; what it asks for and nothing has is said, not left out in silence.
  takeFilters() {
    for (const select of this.filters.children) {
      const asked = this.address.filterOf(select.name);
      if (asked === null) continue;
      const isThere = [...select.options].some((option) => option.value === asked && asked !== "");
      if (!isThere) this.tell(fill(this.texts.no_such_filter, { value: asked }), true);
      else {
        select.value = asked;
        this.queue.wanted[select.name] = [select.name === "lanes" ? Number(asked) : asked];
      }
    }
  }

  chooseKind() {
    const review = this.queue.current;
    if (!review) return;
    const selected = this.marks.find((mark) => mark.id === this.viewer.selected);
    if (selected && !selected.kind) this.chooser.begin(this.likelyKind(selected));
    else this.chooser.begin({ kind: selected ? selected.kind : review.draft.kind, why: "" });
  }

  render() {
    const review = this.queue.current;
    if (document.activeElement !== this.note) this.note.value = review?.draft.note ?? "";
    this.note.disabled = !review;
    const isSame = review === this.rendered;
    const scrolled = isSame ? (this.panel.querySelector(".case-scroll")?.scrollTop ?? 0) : 0;
    this.isMoreOpen = this.panel.querySelector("details")?.open ?? false;
    this.panel.replaceChildren(...(review ? casePanel(this, review) : []));
    if (scrolled) this.panel.querySelector(".case-scroll")?.scrollTo(0, scrolled);
    this.panel.querySelector(".mark-row.is-selected")?.scrollIntoView({ block: "nearest" });
    this.rendered = review;
    this.buttons.replaceChildren(...this.answerButtons(review));
    this.tools.render();
    this.renderState();
  }

  // Progress, what was said last, and what stands in the picture's place.
  renderState() {
    const { texts, queue } = this;
    const { progress } = queue;
    this.host.classList.toggle("is-empty", !queue.current?.frame);
    const left = progress && Math.max(0, progress.left - queue.outbox.length);
    this.progressWord.textContent = progress ? fill(progress.others ? texts.left : texts.left_alone, { left, others: progress.others }) : "";
    this.saidBar.textContent = this.said?.sentence ?? "";
    this.saidBar.classList.toggle("is-trouble", Boolean(this.said?.isTrouble));
    this.saidBar.role = this.said?.isTrouble ? "alert" : "status";
    this.notice.replaceChildren(...this.noticeOf(queue.current));
  }

  noticeOf(review) {
    const { texts, queue } = this;
    if (review?.frame) return [];
    const notice = (symbol, title, advice, ...more) => [
      make("div.notice", {}, make("i.material-icons.notice-icon", { textContent: symbol }), make("div.notice-title", { textContent: title }),
        make("div.notice-advice", { textContent: advice ?? "" }), ...more),
    ];
    const button = (word, act) => {
      const made = make("button.review-button", { type: "button", textContent: word });
      made.addEventListener("click", act);
      return made;
    };
    if (review) return notice(...(review.isMissing ? ["image_not_supported", texts.no_picture] : ["hourglass_empty", texts.loading_picture]));
    if (queue.loadTrouble) return notice("error", texts.failed, queue.loadTrouble, button(texts.try_again, () => queue.refill()));
    if (!queue.isLoaded) return notice("hourglass_empty", texts.loading);
    if (queue.isFiltered) return notice("filter_alt_off", texts.nothing_found, texts.nothing_found_advice, button(texts.clear_filters, () => this.clearFilters()));
    return notice("task_alt", texts.nothing_left, texts.nothing_left_advice);
  }

  answerButtons(review) {
    const { texts } = this;
    const action = (classes, act, key, symbol, word, meaning) => {
      const button = make(`button.${classes}`, { type: "button", disabled: !review }, keyCap(key), icon(symbol),
        make("span.answer-word", { textContent: word }), meaning ? make("span.answer-meaning", { textContent: meaning }) : null);
      button.addEventListener("click", () => { button.blur(); act(); });
      return button;
    };
    const meanings = texts.means[review?.verdict ?? "reject"];
    const main = ANSWERS.map(([word, key, name, symbol]) =>
      action(`review-answer.answer-${word}`, () => this.answer(word), key, symbol, texts[name], meanings[word]));
    const undo = action("review-minor", () => this.undo(), "Z", "undo", texts.undo);
    undo.disabled = false;
    return [make("div.answer-row", {}, ...main), make("div.answer-row.minor", {}, action("review-minor", () => this.skip(), "S", "skip_next", texts.skip), undo)];
  }
}

// Without what says nothing.
const said = (correction) => Object.fromEntries(Object.entries(correction).filter(([, value]) => value != null));

// The part of the smaller box that both have in common.
function overlap(one, other) {
  const across = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const along = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  if (across <= 0 || along <= 0) return 0;
  const area = ([left, top, right, bottom]) => (right - left) * (bottom - top);
  return (across * along) / Math.min(area(one), area(other));
}

// All is made, and the first pictures are fetched, while NiceGUI makes the frame of the page, which takes longer. Without a
// session the reload leads to the login.
async function openReview() {
  const answer = await fetch("/review/words").catch(() => null);
  if (answer?.status === 401 || answer?.status === 403) return location.reload();
  if (!answer?.ok) return setTimeout(openReview, WORDS_AGAIN_MS);
  const page = new ReviewPage(make("div"), await answer.json());
  const move = () => {
    const place = document.getElementById("review");
    if (place) page.moveInto(place);
    else requestAnimationFrame(move);
  };
  move();
}

openReview();
