// <cc-wallboard>: six things, read from five metres. Calm is quiet, near a limit is amber, a breach is solid red.
import { html, nothing } from 'lit';
import { Live } from '../element.js';
import { _, capital, duration, ngettext } from '../i18n.js';
import { page } from '../page.js';
import { store } from '../store.js';
import { project } from './wall-projection.js';

/** @typedef {import('./wall-projection.js').Level} Level */
/** @typedef {import('./wall-projection.js').Figures} Figures */

const OLD_SECONDS = 10;
const STATES = /** @type {const} */ (['talking', 'ready', 'wrapup', 'hold', 'paused', 'ringing']);
const MARKS = { talking: 'talking', ready: 'ready', wrapup: 'wrap', hold: 'hold', paused: 'paused', ringing: 'ringing' };

/** @param {(typeof STATES)[number]} state @param {number} count of agents in it */
function stateWord(state, count) {
  switch (state) {
    case 'talking': return _('Talking');
    case 'ready': return capital(ngettext('ready', 'ready', count));
    case 'wrapup': return _('Wrap-up');
    case 'hold': return _('On hold');
    case 'paused': return _('Paused');
    case 'ringing': return _('Ringing');
  }
}

const warning = html`<svg viewBox="0 0 40 40" aria-hidden="true"><path d="M20 5l16 28H4z" fill="none" stroke="currentColor" stroke-width="3.4" stroke-linejoin="round"/><path d="M20 15v9" stroke="currentColor" stroke-width="3.4" stroke-linecap="round"/><circle cx="20" cy="28.6" r="2" fill="currentColor"/></svg>`;
const clock = html`<svg viewBox="0 0 40 40" aria-hidden="true"><circle cx="20" cy="20" r="14.5" fill="none" stroke="currentColor" stroke-width="3.4"/><path d="M20 12v8.5l5.5 4" fill="none" stroke="currentColor" stroke-width="3.4" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

/** @param {Level} level */
const mark = (level) => (level === 'breach' ? warning : level === 'near' ? clock : nothing);

/** @param {number | null} share */
const share = (share) => (share === null ? '–' : page.language === 'ru' ? `${share} %` : `${share}%`);

class Wallboard extends Live {
  /** @override */
  ticks = true;

  /** @override */
  subscribe() {
    this.listen(store, 'change');
    this.listen(store, 'link');
  }

  #time() {
    return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: this.getAttribute('zone') || undefined }).format(store.now());
  }

  #fresh() {
    if (store.link === 'lost') return html`<span class="fresh lost" role="status"><i></i>${_('no connection for {age}', { age: duration(store.ageSeconds()) })}</span>`;
    if (!store.known) return html`<span class="fresh" role="status"><i></i>${_('connecting')}</span>`;
    const age = Math.floor(store.ageSeconds());
    return age > OLD_SECONDS
      ? html`<span class="fresh old" role="status"><i></i>${_('{seconds} s old', { seconds: age })}</span>`
      : html`<span class="fresh live" role="status"><i></i>${_('live')}</span>`;
  }

  /** @param {Figures} f */
  #waiting(f) {
    return html`<section class="tile wait ${f.wait_level}"><h2>${mark(f.wait_level)}<span>${_('Waiting now')}</span></h2>
      <div class="duo"><b class="n ${f.waiting > 99 ? 'long' : ''}">${f.waiting}</b><p><b>${duration(f.longest_seconds)}</b>
        <span>${f.longest_queue ? _('longest wait, {queue}', { queue: f.longest_queue }) : _('longest wait')}</span><span>${_('limit {limit}', { limit: duration(f.wait_limit_seconds) })}</span></p></div></section>`;
  }

  /** @param {{level: Level, title: string, value: number | null, width: number, goal: number, foot: string, hover?: string}} tile */
  #share({ level, title, value, width, goal, foot, hover }) {
    return html`<section class="tile ${level}" title=${hover ?? ''}><h2>${mark(level)}<span>${title}</span></h2>
      <b class="n">${value ?? '–'}<small>${value === null ? '' : '%'}</small></b>
      <div class="goal" aria-hidden="true"><i style="width:${Math.min(100, width)}%"></i><u style="left:${goal}%"></u></div><p class="foot">${foot}</p></section>`;
  }

  /** @param {Figures} f */
  #agents(f) {
    const shown = STATES.filter((state) => state !== 'ringing' || f.agents[state]);
    const some = shown.filter((state) => f.agents[state]);
    return html`<section class="wall-agents" aria-label=${_('Agents by state')}>
      <div class="stack" aria-hidden="true">${some.length ? some.map((state) => html`<i style="flex:${f.agents[state]};--c:var(--${MARKS[state]}-mark)"></i>`) : html`<i class="none"></i>`}</div>
      <ul class=${shown.length > 5 ? 'six' : ''}>${shown.map((state) => html`<li style="--c:var(--${MARKS[state]}-mark)"><b>${f.agents[state]}</b><span>${stateWord(state, f.agents[state] ?? 0)}</span></li>`)}</ul></section>`;
  }

  /** @param {Figures} f */
  #queues(f) {
    return html`<table class="wall-queues">
      <thead><tr><th>${_('Queue')}</th><th>${_('Waiting')}</th><th>${_('Longest')}</th><th>${f.threshold_seconds === null ? _('In time') : _('In {seconds} s', { seconds: f.threshold_seconds })}</th><th>${stateWord('ready', 5)}</th></tr></thead>
      <tbody>${f.queues.map((queue) => html`<tr class=${queue.level}><th><span>${queue.title}</span>${mark(queue.level)}</th>
        <td class=${queue.waiting ? '' : 'z'}>${queue.waiting}</td><td class=${queue.waiting ? '' : 'z'}>${duration(queue.longest_seconds)}</td><td>${share(queue.service_percent)}</td><td>${queue.ready}</td></tr>`)}</tbody></table>`;
  }

  /** @override */
  render() {
    const f = project({ queue: [...store.docs.queue.values()], agent: [...store.docs.agent.values()] }, store.now());
    const seconds = f.threshold_seconds;
    return html`<header><h1>${this.getAttribute('company') ?? ''}</h1>${this.#fresh()}<time class="wall-clock">${this.#time()}</time></header>
      <div class="board ${store.link === 'lost' || !store.known ? 'grey' : ''}">
        <div class="hero">${this.#waiting(f)}
          ${this.#share({ level: f.service_level, title: seconds === null ? _('Answered in time') : _('Answered in {seconds} s', { seconds }), value: f.service_percent, width: f.service_percent ?? 0, goal: f.service_goal_percent, foot: _('Goal {goal}%', { goal: f.service_goal_percent }), hover: _('{count} of {ended} answered or abandoned calls; callers who left at once do not count', { count: f.answered_in_target, ended: f.counted }) })}
          ${this.#share({ level: f.abandoned_level, title: _('Abandoned'), value: f.abandoned_percent, width: (f.abandoned_percent ?? 0) * (50 / f.abandoned_limit_percent), goal: 50, foot: _('Limit {limit}%', { limit: f.abandoned_limit_percent }) })}</div>
        ${this.#agents(f)}${this.#queues(f)}
      </div>`;
  }
}
customElements.define('cc-wallboard', Wallboard);
