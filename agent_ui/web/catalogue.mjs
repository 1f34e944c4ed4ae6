// Reads the gettext catalogue for the bundler. Only what our own `messages.po` uses: msgid, msgid_plural,
// msgstr, msgstr[n] and the `#:` lines that say which source asks for the string.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{id: string, forms: string[], sources: string[]}} Entry */

/** @param {string} folder @param {string} language @returns {Entry[]} */
export function readCatalogue(folder, language) {
  const path = join(folder, language, 'LC_MESSAGES', 'messages.po');
  return existsSync(path) ? parse(readFileSync(path, 'utf8')) : [];
}

/** @param {string} text @returns {Entry[]} */
export function parse(text) {
  return text.split(/\n\s*\n/).map(parseBlock).filter((entry) => entry.id !== '' && entry.forms.every(Boolean));
}

/** @param {string} block @returns {Entry} */
function parseBlock(block) {
  /** @type {Record<string, string>} */
  const fields = {};
  const sources = [];
  let current = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('#:')) sources.push(...line.slice(2).trim().split(/\s+/));
    const start = /^(msgid_plural|msgid|msgstr(?:\[\d\])?)\s+(".*")$/.exec(line);
    if (start) {
      current = start[1] ?? '';
      fields[current] = JSON.parse(start[2] ?? '""');
    } else if (line.startsWith('"') && current) {
      fields[current] += JSON.parse(line);
    }
  }
  const forms = Object.keys(fields).filter((key) => key.startsWith('msgstr')).sort().map((key) => fields[key] ?? '');
  return { id: fields['msgid'] ?? '', forms, sources };
}

/**
 * @param {Set<string>} sources @param {Entry[]} entries
 * @returns {Record<string, string | string[]>}
 */
export function messagesOf(sources, entries) {
  /** @type {Record<string, string | string[]>} */
  const found = {};
  for (const entry of entries) {
    if (!entry.sources.some((source) => sources.has(source.replace(/:\d+$/, '')))) continue;
    found[entry.id] = entry.forms.length === 1 ? /** @type {string} */ (entry.forms[0]) : entry.forms;
  }
  return found;
}
