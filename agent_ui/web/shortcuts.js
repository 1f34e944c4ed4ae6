// The list of keys: what they do, another key for any of them, and the switch for single letters.
import { html, render } from 'lit';
import { all, register } from './commands.js';
import { _ } from './i18n.js';
import { bindings, keyText, keysOf, lettersOn, nameOf, setKey, setLetters } from './keys.js';
import { icon } from './page.js';

/** @type {HTMLDialogElement | null} */
let dialog = null;
/** The command whose next key is being pressed. */
let changing = '';

/** @param {string} id */
function title(id) {
  if (id.startsWith('choose-')) return _('Outcome or match {number}', { number: id.slice(7) });
  return all().find((command) => command.id === id)?.title() ?? '';
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (!changing || ['Control', 'Alt', 'Shift', 'Meta'].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key !== 'Escape') setKey(changing, event.key === 'Backspace' ? '' : nameOf(event));
  changing = '';
  draw();
}

function draw() {
  if (!dialog) return;
  const groups = /** @type {const} */ ([['call', _('Call')], ['work', _('Work')], ['go', _('Go to')]]);
  render(html`<div>
    <header class="dialog-head"><h2>${_('Keyboard shortcuts')}</h2><button type="button" class="icon-btn" aria-label=${_('Close')} @click=${() => dialog?.close()}>${icon('close')}</button></header>
    <div class="dialog-body"><div class="keys-list">
      ${groups.map(([group, name]) => html`<section><h3>${name}</h3><ul>
        ${bindings.filter((binding) => binding.group === group && title(binding.id)).map((binding) => html`<li><span>${title(binding.id)}</span>
          ${changing === binding.id
            ? html`<kbd>${_('Press a key')}</kbd>`
            : keysOf(binding.id).map((key) => html`<kbd>${keyText(key)}</kbd>`)}
          <button type="button" class="icon-btn" aria-label=${_('Change the key: {name}', { name: title(binding.id) })} @click=${() => { changing = binding.id; draw(); }}>${icon('edit', true)}</button></li>`)}
      </ul></section>`)}
    </div></div>
    <footer class="dialog-foot"><label class="check"><input type="checkbox" .checked=${lettersOn()} @change=${(/** @type {Event} */ event) => setLetters(/** @type {HTMLInputElement} */ (event.target).checked)}>${_('Single letters work while no field has the focus')}</label><span class="grow"></span></footer></div>`, dialog);
}

function open() {
  if (!dialog) {
    dialog = document.createElement('dialog');
    dialog.className = 'dialog wide';
    dialog.setAttribute('aria-label', _('Keyboard shortcuts'));
    dialog.addEventListener('keydown', onKey, true);
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog?.close(); });
    document.body.append(dialog);
  }
  changing = '';
  draw();
  if (!dialog.open) dialog.showModal();
}

register({ id: 'keys', title: () => _('Keyboard shortcuts'), icon: 'help', group: 'screen', run: open });
