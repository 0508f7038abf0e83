// Cases on their way through a reader's hands: `ready` (claimed, picture decoded) -> `current` (on screen, with the
// reader's draft) -> `outbox` (answered, being saved) -> `past` (saved; undo brings it back).
//
// What is not saved yet lies in the tab's session storage as well: neither an error nor a reload loses it.

const PREFETCHED = 4;
const REMEMBERED = 12;
const MOST_HELD = 50;
// The server won't take the answer, however often it is sent: somebody else has given it.
const CONFLICT = 409;
const LOOK_EVERY_MS = 5000;
// Below the time after which the server hands a case to somebody else.
const IDLE_MS = 240000;
const LONGEST_PICTURE_MS = 100;
const KEEPALIVE_BYTES = 60000;
const EMPTY_DRAFT = Object.freeze({ kind: null, note: "", corrections: [] });

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// What went wrong, as a sentence for the reader.
class Trouble extends Error {
  // `earlier`: the answer that stands in the way.
  constructor(sentence, status = 0, earlier = null) {
    super(sentence);
    this.status = status;
    this.earlier = earlier;
  }
}

class CaseQueue {
  // `screen`: show(case or null), renderState() after each look at the server, tell(sentence, isTrouble),
  // sayEarlier(answer).
  constructor(person, visit, texts, screen) {
    this.person = person;
    this.visit = visit;
    this.texts = texts;
    this.screen = screen;
    this.ready = [];
    this.current = null;
    this.outbox = [];
    this.past = [];
    this.answered = new Set();
    this.kept = new Map();
    this.wanted = { rolls: [], lanes: [], kinds: [], verdicts: [] };
    this.progress = null;
    this.loadTrouble = null;
    this.isLoaded = false;
    this.isRefilling = false;
    this.isSending = false;
    this.activeAt = Date.now();
  }

  async start(sequence) {
    this.restore();
    window.addEventListener("beforeunload", (event) => { if (this.outbox.length) event.preventDefault(); });
    window.addEventListener("pagehide", () => this.leave());
    // A page that the browser had kept has given back what it held.
    window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    for (const sign of ["keydown", "pointermove", "wheel"]) window.addEventListener(sign, () => { this.activeAt = Date.now(); });
    if (sequence !== null) await this.open(sequence);
    await this.refill();
    this.send();
    setInterval(() => { if (!document.hidden) this.refill(); }, LOOK_EVERY_MS);
  }

  get isFiltered() { return Object.values(this.wanted).some((values) => values.length); }

  // --- the server

  async ask(path, content = {}) {
    const body = JSON.stringify({ visit: this.visit, ...content });
    const keepalive = body.length < KEEPALIVE_BYTES;
    let answer;
    try {
      answer = await fetch(`/review/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive });
    } catch {
      throw new Trouble(this.texts.not_reached);
    }
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) return told;
    if (answer.status === 401) throw new Trouble(this.texts.session_over);
    const detail = typeof told.detail === "string" ? told.detail : `${answer.status} ${JSON.stringify(told.detail ?? "")}`;
    throw new Trouble(detail, answer.status, told.earlier);
  }

  // Have the next cases here. Skipped ones stay claimed, and come again when there are no others. Who has gone away only
  // looks at the progress, so that the cases in their hands go to others.
  async refill() {
    if (this.isRefilling) return;
    this.isRefilling = true;
    const { wanted } = this;
    try {
      const skipped = this.ready.filter((each) => each.isSkipped).length;
      const isIdle = Date.now() - this.activeAt > IDLE_MS;
      const count = isIdle ? 0 : PREFETCHED + skipped + this.outbox.length + (this.current ? 1 : 0);
      const told = await this.ask("cases", { count: Math.min(count, MOST_HELD), wanted });
      if (wanted === this.wanted) this.welcome(told);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      this.loadTrouble = trouble.message;
    }
    this.isRefilling = false;
    if (wanted !== this.wanted) return this.refill();
    this.screen.renderState();
  }

  welcome(told) {
    this.progress = told.progress;
    this.loadTrouble = null;
    this.isLoaded = true;
    const known = new Set([this.current, ...this.ready].map((each) => each?.sequence));
    for (const fresh of told.cases) {
      if (known.has(fresh.sequence) || this.answered.has(fresh.sequence)) continue;
      const skipped = this.ready.findIndex((each) => each.isSkipped);
      this.ready.splice(skipped < 0 ? this.ready.length : skipped, 0, this.prepared(fresh));
    }
    if (!this.current) this.next();
  }

  prepared(fresh) {
    // What this reader has answered is shown as they left it.
    const { mine } = fresh;
    const base = mine ? { kind: mine.kind, note: mine.note, corrections: mine.corrections } : EMPTY_DRAFT;
    const draft = this.kept.get(fresh.sequence) ?? base;
    const prepared = { ...fresh, base, draft, isChanging: false, steps: [], frame: null, panes: [], isMissing: false, isSkipped: false };
    (fresh.views.length ? loadViews(fresh.sequence, fresh.views, fresh.piece).then((panes) => this.takePanes(prepared, panes)) : loadFrame(fresh.sequence))
      .then((frame) => { prepared.frame = frame; }, () => { prepared.isMissing = true; })
      .then(() => { if (prepared === this.current) this.screen.show(prepared); });
    return prepared;
  }

  // A view of which a picture is kept comes first: there must be one to draw on.
  takePanes(prepared, panes) {
    panes.sort((one, other) => (other.frame !== null) - (one.frame !== null));
    if (panes[0].frame === null) throw new Error("no frame is kept");
    prepared.panes = panes;
    return panes[0].frame;
  }

  async open(sequence) {
    try {
      this.present(this.prepared(await this.ask(`cases/${sequence}`)));
    } catch (trouble) {
      this.screen.tell(trouble.message, true);
    }
  }

  filter(wanted) {
    const held = [this.current, ...this.ready].filter(Boolean);
    this.wanted = wanted;
    this.current = null;
    this.ready = [];
    this.isLoaded = false;
    this.screen.show(null);
    if (held.length) this.ask("release", { sequences: held.map((each) => each.sequence) }).catch(() => {});
    this.refill();
  }

  leave() {
    const sequences = [this.current, ...this.ready].filter(Boolean).map((each) => each.sequence);
    const told = { visit: this.visit, sequences: sequences.slice(0, MOST_HELD), goes: true };
    navigator.sendBeacon("/review/release", new Blob([JSON.stringify(told)], { type: "application/json" }));
  }

  // --- the reader

  // Put a case on screen; the one that was there comes next.
  present(shown) {
    if (this.current && this.current.sequence !== shown.sequence) this.ready.unshift(this.current);
    this.ready = this.ready.filter((each) => each.sequence !== shown.sequence);
    this.current = shown;
    shown.isSkipped = false;
    this.screen.show(shown);
  }

  next() {
    this.current = this.ready.shift() ?? null;
    this.screen.show(this.current);
  }

  // `lookedS`: how long the case was looked at.
  answer(word, lookedS) {
    const review = this.current;
    const replaces = review.mine?.number ?? null;
    const answer = { sequence: review.sequence, answer: word, looked_s: lookedS, replaces, ...review.draft };
    this.answered.add(review.sequence);
    this.outbox.push(sendable(answer, review));
    this.next();
    this.store();
    afterPicture(() => this.send());
  }

  skip() {
    const skipped = this.current;
    skipped.isSkipped = true;
    if (!skipped.isRefused) this.ready.push(skipped);
    this.next();
    afterPicture(() => this.refill());
  }

  // Change the draft of the case on screen; `stepBack` returns to what it was.
  edit(change) {
    this.current.steps.push(this.current.draft);
    this.current.draft = { ...this.current.draft, ...change };
    this.store();
  }

  stepBack() {
    if (!this.current?.steps.length) return false;
    this.current.draft = this.current.steps.pop();
    this.store();
    return true;
  }

  // Take back the last answer of this visit; the case comes back as it was left. False: there is none.
  async undo() {
    const waiting = this.outbox.at(-1);
    if (waiting && !(await waiting.saved)) return true;
    const entry = this.past.pop();
    if (!entry) return false;
    const { sequence } = entry.answer;
    try {
      const opened = await this.ask(`answers/${entry.number}/undo`);
      this.answered.delete(sequence);
      const { mine } = opened;
      this.present(entry.review ? Object.assign(entry.review, { mine, isChanging: false }) : this.prepared(opened));
      this.screen.tell(fill(this.texts.undone, { sequence }), false);
      this.refill();
    } catch (trouble) {
      this.past.push(entry);
      this.screen.tell(fill(this.texts.undo_failed, { sequence, why: trouble.message }), true);
    }
    return true;
  }

  // Save the answers one by one, in their order.
  async send() {
    if (this.isSending) return;
    this.isSending = true;
    while (this.outbox.length) await this.save(this.outbox[0]);
    this.isSending = false;
    this.refill();
  }

  forget(review) {
    if (review?.panes.length) forgetPanes(review.panes);
    else forgetFrame(review?.frame);
  }

  async save(entry) {
    let isSaved = false;
    try {
      entry.number = (await this.ask("answers", entry.answer)).number;
      isSaved = true;
      this.outbox.shift();
      this.past.push(entry);
      for (const old of this.past.splice(0, this.past.length - REMEMBERED)) this.forget(old.review);
    } catch (trouble) {
      this.outbox.shift();
      this.bringBack(entry, trouble);
    }
    this.store();
    entry.settle(isSaved);
  }

  bringBack({ answer, review }, trouble) {
    const { sequence, kind, note, corrections } = answer;
    this.answered.delete(sequence);
    this.kept.set(sequence, { kind, note, corrections });
    const mine = trouble.earlier ?? review?.mine ?? null;
    if (review) this.present(Object.assign(review, { isRefused: trouble.status === CONFLICT, mine, isChanging: !trouble.earlier && review.isChanging }));
    else this.open(sequence);
    const why = trouble.earlier ? this.screen.sayEarlier(trouble.earlier) : trouble.message;
    this.screen.tell(fill(this.texts.not_saved, { sequence, why }), true);
  }

  // --- over a reload

  get storageName() { return `review of ${this.person}`; }

  store() {
    for (const each of [this.current, ...this.ready]) {
      if (each && each.draft !== each.base) this.kept.set(each.sequence, each.draft);
    }
    for (const { answer } of this.past) this.kept.delete(answer.sequence);
    const kept = { answers: this.outbox.map((entry) => entry.answer), drafts: [...this.kept] };
    sessionStorage.setItem(this.storageName, JSON.stringify(kept));
  }

  restore() {
    const kept = JSON.parse(sessionStorage.getItem(this.storageName) ?? '{"answers": [], "drafts": []}');
    this.kept = new Map(kept.drafts);
    for (const answer of kept.answers) {
      this.outbox.push(sendable(answer, null));
      this.answered.add(answer.sequence);
    }
  }
}

// Does something as soon as the next picture is drawn, or soon in a tab that nobody sees: what only the server waits for
// makes no reader wait.
function afterPicture(work) {
  let isDue = true;
  const once = () => {
    if (isDue) work();
    isDue = false;
  };
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = once;
  requestAnimationFrame(() => port2.postMessage(null));
  setTimeout(once, LONGEST_PICTURE_MS);
}

// `saved` tells whether it was, once that is known; `review` is the case as it was left, null after a reload.
function sendable(answer, review) {
  let settle;
  const saved = new Promise((resolve) => { settle = resolve; });
  return { answer, review, saved, settle };
}
