import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { version as compiler } from 'typescript'
import { parse } from 'yaml'
import { root } from '../src/root.ts'
import { renew, seconds } from '../test/outages/table.ts'
import { serve } from '../test/support/program.ts'
import { folderOf, Stage } from '../test/support/stage.ts'
import { flatten } from './flatten.ts'
import { generators, type Generator } from './generators.ts'
import { GENERATOR, generateIn, languages, missing, type Language } from './languages.ts'
import { record } from './recorder.ts'
import { shapeOf } from './shape.ts'
import { MARKS, PAGE, table, type Client, type Translation } from './table.ts'
import { walk } from './walk.ts'
import { bundle, compileStrictly, generate, install, output, sizeOf } from './workshop.ts'

// `npm run clients`: has independent generators make a client of openapi.yaml, compiles each with what drives it, and walks a whole sign-up with it
// against the compiled service. Writes what came of it into docs/CLIENTS.md; exit code 1 where a client could not do it. With words as arguments,
// only the generators and languages of these names, and nothing is written.

const wanted = process.argv.slice(2)
const stage = new Stage()
const document: unknown = parse(readFileSync(new URL('openapi.yaml', root), 'utf8'))
const clients: Client[] = []
const translations: Translation[] = []
let failures = 0

const say = (line: string): void => { process.stdout.write(`${line}\n`) }
const isWanted = ({ name }: { name: string }): boolean => wanted.length === 0 || wanted.includes(name)

/** Walks with a client, and gives the number of calls. Each has a service of its own, so that no one's tries count against another's. */
async function drive ([command, ...args]: [string, ...string[]], folder: string): Promise<number> {
  const program = serve(stage)
  const service = await program.url()
  const recorder = await record(stage, service)
  await output(command, args, folder, { SERVICE: recorder.url, MAILBOX: `${service}/dev/mailbox.json` })
  program.child.kill('SIGTERM')
  await program.ended
  const { calls } = recorder
  if (calls.join() !== walk.join()) throw new Error(`the service was asked\n${calls.join('\n')}\ninstead of\n${walk.join('\n')}`)
  return calls.length
}

async function make (generator: Generator): Promise<void> {
  const folder = folderOf(stage)
  await generate(generator, folder)
  const held = await compileStrictly(folder)
  const bundledBytes = await bundle(folder)
  clients.push({ generator, held, calls: await drive([process.execPath, 'main.mjs'], folder), generatedBytes: sizeOf(folder), bundledBytes })
}

async function translate (language: Language, tools: string): Promise<void> {
  const lacking = missing(language)
  if (lacking.length > 0) throw new Error(`apt-get install ${lacking.join(' ')}`)
  const folder = folderOf(stage)
  await generateIn(language, tools, folder, flatten(document))
  const command = await language.build?.(folder)
  translations.push({ language, calls: command === undefined ? undefined : await drive(command, folder), generatedBytes: sizeOf(folder) })
}

async function attempt (name: string, work: () => Promise<void>): Promise<void> {
  const start = performance.now()
  try {
    await work()
    say(`done   ${name} (${seconds(performance.now() - start)})`)
  } catch (error) {
    failures++
    say(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

try {
  for (const generator of generators.filter(isWanted)) await attempt(generator.name, () => make(generator))
  const translated = languages.filter(isWanted)
  if (translated.length > 0) {
    const tools = folderOf(stage)
    await install(tools, [GENERATOR])
    for (const language of translated) await attempt(language.name, () => translate(language, tools))
  }
} finally {
  await stage.end()
}

const written = table(clients, translations, {
  date: new Date().toISOString().slice(0, 10),
  machine: `Node ${process.version}, TypeScript ${compiler}, ${availableParallelism()} cores of ${cpus()[0]?.model}`,
  shape: shapeOf(document)
})
say(`\n${written}\n\n${clients.length + translations.length} clients made, ${failures} failed`)
if (failures === 0 && wanted.length === 0) {
  const page = new URL(PAGE, root)
  writeFileSync(page, renew(readFileSync(page, 'utf8'), MARKS, written))
}
process.exitCode = failures === 0 ? 0 : 1
