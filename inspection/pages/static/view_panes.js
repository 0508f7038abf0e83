// The views of one piece beside each other, one pane for each, linked in zoom and pan by their places on the web; or one
// of them alone, or all laid over the leading one. A piece that one camera alone saw has a single pane, and no link.

// Millimetres on the web (across, along) of a frame's pixels; null where nobody knows them.
function toWeb(told, { width, height }) {
  const { first_cd_mm: first, last_cd_mm: last, start_mm: start, length_mm: length, skew_mm: skew } = told;
  if ([first, last, start, length].includes(null) || first === last || !length) return null;
  return new DOMMatrix([(last - first) / width, skew / width, 0, length / height, first, start - skew / 2]);
}

function mapped(matrix, x, y) {
  const point = matrix.transformPoint({ x, y });
  return [point.x, point.y];
}

function mappedBox(matrix, [left, top, right, bottom]) {
  const corners = [[left, top], [right, top], [right, bottom], [left, bottom]].map((corner) => mapped(matrix, ...corner));
  return outerBox(corners);
}

function outerBox(corners) {
  const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

const joined = (one, other) => [Math.min(one[0], other[0]), Math.min(one[1], other[1]), Math.max(one[2], other[2]), Math.max(one[3], other[3])];

// The pictures of a decision: `{frame, panes}`, the leading view's first. A pane's `frame` is null where none is kept;
// it is the view's first that has pixels, with the others of the view laid beside it.
async function loadViews(sequence, told, piece) {
  const load = (each) => (each.has_image ? loadFrame(sequence, each.position).catch(() => null) : null);
  const loaded = await Promise.all(told.map(({ frames }) => Promise.all(frames.map(load))));
  const panes = told.map(({ view, frames }, number) => paneOf(view, frames, loaded[number]));
  const placed = panes.filter((pane) => pane.web);
  // In px of each pane: what any of them shows, so that all of it can be looked at from each.
  for (const pane of placed) {
    const all = placed.map((other) => mappedBox(pane.web.inverse().multiply(other.web), other.frame.reach));
    pane.wholeReach = all.reduce(joined, pane.frame.reach);
    if (piece) pane.frame.piece = pieceIn(pane, piece);
  }
  for (const pane of placed) Object.assign(pane.frame, { own: pane.frame.reach, reach: pane.wholeReach });
  return panes;
}

function paneOf(view, frames, loaded) {
  const base = loaded.findIndex((frame) => frame !== null);
  const sizes = loaded.map((frame) => frame && [frame.width, frame.height]);
  const pane = { view, told: frames, sizes, base, frame: loaded[base] ?? null, web: null, toPane: frames.map(() => null) };
  if (pane.frame === null) return pane;
  pane.web = toWeb(frames[base], pane.frame);
  pane.frame.beside = [];
  frames.forEach((each, number) => {
    const web = loaded[number] && toWeb(each, loaded[number]);
    if (number === base) pane.toPane[number] = new DOMMatrix();
    else if (web && pane.web) {
      const { width, height } = loaded[number];
      pane.toPane[number] = pane.web.inverse().multiply(web);
      pane.frame.beside.push({ frame: loaded[number], matrix: pane.toPane[number] });
      pane.frame.reach = joined(pane.frame.reach, mappedBox(pane.toPane[number], [0, 0, width, height]));
    } else forgetFrame(loaded[number]);
  });
  return pane;
}

// The piece's outline in px of a pane; null where its frames show the piece and nothing else.
function pieceIn({ web, frame }, { start_mm: start, end_mm: end }) {
  const back = web.inverse();
  const [left, top, right, bottom] = frame.reach;
  const across = [left, right].map((x) => mapped(web, x, (top + bottom) / 2)[0]);
  const corners = [[across[0], start], [across[1], start], [across[1], end], [across[0], end]].map((corner) => mapped(back, ...corner));
  const ys = corners.map((corner) => corner[1]);
  const isAll = Math.min(...ys) <= top + 0.5 && Math.max(...ys) >= bottom - 0.5;
  return isAll ? null : { corners };
}

function forgetPanes(panes) {
  for (const { frame } of panes) forgetFrame(frame);
}

class ViewPanes {
  // `stage` surrounds the leading viewer, `lead`; `texts` has the words.
  constructor(stage, lead, texts) {
    Object.assign(this, { stage, lead, texts });
    this.panes = [];
    this.followers = [];
    this.layout = "beside";
    this.shown = null;
    this.title = make("div.pane-title");
    lead.host.append(this.title);
    lead.events.looked = () => this.link(this.lead);
    lead.events.chosen = (id) => this.followers.forEach((viewer) => viewer.select(id));
    this.watchTool(lead);
    new ResizeObserver(() => { if (this.isLinked) this.arrange(); }).observe(stage);
  }

  get isLinked() { return this.panes.length > 1; }

  // `panes` as `loadViews` gives them, none for a piece that one camera saw: then `frame` is all.
  show(frame, panes, marks) {
    if (!panes.length && !this.panes.length) return this.lead.show(frame, marks);
    const leading = this.layout === "alone" && !panes.some(({ view }) => view === this.shown) ? "beside" : this.layout;
    this.panes = panes;
    this.layout = panes.length > 1 ? leading : "beside";
    while (this.followers.length > Math.max(0, panes.length - 1)) this.followers.pop().host.remove();
    while (this.followers.length < panes.length - 1) this.followers.push(this.follower());
    this.arrange();
    this.lead.show(frame, this.inLead(marks));
    this.followers.forEach((viewer, place) => {
      const pane = panes[place + 1];
      viewer.flip = pane.web && this.leadWeb && pane.web.a * this.leadWeb.a < 0 ? -1 : 1;
      viewer.show(pane.frame, []);
    });
    this.setMarks(marks);
    this.link(this.lead);
  }

  get viewers() { return [this.lead, ...this.followers]; }

  get leadWeb() { return this.panes[0]?.web ?? null; }

  follower() {
    const host = make("div.viewer-pane");
    this.lead.host.after(host);
    const viewer = new FrameViewer(host, {
      selected: (id) => this.lead.events.selected(id),
      drawn: (shape) => this.lead.events.drawn(shape, viewer),
      changed: () => {},
    });
    this.watchTool(viewer);
    viewer.follows = true;
    viewer.mode = "free";
    viewer.range = this.lead.range;
    viewer.events.looked = () => this.link(viewer);
    viewer.title = make("div.pane-title");
    host.append(viewer.title);
    return viewer;
  }

  // What each view shows of the objects; first those that a reason is about.
  setMarks(marks) {
    const { selected } = this.lead;
    this.lead.setMarks(this.inLead(marks));
    // What one view alone can show is selected all the same.
    if (marks.some((mark) => mark.id === selected)) this.lead.selected = selected;
    this.followers.forEach((viewer, place) => {
      viewer.marks = marksInPane(marks, this.panes, this.panes[place + 1], this.texts);
      viewer.selected = this.lead.selected;
      viewer.draw();
    });
  }

  inLead(marks) {
    return this.panes.length ? marksInPane(marks, this.panes, this.panes[0], this.texts) : marks;
  }

  // All others look at what one of them looks at.
  link(source) {
    if (!this.isLinked || this.isLinking) return;
    this.isLinking = true;
    const { viewers } = this;
    const from = this.panes[viewers.indexOf(source)];
    viewers.forEach((viewer, place) => {
      const to = this.panes[place];
      if (viewer === source || !from?.web || !to?.web) return;
      const scale = (source.view.scale / Math.abs(from.web.a)) * Math.abs(to.web.a);
      if (viewer === this.lead) viewer.mode = "free";
      viewer.lookAt(...mapped(to.web.inverse().multiply(from.web), source.view.x, source.view.y), scale);
      viewer.redraw();
    });
    this.isLinking = false;
    this.stage.dataset.looks = this.viewers.map(({ view }) => `${view.x.toFixed(2)},${view.y.toFixed(2)},${view.scale.toFixed(4)}`).join(" ");
  }

  // --- side by side, one alone, one over the other

  switch() {
    if (!this.isLinked) return;
    const views = this.panes.map(({ view }) => view);
    const next = this.layout === "alone" ? views[views.indexOf(this.shown) + 1] : views[0];
    this.layout = next === undefined ? "beside" : "alone";
    this.shown = next ?? null;
    this.arrange();
  }

  overlay() {
    if (!this.isLinked) return;
    this.layout = this.layout === "over" ? "beside" : "over";
    this.arrange();
  }

  // --- drawing: in whichever view the reader begins

  watchTool(viewer) {
    viewer.events.begun = () => this.viewers.forEach((other) => { if (other !== viewer) other.dropCorners(); });
    viewer.events.ended = () => this.viewers.forEach((other) => other.endTool());
  }

  setTool(tool) {
    // A viewer that has just come for another view does not know what the others are at.
    const wanted = this.lead.tool === tool ? null : tool;
    for (const viewer of this.viewers) if (viewer.tool !== wanted) viewer.setTool(wanted);
  }

  dropCorner() { return this.viewers.some((viewer) => viewer.dropCorner()); }

  closePolygon() { this.viewers.find((viewer) => viewer.corners.length)?.closePolygon(); }

  // What was drawn in a viewer, for each frame of its view that shows a part of it, in that frame's px: where most of it
  // lies first. `view` is the frame's place among the decision's; without views there is one frame, which needs none.
  drawingsOf(viewer, shape) {
    const pane = this.panes[this.viewers.indexOf(viewer)];
    if (!pane) return [shape];
    const parts = pane.told.flatMap(({ position }, number) => {
      const matrix = pane.toPane[number];
      const part = matrix && partOf(shape, matrix.inverse(), pane.sizes[number]);
      return part ? [{ view: position, ...part }] : [];
    });
    return parts.sort((one, other) => other.area - one.area).map(({ area, ...drawing }) => drawing);
  }

  // Positions of a viewer's frames.
  positionsOf(viewer) {
    return this.panes[this.viewers.indexOf(viewer)]?.told.map(({ position }) => position) ?? [];
  }

  // The viewer in which an object is drawn, and its mark there; undefined where no view shows it.
  drawnIn(id) {
    const found = this.viewers.map((viewer) => [viewer, viewer.marks.find((mark) => mark.id === id && mark.look !== "elsewhere")]);
    return found.find(([, mark]) => mark);
  }

  arrange() {
    const hosts = this.viewers.map(({ host }) => host);
    const { clientWidth: wide, clientHeight: high } = this.stage;
    const [left, top, right, bottom] = this.panes[0]?.frame?.reach ?? [0, 0, 1, 1];
    const count = hosts.length;
    const isStacked = Math.min(wide / (right - left), high / count / (bottom - top)) > Math.min(wide / count / (right - left), high / (bottom - top));
    hosts.forEach((host, place) => {
      const share = 100 / count;
      const [from, to] = [place * share, 100 - (place + 1) * share];
      host.style.inset = this.layout !== "beside" || count === 1 ? "" : isStacked ? `${from}% 0 ${to}% 0` : `0 ${to}% 0 ${from}%`;
      const isSeen = this.layout === "beside" || (this.layout === "over" ? place === 0 : this.panes[place]?.view === this.shown);
      host.style.visibility = isSeen ? "" : "hidden";
    });
    const lead = this.leadWeb;
    this.lead.over = this.layout === "over" && lead
      ? this.panes.slice(1).filter(({ web }) => web).map(({ frame, web }) => ({ frame, matrix: lead.inverse().multiply(web) }))
      : [];
    this.stage.dataset.layout = this.isLinked ? this.layout : "";
    this.stage.dataset.views = this.layout === "alone" ? this.shown : this.panes.map(({ view }) => view).join(" ");
    for (const viewer of this.viewers) viewer.resize();
    this.entitle();
    this.lead.events.changed();
  }

  entitle() {
    const titles = [this.title, ...this.followers.map((viewer) => viewer.title)];
    titles.forEach((title, place) => {
      const pane = this.panes[place];
      title.textContent = !this.isLinked ? "" : this.layout === "over" ? this.panes.map(({ view }) => view).join(" + ") : this.words(pane);
    });
  }

  words({ view, told, frame }) {
    const fates = [...new Set(told.map(({ fate }) => fate))].filter((fate) => fate !== "seen").map((fate) => this.texts.fates[fate]);
    return [view, ...fates, ...(frame ? [] : [this.texts.no_view_picture])].join(" · ");
  }

  // Contrast follows the leading view: automatic for each by itself, or the same range for all.
  matchContrast() {
    for (const viewer of this.followers) {
      if (viewer.isAutomatic === this.lead.isAutomatic && (viewer.isAutomatic || viewer.range === this.lead.range)) continue;
      viewer.isAutomatic = this.lead.isAutomatic;
      if (viewer.isAutomatic) viewer.stretchToContent();
      else {
        viewer.range = this.lead.range;
        viewer.applyRange();
      }
    }
    for (const viewer of this.followers) {
      if (viewer.showsOutlines === this.lead.showsOutlines) continue;
      viewer.showsOutlines = this.lead.showsOutlines;
      viewer.draw();
    }
  }
}

// The part of a box or polygon that lies in a frame, in its px, with the area of the box around it; null: none does.
function partOf({ box_px: box, polygon_px: polygon }, matrix, [width, height]) {
  const inside = ([x, y]) => [within(x, 0, width), within(y, 0, height)];
  const corners = box ? null : polygon.map((corner) => inside(mapped(matrix, ...corner)));
  const around = box ? mappedBox(matrix, box) : outerBox(corners);
  const [left, top, right, bottom] = [...inside(around.slice(0, 2)), ...inside(around.slice(2))];
  if (right - left < 1 || bottom - top < 1) return null;
  const area = (right - left) * (bottom - top);
  return box ? { area, box_px: [left, top, right, bottom] } : { area, polygon_px: corners };
}

// An object is drawn in a pane as the frames there show it; else, fainter, where it must be by what others saw.
function marksInPane(marks, panes, pane, texts) {
  const inPane = (position, of) => {
    const number = of.told.findIndex((each) => each.position === position);
    return number < 0 ? null : of.toPane[number];
  };
  return marks.flatMap((mark) => {
    if (!mark.sightings?.length) return pane === panes[0] ? [mark] : [];
    const seen = mark.sightings.map((each) => ({ ...each, matrix: inPane(each.position, pane) })).filter(({ matrix }) => matrix);
    if (seen.length) {
      const box = seen.map((each) => mappedBox(each.matrix, each.box)).reduce(joined);
      const outlines = seen.flatMap((each) => each.outlines.map((line) => line.map(([x, y]) => mapped(each.matrix, x, y))));
      return [{ ...mark, box, outlines }];
    }
    for (const other of panes) {
      const found = mark.sightings.find((each) => inPane(each.position, other));
      if (!found || !other.web || !pane.web) continue;
      const matrix = pane.web.inverse().multiply(other.web).multiply(inPane(found.position, other));
      const look = mark.look === "removed" ? "removed" : "elsewhere";
      return [{ ...mark, look, words: `${mark.words} · ${texts.not_seen_here}`, box: mappedBox(matrix, found.box), outlines: [] }];
    }
    return [];
  });
}
