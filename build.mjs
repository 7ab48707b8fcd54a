// Bundles each program into dist/. Bundling halves the start-up time and saves some 15 MB of memory against
// importing the packages one file at a time (docs/ARCHITECTURE.md has the figures).
import { build } from 'esbuild'
import { rename, rm } from 'node:fs/promises'

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
    requirements: 'test/requirements/write.ts',
    attack: 'attack/run.ts'
  },
  outdir: made,
  bundle: true,
  // Four percent less memory; names stay, so that a stack trace can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  mainFields: ['module', 'main'],
  // Packages with native code or files of their own, which a bundle cannot carry, and what only the build and the tests read.
  external: ['libsql', '@node-rs/argon2', '@fastify/swagger-ui', 'pino-pretty', 'autocannon', '@zxcvbn-ts/language-common', 'typescript'],
  // The CommonJS packages inside the bundle expect these three names.
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module'",
      "import { fileURLToPath as __fileURLToPath } from 'node:url'",
      'const require = __createRequire(import.meta.url)',
      'const __filename = __fileURLToPath(import.meta.url)',
      "const __dirname = __fileURLToPath(new URL('.', import.meta.url))"
    ].join('\n')
  },
  logLevel: 'warning'
})

await import(`./${made}/common-passwords.js`)
await remove(replaced)
await rename('dist', replaced).catch(() => {})
await rename(made, 'dist')
await remove(replaced)
