// <cc-now call="..." src="...">: the present call on top of the contact's timeline, drawn from the live board. When
// it is over the timeline is fetched anew from `src`, so that the call's own line, with its recording as soon
// as there is one (`over`: only that is waited for), takes its place.
import htmx from 'htmx.org';
import { html, nothing } from 'lit';
import { Live } from '../element.js';
import { _, moment } from '../i18n.js';
import { icon } from '../page.js';
import { store } from '../store.js';

/** Soon at first; a recording that takes longer than this is found when the card is opened again. */
const DELAYS_MS = [500, 1000, 1500, 2000, 3000, 5000, 8000];
/** How often each call's timeline was asked for; the element itself is replaced every time.
 * @type {{call: string, times: number}} */
const asked = { call: '', times: 0 };

class Now extends Live {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @override */
  subscribe() {
    this.listen(store, 'change');
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #id() {
    return this.getAttribute('call') ?? '';
  }

  #later() {
    if (this.#timer !== undefined || !store.known) return;
    if (asked.call !== this.#id) Object.assign(asked, { call: this.#id, times: 0 });
    const delay = DELAYS_MS[asked.times];
    if (delay === undefined) return;
    asked.times += 1;
    this.#timer = setTimeout(() => void this.#fetch(), delay);
  }

  async #fetch() {
    try {
      const answer = await fetch(this.getAttribute('src') ?? '', { headers: { 'HX-Request': 'true', Accept: 'text/html' }, signal: AbortSignal.timeout(10_000) });
      const list = this.closest('.timeline');
      if (!answer.ok || !list) throw new Error(String(answer.status));
      list.innerHTML = await answer.text();
      htmx.process(list);
    } catch {
      this.#timer = undefined;
      this.#later();
    }
  }

  /** @param {string} state */
  #word(state) {
    switch (state) {
      case 'ringing': return _('ringing');
      case 'dialling': return _('being called');
      case 'hold': return _('on hold');
      default: return _('in progress');
    }
  }

  /** @override */
  render() {
    const me = store.me;
    const call = me?.call;
    if (this.hasAttribute('over') || !me || call?.call_id !== this.#id || !['ringing', 'dialling', 'talking', 'hold'].includes(me.state)) {
      this.#later();
      return nothing;
    }
    const place = store.docs.queue.get(call.queue)?.title ?? (call.campaign == null ? '' : store.docs.campaign.get(String(call.campaign))?.name) ?? '';
    const inbound = call.direction === 'in';
    const title = inbound ? (place ? _('Inbound, {name}', { name: place }) : _('Inbound')) : place ? _('Outbound, {name}', { name: place }) : _('Outbound');
    const joined = store.docs.call.get(call.call_id)?.joined_at ?? null;
    const until = call.answered_at ?? call.offered_at;
    const waited = inbound && joined && until ? Math.floor((Date.parse(until) - Date.parse(joined)) / 1000) : 0;
    const began = joined ?? call.offered_at ?? me.since;
    return html`<article class="event live"><span class="kind">${icon(inbound ? 'in' : 'out')}</span>
      <div><p><b>${title}</b> <span class="now">${this.#word(me.state)}</span></p>
        ${waited > 0 ? html`<p class="text">${_('Waited {seconds} s.', { seconds: waited })}</p>` : nothing}</div>
      <time>${moment(new Date(began), 'time')}</time></article>`;
  }
}
customElements.define('cc-now', Now);
