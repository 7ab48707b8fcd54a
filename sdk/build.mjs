// `npm run sdk`: writes what is made from openapi.yaml, and builds the package into sdk/dist; `--build` does the latter alone.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { generated } from './generate.mjs'

const path = name => fileURLToPath(new URL(name, import.meta.url))
if (!process.argv.includes('--build')) {
  for (const [name, text] of Object.entries(await generated())) writeFileSync(path(`src/${name}`), text)
}

rmSync(path('dist'), { recursive: true, force: true })
const options = { bundle: true, format: 'esm', target: ['es2022'], platform: 'neutral', mainFields: ['module', 'main'], logLevel: 'warning' }
await Promise.all([
  build({ ...options, entryPoints: [path('src/index.ts')], outfile: path('dist/index.js'), packages: 'external' }),
  // For pages without a bundler: all in one file.
  build({ ...options, entryPoints: [path('src/index.ts')], outfile: path('dist/browser.js'), minify: true })
])
const { status } = spawnSync(process.execPath, [fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url)), '-p', path('.')], { stdio: 'inherit' })
// TypeScript leaves the names of sources in declarations, and sources are not in the package.
for (const name of readdirSync(path('dist')).filter(name => name.endsWith('.d.ts'))) {
  writeFileSync(path(`dist/${name}`), readFileSync(path(`dist/${name}`), 'utf8').replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'"))
}
process.exitCode = status ?? 1
