// Bundles every file of `entries/` into `static/dist/` under a name that holds its content's hash, and writes
// `manifest.json` (logical name -> address) that the templates read. For every entry and translated language
// it also writes `<entry>.<language>.js`: exactly the strings that entry's sources ask for.
//   node web/build.mjs [--watch] [--sizes]
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { messagesOf, readCatalogue } from './catalogue.mjs';

const web = dirname(fileURLToPath(import.meta.url));
const root = resolve(web, '..');
const dist = join(root, 'static', 'dist');
const PUBLIC = '/static/dist/';
const LANGUAGES = ['ru'];
const KEPT_MS = 2 * 24 * 3600 * 1000;
const watch = process.argv.includes('--watch');
const sizes = process.argv.includes('--sizes');

/** @param {string} text */
const hashOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 10);

/** @param {import('esbuild').Metafile} metafile */
function finish(metafile) {
  /** @type {Record<string, string>} */
  const manifest = {};
  const keep = new Set(['manifest.json']);
  for (const output of Object.keys(metafile.outputs)) keep.add(relative(dist, resolve(root, output)));
  for (const [output, details] of Object.entries(metafile.outputs)) {
    if (!details.entryPoint?.startsWith('web/entries/')) continue;
    const name = details.entryPoint.split('/').pop() ?? '';
    manifest[name] = PUBLIC + relative(dist, resolve(root, output));
    if (!name.endsWith('.js')) continue;
    for (const language of LANGUAGES) {
      const strings = messagesOf(sourcesOf(metafile, output), readCatalogue(join(root, 'locale'), language));
      const text = `globalThis.ccMessages=Object.assign(globalThis.ccMessages||{},${JSON.stringify(strings)});\n`;
      const logical = name.replace(/\.js$/, `.${language}.js`);
      const file = logical.replace(/\.js$/, `-${hashOf(text)}.js`);
      writeFileSync(join(dist, file), text);
      manifest[logical] = PUBLIC + file;
      keep.add(file);
    }
  }
  writeFileSync(join(dist, 'manifest.json'), JSON.stringify(manifest, Object.keys(manifest).sort(), 2) + '\n');
  // pages that are open, and servers that run, still ask for the files of the build before
  const old = Date.now() - KEPT_MS;
  for (const file of readdirSync(dist)) {
    if (!keep.has(file) && statSync(join(dist, file)).mtimeMs < old) rmSync(join(dist, file));
  }
  if (sizes) report(manifest);
}

/**
 * Our own source files in this output and in every chunk it may load.
 * @param {import('esbuild').Metafile} metafile @param {string} output
 */
function sourcesOf(metafile, output) {
  const seen = new Set();
  const queue = [output];
  /** @type {Set<string>} */
  const sources = new Set();
  while (queue.length) {
    const path = /** @type {string} */ (queue.pop());
    if (seen.has(path)) continue;
    seen.add(path);
    const details = metafile.outputs[path];
    if (!details) continue;
    for (const source of Object.keys(details.inputs)) if (source.startsWith('web/')) sources.add(`agent_ui/${source}`);
    for (const other of details.imports) queue.push(other.path);
  }
  return sources;
}

/** @param {Record<string, string>} manifest */
function report(manifest) {
  for (const [name, address] of Object.entries(manifest)) {
    const file = join(dist, address.slice(PUBLIC.length));
    console.log(`${name.padEnd(22)} ${String(statSync(file).size).padStart(8)} bytes ${String(brotliCompressSync(readFileSync(file)).length).padStart(8)} brotli`);
  }
}

mkdirSync(dist, { recursive: true });
const context = await esbuild.context({
  absWorkingDir: root,
  entryPoints: readdirSync(join(web, 'entries')).map((name) => `web/entries/${name}`),
  outdir: 'static/dist',
  entryNames: '[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  assetNames: '[name]-[hash]',
  publicPath: PUBLIC,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2023'],
  supported: { nesting: true },
  minify: true,
  sourcemap: watch ? 'inline' : false,
  legalComments: 'linked',
  charset: 'utf8',
  loader: { '.woff2': 'file' },
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true,
  logLevel: 'warning',
  plugins: [{
    name: 'manifest',
    setup(build) {
      build.onEnd((result) => { if (result.metafile && !result.errors.length) finish(result.metafile); });
    },
  }],
});
if (watch) {
  await context.watch();
} else {
  const result = await context.rebuild().catch(() => null);
  await context.dispose();
  if (!result) process.exit(1);
}
