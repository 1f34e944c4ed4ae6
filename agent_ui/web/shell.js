// The frame's own behaviour: navigation without losing the call, menus, theme, language, palette, keys.
import htmx from 'htmx.org';
import { register, run } from './commands.js';
import { _ } from './i18n.js';
import { ask, icon, page } from './page.js';
import { toast } from './toast.js';
import { render } from 'lit';
import './keys.js';
import './palette.js';
import './people.js';
import './shortcuts.js';

const THEMES = /** @type {const} */ (['auto', 'light', 'dark']);
const THEME_ICONS = { auto: 'auto', light: 'sun', dark: 'moon' };

// --- navigation -------------------------------------------------------------------------------------------

document.addEventListener('htmx:config:request', (/** @type {any} */ event) => {
  const { request } = event.detail.ctx;
  if (request.headers['HX-History-Restore-Request']) event.detail.ctx.selectOOB = '#bar-slot';
});
document.addEventListener('htmx:after:swap', markPlace);
document.addEventListener('htmx:after:history:update', markPlace);
document.addEventListener('cc:process', (/** @type {any} */ event) => htmx.process(event.detail));
document.addEventListener('htmx:before:swap', (/** @type {any} */ event) => {
  if (event.detail.ctx?.response?.raw?.status === 401) {
    event.preventDefault();
    location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
  }
});
document.addEventListener('htmx:error', (/** @type {any} */ event) => {
  if (event.detail?.error?.name === 'AbortError') return;
  toast(_('The server cannot be reached. What you see may be old.'), { level: 'alarm' });
});

function markPlace() {
  for (const link of document.querySelectorAll('.rail-item')) {
    const path = link.getAttribute('href') ?? '';
    const here = location.pathname === path || location.pathname.startsWith(`${path}/`);
    if (here) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

// --- menus: a popover opens under its button --------------------------------------------------------------

document.addEventListener('toggle', (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches('.menu') || /** @type {ToggleEvent} */ (event).newState !== 'open') return;
  const button = document.querySelector(`[popovertarget="${menu.id}"]`);
  if (!button) return;
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = at.left + width > innerWidth - 8 ? at.right - width : at.left;
  const below = at.bottom + 6 + height <= innerHeight - 8;
  menu.style.left = `${Math.max(8, left)}px`;
  menu.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - 6 - height)}px`;
  /** @type {HTMLElement | null} */ (menu.querySelector('[aria-checked="true"], button, a, input'))?.focus({ preventScroll: true });
}, true);

document.addEventListener('keydown', (event) => {
  const menu = event.target instanceof HTMLElement ? event.target.closest('.menu') : null;
  if (!menu || !['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(event.key)) return;
  const items = [.../** @type {NodeListOf<HTMLElement>} */ (menu.querySelectorAll('button, a'))];
  const index = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: items.length - 1 }[event.key] ?? 0;
  items.at(next % items.length)?.focus();
  event.preventDefault();
});

// --- theme and language -----------------------------------------------------------------------------------

function drawTheme() {
  document.documentElement.dataset['theme'] = page.theme;
  const button = /** @type {HTMLElement | null} */ (document.querySelector('[data-command="theme"]'));
  const names = { auto: _('Theme: as the system. Switch to light'), light: _('Theme: light. Switch to dark'), dark: _('Theme: dark. Switch to the system’s') };
  if (!button) return;
  button.setAttribute('aria-label', names[page.theme]);
  button.title = names[page.theme];
  button.replaceChildren();
  render(icon(THEME_ICONS[page.theme]), button);
}

function nextTheme() {
  page.theme = THEMES[(THEMES.indexOf(page.theme) + 1) % THEMES.length] ?? 'auto';
  drawTheme();
  save({ theme: page.theme });
}

/** @param {{theme?: string, language?: string}} wanted */
function save(wanted) {
  return ask('/api/v1/me/preferences', { method: 'POST', json: wanted }).catch(() => {
    toast(_('The setting could not be saved. It holds for this page only.'), { level: 'alarm' });
    throw new Error('not saved');
  });
}

/** A chosen language that waits for the end of a call. */
let speakLater = '';

async function switchLanguage() {
  const language = (speakLater || page.language) === 'en' ? 'ru' : 'en';
  await save({ language });
  speakLater = language === page.language ? '' : language;
  if (!speakLater) return;
  const busy = new CustomEvent('cc:leaving', { cancelable: true });
  if (document.dispatchEvent(busy)) location.reload();
  else toast(_('The language changes after the call.'));
}

document.addEventListener('cc:free', () => { if (speakLater) location.reload(); });

register(
  { id: 'theme', title: () => _('Switch the theme'), icon: 'sun', group: 'screen', run: () => void nextTheme() },
  { id: 'language', title: () => (page.language === 'en' ? 'Русский язык' : 'English language'), icon: 'globe', group: 'screen', run: () => void switchLanguage().catch(() => undefined) },
);

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('[data-command]') : null;
  if (button) run(button.getAttribute('data-command') ?? '');
});

drawTheme();
