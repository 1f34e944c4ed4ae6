// Two dialogs of the call: where to pass the customer on (or whom to ask first), and the keypad.
import { html, nothing, render } from 'lit';
import { _, duration, ngettext, phoneText } from '../i18n.js';
import { icon } from '../page.js';
import { phone } from '../phone.js';
import { command } from '../socket.js';
import { stateName } from '../states.js';
import { store } from '../store.js';

/** @typedef {{key: string, icon: string, title: string, detail: string, free: boolean, transfer: () => Promise<boolean>, consult: (() => Promise<boolean>) | null}} Target */

const LEAST_DIGITS = 3;

/** @type {HTMLDialogElement | null} */
let dialog = null;
/** @type {'transfer' | 'consult'} */
let mode = 'transfer';
let query = '';

/** @param {string} label @param {string} className */
function makeDialog(label, className) {
  const made = document.createElement('dialog');
  made.className = className;
  made.setAttribute('aria-label', label);
  made.addEventListener('click', (event) => { if (event.target === made) made.close(); });
  document.body.append(made);
  return made;
}

/** @returns {Target[]} */
function targets() {
  const me = store.me;
  const number = query.replace(/[^\d+]/g, '');
  /** @type {Target[]} */
  const found = [];
  for (const agent of store.docs.agent.values()) {
    if (agent.id === me?.id || agent.state === 'offline') continue;
    const args = { agent_id: agent.id };
    found.push({
      key: `agent-${agent.id}`, icon: 'user', title: agent.name, free: agent.state === 'ready',
      detail: `${agent.extension ? `${agent.extension}, ` : ''}${stateName(agent.state).toLocaleLowerCase()}`,
      transfer: () => command('transfer_agent', args), consult: () => command('consult_agent', args),
    });
  }
  for (const queue of store.docs.queue.values()) {
    const wait = queue.waiting ? _('longest wait {time}', { time: duration(store.secondsSince(queue.longest_since)) }) : _('nobody waits');
    found.push({
      key: `queue-${queue.name}`, icon: 'users', title: _('{queue} queue', { queue: queue.title }), free: queue.ready > 0,
      detail: `${ngettext('{count} ready', '{count} ready', queue.ready)}, ${wait}`,
      transfer: () => command('transfer_queue', { queue: queue.name }), consult: null,
    });
  }
  const words = query.toLocaleLowerCase().trim();
  const shown = found.filter((target) => target.title.toLocaleLowerCase().includes(words))
    .filter((target) => mode === 'transfer' || target.consult)
    .sort((a, b) => Number(b.free) - Number(a.free) || a.title.localeCompare(b.title));
  if (number.replace('+', '').length >= LEAST_DIGITS) {
    shown.unshift({
      key: 'number', icon: 'phone', title: phoneText(number), detail: _('outside number'), free: true,
      transfer: () => command('transfer_number', { number }), consult: () => command('consult_number', { number }),
    });
  }
  return shown;
}

/** @param {(() => Promise<boolean>) | null} act */
async function choose(act) {
  if (act && (await act())) dialog?.close();
}

function draw() {
  if (!dialog?.open) return;
  const list = targets();
  /** @param {Target} target */
  const first = (target) => (mode === 'consult' ? target.consult : target.transfer);
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const target = list[0];
    if (event.key === 'Enter' && target) void choose(first(target));
  };
  render(html`<div>
    <header class="dialog-head"><h2>${mode === 'transfer' ? _('Transfer the call') : _('Ask a colleague first')}</h2>
      <button type="button" class="icon-btn" aria-label=${_('Close')} @click=${() => dialog?.close()}>${icon('close')}</button></header>
    <div class="dialog-body transfer">
      <label class="input-icon">${icon('search')}<span class="vh">${_('Queue, colleague or number')}</span>
        <input class="input" placeholder=${_('Queue, colleague or number')} autocomplete="off" .value=${query} @keydown=${onKey}
          @input=${(/** @type {Event} */ event) => { query = /** @type {HTMLInputElement} */ (event.target).value; draw(); }}></label>
      <ul>${list.map((target) => html`<li><span class="kind">${icon(target.icon)}</span>
        <div class="cut grow"><b class="cut">${target.title}</b><span class="muted">${target.free ? html`<i class="free"></i>` : nothing}${target.detail}</span></div>
        ${target.consult ? html`<button type="button" class="btn small" @click=${() => void choose(target.consult)}>${_('Ask first')}</button>` : nothing}
        ${mode === 'transfer' ? html`<button type="button" class="btn small primary" @click=${() => void choose(target.transfer)}>${_('Transfer')}</button>` : nothing}</li>`)}</ul>
      ${list.length ? nothing : html`<div class="empty">${icon('users')}<b>${_('Nobody is found')}</b><p>${_('Type a name, a queue or a telephone number.')}</p></div>`}
    </div></div>`, dialog);
}

/** @param {'transfer' | 'consult'} wanted */
export function openTransfer(wanted) {
  if (!dialog) {
    dialog = makeDialog(_('Transfer'), 'dialog');
    store.addEventListener('change', draw);
  }
  mode = wanted;
  query = '';
  if (!dialog.open) dialog.showModal();
  draw();
  dialog.querySelector('input')?.focus();
}

/** @type {HTMLDialogElement | null} */
let keypad = null;
let pressed = '';

/** @param {string} digit */
function press(digit) {
  pressed += digit;
  if (!phone.press(digit)) void command('press', { digits: digit });
  drawKeypad();
}

function drawKeypad() {
  if (!keypad) return;
  render(html`<div>
    <header class="dialog-head"><h2>${_('Keypad')}</h2><button type="button" class="icon-btn" aria-label=${_('Close')} @click=${() => keypad?.close()}>${icon('close')}</button></header>
    <div class="dialog-body"><output class="digits num" aria-label=${_('Digits sent')}>${pressed || '·'}</output>
      <div class="pad">${[...'123456789*0#'].map((digit) => html`<button type="button" class="btn" @click=${() => press(digit)}>${digit}</button>`)}</div></div></div>`, keypad);
}

export function openKeypad() {
  if (!keypad) {
    keypad = makeDialog(_('Keypad'), 'dialog keypad');
    keypad.addEventListener('keydown', (event) => {
      const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
      const sign = event.key === '*' || event.key === '#' ? event.key : '';
      if (event.repeat || event.ctrlKey || event.altKey || (!digit && !sign)) return;
      press(sign || (digit ?? ''));
      event.preventDefault();
    });
  }
  pressed = '';
  if (!keypad.open) keypad.showModal();
  drawKeypad();
}
