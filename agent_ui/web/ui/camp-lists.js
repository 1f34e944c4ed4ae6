// Lines that ring, who is dialled next, and the campaign's agents.
import { html, nothing } from 'lit';
import { _, duration, moment, ngettext, phoneText } from '../i18n.js';
import { icon } from '../page.js';
import { STATE_ICONS, stateName } from '../states.js';
import { store } from '../store.js';
import { share } from './camp-words.js';

/** @typedef {import('../types').CampaignDoc} CampaignDoc */
/** @typedef {import('../types').AgentDoc} AgentDoc */

/** Whom one sees first. @type {import('../types').AgentState[]} */
const ORDER = ['talking', 'hold', 'dialling', 'ringing', 'ready', 'wrapup', 'not-responding', 'paused', 'offline'];

/** @param {string} number */
const shown = (number) => (number.includes('•') ? number : phoneText(number));

/** @param {import('../types').CampaignLine['state']} state */
function lineState(state) {
  switch (state) {
    case 'ringing': return _('rings');
    case 'answered': return _('answered, gets an agent');
    case 'machine': return _('machine');
  }
}

/** @param {CampaignDoc} doc */
export function linesPanel(doc) {
  return html`<section class="panel box fill" aria-label=${_('Lines in flight')}><h2>${_('Lines in flight')} <em>${doc.lines.length || nothing}</em></h2>${doc.lines.length
    ? html`<ul class="lines scroll" tabindex="0">${doc.lines.map((line) => html`<li class=${line.state}><i class="dot"></i><span class="num cut">${shown(line.number)}</span><span class="cut">${lineState(line.state)}</span><time>${duration(store.secondsSince(line.since))}</time></li>`)}</ul>`
    : html`<p class="muted">${_('No line rings.')}</p>`}</section>`;
}

/** @param {CampaignDoc} doc */
export function nextPanel(doc) {
  return html`<section class="panel box next" tabindex="0" role="region" aria-label=${_('Next to be dialled')}><h2>${_('Next to be dialled')}</h2>${doc.next.length
    ? html`<ol class="lines">${doc.next.map((one) => html`<li><span class="num cut">${shown(one.number)}</span><em>${one.try > 1 ? _('try {count}', { count: one.try }) : _('first try')}</em></li>`)}</ol>`
    : html`<p class="muted">${doc.status === 'running' ? _('Nothing is kept ready at this moment.') : _('Leads are kept ready while the campaign runs.')}</p>`}</section>`;
}

/** @param {CampaignDoc} doc @param {import('./camp-state.js').CampaignConfig} config */
export function agentsPanel(doc, config) {
  const known = [...store.docs.agent.values()].filter((agent) => agent.campaigns.includes(doc.id));
  const here = known.filter((agent) => agent.state !== 'offline').sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || Date.parse(a.since) - Date.parse(b.since));
  const chosen = Math.max(Object.keys(config.agents).length, known.length);
  return html`<section class="panel box fill" aria-label=${_('Agents')}><h2>${_('Agents')} <em>${_('{here} of {chosen} on shift', { here: here.length, chosen })}</em></h2>${here.length
    ? html`<ul class="lines people scroll" tabindex="0">${here.map((agent) => row(agent))}</ul>`
    : html`<p class="muted">${chosen ? ngettext('Its agent is off shift.', 'All its {count} agents are off shift.', chosen) : _('No agent is chosen yet.')}</p>`}</section>`;
}

/** @param {AgentDoc} agent */
function row(agent) {
  const who = agent.call ? agent.call.name || shown(agent.call.number) : '';
  return html`<li><span class="state-chip" data-state=${agent.state}>${icon(STATE_ICONS[agent.state], true)}${stateName(agent.state)}</span><span class="cut"><b>${agent.name}</b>${who ? html` <em>${who}</em>` : nothing}</span><time>${duration(store.secondsSince(agent.since))}</time></li>`;
}

/** @param {CampaignDoc} doc */
export function callersPanel(doc) {
  if (!doc.callers.length) return nothing;
  return html`<section class="panel box callers" tabindex="0" role="region" aria-label=${_('Numbers that customers see')}><h2>${_('Numbers that customers see')}</h2><ul class="lines">${doc.callers.map((one) => html`<li><span class="num cut">${phoneText(one.number)}</span>${one.rests_until
    ? html`<span class="pill alarm">${_('rests until {time}', { time: moment(new Date(one.rests_until), 'time') })}</span>`
    : html`<em>${one.answered === null ? '' : _('answered {share}', { share: share(one.answered, 0) })}</em>`}<time>${one.today}${one.cap ? ` / ${one.cap}` : ''}</time></li>`)}</ul></section>`;
}
