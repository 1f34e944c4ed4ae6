// The live board as this page knows it: documents by kind and key, the link's state, the server's clock.

/** @typedef {import('./types').Kind} Kind */
/** @typedef {import('./types').ServerMessage} ServerMessage */

/** After this long without a word from the server, what is shown is called old. */
export const STALE_MS = 15_000;

/** Events: `change` (detail: the kind, or '' for everything), `link`, `pop`. */
export class Store extends EventTarget {
  /** @type {{[K in Kind]: Map<string, import('./types').Docs[K]>}} */
  docs = { agent: new Map(), queue: new Map(), call: new Map(), campaign: new Map() };
  /** @type {'connecting' | 'live' | 'lost'} */
  link = 'connecting';
  known = false;
  seq = 0;
  /** @type {import('./types').Hello | null} */
  hello = null;
  /** @type {import('./types').Pop | null} */
  pop = null;
  heardAt = 0;
  /** server time minus ours */
  offsetMs = 0;

  /** The server's time, in epoch milliseconds. */
  now() {
    return Date.now() + this.offsetMs;
  }

  /** @param {string | null | undefined} iso */
  secondsSince(iso) {
    return iso ? Math.max(0, (this.now() - Date.parse(iso)) / 1000) : 0;
  }

  /** @param {string | null | undefined} iso */
  secondsUntil(iso) {
    return iso ? Math.max(0, (Date.parse(iso) - this.now()) / 1000) : 0;
  }

  /** How old what is shown may be. */
  ageSeconds() {
    return this.heardAt ? (Date.now() - this.heardAt) / 1000 : 0;
  }

  get stale() {
    return this.link !== 'live' || Date.now() - this.heardAt > STALE_MS;
  }

  /** The agent at this desk. */
  get me() {
    const id = this.hello?.agent_id;
    return id == null ? null : (this.docs.agent.get(String(id)) ?? null);
  }

  /** @param {'connecting' | 'live' | 'lost'} link */
  setLink(link) {
    if (this.link === link) return;
    this.link = link;
    this.dispatchEvent(new Event('link'));
  }

  /**
   * Take one message; false when the numbers show a gap and a new snapshot is needed.
   * @param {ServerMessage} message
   */
  take(message) {
    this.heardAt = Date.now();
    switch (message.type) {
      case 'hello':
        this.hello = message;
        if (message.now) this.#setClock(message.now);
        this.#changed('');
        return true;
      case 'clock':
        this.#setClock(message.now);
        return true;
      case 'snapshot':
        for (const kind of /** @type {Kind[]} */ (Object.keys(this.docs))) {
          this.docs[kind] = /** @type {any} */ (new Map(Object.entries(message.docs[kind] ?? {})));
        }
        this.seq = message.seq;
        this.known = true;
        this.#changed('');
        return true;
      case 'delta':
        if (!this.known || message.seq <= this.seq) return true;
        if (message.seq !== this.seq + 1) return false;
        this.seq = message.seq;
        if (message.doc === null) this.docs[message.kind].delete(message.key);
        else /** @type {Map<string, unknown>} */ (this.docs[message.kind]).set(message.key, message.doc);
        this.#changed(message.kind);
        return true;
      case 'pop':
        this.pop = message;
        this.dispatchEvent(new Event('pop'));
        return true;
      default:
        return true;
    }
  }

  /** @param {string} iso */
  #setClock(iso) {
    this.offsetMs = Date.parse(iso) - Date.now();
  }

  /** @param {Kind | ''} kind */
  #changed(kind) {
    this.dispatchEvent(new CustomEvent('change', { detail: kind }));
  }
}

export const store = new Store();
