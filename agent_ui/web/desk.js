// What joins the store, the phone and the page: who we are, the root's state, sounds, title, commands with keys.
import { register, go } from './commands.js';
import { _, duration } from './i18n.js';
import { ask, page } from './page.js';
import { phone } from './phone.js';
import { command, socket } from './socket.js';
import { drawFavicon, ownReason, stateName } from './states.js';
import { store } from './store.js';
import { toast } from './toast.js';
import { openKeypad, openTransfer } from './ui/transfer.js';

/** @typedef {import('./types').AgentState} AgentState */

/** @type {import('./types').DeskConfig} */
export const config = { reasons: [], wrapup_seconds: 45, aht_goal_seconds: 0 };
export const configured = ask('/api/v1/desk/config').then((found) => Object.assign(config, found)).catch(() => config);

/** @returns {AgentState} */
export const myState = () => store.me?.state ?? 'offline';
/** @param {...AgentState} states */
const inState = (...states) => states.includes(myState());
/** Somebody is on the line, or about to be: no moment to load the page anew. */
const mustStay = () => inState('ringing', 'dialling', 'talking', 'hold');
export const onCall = () => inState('talking', 'hold');

/** @param {string} code */
export const reasonTitle = (code) => config.reasons.find((reason) => reason.code === code)?.title ?? ownReason(code);

/** The number or, when the CRM knows it, the name of whom the agent has on the line. */
export const customerName = () => store.me?.call?.name || '';

// --- the page follows the state -----------------------------------------------------------------

/** @type {AgentState | ''} */
let shownState = '';
const plainTitle = document.title;

function follow() {
  const state = myState();
  document.documentElement.dataset['state'] = state;
  phone.inConversation = onCall();
  if (state !== shownState) {
    drawFavicon(state);
    sounds(shownState, state);
    shownState = state;
    if (!mustStay()) document.dispatchEvent(new Event('cc:free'));
  }
}

/** @param {AgentState | ''} last @param {AgentState} state */
function sounds(last, state) {
  if (state === 'ringing') phone.sound('ring');
  else phone.sound(last === 'ready' && state === 'talking' ? 'zip' : '');
  if (state !== 'talking' && state !== 'hold' && phone.muted) phone.setMuted(false);
  if (state === 'offline') phone.closeMicrophone();
}

function drawTitle() {
  const me = store.me;
  if (!me?.call || !inState('ringing', 'dialling', 'talking', 'hold', 'wrapup')) {
    if (document.title.startsWith('☎')) document.title = plainTitle;
    return;
  }
  document.title = `☎ ${me.call.name || me.call.number}, ${stateName(me.state)} ${duration(store.secondsSince(me.since))}`;
}

store.addEventListener('change', follow);
store.addEventListener('change', () => phone.start(store.hello?.sip ?? null));
store.addEventListener('pop', () => { if (!document.querySelector('cc-customer')) go('/desk'); });
setInterval(drawTitle, 1000);
document.addEventListener('cc:leaving', (event) => { if (mustStay()) event.preventDefault(); });

// --- what the agent can do ----------------------------------------------------------------------

/** The microphone first: a shift without one would only lose customers. */
export async function startShift() {
  if (store.hello?.sip && phone.leader && !(await phone.openMicrophone())) return;
  await command('start_shift');
}

export const toggleHold = () => void command(myState() === 'hold' ? 'resume' : 'hold');
const shownCallback = () => (inState('ready') ? store.me?.callback ?? null : null);
const shownLead = () => (inState('ready') && !shownCallback() && !store.me?.preview?.dialling ? store.me?.preview ?? null : null);

/** Call whom the card shows: a promise that is due, or the campaign's lead. */
export function callShown() {
  const due = shownCallback();
  if (due) void command('dial', { number: due.number, callback: due.id, contact_id: due.contact_id, campaign_id: due.campaign, lead_id: due.lead_id });
  else if (shownLead()) void command('preview_dial');
}
/** @param {string} reason */
export const skipShown = (reason) => void command('preview_skip', { reason });
export const stopShown = () => void command('preview_cancel');
export const postponeShown = () => { const due = shownCallback(); if (due) void ask(`/api/v1/callbacks/${due.id}/postpone`, { method: 'POST' }).catch((error) => toast(error.message, { level: 'alarm' })); };

/** A machine hears the campaign's message by itself; the agent is free at once. */
export const leaveMessage = () => void command('leave_message');
export const onCampaignCall = () => onCall() && store.me?.call?.direction === 'out' && store.me.call.campaign !== null;
export const toggleRecording = () => void command('set_recording', { on: store.me?.call?.recording === 'paused' });
/** @param {string} number @param {number | null} [contactId] */
export const dial = (number, contactId = null) => command('dial', { number, contact_id: contactId });

/** Dispatched to the work panel, which knows the outcome and the note. */
export const finish = () => document.dispatchEvent(new Event('cc:finish'));

const possibleToDial = () => inState('ready', 'paused', 'wrapup', 'not-responding');

register(
  { id: 'answer-or-finish', title: () => (myState() === 'ringing' ? _('Answer') : _('Finish')), icon: 'phone', group: 'call', when: () => inState('ringing', 'talking', 'hold', 'wrapup'), run: () => void (myState() === 'ringing' ? command('answer') : finish()) },
  { id: 'answer-or-finish-letter', title: () => _('Answer, or finish after the call'), icon: 'phone', group: 'call', quiet: true, when: () => inState('ringing', 'wrapup'), run: () => void (myState() === 'ringing' ? command('answer') : finish()) },
  { id: 'call-shown', title: () => _('Call whom the card shows'), icon: 'phone', group: 'call', when: () => Boolean(shownCallback() ?? shownLead()), run: callShown },
  { id: 'decline', title: () => _('Decline, back to the queue'), icon: 'back', group: 'call', when: () => inState('ringing'), run: () => void command('decline') },
  { id: 'hang-up', title: () => _('Hang up'), icon: 'end', group: 'call', when: () => inState('talking', 'hold', 'dialling'), run: () => void command('hang_up') },
  { id: 'mute', title: () => (phone.muted ? _('Unmute the microphone') : _('Mute the microphone')), icon: 'mic', group: 'call', when: onCall, run: () => phone.setMuted(!phone.muted) },
  { id: 'hold', title: () => (myState() === 'hold' ? _('Resume') : _('Hold')), icon: 'hold', group: 'call', when: onCall, run: toggleHold },
  { id: 'transfer', title: () => _('Transfer'), icon: 'transfer', group: 'call', when: onCall, run: () => openTransfer('transfer') },
  { id: 'add', title: () => _('Ask a colleague first'), icon: 'merge', group: 'call', when: () => onCall() && !store.me?.call?.consult, run: () => openTransfer('consult') },
  { id: 'swap', title: () => _('Swap the lines'), icon: 'swap', group: 'call', when: () => Boolean(store.me?.call?.consult), run: () => void command('consult_swap') },
  { id: 'keypad', title: () => _('Keypad'), icon: 'keys', group: 'call', when: onCall, run: openKeypad },
  { id: 'recording', title: () => (store.me?.call?.recording === 'paused' ? _('Go on recording') : _('Pause the recording')), icon: 'rec', group: 'call', when: () => onCall() && store.me?.call?.recording !== 'off', run: toggleRecording },
  { id: 'leave-message', title: () => _('It is a machine: leave the message'), icon: 'mega', group: 'call', when: onCampaignCall, run: leaveMessage },
  { id: 'ready', title: () => _('Ready for calls'), icon: 'check', group: 'desk', when: () => inState('paused', 'not-responding'), run: () => void command('set_ready') },
  { id: 'start-shift', title: () => _('Start shift'), icon: 'head', group: 'desk', when: () => inState('offline') && store.me !== null, run: () => void startShift() },
  { id: 'end-shift', title: () => _('End shift'), icon: 'exit', group: 'desk', when: () => inState('ready', 'paused', 'not-responding', 'wrapup'), run: () => void command('end_shift') },
  { id: 'dial', title: () => _('Dial a number'), icon: 'phone', group: 'desk', when: possibleToDial, run: () => /** @type {HTMLInputElement | null} */ (document.querySelector('.dial input'))?.focus() },
  { id: 'note', title: () => _('Write a note'), icon: 'note', group: 'desk', when: () => document.querySelector('cc-note textarea') !== null, run: () => /** @type {HTMLTextAreaElement | null} */ (document.querySelector('cc-note textarea'))?.focus() },
  { id: 'add-action', title: () => _('Add an action'), icon: 'plus', group: 'desk', when: () => document.querySelector('.todo-add input') !== null, run: () => /** @type {HTMLInputElement | null} */ (document.querySelector('.todo-add input'))?.focus() },
  ...Array.from({ length: 9 }, (_none, index) => ({
    id: `choose-${index + 1}`, title: () => '', icon: 'check', group: /** @type {const} */ ('desk'), quiet: true,
    when: () => choice(index) !== undefined, run: () => choice(index)?.click(),
  })),
);

/** While several contacts share the number, the keys choose among them; otherwise among outcomes. @param {number} index */
function choice(index) {
  const matches = document.querySelectorAll('cc-customer .match');
  const list = matches.length ? matches : document.querySelectorAll('.outcomes input');
  return /** @type {HTMLElement | undefined} */ (list[index]);
}

void configured.then(() => {
  register(...config.reasons.map((reason) => ({
    id: `pause:${reason.code}`, title: () => _('Pause: {reason}', { reason: reason.title }), icon: 'coffee', group: /** @type {const} */ ('desk'),
    when: () => inState('ready', 'paused', 'not-responding') && store.me?.reason !== reason.code, run: () => void command('set_paused', { reason: reason.code }),
  })));
});

if (page.agent) socket.start();
