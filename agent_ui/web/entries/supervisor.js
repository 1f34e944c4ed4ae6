// The supervisor's floor. Loaded with its page; the elements find the store by themselves.
import { register } from '../commands.js';
import { bindings } from '../keys.js';
import { ask } from '../page.js';
import { socket } from '../socket.js';
import { store } from '../store.js';
import '../ui/sup-floor.js';
import '../ui/sup-kpis.js';
import '../ui/sup-panel.js';
import { GROUPS, floor, groupName, shown } from '../ui/sup-state.js';

const HOURS_MS = 60_000;
const here = () => document.querySelector('cc-floor') !== null;

function configure() {
  const text = document.getElementById('floor-config')?.textContent;
  if (text) floor.config = JSON.parse(text);
  floor.changed();
}

async function readHours() {
  if (!here() || document.hidden) return;
  try {
    floor.hours = (await ask('/api/v1/floor/hours')).hours;
    floor.changed();
  } catch {
    // the next turn asks again; the table does without until then
  }
}

/** @param {1 | -1} step */
function move(step) {
  const rows = shown();
  if (!rows.length) return;
  const at = rows.findIndex((agent) => agent.id === floor.selected);
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
  if (next) floor.select(next.id);
}

bindings.push(
  { id: 'floor-next', keys: ['KeyJ'], group: 'work' },
  { id: 'floor-previous', keys: ['KeyK'], group: 'work' },
  { id: 'floor-all', keys: ['Digit0', 'KeyA'], group: 'work' },
  ...GROUPS.map((group) => ({ id: `floor-${group.id}`, keys: /** @type {string[]} */ ([group.key]), group: /** @type {const} */ ('work') })),
);
register(
  { id: 'floor-next', title: () => `${groupName('all')} ↓`, icon: 'down', group: 'found', run: () => move(1), when: here, quiet: true },
  { id: 'floor-previous', title: () => `${groupName('all')} ↑`, icon: 'down', group: 'found', run: () => move(-1), when: here, quiet: true },
  { id: 'floor-all', title: () => groupName('all'), icon: 'filter', group: 'screen', run: () => floor.setFilter('all'), when: here },
  ...GROUPS.map((group) => ({ id: `floor-${group.id}`, title: () => groupName(group.id), icon: 'filter', group: /** @type {const} */ ('screen'), run: () => floor.setFilter(group.id), when: here })),
);

configure();
document.addEventListener('htmx:after:swap', () => { configure(); void readHours(); });
void readHours();
setInterval(() => void readHours(), HOURS_MS);
store.addEventListener('change', () => {
  if (floor.selected !== null && store.known && !store.docs.agent.has(String(floor.selected))) floor.select(null);
});
socket.start();
