// The words, icons and colours of agent states.
import { _ } from './i18n.js';

/** @typedef {import('./types').AgentState} AgentState */

/** @type {Record<AgentState, string>} */
export const STATE_ICONS = {
  offline: 'ring', ready: 'check', ringing: 'bell', dialling: 'phone', talking: 'phone', hold: 'hold', wrapup: 'note', paused: 'coffee', 'not-responding': 'alert',
};

/** @type {Record<AgentState, string>} */
const MARKS = {
  offline: '#83868c', ready: '#009956', ringing: '#0094b1', dialling: '#0094b1', talking: '#2471e4', hold: '#b27901', wrapup: '#955ad6', paused: '#d16720', 'not-responding': '#e12c30',
};

/** @param {AgentState} state */
export function stateName(state) {
  switch (state) {
    case 'offline': return _('Off shift');
    case 'ready': return _('Ready');
    case 'ringing': return _('Ringing');
    case 'dialling': return _('Dialling');
    case 'talking': return _('Talking');
    case 'hold': return _('On hold');
    case 'wrapup': return _('Wrap-up');
    case 'paused': return _('Paused');
    case 'not-responding': return _('Not responding');
  }
}

/** Reasons the server gives itself; others have their titles in the settings. @param {string} code */
export function ownReason(code) {
  switch (code) {
    case 'phone': return _('Phone is not connected');
    case 'starting': return _('Phone is being called');
    default: return code;
  }
}

/** The favicon takes the state's colour, so that the tab shows it too. @param {AgentState} state */
export function drawFavicon(state) {
  const link = /** @type {HTMLLinkElement | null} */ (document.getElementById('favicon'));
  if (!link) return;
  const mark = MARKS[state];
  link.href = `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28"><g fill="none" stroke="${mark}" stroke-width="3.4" stroke-linecap="round"><path d="M14 3.5a10.5 10.5 0 1 0 10.5 10.5"/><path d="M14 9a5 5 0 1 0 5 5"/></g><circle cx="21.6" cy="6.4" r="3" fill="${mark}"/></svg>`)}`;
}
