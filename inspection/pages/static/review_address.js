// The address names the case and the filters: a reload, a link and the way back lead to what was on screen.

const LONGEST_WAIT_MS = 500;
// Safari has no idle time to give.
const whenIdle = (work) => window.requestIdleCallback ? requestIdleCallback(work, { timeout: LONGEST_WAIT_MS }) : setTimeout(work);

class ReviewAddress {
  constructor() {
    this.words = new URLSearchParams(location.search);
    this.isDue = false;
  }

  // The case asked for, as it was written; null: none.
  get asked() { return this.words.get("case"); }

  filterOf(name) { return this.words.get(name); }

  name(sequence) {
    if (sequence === null) this.words.delete("case");
    else this.words.set("case", sequence);
    this.write();
  }

  filter(wanted) {
    for (const [name, values] of Object.entries(wanted)) {
      if (values.length) this.words.set(name, values[0]);
      else this.words.delete(name);
    }
    this.write();
  }

  // When the picture is on screen and nothing else is to do; what is written meanwhile goes with it.
  write() {
    if (this.isDue) return;
    this.isDue = true;
    whenIdle(() => this.put());
  }

  put() {
    this.isDue = false;
    const words = this.words.toString();
    const address = location.pathname + (words && `?${words}`);
    if (address !== location.pathname + location.search) history.replaceState(history.state, "", address);
  }
}
