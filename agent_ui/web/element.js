// The base of our elements: light DOM (global sheets, simple tests), one clock for all of them.
import { LitElement } from 'lit';

/** @type {Set<{requestUpdate: () => void}>} */
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
    if (!this.hasUpdated) this.replaceChildren(); // what the server drew for the meantime
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

/** The same without a template: an element that arranges content which the server or other elements draw. */
export class Placed extends HTMLElement {
  ticks = false;
  /** @type {(() => void)[]} */
  #undo = [];
  #asked = false;

  /** @param {EventTarget} source @param {string} type @param {(event: any) => void} [listener] */
  listen(source, type, listener = () => this.requestUpdate()) {
    source.addEventListener(type, listener);
    this.#undo.push(() => source.removeEventListener(type, listener));
  }

  subscribe() {}

  draw() {}

  /** Draw once, after everything that happens now has happened. */
  requestUpdate() {
    if (this.#asked) return;
    this.#asked = true;
    queueMicrotask(() => {
      this.#asked = false;
      if (this.isConnected) this.draw();
    });
  }

  connectedCallback() {
    this.subscribe();
    if (this.ticks) ticking.add(this);
  }

  disconnectedCallback() {
    ticking.delete(this);
    for (const undo of this.#undo.splice(0)) undo();
  }
}
