// From the live board's documents to what the wallboard shows. Pure; mirrors reports/wallboard/projection.py,
// and tests/reports/wallboard.json holds both to the same figures.

/** @typedef {'calm' | 'near' | 'breach'} Level */
/** @typedef {Pick<import('../types').QueueDoc, 'name' | 'title' | 'waiting' | 'longest_since' | 'ready' | 'answered' | 'answered_in_target' | 'abandoned' | 'target' | 'threshold_s' | 'wait_limit_s'>} QueueDoc */
/** @typedef {{name: string, title: string, level: Level, waiting: number, longest_seconds: number, service_percent: number | null, ready: number}} QueueLine */
/**
 * @typedef {{waiting: number, longest_seconds: number, longest_queue: string, wait_limit_seconds: number, wait_level: Level,
 *   service_percent: number | null, service_goal_percent: number, service_level: Level, answered_in_target: number, counted: number, threshold_seconds: number | null,
 *   abandoned_percent: number | null, abandoned_limit_percent: number, abandoned_level: Level, agents: Record<string, number>, queues: QueueLine[]}} Figures
 */

const QUEUES_SHOWN = 4;
const NEAR = 0.75;
const ABANDON_LIMIT_PERCENT = 5;
const BREACH_POINTS = 10;
const NEAR_ABANDON_POINTS = 1;
const FEWEST_CALLS = 5;
/** @type {Level[]} */
const LEVELS = ['calm', 'near', 'breach'];
/** @type {Record<string, string>} */
const STATES = { talking: 'talking', dialling: 'ringing', ringing: 'ringing', hold: 'hold', ready: 'ready', wrapup: 'wrapup', paused: 'paused', 'not-responding': 'paused' };

/** @param {number} part @param {number} whole */
const percent = (part, whole) => (whole ? Math.floor((part * 100) / whole + 0.5) : null);

/** @param {QueueDoc} queue @param {number} now */
const waitOf = (queue, now) => (queue.waiting && queue.longest_since ? Math.max(0, Math.floor((now - Date.parse(queue.longest_since)) / 1000)) : 0);

/** @param {Level[]} levels @returns {Level} */
const highest = (levels) => levels.reduce((/** @type {Level} */ worst, level) => (LEVELS.indexOf(level) > LEVELS.indexOf(worst) ? level : worst), 'calm');

/** @param {QueueDoc} queue @param {number} now @returns {Level} */
function waitLevel(queue, now) {
  const wait = waitOf(queue, now);
  if (!queue.wait_limit_s || wait < queue.wait_limit_s * NEAR) return 'calm';
  return wait >= queue.wait_limit_s ? 'breach' : 'near';
}

/** @param {QueueDoc} queue */
const shareOf = (queue) => percent(queue.answered_in_target, queue.answered + queue.abandoned);

/** @param {QueueDoc} queue */
const goalOf = (queue) => Math.round(queue.target * 100);

/** @param {QueueDoc[]} queues */
function commonGoal(queues) {
  if (!queues.length) return 0;
  let weights = queues.map((queue) => queue.answered + queue.abandoned);
  if (!weights.some(Boolean)) weights = queues.map(() => 1);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return Math.floor(queues.reduce((sum, queue, at) => sum + goalOf(queue) * (weights[at] ?? 0), 0) / all + 0.5);
}

/** @param {number | null} share @param {number} goal @param {number} counted @returns {Level} */
function below(share, goal, counted) {
  if (share === null || share >= goal) return 'calm';
  return share < goal - BREACH_POINTS && counted >= FEWEST_CALLS ? 'breach' : 'near';
}

/** @param {number | null} share @param {number} counted @returns {Level} */
function above(share, counted) {
  if (share === null || share < ABANDON_LIMIT_PERCENT - NEAR_ABANDON_POINTS) return 'calm';
  return share > ABANDON_LIMIT_PERCENT && counted >= FEWEST_CALLS ? 'breach' : 'near';
}

/** @param {QueueDoc} queue @param {number} now @returns {QueueLine} */
function line(queue, now) {
  const share = shareOf(queue);
  return {
    name: queue.name, title: queue.title,
    level: highest([waitLevel(queue, now), share !== null && share < goalOf(queue) ? 'near' : 'calm']),
    waiting: queue.waiting, longest_seconds: waitOf(queue, now), service_percent: share, ready: queue.ready,
  };
}

/** @param {QueueDoc} a @param {QueueDoc} b @param {number} now */
function worstFirst(a, b, now) {
  const of = (/** @type {QueueDoc} */ queue) => {
    const share = shareOf(queue);
    return [
      LEVELS.indexOf(line(queue, now).level),
      queue.wait_limit_s ? waitOf(queue, now) / queue.wait_limit_s : 0,
      share === null ? 0 : Math.max(0, goalOf(queue) - share),
    ];
  };
  const [one, two] = [of(a), of(b)];
  for (const at of [0, 1, 2]) if (one[at] !== two[at]) return (two[at] ?? 0) - (one[at] ?? 0);
  return a.name < b.name ? -1 : 1;
}

/**
 * The figures of this board at this moment.
 * @param {{queue: QueueDoc[], agent: {state: string}[]}} docs @param {number} now epoch ms @returns {Figures}
 */
export function project(docs, now) {
  const queues = [...docs.queue].sort((a, b) => (a.name < b.name ? -1 : 1));
  const sum = (/** @type {(queue: QueueDoc) => number} */ of) => queues.reduce((all, queue) => all + of(queue), 0);
  const inTarget = sum((queue) => queue.answered_in_target);
  const abandoned = sum((queue) => queue.abandoned);
  const counted = sum((queue) => queue.answered) + abandoned;
  const [service, left, goal] = [percent(inTarget, counted), percent(abandoned, counted), commonGoal(queues)];
  const worst = queues.filter((queue) => queue.waiting).reduce((/** @type {QueueDoc | null} */ most, queue) => (most && waitOf(most, now) >= waitOf(queue, now) ? most : queue), null);
  const thresholds = new Set(queues.map((queue) => queue.threshold_s));
  /** @type {Record<string, number>} */
  const agents = { talking: 0, ready: 0, wrapup: 0, hold: 0, paused: 0, ringing: 0 };
  for (const agent of docs.agent) {
    const group = STATES[agent.state];
    if (group) agents[group] = (agents[group] ?? 0) + 1;
  }
  return {
    waiting: sum((queue) => queue.waiting),
    longest_seconds: worst ? waitOf(worst, now) : 0,
    longest_queue: worst?.title ?? '',
    wait_limit_seconds: worst ? worst.wait_limit_s : queues.length ? Math.min(...queues.map((queue) => queue.wait_limit_s)) : 0,
    wait_level: highest(queues.map((queue) => waitLevel(queue, now))),
    service_percent: service, service_goal_percent: goal, service_level: below(service, goal, counted),
    answered_in_target: inTarget, counted,
    threshold_seconds: thresholds.size === 1 ? (queues[0]?.threshold_s ?? null) : null,
    abandoned_percent: left, abandoned_limit_percent: ABANDON_LIMIT_PERCENT, abandoned_level: above(left, counted),
    agents,
    queues: [...queues].sort((a, b) => worstFirst(a, b, now)).slice(0, QUEUES_SHOWN).map((queue) => line(queue, now)),
  };
}
