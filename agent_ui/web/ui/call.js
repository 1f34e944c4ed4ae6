// <cc-call>: the call card, the only coloured and raised object on the screen, and the second line under it.
import { html, nothing } from 'lit';
import { callShown, config, configured, leaveMessage, myState, onCampaignCall, postponeShown, reasonTitle, skipShown, stopShown, startShift, toggleHold, toggleRecording } from '../desk.js';
import { Live } from '../element.js';
import { _, duration, ngettext, phoneText } from '../i18n.js';
import { hint } from '../keys.js';
import { icon } from '../page.js';
import { microphoneText, phone } from '../phone.js';
import { command } from '../socket.js';
import { STATE_ICONS, stateName } from '../states.js';
import { store } from '../store.js';
import { openKeypad, openTransfer } from './transfer.js';
import { Wave } from './wave.js';

/** @typedef {import('../types').AgentDoc} AgentDoc */
/** @typedef {import('../types').AgentCall} AgentCall */

const EXTENSION_SECONDS = 30;
const wave = new Wave();

class CallCard extends Live {
  /** @override */
  ticks = true;
  #callId = '';

  /** @override */
  subscribe() {
    this.listen(store, 'change');
    this.listen(store, 'link');
    this.listen(phone, 'change');
    void configured.then(() => this.requestUpdate());
  }

  /** @override */
  updated() {
    const canvas = /** @type {HTMLCanvasElement | null} */ (this.querySelector('canvas'));
    wave.on(canvas);
  }

  /** @param {string} text */
  #key(text) {
    return text ? html`<kbd>${text}</kbd>` : nothing;
  }

  /** @param {AgentCall} call */
  #label(call) {
    const queue = store.docs.queue.get(call.queue)?.title ?? (call.campaign == null ? '' : store.docs.campaign.get(String(call.campaign))?.name) ?? '';
    const way = call.direction === 'in' ? _('inbound') : _('outbound');
    return html`<span class="label">${icon(call.direction === 'in' ? 'in' : 'out', true)}<span class="cut">${queue ? `${queue}, ${way}` : way}</span></span>`;
  }

  /** @param {AgentCall} call */
  #recording(call) {
    if (call.recording === 'off') return nothing;
    return call.recording === 'on'
      ? html`<span class="rec"><i></i>${_('REC')}</span>`
      : html`<span class="rec off">${icon('pause', true)}${_('Not recording')}</span>`;
  }

  /** @param {AgentCall} call */
  #who(call) {
    const number = phoneText(call.number) || _('Number withheld');
    return html`<div class="who"><b class="cut">${call.name || number}</b>${call.name ? html`<span class="num">${number}</span>` : nothing}</div>`;
  }

  /** @param {AgentDoc} me @param {AgentCall} call */
  #ringing(me, call) {
    return html`<div class="call-top">${this.#label(call)}</div>
      ${this.#clock(store.secondsSince(me.since), _('Ringing for'))}${this.#who(call)}
      <button type="button" class="answer" @click=${() => void command('answer')}>${icon('phone')}<span>${_('Answer')}</span>${this.#key(hint('answer-or-finish'))}</button>
      <button type="button" class="soft" @click=${() => void command('decline')}>${_('Decline, back to the queue')}</button>`;
  }

  /** @param {AgentDoc} me @param {AgentCall} call */
  #dialling(me, call) {
    return html`<div class="call-top">${this.#label(call)}</div>
      ${this.#clock(store.secondsSince(me.since), _('Dialling for'))}${this.#who(call)}
      <p class="say">${_('The customer’s phone is being called.')}</p>${this.#hangUp()}`;
  }

  #hangUp() {
    return html`<button type="button" class="end" @click=${() => void command('hang_up')}>${icon('end')}<span>${_('Hang up')}</span>${this.#key(hint('hang-up'))}</button>`;
  }

  /** @param {string} id @param {string} iconName @param {string} text @param {() => void} run @param {{pressed?: boolean, disabled?: boolean}} [options] */
  #control(id, iconName, text, run, { pressed = false, disabled = false } = {}) {
    return html`<button type="button" aria-pressed=${pressed ? 'true' : 'false'} ?disabled=${disabled} @click=${run}>${icon(iconName)}<span>${text}</span>${this.#key(hint(id))}</button>`;
  }

  /** @param {AgentDoc} me @param {AgentCall} call */
  #talking(me, call) {
    const held = me.state === 'hold';
    const lost = me.phone !== 'up' && me.recovering !== null;
    const since = call.answered_at ?? me.since;
    return html`<div class="call-top">${this.#label(call)}${this.#recording(call)}</div>
      ${this.#clock(store.secondsSince(since), _('Talk time'), held ? _('on hold {time}', { time: duration(store.secondsSince(me.since)) }) : '')}${this.#who(call)}
      ${lost
        ? html`<p class="say" role="status">${icon('refresh', true)}<span>${_('Your phone is being connected again. The customer hears music.')}</span></p>`
        : phone.muted ? html`<p class="say">${icon('mute', true)}<span>${_('Your microphone is muted.')}</span></p>` : html`<canvas class="wave" aria-hidden="true"></canvas>`}
      <div class="controls">
        ${this.#control('mute', phone.muted ? 'mute' : 'mic', phone.muted ? _('Unmute') : _('Mute'), () => phone.setMuted(!phone.muted), { pressed: phone.muted, disabled: !store.hello?.sip })}
        ${this.#control('hold', held ? 'play' : 'hold', held ? _('Resume') : _('Hold'), toggleHold, { pressed: held, disabled: lost })}
        ${this.#control('transfer', 'transfer', _('Transfer'), () => openTransfer('transfer'), { disabled: lost })}
        ${this.#control('add', 'merge', _('Add'), () => openTransfer('consult'), { disabled: lost || Boolean(call.consult) })}
        ${this.#control('keypad', 'keys', _('Keypad'), openKeypad, { disabled: lost || held })}
        ${this.#control('recording', 'rec', call.recording === 'paused' ? _('Record') : _('Pause rec'), toggleRecording, { pressed: call.recording === 'paused', disabled: call.recording === 'off' })}
      </div>
      ${onCampaignCall() ? html`<button type="button" class="soft" ?disabled=${lost} @click=${leaveMessage}>${icon('mega', true)}<span>${_('Machine: leave the message')}</span>${this.#key(hint('leave-message'))}</button>` : nothing}
      ${this.#hangUp()}`;
  }

  /** @param {AgentDoc} me @param {AgentCall | null} call */
  #wrapup(me, call) {
    const spent = store.secondsSince(me.since);
    const left = store.secondsUntil(me.deadline);
    const share = me.deadline ? left / Math.max(1, left + spent) : 0;
    return html`<div class="call-top">${call ? this.#label(call) : nothing}</div>
      ${me.deadline
        ? this.#clock(left, _('Wrap-up left'), _('left for the outcome'))
        : this.#clock(spent, _('Wrap-up'))}
      ${call ? this.#who(call) : nothing}
      ${me.deadline ? html`<span class="meter ${left < 10 ? 'ending' : ''}"><i style="width:${(share * 100).toFixed(1)}%"></i></span>
      <button type="button" class="soft" @click=${() => void command('extend_wrapup', { seconds: EXTENSION_SECONDS })}>${_('30 seconds more')}</button>` : nothing}`;
  }

  /** @param {AgentDoc} me */
  #ready(me) {
    if (me.callback) return this.#callback(me, me.callback);
    if (me.preview) return this.#preview(me, me.preview);
    const queues = me.queues.map((name) => store.docs.queue.get(name)?.title ?? name);
    const campaigns = me.campaigns.map((id) => store.docs.campaign.get(String(id))?.name).filter(Boolean);
    const all = [...queues, ...campaigns].join(', ');
    return html`<div class="call-top"><span class="label">${icon('head', true)}<span class="cut">${all || _('No queue has been given to you')}</span></span></div>
      ${this.#clock(store.secondsSince(me.since), _('Ready for'), _('waiting for a call'))}
      ${this.#phoneTrouble(me)}`;
  }

  /** @param {AgentDoc} me @param {import('../types').DueCallback} due */
  #callback(me, due) {
    const number = phoneText(due.number);
    const there = due.zone ? _('{time} where the customer is', { time: new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', timeZone: due.zone }) }) : '';
    return html`<div class="call-top"><span class="label">${icon('back', true)}<span class="cut">${_('You promised to call')}</span></span></div>
      ${this.#clock(store.secondsUntil(due.deadline), _('Kept free for you'), there)}
      <div class="who"><b class="cut">${due.name || number}</b>${due.name ? html`<span class="num">${number}</span>` : nothing}</div>
      ${due.note ? html`<p class="say">${icon('note', true)}<span>${due.note}</span></p>` : nothing}
      <button type="button" class="answer" @click=${callShown}>${icon('phone')}<span>${_('Call')}</span>${this.#key(hint('call-shown'))}</button>
      <button type="button" class="soft" @click=${postponeShown}>${_('In ten minutes')}</button>${this.#phoneTrouble(me)}`;
  }

  /** @param {AgentDoc} me @param {import('../types').Preview} lead */
  #preview(me, lead) {
    const number = phoneText(lead.number);
    const campaign = store.docs.campaign.get(String(lead.campaign))?.name ?? '';
    const fields = Object.entries(lead.fields).slice(0, 8);
    const reasons = [_('Wrong moment'), _('Spoken to already'), _('Not for us')];
    return html`<div class="call-top"><span class="label">${icon('mega', true)}<span class="cut">${campaign}</span></span></div>
      ${lead.deadline ? this.#clock(store.secondsUntil(lead.deadline), _('Time to look'), _('to look at it')) : this.#clock(store.secondsSince(me.since), _('Ready for'))}
      <div class="who"><b class="cut">${lead.name || number}</b>${lead.name ? html`<span class="num">${number}</span>` : nothing}</div>
      ${fields.length ? html`<dl class="shown">${fields.map(([name, value]) => html`<dt class="cut">${name}</dt><dd class="cut">${value}</dd>`)}</dl>` : nothing}
      ${lead.dialling
        ? html`<p class="say">${_('The customer’s phone is being called.')}</p><button type="button" class="end" @click=${stopShown}>${icon('end')}<span>${_('Stop calling')}</span></button>`
        : html`<button type="button" class="answer" @click=${callShown}>${icon('phone')}<span>${_('Call')}</span>${this.#key(hint('call-shown'))}</button>
          ${lead.skips_left > 0 ? html`<details class="skip"><summary class="soft">${_('Skip ({count} left)', { count: lead.skips_left })}</summary>${reasons.map((reason) => html`<button type="button" class="soft" @click=${() => skipShown(reason)}>${reason}</button>`)}</details>` : nothing}`}
      ${this.#phoneTrouble(me)}`;
  }

  /** @param {AgentDoc} me */
  #paused(me) {
    const reason = config.reasons.find((one) => one.code === me.reason);
    const spent = store.secondsSince(me.since);
    const allowed = (reason?.minutes ?? 0) * 60;
    const over = allowed > 0 && spent > allowed;
    const text = allowed ? (over ? _('{time} over the allowed {minutes} min', { time: duration(spent - allowed), minutes: reason?.minutes }) : ngettext('of {count} minute', 'of {count} minutes', reason?.minutes ?? 0)) : '';
    return html`<div class="call-top"><span class="label">${icon('coffee', true)}<span class="cut">${me.reason ? reasonTitle(me.reason) : _('Paused')}</span></span></div>
      ${this.#clock(spent, _('Paused for'), text)}
      ${allowed ? html`<span class="meter"><i style="width:${Math.min(100, (spent / allowed) * 100).toFixed(1)}%"></i></span>` : nothing}
      ${this.#phoneTrouble(me)}
      <button type="button" class="answer calm" @click=${() => void command('set_ready')}>${icon('check')}<span>${_('Ready for calls')}</span></button>`;
  }

  /** @param {AgentDoc} me */
  #notResponding(me) {
    return html`<div class="call-top"><span class="label">${icon('alert', true)}<span>${_('A call rang and was not answered')}</span></span></div>
      ${this.#clock(store.secondsSince(me.since), _('Not responding for'), _('no calls come to you'))}
      <button type="button" class="answer calm" @click=${() => void command('set_ready')}>${icon('check')}<span>${_('I am here, ready')}</span></button>
      <button type="button" class="soft" popovertarget="state-menu">${_('Take a pause')}</button>`;
  }

  #offline() {
    const trouble = microphoneText(phone.microphone);
    return html`<div class="call-top"><span class="label">${icon('ring', true)}<span>${_('Off shift')}</span></span></div>
      <p class="lead">${_('No calls come to you until the shift starts.')}</p>
      ${trouble ? html`<p class="say" role="alert">${icon('mute', true)}<span>${trouble}</span></p>` : nothing}
      <button type="button" class="answer calm" @click=${() => void startShift()}>${icon('head')}<span>${_('Start shift')}</span></button>`;
  }

  /** @param {AgentDoc} me */
  #phoneTrouble(me) {
    const trouble = microphoneText(phone.microphone);
    const text = trouble || (!store.hello?.sip && !me.phone_registered ? _('Your desk phone is not registered.')
      : me.phone === 'down' && me.leg_mode === 'nailed' ? _('Your phone is not connected yet.') : me.phone === 'calling' ? _('Your phone is being called.') : '');
    if (!text) return nothing;
    return html`<p class="say" role="status">${icon(trouble ? 'mute' : 'phone', true)}<span>${text}</span></p>
      ${trouble ? html`<button type="button" class="soft" @click=${() => void phone.openMicrophone()}>${_('Try the microphone again')}</button>` : nothing}`;
  }

  /** @param {number} seconds @param {string} label @param {string} [beside] */
  #clock(seconds, label, beside = '') {
    return html`<div class="clock" role="timer" aria-label=${label}><time>${duration(seconds)}</time>${beside ? html`<span>${beside}</span>` : nothing}</div>`;
  }

  /** @param {AgentCall} call */
  #secondLine(call) {
    const consult = call.consult;
    if (!consult) return nothing;
    const texts = { dialling: _('Calling'), talking: _('Talking'), held: _('On hold') };
    return html`<section class="second ${consult.state}" aria-label=${_('Second line')}>
      <div class="cut"><b class="cut">${consult.name || phoneText(consult.number) || consult.target}</b><span>${_('Consult')}, ${texts[consult.state].toLocaleLowerCase()}</span></div>
      <time>${duration(store.secondsSince(consult.since))}</time>
      <span class="row">
        ${consult.state === 'dialling' ? nothing : html`<button type="button" class="btn small" @click=${() => void command('consult_swap')}>${_('Swap')}</button>
        <button type="button" class="btn small primary" @click=${() => void command('consult_complete')}>${_('Complete')}</button>`}
        <button type="button" class="btn small" @click=${() => void command('consult_cancel')}>${_('Cancel')}</button></span></section>`;
  }

  #nobody() {
    if (store.hello && store.hello.agent_id === null) {
      return html`<section class="call quiet"><div class="call-top"><span class="label">${icon('user', true)}<span>${_('You are not an agent')}</span></span></div>
        <p class="lead">${_('Your login has no telephone. An administrator can give you one.')}</p></section>`;
    }
    const lost = store.link === 'lost';
    return html`<section class="call quiet" aria-busy=${lost ? 'false' : 'true'}><div class="call-top"><span class="label">${icon(lost ? 'wifi' : 'refresh', true)}<span>${lost ? _('No connection') : _('Connecting')}</span></span></div>
      <p class="lead">${lost ? _('The server does not answer. This page tries again by itself.') : _('Your desk is being fetched.')}</p></section>`;
  }

  /** @override */
  render() {
    const me = store.me;
    if (!me) return this.#nobody();
    const state = myState();
    const call = me.call;
    if ((call?.call_id ?? '') !== this.#callId) {
      this.#callId = call?.call_id ?? '';
      wave.clear();
    }
    const body = () => {
      switch (state) {
        case 'offline': return this.#offline();
        case 'ready': return this.#ready(me);
        case 'paused': return this.#paused(me);
        case 'not-responding': return this.#notResponding(me);
        case 'wrapup': return this.#wrapup(me, call);
        case 'ringing': return call ? this.#ringing(me, call) : nothing;
        case 'dialling': return call ? this.#dialling(me, call) : nothing;
        default: return call ? this.#talking(me, call) : nothing;
      }
    };
    const aria = call ? _('Current call') : stateName(state);
    return html`<section class="call ${state} ${store.link === 'lost' ? 'stale' : ''}" aria-label=${aria} data-icon=${STATE_ICONS[state]}>
        ${store.link === 'lost' ? html`<p class="lost" role="status">${icon('wifi', true)}<span>${call ? _('No connection: the call goes on, buttons wait.') : _('No connection: trying again.')}</span></p>` : nothing}
        ${body()}</section>
      ${call && (state === 'talking' || state === 'hold') ? this.#secondLine(call) : nothing}`;
  }
}
customElements.define('cc-call', CallCard);
