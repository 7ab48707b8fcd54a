// Bundles each program into dist/. Bundling halves the start-up time and saves some 15 MB of memory against
// importing the packages one file at a time (docs/ARCHITECTURE.md has the figures).
import { build } from 'esbuild'
import { rename, rm } from 'node:fs/promises'
import { bundled } from './bundle.mjs'
import { buildDocs, buildPages } from './pages/build.mjs'

// Made aside and put in place when it is whole: a service that runs from dist/ starts its threads from there.
const [made, replaced] = ['dist.new', 'dist.old']
const remove = folder => rm(folder, { recursive: true, force: true })
await remove(made)

await build({
  entryPoints: {
    server: 'src/server.ts',
    'hash-thread': 'src/hash-thread.ts',
    migrate: 'src/cli/migrate.ts',
    adopt: 'src/cli/adopt.ts',
    keys: 'src/cli/keys.ts',
    user: 'src/cli/user.ts',
    openapi: 'src/cli/openapi.ts',
    'common-passwords': 'src/cli/common-passwords.ts',
    bench: 'bench/run.ts',
    bare: 'bench/bare.ts',
    test: 'test/run.ts',
    rolling: 'test/rolling/run.ts',
    requirements: 'test/requirements/write.ts',
    faults: 'test/outages/run.ts',
    soak: 'test/soak/run.ts',
    attack: 'attack/run.ts',
    cluster: 'test/cluster/run.ts',
    clients: 'clients/run.ts',
    'openapi-flat': 'clients/flat.ts'
  },
  outdir: made,
  // Four percent less memory; names stay, so that a stack trace can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  ...bundled
})

await buildDocs(`${made}/docs`)
await buildPages(`${made}/pages`)
await import(`./${made}/common-passwords.js`)
await remove(replaced)
await rename('dist', replaced).catch(() => {})
await rename(made, 'dist')
await remove(replaced)
