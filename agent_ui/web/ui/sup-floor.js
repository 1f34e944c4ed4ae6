// <cc-floor>: queues, running campaigns, the bar of states that filters, and the agents, worst first.
import { html, nothing, svg } from 'lit';
import { Live } from '../element.js';
import { _, duration, moment, ngettext, phoneText } from '../i18n.js';
import { icon } from '../page.js';
import { stateName } from '../states.js';
import { store } from '../store.js';
import { GROUPS, NEAR, ahtOf, dayOf, floor, groupName, groupOf, limitOf, occupancyOf, placeOf, reasonTitle, shown, spent, stateIcon, wholePercent, zoneHour } from './sup-state.js';

/** @typedef {import('../types').AgentDoc} AgentDoc */
/** @typedef {import('../types').QueueDoc} QueueDoc */
/** @typedef {import('../types').CampaignDoc} CampaignDoc */

const BAR = 34;
const HOURS_SHOWN = 12;

/** @param {QueueDoc} queue @returns {'bad' | 'warn' | ''} */
export function pressure(queue) {
  const wait = queue.waiting ? store.secondsSince(queue.longest_since) : 0;
  if (queue.wait_limit_s && wait >= queue.wait_limit_s) return 'bad';
  if (queue.wait_limit_s && wait >= queue.wait_limit_s * NEAR) return 'warn';
  return '';
}

class FloorView extends Live {
  /** @override */
  ticks = true;

  /** @override */
  subscribe() {
    this.listen(store, 'change');
    this.listen(store, 'link');
    this.listen(floor, 'change');
  }

  /** @override */
  updated() {
    this.querySelector('tr[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }

  /** @param {QueueDoc} queue */
  #queue(queue) {
    const level = pressure(queue);
    const wait = duration(queue.waiting ? store.secondsSince(queue.longest_since) : 0);
    const share = queue.service_level;
    const pill = share === null ? '' : share < queue.target - 0.05 ? 'alarm' : share < queue.target ? 'hold' : '';
    const hour = zoneHour();
    const top = Math.max(...queue.hours, 1);
    return html`<article class="qc ${level}" aria-label=${queue.title}>
      <div class="k"><b class="cut">${queue.title}</b>${share === null ? nothing : html`<em class="pill ${pill}" title=${_('Answered in {seconds} s: {count} of {ended}', { seconds: queue.threshold_s, count: queue.answered_in_target, ended: queue.answered + queue.abandoned })}>${wholePercent(share)}</em>`}</div>
      <div class="nums"><b>${queue.waiting}</b><span>${level ? icon('alert', true) : nothing}${_('waiting, up to {wait}', { wait })}<br>${ngettext('{count} ready', '{count} ready', queue.ready)}</span></div>
      <svg class="hours" viewBox="0 0 ${queue.hours.length * 9 - 3} ${BAR}" height=${BAR} preserveAspectRatio="none" role="img" aria-label=${_('Calls by hour, {count} today', { count: queue.offered })}>
        ${queue.hours.map((calls, at) => {
          const height = Math.max(1.5, (calls / top) * BAR);
          return svgBar(at * 9, BAR - height, height, at === hour, `${String(at).padStart(2, '0')}:00  ${calls}`);
        })}</svg>
    </article>`;
  }

  /** @param {CampaignDoc} campaign */
  #campaign(campaign) {
    const reached = campaign.connected + campaign.abandoned;
    const share = reached ? campaign.abandoned / reached : 0;
    return html`<li><span class="dot ${campaign.status}"></span><b class="cut">${campaign.name}</b>
      <span>${_('{count} ringing out', { count: campaign.in_flight })}</span>
      <span>${_('{answered} of {attempts} answered', { answered: campaign.answered, attempts: campaign.attempts })}</span>
      <span class=${share > 0.03 ? 'bad' : ''}>${_('abandoned {share}', { share: wholePercent(share) })}</span>
      <span>${_('{ready} of {agents} agents ready', { ready: campaign.ready, agents: campaign.agents })}</span>
      <span>${_('{count} left to dial', { count: campaign.dialable })}</span></li>`;
  }

  #bar() {
    const agents = [...store.docs.agent.values()];
    const count = (/** @type {(typeof GROUPS)[number]} */ group) => agents.filter((agent) => groupOf(agent.state) === group).length;
    const here = agents.filter((agent) => agent.state !== 'offline').length;
    const chips = GROUPS.filter((group) => count(group) || ['talking', 'ready', 'wrapup', 'paused'].includes(group.id));
    return html`<div class="stack" aria-hidden="true">${GROUPS.filter((group) => group.id !== 'offline' && count(group)).map((group) => html`<i style="flex:${count(group)};background:var(--${group.mark}-mark)" class=${floor.filter !== 'all' && floor.filter !== group.id ? 'dim' : ''} @click=${() => floor.setFilter(group.id)}></i>`)}${here ? nothing : html`<i class="none"></i>`}</div>
      <div class="filters" role="group" aria-label=${_('Show')}>
        <button type="button" class="chip" aria-pressed=${floor.filter === 'all'} @click=${() => floor.setFilter('all')}>${groupName('all')} <b>${here}</b></button>
        ${chips.map((group) => html`<button type="button" class="chip" style="--c:var(--${group.mark}-mark)" aria-pressed=${floor.filter === group.id} @click=${() => floor.setFilter(group.id)}><i></i>${groupName(group.id)} <b>${count(group)}</b></button>`)}
        <span class="grow"></span><span class="muted order">${_('over limit first')}</span></div>`;
  }

  /** @param {AgentDoc} agent */
  #where(agent) {
    if (agent.call) return placeOf(agent.call);
    if (agent.state === 'paused') {
      const limit = limitOf(agent);
      const back = limit ? _('back {time}', { time: moment(new Date(Date.parse(agent.since) + limit * 1000), 'time') }) : '';
      return [reasonTitle(agent.reason), back].filter(Boolean).join(', ');
    }
    return agent.state === 'offline' ? '' : [
      ...agent.queues.map((name) => store.docs.queue.get(name)?.title ?? name),
      ...agent.campaigns.map((id) => store.docs.campaign.get(String(id))?.name ?? ''),
    ].filter(Boolean).join(', ');
  }

  /** @param {AgentDoc} agent */
  #row(agent) {
    const share = spent(agent);
    const group = groupOf(agent.state);
    const day = dayOf(agent);
    const [aht, occupancy] = [ahtOf(day), occupancyOf(day)];
    const over = share >= 1;
    const who = agent.call ? agent.call.name || phoneText(agent.call.number) || _('Number withheld') : '';
    const where = this.#where(agent);
    return html`<tr class=${over ? 'over' : ''} style="--c:var(--${group.mark}-mark)" aria-selected=${agent.id === floor.selected} @click=${() => floor.select(agent.id)}>
      <td><span class="state-chip" data-state=${agent.state}>${icon(stateIcon(agent.state), true)}${stateName(agent.state)}</span></td>
      <td class="nm"><button type="button" class="cut" @click=${() => floor.select(agent.id)}>${agent.name}</button></td>
      <td class="tm">${agent.state === 'offline' ? nothing : html`<time>${duration(store.secondsSince(agent.since))}</time>${share ? html`<i class="lim" aria-hidden="true"><i style="width:${Math.min(100, share * 100)}%"></i></i>` : nothing}${over ? html`<span class="vh">${_('over limit')}</span>` : nothing}`}</td>
      <td class="cut" title=${where}>${where}</td><td class="mu cut" title=${who}>${who}</td>
      <td class="r">${day.calls}</td><td class="r">${aht === null ? '–' : duration(aht)}</td><td class="r">${occupancy === null ? '–' : wholePercent(occupancy)}</td>
      <td class="by-hour">${this.#spark(agent.id)}</td></tr>`;
  }

  /** @param {number} id */
  #spark(id) {
    const hours = floor.hours[String(id)];
    if (!hours) return nothing;
    const end = zoneHour() + 1;
    const last = hours.slice(Math.max(0, end - HOURS_SHOWN), end);
    const top = Math.max(...last, 1);
    return html`<span class="sp" aria-hidden="true">${last.map((calls) => html`<i style="height:${Math.max(1, Math.round((calls / top) * 16))}px"></i>`)}</span>`;
  }

  #table() {
    const rows = shown();
    if (!store.known) return html`<div class="skeleton" role="status" aria-label=${_('Loading')}>${Array.from({ length: 8 }, () => html`<i></i>`)}</div>`;
    if (!rows.length) {
      return floor.filter === 'all'
        ? html`<div class="empty">${icon('head')}<b>${_('Nobody is on shift')}</b><p>${_('Agents appear here when they begin their shift.')}</p></div>`
        : html`<div class="empty">${icon('filter')}<b>${_('Nobody is in this state now')}</b><button type="button" class="btn" @click=${() => floor.setFilter('all')}>${_('Show all')}</button></div>`;
    }
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${_('Agents')}><table>
      <thead><tr><th>${_('State')}</th><th>${_('Agent')}</th><th>${_('For')}</th><th>${_('Queue')}</th><th>${_('With')}</th><th class="r">${_('Calls')}</th><th class="r">${_('AHT')}</th><th class="r"><abbr title=${_('Occupancy')}>${_('Occ.')}</abbr></th><th class="by-hour">${_('By hour')}</th></tr></thead>
      <tbody>${rows.map((agent) => this.#row(agent))}</tbody></table></div>`;
  }

  /** @override */
  render() {
    const queues = [...store.docs.queue.values()].sort((a, b) => weight(b) - weight(a) || a.title.localeCompare(b.title));
    const campaigns = [...store.docs.campaign.values()].filter((campaign) => campaign.status === 'running' || campaign.in_flight);
    return html`<div class="floor-view ${store.known && store.stale ? 'stale' : ''}">
      ${store.link === 'lost' ? html`<div class="banner alarm" role="alert">${icon('alert')}<span>${_('No connection to the server. What you see is {age} old; it comes back by itself.', { age: duration(store.ageSeconds()) })}</span></div>` : nothing}
      ${queues.length ? html`<section class="qgrid" aria-label=${_('Queues')}>${queues.map((queue) => this.#queue(queue))}</section>` : nothing}
      ${campaigns.length ? html`<ul class="strip panel" aria-label=${_('Running campaigns')}>${campaigns.map((campaign) => this.#campaign(campaign))}</ul>` : nothing}
      <section class="agents panel" aria-label=${_('Agents by state')}>${this.#bar()}${this.#table()}</section>
    </div>`;
  }
}

/** How much a queue asks of the supervisor now. @param {QueueDoc} queue */
function weight(queue) {
  const wait = queue.waiting ? store.secondsSince(queue.longest_since) : 0;
  return (queue.wait_limit_s ? wait / queue.wait_limit_s : 0) + (queue.service_level === null ? 0 : Math.max(0, queue.target - queue.service_level));
}

/** @param {number} x @param {number} y @param {number} height @param {boolean} now @param {string} title */
function svgBar(x, y, height, now, title) {
  return svg`<rect x=${x} y=${y} width="6.2" height=${height} rx="1.5" class=${now ? 'now' : ''}><title>${title}</title></rect>`;
}

customElements.define('cc-floor', FloorView);
