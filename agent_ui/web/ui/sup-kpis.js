// <cc-floor-kpis>: the floor's five figures in the bar, and how fresh what is shown is.
import { html } from 'lit';
import { Live } from '../element.js';
import { _, duration } from '../i18n.js';
import { store } from '../store.js';
import { ahtOf, dayOf, floor, occupancyOf, sum, wholePercent } from './sup-state.js';

const OLD_SECONDS = 12;

class FloorKpis extends Live {
  /** @override */
  ticks = true;

  /** @override */
  subscribe() {
    this.listen(store, 'change');
    this.listen(store, 'link');
  }

  #fresh() {
    if (store.link === 'lost') return html`<span class="fresh lost" role="status"><i></i>${_('No connection')}</span>`;
    if (!store.known) return html`<span class="fresh"><i></i>${_('Connecting')}</span>`;
    const age = store.ageSeconds();
    return age > OLD_SECONDS
      ? html`<span class="fresh old"><i></i>${_('{age} old', { age: duration(age) })}</span>`
      : html`<span class="fresh live"><i></i>${_('live')}</span>`;
  }

  /** @override */
  render() {
    const queues = [...store.docs.queue.values()];
    const agents = [...store.docs.agent.values()];
    const total = (/** @type {(queue: import('../types').QueueDoc) => number} */ of) => queues.reduce((all, queue) => all + of(queue), 0);
    const answered = total((queue) => queue.answered);
    const abandoned = total((queue) => queue.abandoned);
    const inTarget = total((queue) => queue.answered_in_target);
    const ended = answered + abandoned;
    const goals = [...new Set(queues.map((queue) => queue.target))];
    const limits = [...new Set(queues.map((queue) => queue.threshold_s))];
    const day = sum(agents.map(dayOf));
    const [aht, occupancy] = [ahtOf(day), occupancyOf(day)];
    const staffed = agents.filter((agent) => agent.state !== 'offline').length;
    const share = ended ? abandoned / ended : null;
    return html`${this.#fresh()}<dl class="kpis">
      <div title=${_('Answered in time {count} of {ended}: answered and abandoned; callers who left at once do not count', { count: inTarget, ended })}><dt>${limits.length === 1 ? _('In {seconds} s', { seconds: limits[0] }) : _('In time')}</dt><dd>${ended ? wholePercent(inTarget / ended) : '–'} ${goals.length === 1 ? html`<em>${_('goal {goal}', { goal: Math.round((goals[0] ?? 0) * 100) })}</em>` : ''}</dd></div>
      <div><dt>${_('Abandoned')}</dt><dd class=${share !== null && share > floor.config.abandon_limit ? 'bad' : ''}>${share === null ? '–' : wholePercent(share)}</dd></div>
      <div><dt>${_('AHT')}</dt><dd>${aht === null ? '–' : duration(aht)} ${floor.config.aht_goal_seconds ? html`<em>${_('of {goal}', { goal: duration(floor.config.aht_goal_seconds) })}</em>` : ''}</dd></div>
      <div><dt>${_('Occupancy')}</dt><dd>${occupancy === null ? '–' : wholePercent(occupancy)}</dd></div>
      <div><dt>${_('Staffed')}</dt><dd>${staffed} <em>${_('of {count}', { count: agents.length })}</em></dd></div>
    </dl>`;
  }
}
customElements.define('cc-floor-kpis', FloorKpis);
