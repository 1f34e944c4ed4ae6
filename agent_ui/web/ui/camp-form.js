// The editor's form: where one is on the page, what the mode needs, the slider's figure, Ctrl+S, and a warning
// before something typed would be lost.
import { _ } from '../i18n.js';

const form = () => /** @type {HTMLFormElement | null} */ (document.getElementById('campaign-form'));
/** What was typed when the page came, to know whether anything has changed. @type {WeakMap<HTMLFormElement, string>} */
const asItCame = new WeakMap();

/** @param {HTMLFormElement} of */
const typed = (of) => new URLSearchParams(/** @type {any} */ (new FormData(of))).toString();

function dirty() {
  const here = form();
  return here !== null && asItCame.has(here) && asItCame.get(here) !== typed(here);
}

/** @param {HTMLFormElement} here */
function follow(here) {
  const mode = /** @type {HTMLInputElement | null} */ (here.querySelector('[name="mode"]:checked'))?.value ?? '';
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (here.querySelectorAll('[data-modes]'))) {
    part.hidden = !(part.dataset['modes'] ?? '').split(' ').includes(mode);
  }
  for (const slider of /** @type {NodeListOf<HTMLInputElement>} */ (here.querySelectorAll('input[type="range"]'))) {
    const share = (Number(slider.value) - Number(slider.min)) / (Number(slider.max) - Number(slider.min));
    slider.style.setProperty('--at', `${share * 100}%`);
    const out = slider.parentElement?.querySelector('output');
    if (out) out.textContent = `${Number(slider.value)} %`;
  }
  const unsaved = here.querySelector('.unsaved');
  if (unsaved instanceof HTMLElement) unsaved.hidden = !dirty();
}

/** Mark in the list of parts the one that is read. @param {HTMLFormElement} here */
function watch(here) {
  const body = here.querySelector('.editor-body');
  const links = /** @type {HTMLAnchorElement[]} */ ([...here.querySelectorAll('.editor-nav a')]);
  if (!body) return;
  let chosenAt = 0;
  const mark = () => {
    if (Date.now() - chosenAt < 1000) return; // still on the way to the part that was clicked
    const top = body.getBoundingClientRect().top + 80;
    const parts = links.map((link) => document.getElementById(link.dataset['section'] ?? ''));
    const end = body.scrollTop + body.clientHeight >= body.scrollHeight - 4;
    let at = 0;
    parts.forEach((part, index) => { if (part && part.getBoundingClientRect().top <= top) at = index; });
    if (end && body.scrollTop > 0) at = links.length - 1;
    links.forEach((link, index) => index === at ? link.setAttribute('aria-current', 'true') : link.removeAttribute('aria-current'));
  };
  body.addEventListener('scroll', mark, { passive: true });
  for (const link of links) {
    link.addEventListener('click', () => {
      chosenAt = Date.now();
      for (const other of links) other.removeAttribute('aria-current');
      link.setAttribute('aria-current', 'true');
    });
  }
  mark();
  const wrong = /** @type {HTMLElement | null} */ (here.querySelector('[aria-invalid="true"]'));
  if (wrong) wrong.focus();
}

export function arrange() {
  const here = form();
  if (!here || asItCame.has(here)) return;
  // after an error the page came with what is not saved yet
  const unsaved = here.querySelector('.banner.alarm') !== null;
  asItCame.set(here, unsaved ? '' : typed(here));
  here.addEventListener('input', () => follow(here));
  here.addEventListener('change', () => follow(here));
  here.addEventListener('submit', () => asItCame.set(here, typed(here)));
  follow(here);
  watch(here);
}

addEventListener('beforeunload', (event) => { if (dirty()) event.preventDefault(); });
document.addEventListener('click', (event) => {
  const link = /** @type {Element} */ (event.target).closest?.('a[href]');
  if (!link || !dirty() || link.getAttribute('href')?.startsWith('#') || link.getAttribute('target')) return;
  if (confirm(_('What you typed is not saved. Leave all the same?'))) {
    const here = form();
    if (here) asItCame.set(here, typed(here));
  } else {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);
addEventListener('keydown', (event) => {
  const here = form();
  if (!here || event.code !== 'KeyS' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  event.preventDefault();
  here.requestSubmit();
});
