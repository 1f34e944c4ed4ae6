// Calling hours as text, as minutes and as half hours.

export const HALF = 30;
const CLOCK = /^(\d{1,2}):(\d{2})$/;

/** @param {string} text @returns {number | null} */
function minute(text) {
  const found = CLOCK.exec(text.trim());
  if (!found) return null;
  const all = Number(found[1]) * 60 + Number(found[2]);
  return Number(found[2]) < 60 && all <= 1440 ? all : null;
}

/** Windows in minutes, or null when it cannot be read. @param {string} text @returns {[number, number][] | null} */
export function hoursOf(text) {
  /** @type {[number, number][]} */
  const found = [];
  for (const part of text.split(/[,;]/).filter((piece) => piece.trim())) {
    const [start, end, more] = part.split(/[-–—]/).map(minute);
    if (start == null || end == null || more !== undefined || end <= start) return null;
    found.push([start, end]);
  }
  return found;
}

/** The day in half hours: which of them are open all through. @param {[number, number][]} windows */
export function paint(windows) {
  return Array.from({ length: 48 }, (_, half) => windows.some(([start, end]) => start <= half * HALF && end >= (half + 1) * HALF));
}

/** @param {boolean[]} halves */
export function textOf(halves) {
  const clock = (/** @type {number} */ half) => `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 ? '30' : '00'}`;
  const windows = [];
  for (let half = 0; half < 48; half += 1) {
    if (!halves[half] || halves[half - 1]) continue;
    let end = half;
    while (halves[end]) end += 1;
    windows.push(`${clock(half)}-${clock(end)}`);
  }
  return windows.join(', ');
}
