// Bundles the account pages, their files named by content, and compresses them once and for all.
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { build } from 'esbuild'

/** What browsers of the last three years or so can do. */
const TARGET = ['chrome107', 'firefox104', 'safari16']

/** Writes script and style of the page at /docs into a folder. */
export async function buildDocs (outdir) {
  await build({
    entryPoints: ['pages/docs/docs.ts', 'pages/docs/docs.css'],
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: TARGET,
    minify: true,
    legalComments: 'none',
    logLevel: 'warning'
  })
}

/** What a file needs before it runs, itself included: the browser is told of all at once, and not of one after the other. */
function needed (outputs, path, found = new Set()) {
  if (found.has(path)) return found
  found.add(path)
  for (const { path: other, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') needed(outputs, other, found)
  return found
}

/** Writes script and style into a folder, each with a copy for brotli and for gzip, and `manifest.json`, which names them. */
export async function buildPages (outdir) {
  const { metafile } = await build({
    entryPoints: { main: 'pages/main.tsx', style: 'pages/styles/style.css' },
    outdir,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: TARGET,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning'
  })
  const made = Object.entries(metafile.outputs)
  const nameOf = entry => basename(made.find(([, { entryPoint }]) => entryPoint === entry)?.[0] ?? '')
  const files = made.map(([path]) => basename(path))
  await Promise.all(files.map(async file => {
    const bytes = await readFile(join(outdir, file))
    await writeFile(join(outdir, `${file}.br`), await promisify(brotliCompress)(bytes))
    await writeFile(join(outdir, `${file}.gz`), await promisify(gzip)(bytes, { level: 9 }))
  }))
  const script = made.find(([, { entryPoint }]) => entryPoint === 'pages/main.tsx')?.[0] ?? ''
  const preload = [...needed(metafile.outputs, script)].filter(path => path !== script).map(path => basename(path))
  await writeFile(join(outdir, 'manifest.json'), JSON.stringify({ script: basename(script), style: nameOf('pages/styles/style.css'), preload, files }))
}
