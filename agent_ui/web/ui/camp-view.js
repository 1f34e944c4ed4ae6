// <cc-campaign>: one campaign as it runs. Everything on it is the board's document; before the board has spoken,
// and while the telephone service is away, it is what the server counted in rows.
import { html, nothing } from 'lit';
import { Live } from '../element.js';
import { _, duration } from '../i18n.js';
import { icon } from '../page.js';
import { store } from '../store.js';
import { agentsPanel, callersPanel, linesPanel, nextPanel } from './camp-lists.js';
import { pacingPanel } from './camp-pacing.js';
import { configured, now, statusOf } from './camp-state.js';
import { count, share } from './camp-words.js';

/** @typedef {import('./camp-state.js').CampaignConfig} CampaignConfig */
/** @typedef {import('../types').CampaignDoc} CampaignDoc */

/** @param {number} part @param {number} of */
const ratio = (part, of) => (of ? Math.min(1, part / of) : null);

/** From all leads to sales. @param {CampaignDoc} doc */
function funnel(doc) {
  /** @type {[label: string, value: number, of: number | null, title: string][]} */
  const stages = [
    [_('Leads'), doc.leads, null, _('All leads of the campaign')],
    [_('Can be called now'), doc.dialable, ratio(doc.dialable, doc.leads), _('Of all leads: not finished, and their time has come')],
    [_('Dialled'), doc.attempts, null, _('Calls that were placed; a lead may be dialled several times')],
    [_('Answered'), doc.answered, ratio(doc.answered, doc.attempts), _('Of the calls that were placed')],
    [_('People'), doc.people, ratio(doc.people, doc.answered), _('Of the answered: no machine')],
    [_('Right ones'), doc.contacts, ratio(doc.contacts, doc.people), _('Of the people: the result says that the right one was reached')],
    [_('Sales'), doc.sales, ratio(doc.sales, doc.contacts), _('Of the right ones')],
  ];
  return html`<section class="panel funnel" aria-label=${_('From leads to sales')}>${stages.map(([label, value, of, title]) => html`<div title=${title}><span class="k">${label}</span><b>${count(value)}</b><span class="of">${of === null ? html`&nbsp;` : share(of, of < 0.1 ? 1 : 0)}</span><i class="meter" aria-hidden="true"><i style="width:${(of ?? (value ? 1 : 0)) * 100}%"></i></i></div>`)}</section>`;
}

/** How attempts ended. @param {CampaignDoc} doc @param {CampaignConfig} config */
function outcomes(doc, config) {
  const rows = Object.entries(doc.outcomes).sort((a, b) => b[1] - a[1]);
  const all = rows.reduce((sum, [, value]) => sum + value, 0);
  return html`<section class="panel box outcomes" tabindex="0" role="region" aria-label=${_('How attempts ended')}><h2>${_('How attempts ended')}</h2>${rows.length
    ? html`<ul class="bars">${rows.map(([name, value]) => html`<li class=${name === 'dropped' ? 'bad' : ''}><span class="cut" title=${config.outcomes[name] ?? name}>${config.outcomes[name] ?? name}</span><i class="meter" aria-hidden="true"><i style="width:${(value / (rows[0]?.[1] ?? 1)) * 100}%"></i></i><b>${count(value)}</b><em>${share(value / all, 0)}</em></li>`)}</ul>`
    : html`<p class="muted">${_('Nothing has been dialled yet.')}</p>`}</section>`;
}

/** What the gate has refused. @param {CampaignDoc} doc @param {CampaignConfig} config @param {string} why */
function refusals(doc, config, why) {
  const rows = Object.entries(doc.last_refusals).sort((a, b) => b[1] - a[1]);
  return html`<section class="panel box refusals" tabindex="0" role="region" aria-label=${_('Not dialled in the last hour, and why')}><h2>${_('Not dialled in the last hour')}</h2>${rows.length
    ? html`<ul class="pairs-list">${rows.map(([rule, value]) => html`<li><span>${config.reasons[rule] ?? rule}</span><b>${count(value)}</b></li>`)}</ul>`
    : html`<p class="muted">${_('No call was refused.')}</p>`}${why ? html`<a class="link small" href=${why}>${_('Why is it not dialing?')}</a>` : nothing}</section>`;
}

class CampaignView extends Live {
  /** @override */
  ticks = true;

  /** @override */
  subscribe() {
    this.listen(store, 'change');
    this.listen(store, 'link');
  }

  #banner() {
    if (store.link === 'lost') {
      return html`<div class="banner alarm" role="alert">${icon('alert')}<span>${_('No connection to the server. What you see is {age} old; it comes back by itself.', { age: duration(store.ageSeconds()) })}</span></div>`;
    }
    return nothing;
  }

  /** @param {CampaignDoc} doc @param {boolean} live */
  #hint(doc, live) {
    if (store.known && !live) return html`<div class="banner warn" role="status">${icon('alert')}<span>${_('The telephone service does not answer. These figures were counted in the database when the page was opened.')}</span></div>`;
    if (live && statusOf(doc) === 'running' && !doc.agents) return html`<div class="banner warn" role="status">${icon('head')}<span>${_('None of its agents is on shift. Calling begins as soon as one is ready.')}</span></div>`;
    return nothing;
  }

  /** @override */
  render() {
    const config = /** @type {CampaignConfig | null} */ (configured('campaign-config'));
    if (!config) return nothing;
    const doc = now(config.first);
    const live = store.docs.campaign.has(String(doc.id));
    const why = this.getAttribute('why') ?? '';
    return html`<div class="camp ${store.known && store.stale ? 'stale' : ''}">${this.#banner()}${this.#hint(doc, live)}${funnel(doc)}
      <div class="camp-grid"><div class="col">${pacingPanel(doc, live)}</div>
        <div class="col">${outcomes(doc, config)}${linesPanel(doc)}${callersPanel(doc)}</div>
        <div class="col">${agentsPanel(doc, config)}${nextPanel(doc)}${refusals(doc, config, why)}</div></div></div>`;
  }
}
customElements.define('cc-campaign', CampaignView);
