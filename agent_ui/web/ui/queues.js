// <cc-queues>: who waits in my queues; amber when the longest wait nears its limit, red when it is over.
import { html, nothing } from 'lit';
import { Live } from '../element.js';
import { _, duration } from '../i18n.js';
import { icon } from '../page.js';
import { store } from '../store.js';

const SHOWN = 3;
const NEAR = 0.75;

/** @typedef {import('../types').QueueDoc} QueueDoc */

/** @param {QueueDoc} queue */
export function pressure(queue) {
  const wait = store.secondsSince(queue.longest_since);
  if (!queue.waiting || !queue.wait_limit_s) return '';
  return wait >= queue.wait_limit_s ? 'alarm' : wait >= queue.wait_limit_s * NEAR ? 'warn' : '';
}

class Queues extends Live {
  /** @override */
  ticks = true;

  /** @override */
  subscribe() {
    this.listen(store, 'change');
    this.listen(store, 'link');
  }

  /** @override */
  render() {
    const mine = (store.me?.queues ?? []).map((name) => store.docs.queue.get(name)).filter((queue) => queue !== undefined);
    const worst = [...mine].sort((a, b) => store.secondsSince(b.longest_since) - store.secondsSince(a.longest_since)).slice(0, SHOWN);
    const shown = mine.filter((queue) => worst.includes(queue));
    return html`<ul class="queues ${store.stale ? 'stale' : ''}" aria-label=${_('My queues')}>
      ${shown.map((queue) => {
        const level = pressure(queue);
        const wait = duration(store.secondsSince(queue.longest_since));
        return html`<li class=${level} title=${_('{queue}: {waiting} waiting, longest {wait}, {ready} ready', { queue: queue.title, waiting: queue.waiting, wait, ready: queue.ready })}>
          ${level ? icon('alert', true) : nothing}<span class="cut">${queue.title}</span><b>${queue.waiting}</b>${queue.waiting ? html`<time>${wait}</time>` : nothing}</li>`;
      })}</ul>`;
  }
}
customElements.define('cc-queues', Queues);
