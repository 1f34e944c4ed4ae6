// The ringing of an offered call and the short tone before a call that joins by itself, made of oscillators.

/** @type {AudioContext | null} */
let context = null;
/** @type {(() => void) | null} */
let stop = null;
let turn = 0;

/** Browsers let a page sound after the person has done something on it. */
export async function warmUp() {
  context ??= new AudioContext();
  await context.resume().catch(() => undefined);
  return context;
}

/**
 * @param {AudioContext} audio @param {number} at @param {number[]} notes @param {number} seconds @param {number} volume
 */
function strike(audio, at, notes, seconds, volume) {
  const gain = audio.createGain();
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(volume, at + 0.012);
  gain.gain.exponentialRampToValueAtTime(0.0008, at + seconds);
  gain.connect(audio.destination);
  for (const hertz of notes) {
    const tone = audio.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(gain);
    tone.start(at);
    tone.stop(at + seconds);
  }
}

/** @param {'ring' | 'zip'} what @param {string} output the device to sound on */
export function startTone(what, output) {
  stopTone();
  const mine = turn;
  void warmUp().then((audio) => {
    if (mine !== turn) return;
    const choice = /** @type {{setSinkId?: (id: string) => Promise<void>}} */ (/** @type {unknown} */ (audio));
    if (output) void choice.setSinkId?.(output).catch(() => undefined);
    if (what === 'zip') {
      strike(audio, audio.currentTime, [1400], 0.09, 0.16);
      return;
    }
    const ring = () => {
      strike(audio, audio.currentTime, [523.25, 659.25], 0.5, 0.12);
      strike(audio, audio.currentTime + 0.22, [659.25, 783.99], 0.9, 0.12);
    };
    ring();
    const timer = setInterval(ring, 2600);
    stop = () => clearInterval(timer);
  });
}

export function stopTone() {
  turn += 1;
  stop?.();
  stop = null;
}
