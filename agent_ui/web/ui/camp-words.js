// Why a campaign placed so many lines, in words; shares and windows of the law as people say them.
import { _, ngettext } from '../i18n.js';
import { page } from '../page.js';

/** @typedef {import('../types').Decision} Decision */

const decimals = new Map([0, 1, 2].map((digits) => [digits, new Intl.NumberFormat(page.language === 'ru' ? 'ru-RU' : 'en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits })]));
const whole = new Intl.NumberFormat(page.language === 'ru' ? 'ru-RU' : 'en-GB');

/** @param {number} value @param {0 | 1 | 2} digits */
export const figure = (value, digits = 0) => /** @type {Intl.NumberFormat} */ (decimals.get(digits)).format(value);

/** A count with its thousands apart. @param {number} value */
export const count = (value) => whole.format(value);

/** @param {number} share of 1 @param {0 | 1 | 2} digits */
export const share = (share, digits = 1) => `${figure(share * 100, digits)} %`;

/** The legal window. @param {string} name */
export function windowName(name) {
  switch (name) {
    case 'day': return _('today');
    case '30 days': return _('in 30 days');
    default: return name;
  }
}

/** What held the number of lines where it is. @param {Decision['bound']} bound */
export function boundWords(bound) {
  switch (bound) {
    case 'no-pacing': return _('people dial');
    case 'nobody': return _('no agent is free, and none will be soon');
    case 'free-agents': return _('each free agent has a line');
    case 'ratio': return _('as many as the ratio says');
    case 'risk': return _('one more would risk more than it saves');
    case 'limit': return _('the limit on abandoned calls is near');
    case 'most-lines': return _('no more lines are allowed at once');
    default: return '';
  }
}

/** Why it places fewer lines than its pacing wants. @param {import('../types').CampaignDoc['held']} held */
export function heldWords(held) {
  switch (held?.why) {
    case undefined: return '';
    case 'callers-first': return _('Held back: {limit} or more callers wait in the queues of its agents.', held);
    case 'caller-ids': return _('Held back: no number of its pool may be used now.');
    case 'trunk-lines': return _('Held back: all {limit} lines of {trunk} are taken.', { ...held, trunk: held['trunk'] || _('the company') });
    case 'calls-per-second': return _('Held back: {trunk} takes {limit} calls per second.', { ...held, trunk: held['trunk'] || _('the company') });
    case 'trunk-refuses': return _('Held back: {trunk} refused {refused} of {results} calls and is left alone for a while.', held);
    default: return _('Held back for a moment.');
  }
}

/** @param {Decision} decision */
export function headline(decision) {
  return decision.lines ? ngettext('{count} line', '{count} lines', decision.lines) : _('No line');
}

/** The figures behind it. @param {Decision} decision */
export function grounds(decision) {
  return [
    ngettext('{count} free agent', '{count} free agents', decision.free),
    decision.expected >= 0.05 ? _('{count} more expected in {seconds} s', { count: figure(decision.expected, 1), seconds: figure(decision.within_s) }) : '',
    decision.ringing ? ngettext('{count} line rings', '{count} lines ring', decision.ringing) : '',
    decision.answers >= 0.05 ? _('{count} answers expected', { count: figure(decision.answers, 1) }) : '',
    decision.answer_chance ? _('answer chance {chance}', { chance: figure(decision.answer_chance, 2) }) : '',
    decision.leaving ? ngettext('{count} agent is leaving', '{count} agents are leaving', decision.leaving) : '',
    decision.window ? _('abandoned {used} of {limit} %', { used: figure(decision.used * 100, 1), limit: figure(decision.limit * 100, 1) }) : '',
  ].filter(Boolean).join(', ');
}
