// Bundles every test into dist-test/, test/routes/flow.test.ts as routes.flow.test.js, the processes that tests begin, and what records their answers. Loading the service and its packages one
// file at a time takes each test file longer than most of them take to run.
import { readdirSync, rmSync } from 'node:fs'
import { build } from 'esbuild'
import { bundled } from '../bundle.mjs'

const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter(name => /(\.test|-worker|answers.recorder)\.ts$/.test(name))

/** Puts test/compiled-once.cjs around what compiles schemas for Fastify. */
const compiledOnce = {
  name: 'compiled-once',
  setup ({ onResolve, onLoad }) {
    onResolve({ filter: /^@fastify\/(ajv|fast-json-stringify)-compiler$/, namespace: 'file' }, ({ path }) => ({ path, namespace: 'compiled-once' }))
    onLoad({ filter: /./, namespace: 'compiled-once' }, ({ path }) => ({ contents: `module.exports = require('./test/compiled-once.cjs')(require('${path}'))`, resolveDir: '.' }))
  }
}

rmSync('dist-test', { recursive: true, force: true })
await build({
  // All in one folder, as src/root.ts looks for the package's in the one above.
  entryPoints: Object.fromEntries(files.map(name => [name.replaceAll(/[\\/]/g, '.').slice(0, -3), `test/${name}`])),
  outdir: 'dist-test',
  sourcemap: true,
  sourcesContent: false,
  plugins: [compiledOnce],
  ...bundled
})
