// <cc-state>: the state pill with its running time, and the menu that changes the state or plans the next one.
import { html, nothing } from 'lit';
import { config, configured, myState, reasonTitle, startShift } from '../desk.js';
import { Live } from '../element.js';
import { _, duration, ngettext } from '../i18n.js';
import { icon } from '../page.js';
import { command } from '../socket.js';
import { STATE_ICONS, stateName } from '../states.js';
import { store } from '../store.js';

class StatePill extends Live {
  /** @override */
  ticks = true;

  /** @override */
  subscribe() {
    this.listen(store, 'change');
    this.listen(store, 'link');
    void configured.then(() => this.requestUpdate());
  }

  /** @param {string} verb @param {Record<string, string>} [args] */
  #choose(verb, args) {
    /** @type {HTMLElement | null} */ (this.querySelector('.menu'))?.hidePopover();
    if (verb === 'start_shift') void startShift();
    else void command(verb, args);
  }

  /** @param {string} iconName @param {string} text @param {() => void} run @param {{checked?: boolean, detail?: string}} [options] */
  #item(iconName, text, run, { checked = false, detail = '' } = {}) {
    return html`<button type="button" role="menuitemradio" aria-checked=${checked ? 'true' : 'false'} @click=${run}>${icon(iconName)}<span class="cut">${text}</span>${detail ? html`<em>${detail}</em>` : nothing}</button>`;
  }

  #menu() {
    const me = store.me;
    if (!me) return html`<h2>${_('Nothing is known of you yet.')}</h2>`;
    if (me.state === 'offline') return this.#item('head', _('Start shift'), () => this.#choose('start_shift'));
    const later = ['ringing', 'dialling', 'talking', 'hold', 'wrapup'].includes(me.state);
    const plan = me.next ?? { state: 'ready', reason: '' };
    const ready = () => (later ? this.#choose('set_next', { state: 'ready', reason: '' }) : this.#choose('set_ready'));
    /** @param {string} code */
    const pause = (code) => (later ? this.#choose('set_next', { state: 'paused', reason: code }) : this.#choose('set_paused', { reason: code }));
    const off = () => (later && me.state !== 'wrapup' ? this.#choose('set_next', { state: 'offline', reason: '' }) : this.#choose('end_shift'));
    return html`
      ${later ? html`<h2>${_('After this call')}</h2>` : nothing}
      ${this.#item('check', _('Ready'), ready, { checked: later ? plan.state === 'ready' : me.state === 'ready' })}
      ${config.reasons.map((reason) => this.#item('coffee', reason.title, () => pause(reason.code), {
        checked: later ? plan.state === 'paused' && plan.reason === reason.code : me.state === 'paused' && me.reason === reason.code,
        detail: reason.minutes ? ngettext('{count} min', '{count} min', reason.minutes) : '',
      }))}
      <hr>${this.#item('exit', _('End shift'), off, { checked: later && plan.state === 'offline' })}`;
  }

  /** @override */
  render() {
    const me = store.me;
    const state = myState();
    const title = state === 'paused' && me?.reason ? reasonTitle(me.reason) : stateName(state);
    const plan = me?.next;
    const then = plan && plan.state !== 'ready' ? (plan.state === 'offline' ? _('then end of shift') : _('then {reason}', { reason: reasonTitle(plan.reason) })) : '';
    return html`<button type="button" class="state" popovertarget="state-menu" ?disabled=${!me}>
        ${icon(STATE_ICONS[state], true)}<span class="vh">${_('State')}: </span><b class="cut">${me ? title : _('Connecting')}</b>${then ? html`<span class="cut then">${then}</span>` : nothing}
        ${me && state !== 'offline' ? html`<time>${duration(store.secondsSince(me.since))}</time>` : html`<span class="grow"></span>`}${icon('down', true)}</button>
      <div class="menu" id="state-menu" popover role="menu" aria-label=${_('State')}>${this.#menu()}</div>`;
  }
}
customElements.define('cc-state', StatePill);
