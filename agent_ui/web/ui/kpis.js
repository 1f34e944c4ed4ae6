// <cc-kpis>: the agent's own three figures of the day.
import { html, nothing } from 'lit';
import { config, configured } from '../desk.js';
import { Live } from '../element.js';
import { _, duration, hours } from '../i18n.js';
import { store } from '../store.js';

/** @typedef {import('../types').AgentDoc} AgentDoc */

/** What the board counts, plus the state that is running now. @param {AgentDoc} me */
export function shiftSeconds(me) {
  const today = me.today;
  if (!today) return 0;
  const running = me.state === 'offline' ? 0 : store.secondsSince(me.since);
  return today.talk_s + today.wrap_s + today.hold_s + today.paused_s + today.ready_s + running;
}

/** Average handling time: talk, hold and wrap-up of a call. @param {AgentDoc} me */
export const handlingSeconds = (me) => (me.today?.calls ? (me.today.talk_s + me.today.hold_s + me.today.wrap_s) / me.today.calls : null);

/** Minutes, and hours from an hour on. @param {number} seconds */
const shift = (seconds) => (seconds < 3600 ? _('{minutes} min', { minutes: Math.floor(seconds / 60) }) : hours(seconds));

class Kpis extends Live {
  /** @override */
  ticks = true;

  /** @override */
  subscribe() {
    this.listen(store, 'change');
    void configured.then(() => this.requestUpdate());
  }

  /** @override */
  render() {
    const me = store.me;
    const aht = me ? handlingSeconds(me) : null;
    return html`<dl class="kpis">
      <div><dt>${_('Shift')}</dt><dd>${me?.today ? shift(shiftSeconds(me)) : '–'}</dd></div>
      <div><dt>${_('Calls')}</dt><dd>${me?.today?.calls ?? '–'}</dd></div>
      <div title=${_('Average of talk, hold and wrap-up of today’s calls')}><dt>${_('AHT')}</dt><dd>${aht === null ? '–' : duration(aht)}
        ${config.aht_goal_seconds ? html`<em>${_('of {goal}', { goal: duration(config.aht_goal_seconds) })}</em>` : nothing}</dd></div></dl>`;
  }
}
customElements.define('cc-kpis', Kpis);
