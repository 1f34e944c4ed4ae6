// Keeps the lock file free of addresses: integrity hashes decide what a package is, not where it came from.
//   node web/lock.mjs           rewrite package-lock.json
//   node web/lock.mjs --check   fail when it holds an address or a package without a hash
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const missing = [];
for (const [name, entry] of Object.entries(lock.packages)) {
  for (const key of ['resolved', 'funding', 'homepage', 'bugs', 'repository']) delete entry[key];
  if (typeof entry.deprecated === 'string') delete entry.deprecated;
  if (name && !entry.integrity) missing.push(name);
}
const text = JSON.stringify(lock, null, 2) + '\n';
if (process.argv.includes('--check')) {
  const faults = missing.map((name) => `${name} has no integrity hash`);
  if (text !== readFileSync(path, 'utf8')) faults.push('package-lock.json holds addresses: run `npm run lock`');
  if (/https?:/.test(text)) faults.push('an address is left in package-lock.json');
  for (const fault of faults) console.error(fault);
  process.exit(faults.length ? 1 : 0);
}
writeFileSync(path, text);
