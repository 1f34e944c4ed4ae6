// <cc-campaigns>: the list, with the board's figures as they move and the next step in one click.
import { html, nothing } from 'lit';
import { Live } from '../element.js';
import { _ } from '../i18n.js';
import { icon } from '../page.js';
import { store } from '../store.js';
import { statusPill } from './camp-head.js';
import { configured, now, statusOf, step, stepsOf } from './camp-state.js';
import { count, share } from './camp-words.js';

/** @typedef {import('../types').CampaignDoc} CampaignDoc */

/** Those that run first, then those on pause. */
const ORDER = ['running', 'paused', 'draft', 'stopped'];

/** @param {import('./camp-state.js').Verb} verb */
const shortName = (verb) => (verb === 'pause' ? _('Pause') : verb === 'resume' ? _('Go on') : _('Start'));

class Campaigns extends Live {
  /** @override */
  subscribe() {
    this.listen(store, 'change');
  }

  /** @param {CampaignDoc} doc */
  #row(doc) {
    const status = statusOf(doc);
    const lost = doc.people ? doc.abandoned / doc.people : null;
    const over = lost !== null && doc.limit > 0 && lost > doc.limit;
    return html`<tr data-record tabindex="-1" @keydown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === 'Enter' && event.target === event.currentTarget) /** @type {HTMLElement} */ (event.currentTarget).querySelector('a')?.click(); }}>
      <td class="name"><a class="link" href="/campaigns/${doc.id}">${doc.name}</a></td><td>${statusPill(status)}</td>
      <td class="r">${count(doc.leads)}</td><td class="r">${count(doc.dialable)}</td><td class="r">${count(doc.attempts)}</td><td class="r">${count(doc.answered)}<em>${doc.attempts ? share(doc.answered / doc.attempts, 0) : nothing}</em></td>
      <td class="r">${count(doc.connected)}</td><td class="r">${count(doc.sales)}</td>
      <td class="lost ${over ? 'bad' : ''}">${lost === null ? '–' : html`<span>${over ? icon('alert', true) : nothing}${share(lost)}</span><i class="meter" aria-hidden="true"><i style="width:${Math.min(100, (lost / (doc.limit || 0.03)) * 100)}%"></i></i>`}<em>${_('of {limit}', { limit: share(doc.limit) })}</em></td>
      <td class="r">${doc.agents ? html`${doc.ready}<em>${_('of {count}', { count: doc.agents })}</em>` : '–'}</td>
      <td class="r">${this.hasAttribute('may-run') ? stepsOf(status).filter((verb) => verb !== 'stop').map((verb) => html`<button type="button" class="btn small" aria-label="${shortName(verb)}: ${doc.name}" @click=${() => void step(doc.id, verb)}>${icon(verb === 'pause' ? 'pause' : 'play', true)}${shortName(verb)}</button>`) : nothing}</td></tr>`;
  }

  /** @override */
  render() {
    const rows = (/** @type {CampaignDoc[] | null} */ (configured('campaigns-config')) ?? []).map(now);
    rows.sort((a, b) => ORDER.indexOf(statusOf(a)) - ORDER.indexOf(statusOf(b)));
    return html`<table class="table campaigns" data-records><thead><tr><th>${_('Title')}</th><th>${_('Status')}</th><th class="r">${_('Leads')}</th><th class="r">${_('Can be called now')}</th><th class="r">${_('Dialled')}</th><th class="r">${_('Answered')}</th><th class="r">${_('Conversations')}</th><th class="r">${_('Sales')}</th><th>${_('Abandoned')}</th><th class="r">${_('Agents ready')}</th><td></td></tr></thead><tbody>${rows.map((doc) => this.#row(doc))}</tbody></table>`;
  }
}
customElements.define('cc-campaigns', Campaigns);
