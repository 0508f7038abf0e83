// A saved frame on screen: pan, zoom to the pixel, contrast, outlines, the web before and after, drawing.
// Positions are in px of the frame: pixel 0 reaches from 0 to 1, row 0 is the leading edge.

const MOST_PER_PIXEL = 48;
const FOCUS_PER_PIXEL = 4;
const CLICK_PX = 4;
// Fetches and decodes a frame off screen; `thumbnail` is small enough to be drawn at each step. `position`: which of the
// decision's frames of all views, null for its own.
async function loadFrame(sequence, position = null) {
  const answer = await fetch(`/frames/${sequence}.png${position === null ? "" : `?view=${position}`}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const bitmap = await createImageBitmap(await answer.blob());
  const shrink = Math.min(1, 320 / bitmap.width, 240 / bitmap.height);
  const size = { resizeWidth: Math.max(1, Math.round(bitmap.width * shrink)), resizeHeight: Math.max(1, Math.round(bitmap.height * shrink)) };
  const thumbnail = await createImageBitmap(bitmap, { ...size, resizeQuality: "medium" });
  const { width, height } = bitmap;
  return { bitmap, thumbnail, width, height, reach: [0, 0, width, height] };
}

function forgetFrame(frame) {
  frame?.bitmap.close();
  frame?.thumbnail.close();
  for (const each of frame?.beside ?? []) forgetFrame(each.frame);
}

class FrameViewer {
  // `events`: selected(id or null), drawn({box_px} or {polygon_px}), changed() after each change of zoom or contrast;
  // begun() with the first corner, ended() with the tool.
  // A frame may have others of its view `beside` it, each with the matrix to its px, and then a `reach` over all that is
  // shown, `own` over those of its view, and the part of the web that is decided on, `piece`.
  constructor(host, events) {
    this.host = host;
    this.events = events;
    this.picture = host.appendChild(document.createElement("canvas"));
    this.overlay = host.appendChild(document.createElement("canvas"));
    this.picture.className = "viewer-picture";
    this.overlay.className = "viewer-overlay";
    this.overlayPen = new FrameOverlay(this);
    this.frame = null;
    this.marks = [];
    this.selected = null;
    this.neighbours = { before: null, after: null };
    this.view = { x: 0, y: 0, scale: 1 };
    // -1: its columns run against those of the frame that it is looked at beside.
    this.flip = 1;
    // It shows what another viewer shows, wherever that is.
    this.follows = false;
    // Frames of other views laid over this one: [{frame, matrix}].
    this.over = [];
    this.mode = "focus";
    this.showsOutlines = true;
    this.showsWeb = false;
    this.isAutomatic = false;
    this.range = [0, 255];
    this.tool = null;
    this.corners = [];
    this.pointer = null;
    this.isDue = false;
    new ResizeObserver(() => this.resize()).observe(host);
    this.listen();
    this.resize();
  }

  // Draws at once, so that what is asked for with a key press is on screen with the next refresh.
  show(frame, marks) {
    this.frame = frame;
    this.marks = marks;
    this.selected = null;
    this.neighbours = { before: null, after: null };
    this.endTool();
    if (this.mode === "free") this.mode = "focus";
    this.applyMode();
    if (this.isAutomatic) this.stretchToContent();
    else this.applyRange();
    this.draw();
  }

  setMarks(marks) {
    this.marks = marks;
    if (!marks.some((mark) => mark.id === this.selected)) this.selected = null;
    this.draw();
  }

  setNeighbours(before, after) {
    this.neighbours = { before, after };
    if (this.showsWeb) this.draw();
  }

  select(id, looks = false) {
    this.selected = id;
    const mark = this.marks.find((each) => each.id === id);
    if (mark && looks) this.focusOn([mark]);
    this.draw();
    this.events.chosen?.(id);
  }

  // --- zoom and pan

  get ratio() { return window.devicePixelRatio || 1; }
  get perPixel() { return this.view.scale * this.ratio; }

  setMode(mode) {
    this.mode = mode;
    this.applyMode();
    this.draw();
  }

  applyMode() {
    if (!this.frame || !this.width || this.follows) return;
    const important = this.marks.filter((mark) => mark.isReason);
    if (this.mode === "focus" && important.length) this.focusOn(important);
    else if (this.mode === "pixels") this.lookAt(...middle(important.length ? important : [this.whole]), 1 / this.ratio);
    else if (this.mode !== "free") this.lookAt(...middle([this.whole]), this.fitScale);
  }

  get whole() { return { box: this.frame.reach }; }

  get fitScale() {
    const most = MOST_PER_PIXEL / this.ratio;
    const [left, top, right, bottom] = this.frame.reach;
    return Math.min((this.width * 0.98) / (right - left), (this.height * 0.98) / (bottom - top), most);
  }

  focusOn(marks) {
    const [left, top, right, bottom] = around(marks);
    const fits = Math.min(this.width / (3 * Math.max(right - left, 8)), this.height / (3 * Math.max(bottom - top, 8)));
    const most = Math.max(FOCUS_PER_PIXEL / this.ratio, this.fitScale);
    this.lookAt((left + right) / 2, (top + bottom) / 2, Math.max(this.fitScale, Math.min(fits, most)));
  }

  lookAt(x, y, scale) {
    this.view = { x, y, scale };
    this.keepInSight();
    this.events.changed();
    this.events.looked?.();
  }

  zoom(factor, at = [this.width / 2, this.height / 2]) {
    if (!this.frame) return;
    const [x, y] = this.toFrame(...at);
    const least = Math.min(this.fitScale / 4, 1 / this.ratio);
    const scale = Math.min(Math.max(this.view.scale * factor, least), MOST_PER_PIXEL / this.ratio);
    this.mode = "free";
    this.lookAt(x - (this.flip * (at[0] - this.width / 2)) / scale, y - (at[1] - this.height / 2) / scale, scale);
    this.redraw();
  }

  pan(across, along) {
    if (!this.frame) return;
    this.mode = "free";
    this.lookAt(this.view.x + (this.flip * across) / this.view.scale, this.view.y + along / this.view.scale, this.view.scale);
    this.redraw();
  }

  keepInSight() {
    if (this.follows) return;
    const beyond = this.showsWeb ? this.frame.height : 0;
    const { view } = this;
    const [left, top, right, bottom] = this.frame.reach;
    view.x = between(view.x, left, right, this.width / 2 / view.scale);
    view.y = between(view.y, top - beyond, bottom + beyond, this.height / 2 / view.scale);
  }

  toFrame(x, y) {
    return [this.view.x + (this.flip * (x - this.width / 2)) / this.view.scale, this.view.y + (y - this.height / 2) / this.view.scale];
  }

  toScreen(x, y) {
    return [this.flip * (x - this.view.x) * this.view.scale + this.width / 2, (y - this.view.y) * this.view.scale + this.height / 2];
  }

  // Left, top, right and bottom on screen.
  boxOnScreen(box) {
    const [one, other] = [this.toScreen(box[0], box[1]), this.toScreen(box[2], box[3])];
    return [Math.min(one[0], other[0]), one[1], Math.max(one[0], other[0]), other[1]];
  }

  toggle(name) {
    this[name] = !this[name];
    this.draw();
    this.events.changed();
  }

  // --- contrast

  setRange(low, high) {
    this.isAutomatic = false;
    this.range = [Math.min(low, 254), Math.max(high, Math.min(low, 254) + 1)];
    this.applyRange();
    this.events.changed();
  }

  toggleContrast() {
    this.isAutomatic = !this.isAutomatic;
    if (this.isAutomatic) this.stretchToContent();
    else this.setRange(0, 255);
  }

  // Of the part in sight nearly all grey values (99 in 100), and a little more, become the whole range.
  stretchToContent() {
    this.isAutomatic = true;
    if (!this.frame) return;
    const [[x1, y1], [x2, y2]] = [this.toFrame(0, 0), this.toFrame(this.width, this.height)];
    let [left, top] = [Math.max(0, Math.min(x1, x2)), Math.max(0, y1)];
    let wide = Math.min(Math.max(x1, x2), this.frame.width) - left;
    let high = Math.min(y2, this.frame.height) - top;
    if (wide <= 0 || high <= 0) [left, top, wide, high] = [0, 0, this.frame.width, this.frame.height];
    [wide, high] = [Math.max(1, wide), Math.max(1, high)];
    const sample = new OffscreenCanvas(160, 160).getContext("2d", { willReadFrequently: true });
    sample.imageSmoothingEnabled = false;
    sample.drawImage(this.frame.bitmap, left, top, wide, high, 0, 0, 160, 160);
    const greys = sample.getImageData(0, 0, 160, 160).data.filter((_, index) => index % 4 === 0).sort();
    const [dark, bright] = [greys[Math.floor(greys.length * 0.005)], greys[Math.floor(greys.length * 0.995)]];
    const slack = Math.max(4, (bright - dark) * 0.1);
    this.range = [Math.max(0, Math.round(dark - slack)), Math.min(255, Math.round(bright + slack))];
    this.applyRange();
    this.events.changed();
  }

  // Two CSS filters make the linear stretch (grey - low) / (high - low), without touching a pixel.
  applyRange() {
    const [low, high] = this.range.map((grey) => grey / 255);
    const isPlain = low === 0 && high === 1;
    this.picture.style.filter = isPlain ? "" : `brightness(${1 / (high + low)}) contrast(${(high + low) / (high - low)})`;
  }

  // --- drawing on screen

  // The size is asked for here alone: elsewhere the browser would lay out the half-changed page to answer.
  resize() {
    [this.width, this.height] = [this.host.clientWidth, this.host.clientHeight];
    for (const canvas of [this.picture, this.overlay]) {
      canvas.width = Math.max(1, Math.round(this.width * this.ratio));
      canvas.height = Math.max(1, Math.round(this.height * this.ratio));
    }
    this.applyMode();
    this.draw();
  }

  redraw() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.draw();
    });
  }

  draw() {
    const pen = this.picture.getContext("2d", { alpha: false });
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, this.picture.width, this.picture.height);
    if (this.frame) {
      const { x, y, scale } = this.view;
      const shift = [this.width / 2 - this.flip * x * scale, this.height / 2 - y * scale].map((value) => value * this.ratio);
      pen.setTransform(this.flip * scale * this.ratio, 0, 0, scale * this.ratio, ...shift);
      pen.imageSmoothingEnabled = this.perPixel < 1;
      pen.imageSmoothingQuality = "high";
      pen.drawImage(this.frame.bitmap, 0, 0);
      for (const { frame, matrix } of this.frame.beside ?? []) this.drawPlaced(pen, frame, matrix);
      if (this.showsWeb) {
        const { before, after } = this.neighbours;
        if (before?.frame) pen.drawImage(before.frame.bitmap, 0, -before.frame.height);
        if (after?.frame) pen.drawImage(after.frame.bitmap, 0, this.frame.height);
      }
      pen.globalAlpha = 0.5;
      for (const { frame, matrix } of this.over) {
        this.drawPlaced(pen, frame, matrix);
        for (const each of frame.beside ?? []) this.drawPlaced(pen, each.frame, matrix.multiply(each.matrix));
      }
      pen.globalAlpha = 1;
    }
    this.drawOverlay();
  }

  // Another frame, at its place among this one's pixels.
  drawPlaced(pen, { bitmap }, matrix) {
    pen.save();
    pen.transform(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f);
    pen.drawImage(bitmap, 0, 0);
    pen.restore();
  }

  drawOverlay() {
    this.overlayPen.draw();
  }

  // --- pointer

  setTool(tool) {
    this.tool = this.tool === tool ? null : tool;
    this.corners = [];
    this.host.classList.toggle("is-drawing", this.tool !== null);
    this.drawOverlay();
    this.events.changed();
  }

  endTool() {
    if (this.tool === null) return;
    this.setTool(null);
    this.events.ended?.();
  }

  dropCorners() {
    this.corners = [];
    this.drawOverlay();
  }

  // The last corner of an unfinished polygon; false where there is none.
  dropCorner() {
    if (!this.corners.length) return false;
    this.corners.pop();
    this.drawOverlay();
    return true;
  }

  closePolygon() {
    if (this.tool !== "polygon" || this.corners.length < 3) return;
    const corners = this.corners;
    this.endTool();
    this.events.drawn({ polygon_px: corners });
  }

  listen() {
    const { overlay } = this;
    const place = (event) => [event.offsetX, event.offsetY];
    overlay.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.0016), place(event));
    }, { passive: false });
    overlay.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.frame) return;
      overlay.setPointerCapture(event.pointerId);
      this.pointer = { from: place(event), last: place(event), hasMoved: false };
      if (this.tool === "box") this.corners = [this.inFrame(...place(event))];
    });
    overlay.addEventListener("pointermove", (event) => this.move(...place(event)));
    overlay.addEventListener("pointerup", (event) => this.release(...place(event)));
    overlay.addEventListener("pointercancel", () => { this.pointer = null; });
    overlay.addEventListener("dblclick", () => this.closePolygon());
  }

  move(x, y) {
    if (!this.pointer) return;
    const { from, last } = this.pointer;
    this.pointer.hasMoved ||= Math.hypot(x - from[0], y - from[1]) > CLICK_PX;
    if (this.tool === "box") {
      this.corners = [this.corners[0], this.inFrame(x, y)];
      this.drawOverlay();
    } else if (this.pointer.hasMoved) this.pan(last[0] - x, last[1] - y);
    this.pointer.last = [x, y];
  }

  release(x, y) {
    const pointer = this.pointer;
    this.pointer = null;
    if (!pointer) return;
    if (this.tool === "box") {
      const box = boxOf(this.corners);
      const isDrawn = pointer.hasMoved && box !== null;
      this.corners = [];
      if (isDrawn) {
        this.endTool();
        this.events.drawn({ box_px: box });
      } else this.drawOverlay();
    } else if (this.tool === "polygon" && !pointer.hasMoved) {
      const start = this.corners.length > 2 ? this.toScreen(...this.corners[0]) : null;
      if (start && Math.hypot(x - start[0], y - start[1]) < 10) return this.closePolygon();
      const corner = this.inFrame(x, y);
      if (!this.corners.length) this.events.begun?.();
      if (String(corner) !== String(this.corners.at(-1))) this.corners.push(corner);
      this.drawOverlay();
    } else if (!pointer.hasMoved) this.events.selected(this.markAt(x, y)?.id ?? null);
  }

  inFrame(x, y) {
    const [across, along] = this.toFrame(x, y);
    const [left, top, right, bottom] = this.frame.own ?? [0, 0, this.frame.width, this.frame.height];
    return [within(across, left, right), within(along, top, bottom)];
  }

  // The smallest mark below a point.
  markAt(x, y) {
    const hit = this.marks.filter(({ box }) => {
      const [left, top, right, bottom] = this.boxOnScreen(box);
      return x > left - 8 && x < right + 8 && y > top - 8 && y < bottom + 8;
    });
    const area = ({ box }) => (box[2] - box[0]) * (box[3] - box[1]);
    return hit.sort((one, other) => area(one) - area(other))[0];
  }
}

// To a tenth of a pixel.
function within(value, least, most) {
  return Math.round(Math.min(Math.max(value, least), most) * 10) / 10;
}

// Where to look so that nothing beyond the ends is in sight; in the middle where all of it is.
function between(place, from, to, half) {
  return to - from <= 2 * half ? (from + to) / 2 : Math.min(Math.max(place, from + half), to - half);
}

// Whole pixels from a drag; null for one that covers none.
function boxOf(corners) {
  if (corners.length < 2) return null;
  const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  const box = [Math.floor(Math.min(...xs)), Math.floor(Math.min(...ys)), Math.ceil(Math.max(...xs)), Math.ceil(Math.max(...ys))];
  return box[2] > box[0] && box[3] > box[1] ? box : null;
}
