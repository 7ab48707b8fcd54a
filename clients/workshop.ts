import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root } from '../src/root.ts'
import type { Generator } from './generators.ts'

const run = promisify(execFile)

/** What a program prints, or an error with all of it. */
export async function output (command: string, args: string[], folder: string, environment: Record<string, string> = {}): Promise<string> {
  try {
    const { stdout } = await run(command, args, { cwd: folder, env: { ...process.env, DO_NOT_TRACK: '1', ...environment }, maxBuffer: 2 ** 26 })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = Object(error)
    throw new Error(`${command} ${args.join(' ')}: ${String(error)}\n${String(stdout)}${String(stderr)}`)
  }
}

/** Where a file of the project lies. */
export const own = (path: string): string => fileURLToPath(new URL(path, root))

/** Installs packages from npm, and runs nothing of them. */
export async function install (folder: string, packages: string[]): Promise<void> {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  await output('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', ...packages], folder)
}

/** Puts the generator, what drives its client, and the document into a folder, and has the client made. */
export async function generate ({ name, packages, command: [program = '', ...args] }: Generator, folder: string): Promise<void> {
  // TypeScript 5, as some of them work with no other.
  await install(folder, ['typescript@5.9.3', ...packages])
  cpSync(own('openapi.yaml'), join(folder, 'openapi.yaml'))
  for (const file of ['main.ts', 'scene.ts']) cpSync(own(`clients/drivers/${file}`), join(folder, file))
  cpSync(own(`clients/drivers/${name}`), folder, { recursive: true })
  mkdirSync(join(folder, 'generated'))
  await output(join(folder, 'node_modules/.bin', program), args, folder)
}

/** What may be asked of code beyond `strict`. */
export const EXTRAS = ['noUncheckedIndexedAccess', 'exactOptionalPropertyTypes', 'verbatimModuleSyntax', 'erasableSyntaxOnly']

async function compile (folder: string, extras: string[]): Promise<void> {
  const compilerOptions = {
    ...Object.fromEntries(extras.map(extra => [extra, true])),
    strict: true,
    noEmit: true,
    target: 'es2023',
    lib: ['es2023', 'dom', 'dom.iterable'],
    types: ['node'],
    typeRoots: [own('node_modules/@types')],
    module: 'esnext',
    moduleResolution: 'bundler',
    allowImportingTsExtensions: true,
    skipLibCheck: true
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts', 'generated'] }))
  await output(process.execPath, [own('node_modules/typescript/bin/tsc'), '--project', folder], folder)
}

/** Compiles the client and what drives it under `strict`. Gives those of `EXTRAS` that the two hold as well, all at once. */
export async function compileStrictly (folder: string): Promise<string[]> {
  const holds = (extras: string[]): Promise<boolean> => compile(folder, extras).then(() => true, () => false)
  if (await holds(EXTRAS)) return EXTRAS
  const held: string[] = []
  for (const extra of EXTRAS) if (await holds([extra])) held.push(extra)
  await compile(folder, held)
  return held
}

/** Bundles the client and what drives it. Gives how many bytes it is to a browser: minified and compressed. */
export async function bundle (folder: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'drive.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['node:crypto'],
    write: false,
    logLevel: 'error'
  })
  await build({ entryPoints: [join(folder, 'main.ts')], outfile: join(folder, 'main.mjs'), bundle: true, packages: 'external', format: 'esm', platform: 'node', logLevel: 'error' })
  return gzipSync(outputFiles[0]?.contents ?? '').length
}

/** Bytes of what was generated. */
export function sizeOf (folder: string): number {
  const generated = join(folder, 'generated')
  return readdirSync(generated, { recursive: true, encoding: 'utf8' }).map(name => statSync(join(generated, name))).reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)
}
