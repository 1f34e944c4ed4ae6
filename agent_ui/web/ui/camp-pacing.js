// The pacing dial: what is abandoned of what the law allows, what the dialer reckons with, and its decisions.
import { html, nothing, svg } from 'lit';
import { _, moment } from '../i18n.js';
import { icon } from '../page.js';
import { statusOf } from './camp-state.js';
import { boundWords, figure, grounds, headline, heldWords, windowName } from './camp-words.js';

/** @typedef {import('../types').CampaignDoc} CampaignDoc */

const NEAR = 0.85;
const FULL = 1.25; // the arc ends a quarter beyond the limit, so that a breach can be seen
const RADIUS = 52;

/** A point of the arc, from left (0) to right (1). @param {number} at */
function point(at) {
  const angle = Math.PI * (1 - at);
  return `${(64 + RADIUS * Math.cos(angle)).toFixed(2)} ${(62 - RADIUS * Math.sin(angle)).toFixed(2)}`;
}

/** @param {number} from @param {number} to */
const arc = (from, to) => `M${point(from)}A${RADIUS} ${RADIUS} 0 0 1 ${point(to)}`;

/** @param {number} used @param {number} limit @param {string} window */
function gauge(used, limit, window) {
  const spent = limit ? used / limit : 0;
  const level = spent > 1 ? 'bad' : spent >= NEAR ? 'warn' : '';
  const words = _('Abandoned {used} of {limit} %', { used: figure(used * 100, 2), limit: figure(limit * 100, 1) });
  return html`<div class="gauge ${level}"><svg viewBox="0 0 128 72" role="img" aria-label=${words}>
    <path class="rail" d=${arc(0, 1)}></path>${spent > 0 ? svg`<path class="fill" d=${arc(0, Math.min(1, spent / FULL))}></path>` : nothing}
    <line class="limit" x1=${limitX(44)} y1=${limitY(44)} x2=${limitX(60)} y2=${limitY(60)}></line></svg>
    <b>${figure(used * 100, 1)} %</b><span>${_('abandoned of {limit} %', { limit: figure(limit * 100, 1) })}${window ? html`<br>${windowName(window)}` : nothing}</span>
    ${level ? html`<span class="level">${icon('alert', true)}${level === 'bad' ? _('over the limit') : _('near the limit')}</span>` : nothing}</div>`;
}

/** @param {number} radius */
const limitX = (radius) => (64 + radius * Math.cos(Math.PI * (1 - 1 / FULL))).toFixed(2);
/** @param {number} radius */
const limitY = (radius) => (62 - radius * Math.sin(Math.PI * (1 - 1 / FULL))).toFixed(2);

/** @param {CampaignDoc} doc @param {boolean} live */
export function pacingPanel(doc, live) {
  const decision = doc.decision;
  const running = statusOf(doc) === 'running';
  const used = decision?.window ? decision.used : doc.people ? doc.abandoned / doc.people : 0;
  return html`<section class="panel box pacing" aria-label=${_('Pacing')}><h2>${_('Pacing')}</h2>
    <div class="dial">${gauge(used, decision?.limit || doc.limit, decision?.window ?? '')}
      <dl><div><dt>${_('In flight')}</dt><dd class="hero">${doc.in_flight}</dd></div>
        <div><dt>${_('Free now')}</dt><dd>${decision && live ? decision.free : doc.ready}<em> ${_('of {count}', { count: doc.agents })}</em></dd></div>
        <div><dt>${_('Free soon')}</dt><dd>${decision ? figure(decision.expected, 1) : '–'}${decision ? html`<em> ${_('in {seconds} s', { seconds: figure(decision.within_s) })}</em>` : nothing}</dd></div>
        <div><dt>${_('Answer chance')}</dt><dd>${decision?.answer_chance ? figure(decision.answer_chance, 2) : '–'}</dd></div>
        <div><dt>${_('Answers due')}</dt><dd>${decision ? figure(decision.answers, 1) : '–'}</dd></div></dl></div>
    ${decision && running ? html`<p class="now" aria-live="off"><b>${headline(decision)}</b>: ${boundWords(decision.bound)}.</p>` : nothing}
    ${running && doc.held ? html`<p class="held" role="status">${icon('alert', true)}${heldWords(doc.held)}</p>` : nothing}
    <h3>${_('Decisions')}</h3>${log(doc, running)}</section>`;
}

/** Newest first. @param {CampaignDoc} doc @param {boolean} running */
function log(doc, running) {
  if (!doc.decisions.length) {
    return html`<p class="muted">${running ? _('The first decision comes with the first free agent.') : _('Here it says why so many lines are dialled, as soon as the campaign runs.')}</p>`;
  }
  return html`<ol class="log scroll" tabindex="0" aria-label=${_('Decisions')}>${[...doc.decisions].reverse().map((one) => html`<li class=${one.lines ? '' : 'quiet'}><time>${clock(one.at)}</time><p><b>${headline(one)}</b><span>: ${boundWords(one.bound)}</span><small>${grounds(one)}</small></p></li>`)}</ol>`;
}

/** With seconds: decisions are a moment apart. @param {string} at */
const clock = (at) => `${moment(new Date(at), 'time')}:${at.slice(17, 19)}`;
