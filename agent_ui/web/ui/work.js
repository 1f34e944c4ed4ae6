// <cc-work>: script, outcome, note and what happens next, for the call at hand. The server draws the form;
// here are its keys, the steps of the script, the fields that belong to an outcome, and Finish.
import { html, nothing, render } from 'lit';
import { myState, reasonTitle } from '../desk.js';
import { Placed } from '../element.js';
import { _, duration } from '../i18n.js';
import { hint } from '../keys.js';
import { icon } from '../page.js';
import { command } from '../socket.js';
import { store } from '../store.js';
import { toast } from '../toast.js';
import { Note } from './note.js';

/** @param {string} callId */
const draftKey = (callId) => `cc-work-${callId}`;

class Work extends Placed {
  /** @override */
  ticks = true;
  #callId = '';
  /** Finish was pressed while talking: hang up, then finish when the call is over. */
  #finishing = '';
  #loading = false;
  /** @type {HTMLElement} */
  #body = document.createElement('div');
  /** @type {HTMLElement} */
  #foot = document.createElement('footer');

  /** @override */
  subscribe() {
    this.#body.className = 'work-body';
    this.#foot.className = 'work-foot';
    if (!this.#body.isConnected) this.replaceChildren(this.#body, this.#foot);
    this.#callId = '';
    this.listen(store, 'change', (event) => { if (event.detail === '' || event.detail === 'agent') this.#follow(); });
    this.listen(document, 'cc:finish', () => void this.#finish());
    this.listen(this.#body, 'change', () => this.#keep());
    this.listen(this.#body, 'click', (event) => this.#clicked(event));
    this.listen(this.#body, 'submit', (event) => { event.preventDefault(); void this.#finish(); });
    this.#empty();
    this.#follow();
  }

  get #form() {
    return /** @type {HTMLFormElement | null} */ (this.#body.querySelector('form.work-form'));
  }

  get #outcome() {
    return /** @type {HTMLInputElement | null} */ (this.#body.querySelector('.outcomes input:checked'));
  }

  #follow() {
    const call = store.me?.call ?? null;
    const id = call && ['ringing', 'dialling', 'talking', 'hold', 'wrapup'].includes(myState()) ? call.call_id : '';
    if (id !== this.#callId) {
      this.#callId = id;
      this.#finishing = '';
      if (id && call) void this.#load(id, call);
      else if (store.known) this.#empty();
    }
    if (this.#finishing === this.#callId && this.#finishing && myState() === 'wrapup') {
      this.#finishing = '';
      void this.#send();
    }
    this.#fillNames();
    this.requestUpdate();
  }

  #empty() {
    render(nothing, this.#body);
    this.#body.replaceChildren();
    const place = document.createElement('div');
    place.className = 'empty';
    this.#body.append(place);
    render(html`${icon('note')}<b>${_('Script and outcome')}</b><p>${_('They appear here with the call: what to say, how it ended, what was agreed.')}</p>`, place);
  }

  /** @param {string} id @param {import('../types').AgentCall} call */
  async #load(id, call) {
    this.#loading = true;
    this.#body.innerHTML = '<div class="skeleton"><i></i><i></i><i></i><i></i><i></i></div>';
    const about = new URLSearchParams({ queue: call.queue, campaign: call.campaign == null ? '' : String(call.campaign) });
    try {
      const answer = await fetch(`/desk/calls/${encodeURIComponent(id)}/work?${about}`, { headers: { 'HX-Request': 'true', Accept: 'text/html' }, signal: AbortSignal.timeout(10_000) });
      if (this.#callId !== id) return;
      if (!answer.ok) throw new Error(String(answer.status));
      this.#body.innerHTML = await answer.text();
      this.#restore();
      this.#fillNames();
    } catch {
      if (this.#callId === id) this.#failed(id, call);
    }
    this.#loading = false;
    this.requestUpdate();
  }

  /** @param {string} id @param {import('../types').AgentCall} call */
  #failed(id, call) {
    this.#body.replaceChildren();
    const place = document.createElement('div');
    place.className = 'failed';
    this.#body.append(place);
    render(html`${icon('alert')}<b>${_('The script cannot be shown now')}</b><p>${_('The call is not touched by it.')}</p>
      <button type="button" class="btn" @click=${() => void this.#load(id, call)}>${icon('refresh', true)}${_('Try again')}</button>`, place);
  }

  // --- script -------------------------------------------------------------------------------------

  /** Marks in the script that name the customer are filled as soon as the customer is known. */
  #fillNames() {
    const call = store.me?.call;
    if (!call) return;
    const values = { name: call.name, first_name: call.name.split(/\s+/)[0] ?? '', number: call.number };
    for (const mark of this.#body.querySelectorAll('mark[data-var]')) {
      const value = values[/** @type {keyof typeof values} */ (mark.getAttribute('data-var'))] ?? '';
      mark.textContent = value || _('[name]');
    }
  }

  /** @param {Event} event */
  #clicked(event) {
    const button = event.target instanceof Element ? event.target.closest('[data-step]') : null;
    if (button instanceof HTMLElement) this.#step(Number(button.dataset['step']));
    const soon = event.target instanceof Element ? event.target.closest('[data-at]') : null;
    if (soon instanceof HTMLElement) this.#when(soon.dataset['at'] ?? '');
    const done = event.target instanceof Element ? event.target.closest('.todo [data-remove]') : null;
    if (done) { done.closest('li')?.remove(); this.#keep(); }
  }

  /** @param {number} index */
  #step(index) {
    const steps = this.#body.querySelectorAll('.script-step');
    steps.forEach((step, at) => { /** @type {HTMLElement} */ (step).hidden = at !== index; });
    this.#body.querySelectorAll('.progress li').forEach((mark, at) => {
      mark.className = at < index ? 'done' : at === index ? 'now' : '';
    });
    const counter = this.#body.querySelector('.step-counter');
    if (counter) counter.textContent = _('Step {step} of {steps}', { step: index + 1, steps: steps.length });
    this.#keep({ step: index });
  }

  // --- outcome ------------------------------------------------------------------------------------

  /** A moment from now as the field wants it: minutes, or `tomorrow HH:MM`. @param {string} wanted */
  #when(wanted) {
    const field = /** @type {HTMLInputElement | null} */ (this.#body.querySelector('[name="callback_at"]'));
    if (!field) return;
    const at = new Date(store.now());
    const clock = /^tomorrow (\d+):(\d+)$/.exec(wanted);
    if (clock) {
      at.setDate(at.getDate() + 1);
      at.setHours(Number(clock[1]), Number(clock[2]), 0, 0);
    } else {
      at.setMinutes(at.getMinutes() + Number(wanted), 0, 0);
      at.setMinutes(Math.ceil(at.getMinutes() / 5) * 5);
    }
    field.value = localValue(at);
    this.#keep();
  }

  #showFields() {
    const chosen = this.#outcome;
    for (const group of /** @type {NodeListOf<HTMLElement>} */ (this.#body.querySelectorAll('[data-belongs]'))) {
      const shown = chosen?.dataset['fields'] === group.dataset['belongs'];
      const appears = shown && group.hidden;
      group.hidden = !shown;
      const field = /** @type {HTMLInputElement | null} */ (group.querySelector('[name="callback_at"]'));
      if (appears && field && !field.value) this.#when('60');
    }
  }

  /** @param {{step?: number}} [also] */
  #keep(also = {}) {
    this.#showFields();
    if (!this.#callId || !this.#form) return;
    const values = Object.fromEntries([...new FormData(this.#form)].filter(([, value]) => typeof value === 'string'));
    const before = JSON.parse(sessionStorage.getItem(draftKey(this.#callId)) ?? '{}');
    sessionStorage.setItem(draftKey(this.#callId), JSON.stringify({ ...before, ...also, values }));
    this.requestUpdate();
  }

  #restore() {
    const kept = JSON.parse(sessionStorage.getItem(draftKey(this.#callId)) ?? '{}');
    for (const [name, value] of Object.entries(kept.values ?? {})) {
      for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (this.#body.querySelectorAll(`[name="${CSS.escape(name)}"]`))) {
        if (field.type === 'radio' || field.type === 'checkbox') field.checked = field.value === value;
        else field.value = String(value);
      }
    }
    if (kept.step) this.#step(kept.step);
    this.#showFields();
  }

  // --- finish -------------------------------------------------------------------------------------

  /** What is missing before the call can be finished; empty when nothing is. */
  #missing() {
    if (this.#loading) return _('Loading');
    if (!this.#body.querySelector('.outcomes')) return '';
    const chosen = this.#outcome;
    if (!chosen) return _('Choose an outcome');
    const field = /** @type {HTMLInputElement | null} */ (this.#body.querySelector('[name="callback_at"]'));
    if (chosen.dataset['fields'] === 'callback' && field) {
      if (!field.value) return _('Say when to call back');
      if (new Date(field.value).getTime() < store.now()) return _('The time to call back has passed');
    }
    return '';
  }

  async #finish() {
    const state = myState();
    if (!this.#callId || !['talking', 'hold', 'wrapup'].includes(state)) return;
    const missing = this.#missing();
    if (missing) {
      toast(missing);
      return;
    }
    if (state === 'wrapup') return void (await this.#send());
    this.#finishing = this.#callId;
    this.requestUpdate();
    if (!(await command('hang_up'))) this.#finishing = '';
  }

  async #send() {
    const callId = this.#callId;
    const chosen = this.#outcome;
    /** @type {Record<string, string>} */
    const args = { call_id: callId, disposition: chosen?.value ?? '' };
    if (chosen?.dataset['fields'] === 'callback' && this.#form) {
      const values = new FormData(this.#form);
      args['callback_at'] = new Date(String(values.get('callback_at'))).toISOString();
      args['callback_mine'] = String(values.get('callback_mine') === 'true');
    }
    const note = this.#body.querySelector('cc-note');
    if (note instanceof Note) {
      for (const item of this.#body.querySelectorAll('.todo li:not(.todo-add) label')) {
        const line = item.textContent?.trim();
        if (line && !note.text.includes(line)) note.addLine(`☐ ${line}`);
      }
      await note.save();
    }
    if (await command('finish', args)) {
      sessionStorage.removeItem(draftKey(callId));
      document.dispatchEvent(new Event('cc:callbacks'));
    }
  }

  /** @param {KeyboardEvent} event */
  #addAction(event) {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (event.key !== 'Enter' || !field.value.trim()) return;
    event.preventDefault();
    const item = document.createElement('li');
    const list = this.#body.querySelector('.todo');
    render(html`<label class="check"><input type="checkbox" checked disabled>${field.value.trim()}</label><button type="button" class="icon-btn" data-remove aria-label=${_('Remove')}>${icon('close', true)}</button>`, item);
    list?.insertBefore(item, list.querySelector('.todo-add'));
    field.value = '';
  }

  /** @override */
  draw() {
    this.#drawFoot();
    const add = /** @type {HTMLInputElement | null} */ (this.#body.querySelector('.todo-add input'));
    if (add && !add.dataset['ready']) {
      add.dataset['ready'] = 'yes';
      add.addEventListener('keydown', (event) => this.#addAction(event));
    }
  }

  #drawFoot() {
    const me = store.me;
    const state = myState();
    this.#foot.hidden = !this.#callId;
    if (!this.#callId || !me) return render(nothing, this.#foot);
    const plan = me.next;
    const goal = plan?.state === 'offline' ? _('end shift') : plan?.state === 'paused' ? reasonTitle(plan.reason).toLocaleLowerCase() : _('go ready');
    const missing = ['talking', 'hold', 'wrapup'].includes(state) ? this.#missing() : '';
    const left = state === 'wrapup' && me.deadline ? duration(store.secondsUntil(me.deadline)) : '';
    const text = state === 'ringing' ? _('Answer first') : this.#finishing ? _('Hanging up') : missing || (left ? _('{time} left', { time: left }) : _('Ready to finish'));
    const label = _('Finish, {goal}', { goal });
    return render(html`<span class="muted cut" title=${text}>${icon(missing ? 'alert' : 'clock', true)}<span class="cut">${text}</span></span>
      <button type="button" class="btn primary large" ?disabled=${['ringing', 'dialling'].includes(state) || Boolean(this.#finishing)} aria-disabled=${missing ? 'true' : 'false'} title=${state === 'wrapup' ? nothing : _('Hangs up first')} @click=${() => void this.#finish()}>
        <span class="cut">${label}</span>${hint('answer-or-finish') ? html`<kbd>${hint('answer-or-finish')}</kbd>` : nothing}</button>`, this.#foot);
  }
}
customElements.define('cc-work', Work);

/** For `datetime-local`. @param {Date} at */
function localValue(at) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
