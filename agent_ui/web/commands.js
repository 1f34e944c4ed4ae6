// What can be done from the keyboard and the palette. Whoever can do something registers it here once.
import { page } from './page.js';
import { _ } from './i18n.js';

/**
 * @typedef {object} Command
 * @property {string} id
 * @property {() => string} title
 * @property {string} icon
 * @property {'call' | 'desk' | 'go' | 'found' | 'screen'} group
 * @property {() => void} run
 * @property {() => boolean} [when] shown and possible; absent means always
 * @property {string} [detail]
 * @property {boolean} [quiet] has keys but no line in the palette
 * @property {string} [number] of a person found: can be dialled
 * @property {number} [contactId]
 */

/** @typedef {(query: string, signal: AbortSignal) => Command[] | Promise<Command[]>} Provider */

/** @type {Map<string, Command>} */
const commands = new Map();
/** @type {Provider[]} */
export const providers = [];

/** @param {Command[]} added */
export function register(...added) {
  for (const command of added) commands.set(command.id, command);
}

export const all = () => [...commands.values()];

/** Run it if it is possible now. @param {string} id */
export function run(id) {
  const command = commands.get(id);
  if (!command || (command.when && !command.when())) return false;
  command.run();
  return true;
}

/** Inside the frame without losing the call. @param {string} path */
export function go(path) {
  const link = document.createElement('a');
  link.href = path;
  link.hidden = true;
  document.body.append(link);
  document.dispatchEvent(new CustomEvent('cc:process', { detail: link }));
  link.click();
  link.remove();
}

register(
  ...page.menu.map((place) => ({
    id: `go:${place.path}`, title: () => place.title, icon: place.icon, group: /** @type {const} */ ('go'), run: () => go(place.path),
  })),
  { id: 'go:out', title: () => _('Sign out'), icon: 'exit', group: 'screen', run: () => /** @type {HTMLFormElement | null} */ (document.querySelector('#me-menu form'))?.requestSubmit() },
);
