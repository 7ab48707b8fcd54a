import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { version as compiler } from 'typescript'
import { parse } from 'yaml'
import { root } from '../src/root.ts'
import { renew, seconds } from '../test/outages/table.ts'
import { serve } from '../test/support/program.ts'
import { folderOf, Stage } from '../test/support/stage.ts'
import { generators, type Generator } from './generators.ts'
import { record } from './recorder.ts'
import { shapeOf } from './shape.ts'
import { MARKS, PAGE, table, type Client } from './table.ts'
import { walk } from './walk.ts'
import { bundle, compileStrictly, generate, output, sizeOf } from './workshop.ts'

// `npm run clients`: has independent generators from npm make a client of openapi.yaml, compiles each with what drives it, and walks a whole
// sign-up with it against the compiled service. Writes what came of it into docs/CLIENTS.md; exit code 1 where a client could not do it. With words
// as arguments, only the generators of these names, and nothing is written.

const wanted = process.argv.slice(2)
const stage = new Stage()
const clients: Client[] = []
let failures = 0

const say = (line: string): void => { process.stdout.write(`${line}\n`) }

/** A service of its own for each, so that no one's tries count against another's. */
async function drive (folder: string): Promise<string[]> {
  const program = serve(stage)
  const service = await program.url()
  const recorder = await record(stage, service)
  await output(process.execPath, ['main.mjs'], folder, { SERVICE: recorder.url, MAILBOX: `${service}/dev/mailbox.json` })
  program.child.kill('SIGTERM')
  await program.ended
  return recorder.calls
}

async function make (generator: Generator): Promise<Client> {
  const folder = folderOf(stage)
  await generate(generator, folder)
  const held = await compileStrictly(folder)
  const bundledBytes = await bundle(folder)
  const calls = await drive(folder)
  if (calls.join() !== walk.join()) throw new Error(`the service was asked\n${calls.join('\n')}\ninstead of\n${walk.join('\n')}`)
  return { generator, held, calls: calls.length, generatedBytes: sizeOf(folder), bundledBytes }
}

try {
  for (const generator of generators.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const start = performance.now()
    try {
      clients.push(await make(generator))
      say(`walked ${generator.name} (${seconds(performance.now() - start)})`)
    } catch (error) {
      failures++
      say(`FAILED ${generator.name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
} finally {
  await stage.end()
}

const written = table(clients, {
  date: new Date().toISOString().slice(0, 10),
  machine: `Node ${process.version}, TypeScript ${compiler}, ${availableParallelism()} cores of ${cpus()[0]?.model}`,
  shape: shapeOf(parse(readFileSync(new URL('openapi.yaml', root), 'utf8')))
})
say(`\n${written}\n\n${clients.length} clients walked, ${failures} failed`)
if (failures === 0 && wanted.length === 0) {
  const page = new URL(PAGE, root)
  writeFileSync(page, renew(readFileSync(page, 'utf8'), MARKS, written))
}
process.exitCode = failures === 0 ? 0 : 1
