// <cc-time at="ISO" data-style="time|date|datetime|day|named-day|relative">: a moment in the reader's zone and language.
import { moment } from '../i18n.js';

class Time extends HTMLElement {
  /** @type {number | undefined} */
  #timer;

  connectedCallback() {
    this.#draw();
    if (this.dataset['style'] === 'relative') this.#timer = window.setInterval(() => this.#draw(), 30_000);
  }

  disconnectedCallback() {
    window.clearInterval(this.#timer);
  }

  #draw() {
    const at = new Date(this.getAttribute('at') ?? '');
    if (Number.isNaN(at.getTime())) return;
    const style = /** @type {Parameters<typeof moment>[1]} */ (this.dataset['style'] ?? 'datetime');
    this.textContent = moment(at, style);
    this.title = moment(at, 'datetime');
  }
}
customElements.define('cc-time', Time);
