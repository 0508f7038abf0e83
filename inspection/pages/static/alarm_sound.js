// Beeps while there is an alarm of high priority that nobody has acknowledged. Whether a browser is muted, it knows itself.
(() => {
  const KEY = "alarm-sound-muted";
  const EVERY_MS = { critical: 2000, high: 6000 };
  const TONES_HZ = { critical: [988, 784, 988], high: [784, 659] };
  let context = null;
  let beeped = -Infinity;

  const button = () => document.getElementById("alarm-sound");
  const isMuted = () => localStorage.getItem(KEY) === "yes";

  // Browsers make no sound before somebody has pressed something on the page.
  function wake() {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume();
  }

  function beep(loud) {
    TONES_HZ[loud].forEach((hertz, place) => {
      const begin = context.currentTime + 0.22 * place;
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0.0001, begin);
      volume.gain.exponentialRampToValueAtTime(0.25, begin + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, begin + 0.2);
      tone.connect(volume).connect(context.destination);
      tone.start(begin);
      tone.stop(begin + 0.21);
    });
  }

  function look() {
    const place = button();
    if (!place) return;
    const loud = place.dataset.loud;
    const canSound = context?.state === "running";
    const words = isMuted() ? place.dataset.muted : loud && !canSound ? place.dataset.blocked : place.dataset.on;
    if (place.textContent !== words) place.textContent = words;
    place.setAttribute("aria-pressed", String(!isMuted()));
    if (!loud || isMuted() || !canSound || performance.now() - beeped < EVERY_MS[loud]) return;
    beeped = performance.now();
    beep(loud);
    place.dataset.beeps = String(Number(place.dataset.beeps ?? 0) + 1);
  }

  document.addEventListener("click", (event) => {
    const isBlocked = context?.state !== "running";
    wake();
    if (!event.target.closest?.("#alarm-sound")) return;
    const wantsSound = isBlocked && button().dataset.loud && !isMuted();
    if (!wantsSound) localStorage.setItem(KEY, isMuted() ? "no" : "yes");
    look();
  });
  document.addEventListener("keydown", wake);
  setInterval(look, 250);
})();
