// <cc-next>: what waits for this agent besides the queue: promised callbacks and callers who were missed; and
// the field to dial a number or find a person.
import { html, nothing } from 'lit';
import { providers } from '../commands.js';
import { dial, myState } from '../desk.js';
import { Live } from '../element.js';
import { _, moment, phoneText } from '../i18n.js';
import { hint } from '../keys.js';
import { ask, icon } from '../page.js';
import { store } from '../store.js';

const REFRESH_MS = 60_000;
const SHOWN = 12;
const SEARCH_MS = 200;

/** @typedef {{id: number, number: string, name: string, note: string, due_at: string, contact_id: number | null}} Callback */
/** @typedef {{call_id: string, number: string, name: string, queue: string, at: string, contact_id: number | null}} Missed */
/** @typedef {{title: string, icon: string, detail?: string, number?: string, run: () => void}} Found */

class Next extends Live {
  /** @type {Callback[]} */
  #callbacks = [];
  /** @type {Missed[]} */
  #missed = [];
  /** @type {'loading' | 'shown' | 'failed'} */
  #state = 'loading';
  #text = '';
  /** @type {Found[]} */
  #found = [];
  /** @type {AbortController | null} */
  #search = null;
  #lastState = '';

  /** @override */
  subscribe() {
    this.listen(store, 'change', () => {
      const state = myState();
      if (state !== this.#lastState && ['ready', 'wrapup', 'paused'].includes(state)) void this.#load();
      this.#lastState = state;
      this.requestUpdate();
    });
    this.listen(document, 'cc:callbacks', () => void this.#load());
    const timer = setInterval(() => void this.#load(), REFRESH_MS);
    this.listen(window, 'pagehide', () => clearInterval(timer));
    void this.#load();
  }

  async #load() {
    try {
      const found = await ask('/api/v1/desk/next');
      this.#callbacks = found.callbacks;
      this.#missed = found.missed;
      this.#state = 'shown';
    } catch {
      this.#state = 'failed';
    }
    this.requestUpdate();
  }

  get #canDial() {
    return ['ready', 'paused', 'wrapup', 'not-responding'].includes(myState());
  }

  /** @param {string} number @param {number | null} contactId */
  #dial(number, contactId) {
    if (this.#canDial) void dial(number, contactId);
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const digits = this.#text.replace(/[^\d+]/g, '');
    const first = this.#found[0];
    if (/\p{L}/u.test(this.#text)) first?.run();
    else if (digits) void dial(digits).then((taken) => { if (taken) this.#clear(); });
  }

  #clear() {
    this.#text = '';
    this.#found = [];
    this.requestUpdate();
  }

  /** @param {Event} event */
  #typed(event) {
    this.#text = /** @type {HTMLInputElement} */ (event.target).value;
    this.#search?.abort();
    this.#found = [];
    this.requestUpdate();
    if (!/\p{L}{2}/u.test(this.#text)) return;
    this.#search = new AbortController();
    const { signal } = this.#search;
    setTimeout(async () => {
      if (signal.aborted) return;
      const answers = await Promise.allSettled(providers.map((provider) => provider(this.#text.trim(), signal)));
      if (signal.aborted) return;
      this.#found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
        .slice(0, 5).map((one) => ({
          title: one.title(), icon: one.number ? 'phone' : one.icon, detail: one.detail ?? '',
          run: () => {
            if (one.number) void dial(one.number, one.contactId ?? null);
            else one.run();
            this.#clear();
          },
        }));
      this.requestUpdate();
    }, SEARCH_MS);
  }

  #rows() {
    const now = store.now();
    const callbacks = this.#callbacks.map((one) => ({ at: Date.parse(one.due_at), row: html`<li>
      <button type="button" ?disabled=${!this.#canDial} title=${_('Call now')} @click=${() => this.#dial(one.number, one.contact_id)}>
        <span class="kind wrap">${icon('back')}</span><span class="cut"><b class="cut">${one.name || phoneText(one.number)}</b><span class="cut">${_('Callback')}${one.note ? `, ${one.note}` : ''}</span></span>
        <time class=${Date.parse(one.due_at) < now ? 'hot' : ''}>${moment(new Date(one.due_at), 'relative', now)}</time></button></li>` }));
    const missed = this.#missed.map((one) => ({ at: Date.parse(one.at), row: html`<li>
      <button type="button" ?disabled=${!this.#canDial} title=${_('Call now')} @click=${() => this.#dial(one.number, one.contact_id)}>
        <span class="kind alarm">${icon('miss')}</span><span class="cut"><b class="cut num">${one.name || phoneText(one.number)}</b><span class="cut">${_('Missed')}${one.queue ? `, ${store.docs.queue.get(one.queue)?.title ?? one.queue}` : ''}</span></span>
        <time>${moment(new Date(one.at), 'time')}</time></button></li>` }));
    const due = callbacks.filter((one) => one.at < now + 900_000);
    const later = callbacks.filter((one) => one.at >= now + 900_000);
    return [...due, ...missed, ...later].slice(0, SHOWN).map((one) => one.row);
  }

  /** @override */
  render() {
    const rows = this.#rows();
    const key = hint('dial');
    return html`<section class="panel next">
      <h2><span>${_('Up next')}</span>${rows.length ? html`<span class="muted">${this.#callbacks.length + this.#missed.length}</span>` : nothing}</h2>
      ${this.#state === 'loading' ? html`<div class="skeleton"><i></i><i></i><i></i></div>`
        : this.#state === 'failed' && !rows.length ? html`<div class="failed">${icon('alert')}<p>${_('The list cannot be fetched.')}</p><button type="button" class="btn small" @click=${() => void this.#load()}>${_('Try again')}</button></div>`
        : rows.length ? html`<ul tabindex="0" aria-label=${_('Up next')}>${rows}</ul>`
        : html`<div class="empty">${icon('check')}<p>${_('Nobody waits for your call. Callbacks you promise and callers who were missed appear here.')}</p></div>`}
      ${this.#found.length ? html`<ul class="found" aria-label=${_('Found')}>${this.#found.map((one) => html`<li><button type="button" @click=${one.run}><span class="kind">${icon(one.icon)}</span><span class="cut"><b class="cut">${one.title}</b><span class="cut">${one.detail}</span></span></button></li>`)}</ul>` : nothing}
      <form class="dial" @submit=${this.#submit}>${icon('phone')}<label class="vh" for="dial-field">${_('Dial a number or name')}</label>
        <input id="dial-field" type="text" inputmode="tel" autocomplete="off" spellcheck="false" placeholder=${_('Dial a number or name')} .value=${this.#text} ?disabled=${!this.#canDial} @input=${this.#typed}>
        ${/\d{3}/.test(this.#text) ? html`<button class="btn small primary">${_('Call')}</button>` : key ? html`<kbd>${key}</kbd>` : nothing}</form></section>`;
  }
}
customElements.define('cc-next', Next);
