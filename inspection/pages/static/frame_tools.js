// The buttons below a frame: each does what its key does, and shows whether it is on.
class FrameTools {
  // `act` gets the key of a button; `hint` is where to say how to draw.
  constructor(host, hint, viewer, views, texts, act) {
    Object.assign(this, { host, hint, viewer, views, texts, act });
    this.zoom = make("span.review-zoom.number");
    [this.low, this.high] = [this.slider(texts.dark_end, 0), this.slider(texts.bright_end, 1)];
    const group = (...parts) => make("div.tool-group", {}, ...parts);
    this.ofViews = group(this.tool("V", "view_column", texts.switch_views), this.tool("O", "layers", texts.overlay_views));
    host.append(
      group(this.tool("F", "fit_screen", texts.fit), this.tool("P", "grid_on", texts.pixels), this.tool("R", "zoom_out", texts.reduce, true), this.zoom, this.tool("E", "zoom_in", texts.enlarge, true)),
      group(this.tool("D", "my_location", texts.next_defect, true), this.tool("L", "gesture", texts.outlines), this.tool("W", "view_day", texts.web, true)),
      this.ofViews,
      group(this.tool("T", "contrast", texts.auto_contrast), this.low, this.high),
      group(this.tool("B", "crop_square", texts.box), this.tool("Y", "polyline", texts.polygon)),
    );
  }

  tool(key, symbol, word, isBare = false) {
    const label = isBare ? null : make("span", { textContent: word });
    const button = make("button.review-tool", { type: "button", title: `${word} (${key})`, ariaLabel: word }, icon(symbol), label, keyCap(key));
    button.dataset.key = key;
    button.addEventListener("click", () => { button.blur(); this.act(key.toLowerCase()); });
    return button;
  }

  // One end of the range of grey values, 0 the dark one; the ends push each other.
  slider(name, end) {
    const made = make("input.review-slider", { type: "range", min: 0, max: 255, title: name, ariaLabel: name });
    made.addEventListener("input", () => {
      const range = [Number(this.low.value), Number(this.high.value)];
      if (range[0] >= range[1]) range[1 - end] = range[end] + (end ? -1 : 1);
      this.viewer.setRange(...range);
    });
    made.addEventListener("change", () => made.blur());
    return made;
  }

  render() {
    const { texts, viewer, views } = this;
    const pressed = { T: viewer.isAutomatic, L: viewer.showsOutlines, W: viewer.showsWeb, B: viewer.tool === "box", Y: viewer.tool === "polygon", V: views.layout === "alone", O: views.layout === "over" };
    this.ofViews.hidden = !views.isLinked;
    for (const button of this.host.querySelectorAll("button")) {
      const { key } = button.dataset;
      if (key in pressed) button.ariaPressed = pressed[key];
      button.disabled = !viewer.frame;
    }
    this.zoom.textContent = viewer.frame ? `${Math.round(viewer.perPixel * 100)} %` : "";
    [this.low.value, this.high.value] = viewer.range;
    this.hint.textContent = { box: texts.box_hint, polygon: texts.polygon_hint }[viewer.tool] ?? "";
  }
}
