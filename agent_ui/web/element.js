// The base of our elements: light DOM (global sheets, simple tests), one clock for all of them.
import { LitElement } from 'lit';

/** @type {Set<Live>} */
const ticking = new Set();
setInterval(() => {
  for (const element of ticking) element.requestUpdate();
}, 1000);

export class Live extends LitElement {
  /** Does this element show a running time? */
  ticks = false;
  /** @type {(() => void)[]} */
  #undo = [];

  /** @override */
  createRenderRoot() {
    return this;
  }

  /** Listen while connected; the first argument is anything with addEventListener.
   * @param {EventTarget} source @param {string} type @param {(event: any) => void} [listener] */
  listen(source, type, listener = () => this.requestUpdate()) {
    source.addEventListener(type, listener);
    this.#undo.push(() => source.removeEventListener(type, listener));
  }

  /** Where subclasses call `listen`. */
  subscribe() {}

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.subscribe();
    if (this.ticks) ticking.add(this);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    ticking.delete(this);
    for (const undo of this.#undo.splice(0)) undo();
  }
}
