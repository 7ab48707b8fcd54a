/** How programs and tests are bundled. */
export const bundled = {
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  mainFields: ['module', 'main'],
  // Packages with native code or files of their own, which a bundle cannot carry, and what only the build and the tests read.
  external: ['libsql', '@node-rs/argon2', '@fastify/swagger-ui', 'pino-pretty', 'autocannon', '@zxcvbn-ts/language-common', 'typescript', 'esbuild', 'fast-check', 'playwright-core', 'smtp-server', '@redocly/openapi-core', '@stoplight/*'],
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
}
