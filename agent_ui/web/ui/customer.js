// <cc-customer>: the centre of the desk. Whose card is shown follows the call: one contact known, several that
// share the number, nobody; between calls the agent's own day.
import htmx from 'htmx.org';
import { html, nothing, render } from 'lit';
import { myState } from '../desk.js';
import { Placed } from '../element.js';
import { _, initials, phoneText } from '../i18n.js';
import { ask, icon } from '../page.js';
import { store } from '../store.js';

/** @typedef {import('../types').Match} Match */

class Customer extends Placed {
  /** What is loaded, so that one change of the board does not load it again. */
  #shown = '';
  /** The person the agent chose among several, by call. @type {Map<string, Match>} */
  #chosen = new Map();

  /** @override */
  subscribe() {
    this.listen(store, 'change', (event) => { if (event.detail === '' || event.detail === 'agent') this.#follow(); });
    this.listen(store, 'pop', () => this.#follow());
    this.listen(this, 'click', (event) => this.#clicked(event));
    this.listen(document, 'cc:contact', (event) => this.#bind(event.detail));
    this.#shown = '';
    this.#follow();
  }

  /** A contact was made or picked in the panel. @param {Match} match */
  #bind(match) {
    const call = store.me?.call;
    if (call) void this.#choose(call.call_id, match);
  }

  #follow() {
    const me = store.me;
    if (!store.known && !this.#shown) return;
    const call = me?.call ?? null;
    if (!call || !['ringing', 'dialling', 'talking', 'hold', 'wrapup'].includes(myState())) return this.#load('day', '/desk/day');
    const pop = store.pop?.call_id === call.call_id ? store.pop : null;
    const contactId = this.#chosen.get(call.call_id)?.id ?? call.contact_id ?? (pop?.matches.length === 1 ? pop.matches[0]?.id : null);
    const where = `call_id=${encodeURIComponent(call.call_id)}`;
    if (contactId != null) return this.#load(`contact-${contactId}-${call.call_id}`, `/crm/contacts/${contactId}/card?${where}`);
    if (pop && pop.matches.length > 1) return this.#pick(call.call_id, call.number, pop.matches);
    return this.#load(`unknown-${call.call_id}`, `/crm/contacts/pop?number=${encodeURIComponent(call.number)}&${where}`);
  }

  /** @param {string} key @param {string} path */
  #load(key, path) {
    if (this.#shown === key) return;
    this.#shown = key;
    this.replaceChildren();
    const waiting = document.createElement('div');
    waiting.className = 'skeleton';
    waiting.setAttribute('role', 'status');
    waiting.setAttribute('aria-label', _('Loading'));
    waiting.append(...Array.from({ length: 7 }, () => document.createElement('i')));
    this.append(waiting);
    const place = document.createElement('div');
    place.className = 'customer-body';
    place.hidden = true;
    this.append(place);
    void this.#fetch(key, path, waiting, place);
  }

  /** @param {string} key @param {string} path @param {HTMLElement} waiting @param {HTMLElement} place */
  async #fetch(key, path, waiting, place) {
    try {
      const answer = await fetch(path, { headers: { 'HX-Request': 'true', Accept: 'text/html' }, signal: AbortSignal.timeout(10_000) });
      if (this.#shown !== key) return;
      if (answer.status >= 500) throw new Error(String(answer.status));
      place.innerHTML = await answer.text();
      htmx.process(place);
      place.hidden = false;
      waiting.remove();
    } catch {
      if (this.#shown === key) this.#failed(key, path, waiting);
    }
  }

  /** @param {string} key @param {string} path @param {HTMLElement} place */
  #failed(key, path, place) {
    place.className = 'failed';
    place.setAttribute('role', 'alert');
    place.removeAttribute('aria-label');
    place.replaceChildren();
    render(html`${icon('alert')}<b>${_('This cannot be shown now')}</b><p>${_('The call is not touched by it.')}</p>
      <button type="button" class="btn" @click=${() => { if (this.#shown === key) { this.#shown = ''; this.#load(key, path); } }}>${icon('refresh', true)}${_('Try again')}</button>`, place);
  }

  /** @param {string} callId @param {string} number @param {Match[]} matches */
  #pick(callId, number, matches) {
    const key = `pick-${callId}`;
    if (this.#shown === key) return;
    this.#shown = key;
    this.replaceChildren();
    const place = document.createElement('div');
    place.className = 'pick';
    this.append(place);
    render(html`<header class="page-head"><h1>${_('Who is it?')}</h1><span class="muted">${_('{number} belongs to several', { number: phoneText(number) })}</span></header>
      <ul>${matches.slice(0, 9).map((match, index) => html`<li><button type="button" class="match" @click=${() => void this.#choose(callId, match)}>
        <kbd>${index + 1}</kbd><span class="avatar square">${match.kind === 'company' ? icon('bldg') : initials(match.name)}</span>
        <span class="cut grow"><b class="cut">${match.name}</b>${match.company ? html`<span class="muted cut">${match.company}</span>` : nothing}</span>${icon('right', true)}</button></li>`)}</ul>
      <p class="pick-foot"><button type="button" class="btn" @click=${() => this.#load(`unknown-${callId}`, `/crm/contacts/pop?number=${encodeURIComponent(number)}&call_id=${encodeURIComponent(callId)}`)}>${icon('plus', true)}${_('None of them')}</button></p>`, place);
  }

  /** @param {string} callId @param {Match} match */
  async #choose(callId, match) {
    this.#chosen.set(callId, match);
    this.#follow();
    await ask(`/api/v1/desk/calls/${encodeURIComponent(callId)}/contact`, { method: 'PUT', json: { contact_id: match.id, name: match.name } }).catch(() => undefined);
  }

  /** Links of partials that say `data-pick-contact` bind the call to that contact. @param {Event} event */
  #clicked(event) {
    const link = event.target instanceof Element ? event.target.closest('[data-pick-contact]') : null;
    const call = store.me?.call;
    if (!(link instanceof HTMLElement) || !call) return;
    event.preventDefault();
    void this.#choose(call.call_id, { id: Number(link.dataset['pickContact']), name: link.dataset['name'] ?? '', company: '', kind: 'person' });
  }
}
customElements.define('cc-customer', Customer);
