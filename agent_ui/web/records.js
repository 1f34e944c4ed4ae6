// Lists and records on every page: J and K walk the lines of a list (Enter opens the one in focus), and a
// dialog that comes with a swap (`data-open`) opens as a modal one.
import { register } from './commands.js';
import { _ } from './i18n.js';

const lines = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll('#main [data-records] [data-record]')]);

/** @param {number} step */
function move(step) {
  const all = lines();
  const now = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = now < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + step, 0), all.length - 1);
  all[next]?.focus();
  all[next]?.scrollIntoView({ block: 'nearest' });
}

register(
  { id: 'next-line', title: () => _('Next in the list'), icon: 'down', group: 'go', quiet: true, when: () => lines().length > 0, run: () => move(1) },
  { id: 'previous-line', title: () => _('Previous in the list'), icon: 'down', group: 'go', quiet: true, when: () => lines().length > 0, run: () => move(-1) },
);

document.addEventListener('htmx:after:swap', () => {
  for (const dialog of /** @type {NodeListOf<HTMLDialogElement>} */ (document.querySelectorAll('dialog[data-open]:not([open])'))) dialog.showModal();
});
