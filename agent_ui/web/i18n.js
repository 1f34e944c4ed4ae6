// Text, numbers and times in the user's language. English msgids are the source; the catalogue of this
// entry is a script that ran before us (see build.mjs).
import { page } from './page.js';

const locale = page.language === 'ru' ? 'ru-RU' : 'en-GB';
const plurals = new Intl.PluralRules(locale);
/** @type {Record<string, Intl.LDMLPluralRule[]>} */
const FORMS = { ru: ['one', 'few', 'many'], en: ['one', 'other'] };

/** @param {string} text @param {Record<string, unknown>} [values] */
function fill(text, values) {
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
}

/** @param {string} message @param {Record<string, unknown>} [values] */
export function _(message, values) {
  const found = globalThis.ccMessages?.[message];
  return fill(typeof found === 'string' ? found : message, values);
}

/** @param {string} one @param {string} many @param {number} count @param {Record<string, unknown>} [values] */
export function ngettext(one, many, count, values) {
  const found = globalThis.ccMessages?.[one];
  const rule = plurals.select(count);
  const index = (FORMS[page.language] ?? ['one', 'other']).indexOf(rule);
  const text = Array.isArray(found) ? (found[index] ?? found.at(-1) ?? many) : count === 1 ? one : many;
  return fill(text, { count, ...values });
}

/** m:ss, or h:mm:ss from an hour on. @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** h:mm. @param {number} seconds */
export function hours(seconds) {
  const minutes = Math.max(0, Math.floor(seconds / 60));
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

const formats = {
  time: new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }),
  date: new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' }),
  datetime: new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
  day: new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' }),
  weekday: new Intl.DateTimeFormat(locale, { weekday: 'short' }),
};
const longDistance = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
const distance = new Intl.RelativeTimeFormat(locale, { style: 'short', numeric: 'auto' });

/** With a capital letter, as labels begin. @param {string} text */
export const capital = (text) => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);

/** Today, yesterday, or the date. @param {Date} at @param {number} now epoch ms */
function namedDay(at, now) {
  const back = [0, 1].find((days) => formats.date.format(at) === formats.date.format(now - days * 86_400_000));
  if (back === undefined) return formats.day.format(at);
  return capital(longDistance.format(-back, 'day'));
}

/** @param {Date} at @param {keyof typeof formats | 'relative' | 'named-day'} style @param {number} [now] epoch ms */
export function moment(at, style, now = Date.now()) {
  if (style === 'named-day') return namedDay(at, now);
  if (style !== 'relative') return formats[style].format(at);
  const minutes = Math.round((at.getTime() - now) / 60_000);
  if (Math.abs(minutes) < 60) return distance.format(minutes, 'minute');
  if (formats.date.format(at) === formats.date.format(now)) return formats.time.format(at);
  return Math.abs(minutes) < 7 * 1440 ? `${formats.weekday.format(at)} ${formats.time.format(at)}` : formats.day.format(at);
}

/** @param {number} share 0..1 */
export const percent = (share) => `${Math.round(share * 100)} %`.replace(' %', page.language === 'ru' ? ' %' : '%');

/** Initials for an avatar. @param {string} name */
export function initials(name) {
  const parts = name.trim().split(/\s+/);
  const first = parts[0]?.[0] ?? '';
  const last = parts.length > 1 ? (parts.at(-1)?.[0] ?? '') : '';
  return (first + last).toUpperCase() || '?';
}

/** A number as people write it: +7 495 555-01-42. Others in the groups of their length. @param {string} number */
export function phoneText(number) {
  const russian = /^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(number);
  if (russian) return `+7 ${russian[1]} ${russian[2]}-${russian[3]}-${russian[4]}`;
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  if (american) return `+1 ${american[1]} ${american[2]}-${american[3]}`;
  const other = /^(\+\d{2})(\d{2,3})(\d{3})(\d{2,4})(\d*)$/.exec(number);
  return other ? other.slice(1).filter(Boolean).join(' ') : number;
}
