// <cc-line>: is the desk connected, is the phone, how well is the customer heard; devices are chosen here.
import { html, nothing } from 'lit';
import { Live } from '../element.js';
import { _, percent } from '../i18n.js';
import { icon } from '../page.js';
import { microphoneText, phone } from '../phone.js';
import { store } from '../store.js';

class LineQuality extends Live {
  /** @override */
  ticks = true;
  /** @type {MediaDeviceInfo[]} */
  #devices = [];

  /** @override */
  subscribe() {
    this.listen(phone, 'change');
    this.listen(phone, 'quality');
    this.listen(store, 'link');
    this.listen(store, 'change');
  }

  async #open() {
    this.#devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    this.requestUpdate();
  }

  #lineText() {
    if (store.link !== 'live') return _('No connection to the server. Calls go on; this page catches up by itself.');
    if (!store.hello?.sip) return store.hello ? _('You use a desk phone.') : _('Connecting');
    switch (phone.line) {
      case 'follower': return _('The phone is in another tab of yours.');
      case 'registered': return phone.up ? _('The phone is connected.') : _('The phone is registered.');
      case 'refused': return _('The telephone service refused this phone. Tell your administrator.');
      case 'lost': return _('The telephone service cannot be reached. Trying again.');
      default: return _('Connecting the phone');
    }
  }

  /** @param {MediaDeviceKind} kind @param {string} title @param {'input' | 'output'} name */
  #picker(kind, title, name) {
    const list = this.#devices.filter((device) => device.kind === kind && device.deviceId);
    if (!list.length) return nothing;
    return html`<label class="field"><span>${title}</span><select @change=${(/** @type {Event} */ event) => void phone.useDevices({ [name]: /** @type {HTMLSelectElement} */ (event.target).value })}>
      ${list.map((device) => html`<option value=${device.deviceId} ?selected=${phone.devices[name] === device.deviceId}>${device.label || title}</option>`)}</select></label>`;
  }

  /** @override */
  render() {
    const quality = phone.quality;
    const good = store.link === 'live' && !store.stale && (!store.hello?.sip || ['registered', 'follower'].includes(phone.line));
    const bars = quality ? Math.max(1, Math.min(4, Math.round(quality.mos - 0.4))) : good ? 4 : 0;
    const level = bars >= 3 ? '' : bars === 2 ? 'fair' : 'poor';
    const text = this.#lineText();
    const mos = quality?.mos.toFixed(1) ?? '';
    const trouble = microphoneText(phone.microphone);
    return html`<button type="button" class="net ${level}" popovertarget="line-menu" aria-label=${`${_('Line: {text}', { text })} ${mos}`.trim()} title=${text}>
        ${good || quality ? html`${[1, 2, 3, 4].map((bar) => html`<i class=${bar > bars ? 'lo' : ''}></i>`)}` : icon('wifi')}
        ${quality ? html`<b>${mos}</b>` : nothing}</button>
      <div class="menu line-menu" id="line-menu" popover @toggle=${(/** @type {ToggleEvent} */ event) => { if (event.newState === 'open') void this.#open(); }}>
        <h2>${_('Line')}</h2><p>${text}</p>
        ${store.link === 'live' && store.stale ? html`<p class="banner warn">${icon('clock', true)}<span>${_('What you see is {seconds} s old.', { seconds: Math.round(store.ageSeconds()) })}</span></p>` : nothing}
        ${trouble ? html`<p class="banner alarm">${icon('mute', true)}<span>${trouble}</span></p>` : nothing}
        ${quality ? html`<dl class="facts"><div><dt>${_('Quality')}</dt><dd>${quality.mos.toFixed(1)}</dd></div><div><dt>${_('Loss')}</dt><dd>${percent(quality.loss)}</dd></div>
          <div><dt>${_('Jitter')}</dt><dd>${_('{ms} ms', { ms: Math.round(quality.jitterMs) })}</dd></div><div><dt>${_('Delay')}</dt><dd>${_('{ms} ms', { ms: Math.round(quality.rttMs / 2) })}</dd></div></dl>` : nothing}
        ${store.hello?.sip ? html`${this.#picker('audioinput', _('Microphone'), 'input')}${this.#picker('audiooutput', _('Headphones'), 'output')}` : nothing}
      </div>`;
  }
}
customElements.define('cc-line', LineQuality);
