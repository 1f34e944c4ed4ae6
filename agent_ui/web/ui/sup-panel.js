// <cc-agent-panel>: the chosen agent: the call they are in, their day, their last calls, changing their state.
import { html, nothing } from 'lit';
import { Live } from '../element.js';
import { _, duration, moment, phoneText } from '../i18n.js';
import { ask, icon } from '../page.js';
import { command } from '../socket.js';
import { stateName } from '../states.js';
import { store } from '../store.js';
import { ahtOf, dayOf, floor, groupOf, occupancyOf, placeOf, reasonTitle, shown, stateIcon, wholePercent } from './sup-state.js';

/** @typedef {import('../types').AgentDoc} AgentDoc */
/** @typedef {{state: import('../types').AgentState, reason: string, started_at: string, ended_at: string}} Stint */
/** @typedef {{id: string, number: string, name: string, direction: 'in' | 'out', outcome: string, disposition: string, connected_at: string | null, started_at: string, talk_ms: number, recording: boolean}} PastCall */

const LAST_CALLS = 12;
const REFRESH_MS = 30_000;

class AgentPanel extends Live {
  /** @override */
  ticks = true;
  /** @type {number | null} */
  #of = null;
  /** @type {Stint[] | null} */
  #stints = null;
  /** @type {PastCall[] | null} */
  #calls = null;
  #failed = false;
  #playing = '';
  #state = '';
  /** @type {AbortController | null} */
  #asking = null;
  #askedAt = 0;

  /** @override */
  subscribe() {
    this.listen(store, 'change');
    this.listen(store, 'link');
    this.listen(floor, 'change');
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#asking?.abort();
  }

  get #agent() {
    const chosen = floor.selected === null ? undefined : store.docs.agent.get(String(floor.selected));
    return chosen ?? shown()[0] ?? null;
  }

  /** @override */
  willUpdate() {
    const agent = this.#agent;
    if (!agent) return;
    const moved = `${agent.state}${agent.since}`;
    if (agent.id !== this.#of) {
      this.#of = agent.id;
      this.#stints = this.#calls = null;
      this.#playing = '';
    } else if (moved === this.#state && Date.now() - this.#askedAt < REFRESH_MS) {
      return;
    }
    this.#state = moved;
    void this.#load(agent.id);
  }

  /** @param {number} id */
  async #load(id) {
    this.#asking?.abort();
    this.#asking = new AbortController();
    this.#askedAt = Date.now();
    const { signal } = this.#asking;
    try {
      const [day, calls] = await Promise.all([
        ask(`/api/v1/floor/agents/${id}`, { signal }),
        ask(`/api/v1/calls?agent_id=${id}&limit=${LAST_CALLS}`, { signal }),
      ]);
      if (id !== this.#of) return;
      this.#stints = day.stints;
      this.#calls = calls.calls;
      this.#failed = false;
    } catch {
      if (signal.aborted) return;
      this.#failed = true;
    }
    this.requestUpdate();
  }

  /** @param {AgentDoc} agent */
  #card(agent) {
    const call = agent.call;
    if (!call) {
      const reason = agent.reason ? reasonTitle(agent.reason) : '';
      return html`<section class="sup-call quiet" aria-label=${agent.name}>
        <div class="call-top"><span class="state-chip" data-state=${agent.state}>${icon(stateIcon(agent.state), true)}${stateName(agent.state)}</span>${reason ? html`<span class="muted">${reason}</span>` : nothing}</div>
        <div class="clock">${agent.state === 'offline' ? '–' : html`<time>${duration(store.secondsSince(agent.since))}</time>`}</div>
        <div class="who"><b class="cut">${agent.name}</b><span class="num muted">${agent.extension}</span></div></section>`;
    }
    const place = placeOf(call);
    const way = call.direction === 'in' ? _('inbound') : _('outbound');
    const who = call.name || phoneText(call.number) || _('Number withheld');
    const since = agent.state === 'talking' && call.answered_at ? call.answered_at : agent.since;
    return html`<section class="sup-call" data-state=${agent.state} aria-label=${agent.name}>
      <div class="call-top"><span class="label">${icon(call.direction === 'in' ? 'in' : 'out', true)}<span class="cut">${place ? `${place}, ${way}` : way}</span></span>
        ${call.recording === 'on' && (agent.state === 'talking' || agent.state === 'hold') ? html`<span class="rec"><i></i>${_('REC')}</span>` : html`<span>${stateName(agent.state)}</span>`}</div>
      <div class="clock"><time>${duration(store.secondsSince(since))}</time>${agent.state === 'talking' ? nothing : html`<span>${stateName(agent.state)}</span>`}</div>
      <div class="who"><b class="cut">${agent.name}</b><span class="cut">${_('with {name}', { name: who })}</span></div>
      ${call.consult ? html`<p class="second">${icon('users', true)}${_('Second line: {number}', { number: call.consult.name || phoneText(call.consult.number) })}</p>` : nothing}
      ${agent.next ? html`<p class="second">${icon('right', true)}${_('Then: {state}', { state: [stateName(agent.next.state), agent.next.reason && reasonTitle(agent.next.reason)].filter(Boolean).join(', ') })}</p>` : nothing}
    </section>`;
  }

  /** @param {AgentDoc} agent */
  #today(agent) {
    const day = dayOf(agent);
    const [aht, occupancy] = [ahtOf(day), occupancyOf(day)];
    return html`<section class="panel box"><h2>${_('Today')}</h2>
      <dl class="mini"><div><dt>${_('Calls')}</dt><dd>${day.calls}</dd></div><div><dt>${_('AHT')}</dt><dd>${aht === null ? '–' : duration(aht)}</dd></div><div><dt>${_('Occupancy')}</dt><dd>${occupancy === null ? '–' : wholePercent(occupancy)}</dd></div><div><dt>${_('Paused')}</dt><dd>${duration(day.paused)}</dd></div></dl>
      ${this.#ribbon()}</section>`;
  }

  #ribbon() {
    const stints = this.#stints ?? [];
    const first = stints[0];
    const last = stints.at(-1);
    if (!first || !last) return nothing;
    const [from, to] = [Date.parse(first.started_at), Date.parse(last.ended_at)];
    const marks = [0, 1 / 3, 2 / 3, 1].map((share) => moment(new Date(from + (to - from) * share), 'time'));
    return html`<div class="ribbon" role="img" aria-label=${_('The day in states, from {from} to {to}', { from: marks[0], to: marks[3] })}>
      ${stints.map((stint) => html`<i style="flex:${Math.max(1, (Date.parse(stint.ended_at) - Date.parse(stint.started_at)) / 1000)};background:var(--${groupOf(stint.state).mark}-mark)" title="${stateName(stint.state)} ${moment(new Date(stint.started_at), 'time')}"></i>`)}</div>
      <div class="ribbon-times" aria-hidden="true">${marks.filter((mark, index) => marks.indexOf(mark) === index).map((mark) => html`<span>${mark}</span>`)}</div>`;
  }

  /** @param {PastCall} call */
  #past(call) {
    const title = call.name || phoneText(call.number) || _('Number withheld');
    const open = this.#playing === call.id;
    return html`<li>
      <div class="line">${call.recording
        ? html`<button type="button" class="pl" aria-expanded=${open} aria-label=${_('Listen to the call with {name}', { name: title })} @click=${() => { this.#playing = open ? '' : call.id; this.requestUpdate(); }}>${icon(open ? 'close' : 'play')}</button>`
        : html`<span class="pl none">${icon(call.direction === 'in' ? 'in' : 'out')}</span>`}
        <div><b class="cut num">${title}</b><span class="cut">${floor.config.outcomes[call.disposition] ?? (call.disposition || outcomeName(call))}</span></div>
        <span class="at"><time>${duration(call.talk_ms / 1000)}</time><span>${moment(new Date(call.started_at), 'relative')}</span></span></div>
      ${open ? html`<cc-player src="/api/v1/calls/${encodeURIComponent(call.id)}/recording" seconds=${Math.round(call.talk_ms / 1000)}></cc-player>` : nothing}</li>`;
  }

  #last() {
    if (this.#failed) return html`<div class="failed" role="alert">${icon('alert')}<b>${_('The calls could not be read')}</b><button type="button" class="btn" @click=${() => { this.#askedAt = 0; this.requestUpdate(); }}>${_('Try again')}</button></div>`;
    if (!this.#calls) return html`<div class="skeleton" role="status" aria-label=${_('Loading')}><i></i><i></i><i></i></div>`;
    const past = this.#calls.filter((call) => call.outcome !== 'open');
    return past.length ? html`<ul class="past">${past.map((call) => this.#past(call))}</ul>` : html`<p class="muted">${_('No calls yet today.')}</p>`;
  }

  /** @param {AgentDoc} agent @param {string} verb @param {Record<string, string>} [args] */
  #steer(agent, verb, args = {}) {
    /** @type {HTMLElement | null} */ (this.querySelector('#steer-menu'))?.hidePopover();
    void command(verb, { agent_id: String(agent.id), ...args });
  }

  /** @param {AgentDoc} agent */
  #actions(agent) {
    const off = agent.state === 'offline';
    return html`<footer class="panel box actions">
      <button type="button" class="btn" popovertarget="steer-menu" ?disabled=${off || store.link !== 'live'} title=${off ? _('Only the agent can begin a shift.') : ''}>${_('Change state')}</button>
      <div class="menu" id="steer-menu" popover>
        <h2>${agent.call ? _('After this call') : agent.name}</h2>
        <button type="button" @click=${() => this.#steer(agent, 'supervise_ready')}>${icon('check')}${_('Ready')}</button>
        ${floor.config.reasons.map((reason) => html`<button type="button" @click=${() => this.#steer(agent, 'supervise_pause', { reason: reason.code })}>${icon('coffee')}${_('Pause: {reason}', { reason: reason.title })}${reason.minutes ? html`<em>${_('{minutes} min', { minutes: reason.minutes })}</em>` : nothing}</button>`)}
        <hr><button type="button" @click=${() => this.#steer(agent, 'supervise_logout')}>${icon('exit')}${_('End the shift')}</button>
      </div></footer>`;
  }

  /** @override */
  render() {
    const agent = this.#agent;
    if (!agent) return html`<aside class="side" aria-label=${_('Chosen agent')}><div class="panel grow2"><div class="empty">${icon('head')}<b>${_('Nobody to show')}</b></div></div></aside>`;
    return html`<aside class="side ${store.known && store.stale ? 'stale' : ''}" aria-label=${_('Chosen agent')}>
      ${this.#card(agent)}${this.#today(agent)}
      <section class="panel box grow2" tabindex="0"><h2>${_('Last calls')}</h2>${this.#last()}</section>
      ${this.#actions(agent)}</aside>`;
  }
}

/** @param {PastCall} call */
function outcomeName(call) {
  switch (call.outcome) {
    case 'answered': return _('Answered');
    case 'abandoned': case 'short': return _('Abandoned');
    case 'dropped': return _('No agent in time');
    case 'unanswered': return _('Not answered');
    case 'lost': return _('Ended while we were away');
    default: return '';
  }
}

customElements.define('cc-agent-panel', AgentPanel);
