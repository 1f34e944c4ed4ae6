// The command palette: everything the page can do, every place, and whatever the providers find.
import { html, nothing, render } from 'lit';
import { all, providers, register } from './commands.js';
import { _ } from './i18n.js';
import { hint } from './keys.js';
import { icon } from './page.js';

/** @typedef {import('./commands.js').Command} Command */

const WAIT_MS = 150;
const GROUPS = /** @type {const} */ (['call', 'found', 'desk', 'go', 'screen']);

/** @type {HTMLDialogElement | null} */
let dialog = null;
let query = '';
let chosen = 0;
/** @type {Command[]} */
let found = [];
/** @type {AbortController | null} */
let search = null;

/** @param {Command['group']} group */
function groupTitle(group) {
  return { call: _('Current call'), found: _('Found'), desk: _('Desk'), go: _('Go to'), screen: _('Screen') }[group];
}

/** Lower case, ё as е. @param {string} text */
const fold = (text) => text.toLocaleLowerCase().replaceAll('ё', 'е');

function rows() {
  const words = fold(query).split(/\s+/).filter(Boolean);
  const own = all().filter((command) => !command.quiet && (!command.when || command.when()))
    .filter((command) => words.every((word) => fold(command.title()).includes(word)));
  return [...own, ...found].sort((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group));
}

/** @param {Command} command */
function choose(command) {
  dialog?.close();
  command.run();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const list = rows();
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    chosen = (chosen + (event.key === 'ArrowDown' ? 1 : -1) + list.length) % Math.max(1, list.length);
  } else if (event.key === 'Enter') {
    const command = list[chosen];
    if (command) choose(command);
  } else {
    return;
  }
  event.preventDefault();
  draw();
  dialog?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
}

/** @param {Event} event */
function onInput(event) {
  query = /** @type {HTMLInputElement} */ (event.target).value;
  chosen = 0;
  search?.abort();
  search = new AbortController();
  const { signal } = search;
  setTimeout(() => void ask(signal), WAIT_MS);
  draw();
}

/** @param {AbortSignal} signal */
async function ask(signal) {
  if (signal.aborted) return;
  const wanted = query.trim();
  const answers = await Promise.allSettled(wanted ? providers.map((provider) => provider(wanted, signal)) : []);
  if (signal.aborted) return;
  found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  draw();
}

function draw() {
  if (!dialog) return;
  const list = rows();
  let last = '';
  render(html`
    <div class="palette-query">${icon('search')}
      <input type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant=${list.length ? `palette-${chosen}` : nothing}
        aria-label=${_('Search or run a command')} placeholder=${_('Search or run a command')} autocomplete="off" spellcheck="false"
        .value=${query} @input=${onInput} @keydown=${onKey}><kbd>Esc</kbd></div>
    <div class="palette-list" id="palette-list" role="listbox" aria-label=${_('Commands')}>
      ${list.map((command, index) => {
        const head = command.group === last ? nothing : html`<h2 role="presentation">${groupTitle(command.group)}</h2>`;
        last = command.group;
        const key = hint(command.id);
        return html`${head}<div class="palette-row" role="option" id="palette-${index}" aria-selected=${index === chosen ? 'true' : 'false'} @click=${() => choose(command)}>
          ${icon(command.icon)}<span class="cut">${command.title()}</span>${command.detail ? html`<em>${command.detail}</em>` : nothing}
          ${index === chosen ? html`<kbd>↵</kbd>` : key ? html`<kbd>${key}</kbd>` : nothing}</div>`;
      })}
      ${list.length ? nothing : html`<div class="empty"><p>${_('Nothing is called that.')}</p></div>`}
    </div>`, dialog);
}

function open() {
  if (!dialog) {
    dialog = document.createElement('dialog');
    dialog.className = 'palette';
    dialog.setAttribute('aria-label', _('Command palette'));
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog?.close(); });
    document.body.append(dialog);
  }
  query = '';
  chosen = 0;
  found = [];
  draw();
  if (!dialog.open) dialog.showModal();
  dialog.querySelector('input')?.focus();
}

register({ id: 'palette', title: () => _('Search or run a command'), icon: 'search', group: 'go', quiet: true, run: () => (dialog?.open ? dialog.close() : open()) });
