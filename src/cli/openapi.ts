import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../app.ts'
import { loadConfig } from '../config.ts'
import { root } from '../root.ts'

// `npm run openapi`: writes openapi.yaml from the routes. A test fails where the two differ.
const folder = mkdtempSync(join(tmpdir(), 'dream-openapi-'))
try {
  const app = await buildApp(loadConfig({ DATA_DIR: folder }))
  writeFileSync(new URL('openapi.yaml', root), app.swagger({ yaml: true }))
  await app.close()
} finally {
  rmSync(folder, { recursive: true })
}
