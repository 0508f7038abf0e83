// Greys the page when it hears nothing more of its server: see heartbeat.py.
(() => {
  const ASK_MS = 1000;
  const CHECK_MS = 250;
  const AGAIN_MS = 2000;
  const banner = document.getElementById.bind(document, "silence");
  let asked = null; // the question that waits for its answer
  let number = 0;
  let fresh = moment(); // when the last question was asked that was answered
  let stationMs = null; // how long ago the station had been heard then; null: the page says itself that it is old
  let isSilent = false;

  // Of two clocks the one that went further: the running clock stands still while some machines sleep, and the wall
  // clock may be set.
  function moment() {
    return { running: performance.now(), wall: Date.now() };
  }

  function since(earlier) {
    return Math.max(performance.now() - earlier.running, Date.now() - earlier.wall);
  }

  function ask() {
    if (!window.socket?.connected) return;
    asked = { number: ++number, at: moment() };
    emitEvent("heartbeat", asked.number);
  }

  function hear(answered, ageMs) {
    if (!asked || answered !== asked.number) return;
    fresh = asked.at;
    stationMs = ageMs;
    asked = null;
    check();
  }

  function check() {
    const place = banner();
    if (!place) return;
    const limits = place.dataset;
    const age = since(fresh);
    if (!asked ? age > ASK_MS : since(asked.at) > AGAIN_MS) ask();
    const isPageSilent = age > Number(limits.silentMs);
    const isStationSilent = stationMs !== null && age + stationMs > Number(limits.stationSilentMs);
    show(place, isPageSilent ? limits.page : isStationSilent ? limits.station : null, isPageSilent ? age : age + (stationMs ?? 0));
  }

  function show(place, words, age) {
    isSilent = words !== null;
    document.body.classList.toggle("is-silent", isSilent);
    if (!("worksAlone" in place.dataset)) {
      document.body.classList.toggle("is-old", isSilent);
      // A press would wait in the connection, and be done whenever the server is back.
      for (const element of document.querySelectorAll("main, .q-dialog, .q-menu")) element.inert = isSilent;
    }
    if (!isSilent) {
      if (place.textContent) place.textContent = "";
      return;
    }
    if (place.dataset.shown === words && place.textContent) return;
    place.dataset.shown = words;
    const time = new Date(Date.now() - age).toLocaleTimeString(document.documentElement.lang || "en", { hour12: false });
    place.textContent = `${place.dataset.since.replace("{time}", time)} ${words}`;
  }

  window.heartbeat = { hear, get isSilent() { return isSilent; } };
  setInterval(check, CHECK_MS);
  for (const event of ["visibilitychange", "resume"]) document.addEventListener(event, check);
  for (const event of ["pageshow", "focus", "online"]) window.addEventListener(event, check);
})();
