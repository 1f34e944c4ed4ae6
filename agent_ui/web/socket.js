// The one WebSocket of a page: feeds the store, carries commands, comes back by itself.
import { _ } from './i18n.js';
import { notices } from './notices.js';
import { store } from './store.js';
import { toast } from './toast.js';

const SIGNED_OUT = 4401;
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 10_000;
const ANSWER_MS = 7_000;
/** The server speaks at least every ten seconds; silence this long means the link is dead. */
const SILENCE_MS = 25_000;

/** @typedef {{key: string, text: string}} CommandError */

class Socket {
  /** @type {WebSocket | null} */
  #socket = null;
  #waitMs = FIRST_WAIT_MS;
  /** @type {number | undefined} */
  #timer;
  /** @type {Map<string, (error: CommandError | null) => void>} */
  #waiting = new Map();

  start() {
    if (this.#socket || this.#timer !== undefined) return;
    this.#open();
    setInterval(() => {
      if (store.link === 'live' && Date.now() - store.heardAt > SILENCE_MS) this.#socket?.close(4000, 'silence');
    }, 5_000);
    addEventListener('online', () => this.#now());
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.#now(); });
  }

  #now() {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#open();
  }

  #open() {
    this.#timer = undefined;
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/socket`);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#waitMs = FIRST_WAIT_MS;
      store.heardAt = Date.now();
      store.known = false;
      store.setLink('live');
    });
    socket.addEventListener('message', (event) => this.#receive(/** @type {string} */ (event.data)));
    socket.addEventListener('close', (event) => this.#closed(socket, event.code));
  }

  /** @param {string} text */
  #receive(text) {
    /** @type {import('./types').ServerMessage} */
    const message = JSON.parse(text);
    if (message.type === 'done') {
      this.#waiting.get(message.id)?.(message.ok ? null : (message.error ?? { key: 'unknown', text: _('This cannot be done.') }));
      this.#waiting.delete(message.id);
      store.heardAt = Date.now();
    } else if (message.type === 'notice') {
      notices.add(message.level, message.text);
      toast(message.text, { level: message.level === 'error' ? 'alarm' : 'info' });
    } else if (!store.take(message)) {
      this.#socket?.close(4001, 'gap');
    }
  }

  /** @param {WebSocket} socket @param {number} code */
  #closed(socket, code) {
    if (this.#socket !== socket) return;
    if (code === SIGNED_OUT) location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
    this.#socket = null;
    store.setLink('lost');
    for (const answer of this.#waiting.values()) answer({ key: 'link-lost', text: _('The connection broke before the answer came.') });
    this.#waiting.clear();
    this.#timer = window.setTimeout(() => this.#open(), this.#waitMs * (0.75 + Math.random() / 2));
    this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
  }

  /**
   * Ask the floor to do something; the page changes when the event of it arrives.
   * @param {string} verb @param {Record<string, string | number | boolean | null>} [args]
   * @returns {Promise<CommandError | null>} null when it was taken
   */
  command(verb, args = {}) {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) {
      return Promise.resolve({ key: 'link-lost', text: _('There is no connection to the server. It comes back by itself.') });
    }
    const id = newId();
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      socket.send(JSON.stringify({ type: 'command', id, verb, args }));
      setTimeout(() => {
        if (this.#waiting.delete(id)) resolve({ key: 'timeout', text: _('The telephone service does not answer. Try again in a moment.') });
      }, ANSWER_MS);
    });
  }
}

/** `crypto.randomUUID` exists only in secure contexts; a demo may be opened over plain HTTP in a network. */
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');

export const socket = new Socket();

/** Send a command and show a refusal. @param {string} verb @param {Record<string, string | number | boolean | null>} [args] */
export async function command(verb, args) {
  const error = await socket.command(verb, args);
  if (error) toast(error.text, { level: 'alarm' });
  return error === null;
}
