// What the campaign pages look at: the server's first figures, and the board's document when there is one.
import { _ } from '../i18n.js';
import { ask } from '../page.js';
import { store } from '../store.js';
import { toast } from '../toast.js';

/** @typedef {import('../types').CampaignDoc} CampaignDoc */
/** @typedef {'start' | 'pause' | 'resume' | 'stop'} Verb */
/** @typedef {{first: CampaignDoc, agents: Record<string, string>, outcomes: Record<string, string>, reasons: Record<string, string>}} CampaignConfig */

/** @template T @param {string} id @returns {T | null} */
export function configured(id) {
  const text = document.getElementById(id)?.textContent;
  return text ? /** @type {T} */ (JSON.parse(text)) : null;
}

/** The board's document, or what the server read from rows. @param {CampaignDoc} first */
export const now = (first) => store.docs.campaign.get(String(first.id)) ?? first;

/** @param {string} status @returns {Verb[]} */
export function stepsOf(status) {
  switch (status) {
    case 'running': return ['pause', 'stop'];
    case 'paused': return ['resume', 'stop'];
    default: return ['start'];
  }
}

/** @param {Verb} verb */
export function verbName(verb) {
  switch (verb) {
    case 'start': return _('Start calling');
    case 'pause': return _('Pause calling');
    case 'resume': return _('Go on calling');
    case 'stop': return _('Stop calling');
  }
}

/** @param {string} status */
export function statusName(status) {
  switch (status) {
    case 'running': return _('Running');
    case 'paused': return _('On pause');
    case 'stopped': return _('Stopped');
    default: return _('Draft');
  }
}

/** Steps that the server has taken and the board has not told of yet. @type {Map<number, string>} */
const taken = new Map();

/** @param {CampaignDoc} doc */
export function statusOf(doc) {
  const mine = taken.get(doc.id);
  if (mine === doc.status) taken.delete(doc.id);
  return mine ?? doc.status;
}

/** @param {number} id @param {Verb} verb */
export async function step(id, verb) {
  try {
    const done = await ask(`/api/v1/campaigns/${id}/step`, { method: 'POST', json: { verb } });
    taken.set(id, done.status);
    setTimeout(() => { taken.delete(id); store.dispatchEvent(new Event('change')); }, 8000);
    store.dispatchEvent(new Event('change'));
    if (verb === 'pause') toast(_('Paused: calls that ring still reach an agent.'), { action: _('Go on'), run: () => void step(id, 'resume') });
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error), { level: 'alarm' });
  }
}
