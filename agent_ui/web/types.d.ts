// Shapes that cross the wire and the few globals the pages define.

declare global {
  var ccMessages: Record<string, string | string[]> | undefined;

  interface HTMLElementEventMap {
    toggle: ToggleEvent;
    beforetoggle: ToggleEvent;
  }
}

export type AgentState =
  | 'offline' | 'ready' | 'ringing' | 'dialling' | 'talking' | 'hold' | 'wrapup' | 'paused' | 'not-responding';

export interface Consult {
  target: string;
  number: string;
  name: string;
  state: 'dialling' | 'talking' | 'held';
  since: string;
}

export interface AgentCall {
  call_id: string;
  direction: 'in' | 'out';
  queue: string;
  campaign: number | null;
  number: string;
  name: string;
  contact_id: number | null;
  offered_at: string | null;
  answered_at: string | null;
  held: boolean;
  recording: 'on' | 'paused' | 'off';
  consult: Consult | null;
}

export interface Plan {
  state: 'ready' | 'paused' | 'offline';
  reason: string;
}

/** A lead that the agent looks at before anybody dials. */
export interface Preview {
  attempt_id: number;
  campaign: number;
  lead_id: number;
  number: string;
  name: string;
  fields: Record<string, string>;
  deadline: string | null;
  skips_left: number;
  dialling: boolean;
}

/** A promise to call that is due. */
export interface DueCallback {
  id: number;
  number: string;
  name: string;
  note: string;
  zone: string;
  due_at: string;
  campaign: number | null;
  lead_id: number | null;
  contact_id: number | null;
  deadline: string;
}

export interface AgentDoc {
  id: number;
  name: string;
  extension: string;
  state: AgentState;
  reason: string;
  next: Plan | null;
  since: string;
  deadline: string | null;
  phone: 'up' | 'down' | 'calling';
  phone_registered: boolean;
  recovering: string | null;
  leg_mode: 'nailed' | 'rung';
  queues: string[];
  campaigns: number[];
  call: AgentCall | null;
  /** both hidden from other agents */
  preview: Preview | null;
  callback: DueCallback | null;
  /** hidden from other agents */
  today: { calls: number; talk_s: number; wrap_s: number; hold_s: number; paused_s: number; ready_s: number } | null;
}

export interface QueueDoc {
  name: string;
  title: string;
  waiting: number;
  longest_since: string | null;
  ready: number;
  talking: number;
  agents: number;
  offered: number;
  answered: number;
  answered_in_target: number;
  abandoned: number;
  short_abandoned: number;
  service_level: number | null;
  target: number;
  threshold_s: number;
  wait_limit_s: number;
  hours: number[];
}

export interface CallDoc {
  id: string;
  direction: 'in' | 'out';
  state: 'waiting' | 'offered' | 'talking' | 'held' | 'returned' | 'dialling';
  queue: string;
  campaign: number | null;
  number: string;
  name: string;
  agent_id: number | null;
  started_at: string;
  joined_at: string | null;
  answered_at: string | null;
}

/** Why a campaign placed so many lines. */
export interface Decision {
  at: string;
  lines: number;
  bound: 'no-pacing' | 'nobody' | 'free-agents' | 'ratio' | 'risk' | 'limit' | 'most-lines';
  free: number;
  expected: number;
  within_s: number;
  leaving: number;
  ringing: number;
  answer_chance: number;
  answers: number;
  window: string;
  used: number;
  limit: number;
  price_s: number;
  risk: number;
}

export interface CampaignLine {
  id: number;
  number: string;
  state: 'ringing' | 'answered' | 'machine';
  since: string | null;
  agent: number | null;
}

/** How a number that customers see does. */
export interface CallerHealth {
  number: string;
  today: number;
  cap: number;
  answered: number | null;
  rests_until: string | null;
}

export interface CampaignDoc {
  id: number;
  name: string;
  status: 'draft' | 'running' | 'paused' | 'stopped';
  mode: string;
  limit: number;
  leads: number;
  dialable: number;
  in_flight: number;
  attempts: number;
  answered: number;
  connected: number;
  abandoned: number;
  people: number;
  contacts: number;
  sales: number;
  outcomes: Record<string, number>;
  agents: number;
  ready: number;
  last_refusals: Record<string, number>;
  /** why it places fewer lines than its pacing wants */
  held: { why: string; [value: string]: string | number } | null;
  callers: CallerHealth[];
  lines: CampaignLine[];
  next: { lead: number | null; number: string; try: number }[];
  decision: Decision | null;
  decisions: Decision[];
}

export interface Docs {
  agent: AgentDoc;
  queue: QueueDoc;
  call: CallDoc;
  campaign: CampaignDoc;
}

export type Kind = keyof Docs;

export interface Match {
  id: number;
  name: string;
  company: string;
  kind: string;
}

export interface Pop {
  type: 'pop';
  call_id: string;
  number: string;
  direction: 'in' | 'out';
  queue: string;
  campaign: number | null;
  matches: Match[];
}

export interface SipAccount {
  uri: string;
  password: string;
  ws_url: string;
}

export interface Hello {
  type: 'hello';
  agent_id: number | null;
  user: { id: number; name: string };
  sip: SipAccount | null;
  now: string;
}

export interface Done {
  type: 'done';
  id: string;
  ok: boolean;
  error: { key: string; text: string } | null;
}

export type ServerMessage =
  | Hello
  | Pop
  | Done
  | { type: 'snapshot'; seq: number; docs: Partial<{ [K in Kind]: Record<string, Docs[K]> }> }
  | { type: 'delta'; seq: number; kind: Kind; key: string; doc: Docs[Kind] | null }
  | { type: 'clock'; now: string }
  | { type: 'notice'; level: 'info' | 'warning' | 'error'; text: string };

export interface PauseReason {
  code: string;
  title: string;
  minutes: number;
}

export interface DeskConfig {
  reasons: PauseReason[];
  wrapup_seconds: number;
  aht_goal_seconds: number;
}

export interface MenuPlace {
  title: string;
  path: string;
  icon: string;
}

export interface PageConfig {
  language: string;
  theme: 'auto' | 'light' | 'dark';
  csrf: string;
  company: string;
  region: string;
  user: { id: number; name: string; role: string } | null;
  menu: MenuPlace[];
  agent: boolean;
}
