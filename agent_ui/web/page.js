// What the server told this page, and the drawing of an icon.
import { html } from 'lit';

/** @typedef {import('./types').PageConfig} PageConfig */

/** @returns {PageConfig} */
function read() {
  const text = document.getElementById('page-config')?.textContent;
  /** @type {PageConfig} */
  const nothing = { language: document.documentElement.lang || 'en', theme: 'auto', csrf: '', company: '', region: '', user: null, menu: [], agent: false };
  return text ? { ...nothing, ...JSON.parse(text) } : nothing;
}

export const page = read();

/** @param {string} name @param {boolean} [small] */
export const icon = (name, small = false) =>
  html`<svg class=${small ? 'i s' : 'i'} aria-hidden="true"><use href="#i-${name}"></use></svg>`;

/**
 * A request to our own server; refusals come back as text in the user's language.
 * @param {string} path @param {{method?: string, json?: unknown, signal?: AbortSignal}} [options]
 */
export async function ask(path, { method = 'GET', json, signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-CSRF-Token'] = page.csrf;
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  const deadline = AbortSignal.timeout(10_000);
  const response = await fetch(path, {
    method, headers, body: json === undefined ? null : JSON.stringify(json),
    signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
  });
  if (response.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
  }
  const body = response.status === 204 ? null : await response.json().catch(() => null);
  if (!response.ok) throw new Refusal(response.status, body?.key ?? '', body?.title ?? response.statusText, body);
  return body;
}

/** The server said no; `text` may be shown as it is. */
export class Refusal extends Error {
  /** @param {number} status @param {string} key @param {string} text @param {any} body */
  constructor(status, key, text, body) {
    super(text);
    this.status = status;
    this.key = key;
    this.text = text;
    this.body = body;
  }
}
