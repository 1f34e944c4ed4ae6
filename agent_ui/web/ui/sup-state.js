// What the supervisor looks at: the chosen agent, the filter, the limits of each state. Shared by the elements.
import { _ } from '../i18n.js';
import { page } from '../page.js';
import { STATE_ICONS, ownReason } from '../states.js';
import { store } from '../store.js';

/** @typedef {import('../types').AgentDoc} AgentDoc */
/** @typedef {import('../types').AgentState} AgentState */
/** @typedef {{limits: Partial<Record<AgentState, number>>, reasons: {code: string, title: string, minutes: number}[], outcomes: Record<string, string>, abandon_limit: number, aht_goal_seconds: number}} FloorConfig */

/** From here on a limit is near. */
export const NEAR = 0.75;

/** States as filters, in the order of the bar. `key` is the letter that chooses it. */
export const GROUPS = /** @type {const} */ ([
  { id: 'talking', states: ['talking'], mark: 'talking', key: 'KeyT' },
  { id: 'hold', states: ['hold'], mark: 'hold', key: 'KeyH' },
  { id: 'ringing', states: ['ringing', 'dialling'], mark: 'ringing', key: 'KeyI' },
  { id: 'ready', states: ['ready'], mark: 'ready', key: 'KeyR' },
  { id: 'wrapup', states: ['wrapup'], mark: 'wrap', key: 'KeyW' },
  { id: 'paused', states: ['paused'], mark: 'paused', key: 'KeyP' },
  { id: 'not-responding', states: ['not-responding'], mark: 'alarm', key: 'KeyN' },
  { id: 'offline', states: ['offline'], mark: 'off', key: 'KeyO' },
]);

/** @typedef {(typeof GROUPS)[number]['id'] | 'all'} Filter */

/** @param {Filter} id */
export function groupName(id) {
  switch (id) {
    case 'all': return _('All');
    case 'talking': return _('Talking');
    case 'hold': return _('On hold');
    case 'ringing': return _('Ringing');
    case 'ready': return _('Ready');
    case 'wrapup': return _('Wrap-up');
    case 'paused': return _('Paused');
    case 'not-responding': return _('Not responding');
    case 'offline': return _('Off shift');
  }
}

/** Event: `change`. */
class Floor extends EventTarget {
  /** @type {Filter} */
  filter = 'all';
  /** @type {number | null} */
  selected = null;
  /** @type {FloorConfig} */
  config = { limits: {}, reasons: [], outcomes: {}, abandon_limit: 0.05, aht_goal_seconds: 0 };
  /** Calls by hour of each agent, as the server counted them a moment ago. @type {Record<string, number[]>} */
  hours = {};

  /** @param {Filter} filter */
  setFilter(filter) {
    this.filter = this.filter === filter ? 'all' : filter;
    this.dispatchEvent(new Event('change'));
  }

  /** @param {number | null} id */
  select(id) {
    this.selected = id;
    this.dispatchEvent(new Event('change'));
  }

  changed() {
    this.dispatchEvent(new Event('change'));
  }
}

export const floor = new Floor();

/** @param {AgentState} state */
export const groupOf = (state) => GROUPS.find((group) => /** @type {readonly string[]} */ (group.states).includes(state)) ?? GROUPS[7];

/** Seconds the agent may be in this state, or 0 for no limit. @param {AgentDoc} agent */
export function limitOf(agent) {
  if ((agent.state === 'wrapup' || agent.state === 'ringing') && agent.deadline) {
    return Math.max(1, (Date.parse(agent.deadline) - Date.parse(agent.since)) / 1000);
  }
  if (agent.state === 'paused') {
    const reason = floor.config.reasons.find((one) => one.code === agent.reason);
    if (reason) return reason.minutes * 60;
  }
  return floor.config.limits[agent.state] ?? 0;
}

/** How much of the limit is spent; being ready for long is nobody's fault and never over. @param {AgentDoc} agent */
export function spent(agent) {
  const limit = limitOf(agent);
  const share = limit ? store.secondsSince(agent.since) / limit : 0;
  return agent.state === 'ready' ? Math.min(share, 0.999) : share;
}

/** Broken limits first, then states by how much they ask of a supervisor, then the longest in it.
 * @param {AgentDoc} a @param {AgentDoc} b */
export function worstFirst(a, b) {
  const over = Number(spent(b) >= 1) - Number(spent(a) >= 1);
  if (over) return over;
  if (spent(a) >= 1) return spent(b) - spent(a) || a.id - b.id;
  const order = ORDER.indexOf(a.state) - ORDER.indexOf(b.state);
  return order || Date.parse(a.since) - Date.parse(b.since) || a.id - b.id;
}

/** @type {AgentState[]} */
const ORDER = ['not-responding', 'hold', 'talking', 'ringing', 'dialling', 'ready', 'wrapup', 'paused', 'offline'];

/** The agents a filter shows, in order. */
export function shown() {
  const all = [...store.docs.agent.values()];
  const group = GROUPS.find((one) => one.id === floor.filter);
  const states = /** @type {readonly string[]} */ (group?.states ?? []);
  return all.filter((agent) => (group ? states.includes(agent.state) : agent.state !== 'offline')).sort(worstFirst);
}

/** @typedef {{calls: number, talk: number, hold: number, wrap: number, ready: number, paused: number}} Day */

/** The agent's day with the present state's seconds in it. @param {AgentDoc} agent @returns {Day} */
export function dayOf(agent) {
  const today = agent.today;
  const day = { calls: today?.calls ?? 0, talk: today?.talk_s ?? 0, hold: today?.hold_s ?? 0, wrap: today?.wrap_s ?? 0, ready: today?.ready_s ?? 0, paused: today?.paused_s ?? 0 };
  const now = store.secondsSince(agent.since);
  switch (agent.state) {
    case 'talking': day.talk += now; break;
    case 'hold': day.hold += now; break;
    case 'wrapup': day.wrap += now; break;
    case 'ready': day.ready += now; break;
    case 'paused': case 'not-responding': day.paused += now; break;
    default: break;
  }
  return day;
}

/** Seconds of handling for each call, or null before the first. @param {Day} day */
export const ahtOf = (day) => (day.calls ? (day.talk + day.hold + day.wrap) / day.calls : null);

/** Handling out of handling and waiting for calls; pauses do not count. @param {Day} day */
export function occupancyOf(day) {
  const handled = day.talk + day.hold + day.wrap;
  return handled + day.ready ? handled / (handled + day.ready) : null;
}

/** @param {Day[]} days @returns {Day} */
export function sum(days) {
  const total = { calls: 0, talk: 0, hold: 0, wrap: 0, ready: 0, paused: 0 };
  for (const day of days) for (const key of /** @type {(keyof Day)[]} */ (Object.keys(total))) total[key] += day[key];
  return total;
}

/** @param {string} code */
export const reasonTitle = (code) => floor.config.reasons.find((reason) => reason.code === code)?.title ?? ownReason(code);

/** Where a call belongs: its queue's or campaign's title. @param {{queue: string, campaign: number | null}} call */
export function placeOf(call) {
  if (call.queue) return store.docs.queue.get(call.queue)?.title ?? call.queue;
  return call.campaign == null ? '' : (store.docs.campaign.get(String(call.campaign))?.name ?? '');
}

/** @param {AgentState} state */
export const stateIcon = (state) => STATE_ICONS[state];

/** The hour it is for the company, by the browser's own clock's zone. */
export const zoneHour = () => Number(new Intl.DateTimeFormat('en-GB', { hour: '2-digit', hourCycle: 'h23', timeZone: floorZone() }).format(store.now()));

const floorZone = () => document.querySelector('cc-floor')?.getAttribute('zone') || undefined;

/** @param {number} share */
export const wholePercent = (share) => `${Math.round(share * 100)}${page.language === 'ru' ? ' %' : '%'}`;
