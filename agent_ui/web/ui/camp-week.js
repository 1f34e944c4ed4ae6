// <cc-week>: the week's hours drawn beside the fields they are typed in. Dragging on a bar adds or takes half
// hours; the fields stay the truth, and the way for the keyboard.
import { hoursOf, paint, textOf } from './camp-hours.js';

class Week extends HTMLElement {
  /** @type {{row: HTMLElement, bar: HTMLElement, input: HTMLInputElement}[]} */
  #days = [];
  /** @type {{day: number, from: number, on: boolean, before: boolean[]} | null} */
  #drag = null;

  connectedCallback() {
    this.#days = [...this.querySelectorAll('.week-day')].flatMap((row) => {
      const bar = row.querySelector('.week-bar');
      const input = row.querySelector('input');
      return bar instanceof HTMLElement && input && row instanceof HTMLElement ? [{ row, bar, input }] : [];
    });
    this.#days.forEach((day, at) => {
      day.input.addEventListener('input', () => this.#draw(at));
      day.bar.addEventListener('pointerdown', (event) => this.#begin(at, event));
      day.bar.addEventListener('pointermove', (event) => this.#move(event));
      day.bar.addEventListener('pointerup', () => { this.#drag = null; });
      day.bar.addEventListener('pointercancel', () => { this.#drag = null; });
      this.#draw(at);
    });
    for (const button of this.querySelectorAll('[data-copy]')) {
      button.addEventListener('click', () => this.#copy(/** @type {HTMLElement} */ (button).dataset['copy'] ?? ''));
    }
  }

  /** @param {number} at */
  #draw(at) {
    const day = this.#days[at];
    if (!day) return;
    const windows = hoursOf(day.input.value);
    day.bar.replaceChildren(...(windows ?? []).map(([start, end]) => {
      const piece = document.createElement('i');
      piece.style.left = `${(start / 1440) * 100}%`;
      piece.style.width = `${((end - start) / 1440) * 100}%`;
      return piece;
    }));
  }

  /** @param {HTMLElement} bar @param {PointerEvent} event */
  #half(bar, event) {
    const box = bar.getBoundingClientRect();
    return Math.min(47, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * 48)));
  }

  /** @param {number} at @param {PointerEvent} event */
  #begin(at, event) {
    const day = this.#days[at];
    if (!day || event.button) return;
    day.bar.setPointerCapture(event.pointerId);
    const from = this.#half(day.bar, event);
    const before = paint(hoursOf(day.input.value) ?? []);
    this.#drag = { day: at, from, on: !before[from], before };
    this.#move(event);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const drag = this.#drag;
    const day = drag && this.#days[drag.day];
    if (!drag || !day) return;
    const to = this.#half(day.bar, event);
    const halves = drag.before.map((was, half) => (half >= Math.min(drag.from, to) && half <= Math.max(drag.from, to) ? drag.on : was));
    this.#set(drag.day, textOf(halves));
  }

  /** @param {number} at @param {string} text */
  #set(at, text) {
    const day = this.#days[at];
    if (!day || day.input.value === text) return;
    day.input.value = text;
    day.input.dispatchEvent(new Event('input', { bubbles: true }));
  }

  /** Monday's hours on other days. @param {string} range */
  #copy(range) {
    const last = Number(range.split('-')[1] ?? 0);
    const monday = this.#days[0]?.input.value ?? '';
    for (let at = 1; at <= last; at += 1) this.#set(at, monday);
  }
}
customElements.define('cc-week', Week);
