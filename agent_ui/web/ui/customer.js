// <cc-customer>: the centre of the desk. Whose card is shown follows the call: the contact when it is known,
// otherwise the contacts' own question who it is; between calls the agent's day.
import htmx from 'htmx.org';
import { html, render } from 'lit';
import { myState } from '../desk.js';
import { Placed } from '../element.js';
import { _ } from '../i18n.js';
import { icon } from '../page.js';
import { store } from '../store.js';

/** The server tells who calls a few milliseconds after it says that it rings; only a page that came late waits so long. */
const POP_MS = 300;

class Customer extends Placed {
  /** What is loaded, so that one change of the board does not load it again. */
  #shown = '';
  /** The call whose pop is waited for, and until when. */
  #awaited = '';
  #timer = 0;

  /** @override */
  subscribe() {
    this.listen(store, 'change', (event) => { if (event.detail === '' || event.detail === 'agent') this.#follow(); });
    this.listen(store, 'pop', () => this.#follow());
    this.#shown = '';
    this.#follow();
  }

  #follow() {
    if (!store.known && !this.#shown) return;
    const call = store.me?.call ?? null;
    if (!call || !['ringing', 'dialling', 'talking', 'hold', 'wrapup'].includes(myState())) return this.#load('day', '/desk/day');
    const pop = store.pop?.call_id === call.call_id ? store.pop : null;
    const contactId = call.contact_id ?? (pop?.matches.length === 1 ? pop.matches[0]?.id : null);
    const about = new URLSearchParams({ call_id: call.call_id });
    if (contactId != null) {
      const key = `${call.call_id} is ${contactId}`;
      if (this.querySelector(`[data-contact-id="${contactId}"]`)) this.#shown = key; // the choice itself drew the card
      return this.#load(key, `/crm/contacts/${contactId}/card?${about}`);
    }
    if (!pop && !this.#waited(call.call_id)) {
      this.#shown = '';
      return this.#skeleton();
    }
    about.set('number', call.number);
    return this.#load(`${call.call_id} is unknown`, `/crm/contacts/pop?${about}`);
  }

  /** Has this call's pop had its time? The first question starts it. @param {string} callId */
  #waited(callId) {
    if (this.#awaited === callId) return this.#timer === 0;
    clearTimeout(this.#timer);
    this.#awaited = callId;
    this.#timer = setTimeout(() => { this.#timer = 0; this.#follow(); }, POP_MS);
    return false;
  }

  /** @param {string} key @param {string} path */
  #load(key, path) {
    if (this.#shown === key) return;
    this.#shown = key;
    this.#skeleton();
    void this.#fetch(key, path);
  }

  #skeleton() {
    if (this.firstElementChild?.classList.contains('skeleton')) return;
    const waiting = document.createElement('div');
    waiting.className = 'skeleton';
    waiting.setAttribute('role', 'status');
    waiting.setAttribute('aria-label', _('Loading'));
    waiting.append(...Array.from({ length: 7 }, () => document.createElement('i')));
    this.replaceChildren(waiting);
  }

  /** @param {string} key @param {string} path */
  async #fetch(key, path) {
    try {
      const answer = await fetch(path, { headers: { 'HX-Request': 'true', Accept: 'text/html' }, signal: AbortSignal.timeout(10_000) });
      if (answer.status >= 500) throw new Error(String(answer.status));
      const text = await answer.text();
      if (this.#shown !== key) return;
      const place = document.createElement('div');
      place.className = 'customer-body';
      place.innerHTML = text;
      this.replaceChildren(place);
      htmx.process(place);
    } catch {
      if (this.#shown === key) this.#failed(key, path);
    }
  }

  /** @param {string} key @param {string} path */
  #failed(key, path) {
    const place = document.createElement('div');
    place.className = 'failed';
    place.setAttribute('role', 'alert');
    this.replaceChildren(place);
    const again = () => {
      if (this.#shown !== key) return;
      this.#shown = '';
      this.#load(key, path);
    };
    render(html`${icon('alert')}<b>${_('This cannot be shown now')}</b><p>${_('The call is not touched by it.')}</p>
      <button type="button" class="btn" @click=${again}>${icon('refresh', true)}${_('Try again')}</button>`, place);
  }
}
customElements.define('cc-customer', Customer);
