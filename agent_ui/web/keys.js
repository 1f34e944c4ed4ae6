// Keys by their place on the keyboard (`event.code`), so they are the same in every layout. Letters work only
// while no field has the focus and can be switched off; chords work everywhere.
import { run } from './commands.js';

/** @typedef {{id: string, keys: string[], group: 'call' | 'work' | 'go'}} Binding */

/** The first key is the one shown on buttons. @type {Binding[]} */
export const bindings = [
  { id: 'answer-or-finish', keys: ['Ctrl+Enter', 'F2'], group: 'call' },
  { id: 'answer-or-finish-letter', keys: ['Enter'], group: 'call' },
  { id: 'call-shown', keys: ['F9', 'KeyG'], group: 'call' },
  { id: 'hang-up', keys: ['Ctrl+KeyE', 'F4'], group: 'call' },
  { id: 'mute', keys: ['KeyM', 'Ctrl+KeyM', 'F8'], group: 'call' },
  { id: 'hold', keys: ['KeyH', 'Alt+KeyH', 'F6'], group: 'call' },
  { id: 'transfer', keys: ['KeyT', 'Alt+KeyT'], group: 'call' },
  { id: 'add', keys: ['KeyC', 'Alt+KeyC'], group: 'call' },
  { id: 'keypad', keys: ['KeyK'], group: 'call' },
  { id: 'recording', keys: ['KeyP'], group: 'call' },
  { id: 'leave-message', keys: ['KeyV'], group: 'call' },
  ...Array.from({ length: 9 }, (_none, i) => ({ id: `choose-${i + 1}`, keys: [`Digit${i + 1}`], group: /** @type {const} */ ('work') })),
  { id: 'note', keys: ['KeyN'], group: 'work' },
  { id: 'dial', keys: ['KeyD'], group: 'work' },
  { id: 'add-action', keys: ['KeyA'], group: 'work' },
  { id: 'next-line', keys: ['KeyJ'], group: 'work' },
  { id: 'previous-line', keys: ['KeyK'], group: 'work' },
  { id: 'palette', keys: ['Ctrl+KeyK', 'Slash'], group: 'go' },
  { id: 'keys', keys: ['Shift+Slash'], group: 'go' },
  { id: 'go:/desk', keys: ['KeyG KeyD'], group: 'go' },
  { id: 'go:/crm/contacts', keys: ['KeyG KeyC'], group: 'go' },
  { id: 'go:/supervisor', keys: ['KeyG KeyL'], group: 'go' },
  { id: 'go:/campaigns', keys: ['KeyG KeyA'], group: 'go' },
  { id: 'go:/reports', keys: ['KeyG KeyR'], group: 'go' },
];

const SEQUENCE_MS = 900;
const STORED = 'cc-keys';

/** @type {{letters: boolean, changed: Record<string, string>}} */
const settings = { letters: true, changed: {}, ...JSON.parse(localStorage.getItem(STORED) ?? '{}') };

export const lettersOn = () => settings.letters;

/** @param {boolean} on */
export function setLetters(on) {
  settings.letters = on;
  localStorage.setItem(STORED, JSON.stringify(settings));
}

/** Give a command another first key; an empty one brings its own back. @param {string} id @param {string} key */
export function setKey(id, key) {
  if (key) settings.changed[id] = key;
  else delete settings.changed[id];
  localStorage.setItem(STORED, JSON.stringify(settings));
}

/** @param {string} id @returns {string[]} */
export function keysOf(id) {
  const own = bindings.find((binding) => binding.id === id)?.keys ?? [];
  const changed = settings.changed[id];
  return changed ? [changed, ...own.filter((key) => key.includes('+'))] : own;
}

const NAMES = /** @type {Record<string, string>} */ ({ Enter: '↵', Slash: '/', Escape: 'Esc' });

/** @param {string} key */
export function keyText(key) {
  if (key === 'Shift+Slash') return '?';
  return key.split(' ').map((step) => step.split('+').map((part) => NAMES[part] ?? part.replace(/^(Key|Digit)/, '')).join(' ')).join(' ');
}

/** What to print on the command's button; nothing when its only key is switched off. @param {string} id */
export function hint(id) {
  const key = keysOf(id).find((one) => settings.letters || isChord(one));
  return key ? keyText(key) : '';
}

/** @param {string} key */
const isChord = (key) => /^(Ctrl|Alt)\+/.test(key) || /^F\d/.test(key);

/** The name of what was pressed. @param {KeyboardEvent} event */
export function nameOf(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl');
  if (event.altKey) parts.push('Alt');
  if (event.shiftKey) parts.push('Shift');
  return [...parts, event.code === 'NumpadEnter' ? 'Enter' : event.code.replace(/^Numpad(\d)$/, 'Digit$1')].join('+');
}

/** @param {EventTarget | null} target */
function writing(target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || target.matches('input:not([type="checkbox"], [type="radio"], [type="range"], [type="button"]), textarea, select'));
}

/** @param {EventTarget | null} target @param {string} pressed */
function pressesControl(target, pressed) {
  return pressed === 'Enter' && target instanceof HTMLElement && target.closest('a, button, summary, [role="button"], [role="radio"], [role="tab"]') !== null;
}

let started = '';
let startedAt = 0;

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.defaultPrevented || event.repeat || event.isComposing) return;
  const pressed = nameOf(event);
  if (pressed === 'Escape' && writing(event.target)) {
    if (event.target instanceof HTMLElement && !event.target.closest('dialog, [popover]')) event.target.blur();
    return;
  }
  const chord = isChord(pressed);
  if (!chord && (!settings.letters || writing(event.target) || pressesControl(event.target, pressed))) return;
  if (document.querySelector('dialog[open]') && !(chord && pressed !== 'Ctrl+KeyK')) return;
  const sequence = event.timeStamp - startedAt < SEQUENCE_MS ? `${started} ${pressed}` : '';
  started = '';
  const wanted = bindings.filter((binding) => keysOf(binding.id).some((key) => key === pressed || key === sequence));
  const inSequence = sequence ? wanted.filter((binding) => keysOf(binding.id).includes(sequence)) : [];
  if ((inSequence.length ? inSequence : wanted).some((binding) => run(binding.id))) {
    event.preventDefault();
    return;
  }
  if (bindings.some((binding) => keysOf(binding.id).some((key) => key.startsWith(`${pressed} `)))) {
    started = pressed;
    startedAt = event.timeStamp;
  }
}

document.addEventListener('keydown', onKey);
