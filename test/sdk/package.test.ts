import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { root } from '../../src/root.ts'
import { build, file, modes } from '../helper.ts'
import { listen } from './service.ts'
import { alice } from './signed-in.ts'

const path = (name: string): string => fileURLToPath(new URL(name, root))
const folder = mkdtempSync(join(tmpdir(), 'dream-sdk-'))
t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })

function run (command: string, args: string[], cwd = folder): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

const blocksOf = (readme: string): string[] => [...file(readme).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)

/** An application that has the packed package installed: what it depends on is linked, as there may be no registry. */
const packed = run('npm', ['pack', '--silent', '--pack-destination', folder], path('sdk')).trim().split('\n').at(-1) ?? ''
mkdirSync(join(folder, 'node_modules/dream-auth-client'), { recursive: true })
run('tar', ['-xzf', join(folder, packed), '-C', join(folder, 'node_modules/dream-auth-client'), '--strip-components=1'])
const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(readFileSync(join(folder, 'node_modules/dream-auth-client/package.json'), 'utf8'))
for (const name of Object.keys(dependencies)) symlinkSync(path(`node_modules/${name}`), join(folder, 'node_modules', name))
writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', type: 'module' }))

t.test('the package has what it needs and nothing else', async t => {
  const files = readdirSync(join(folder, 'node_modules/dream-auth-client'), { recursive: true, encoding: 'utf8' }).filter(name => name.includes('.') || name === 'LICENSE').sort()
  t.match(files, ['LICENSE', 'README.md', 'README.zh-CN.md'].concat(files.filter(name => /^dist\/[\w-]+\.(d\.ts|js)$/.test(name)), 'package.json'))
  t.ok(files.includes('dist/index.js') && files.includes('dist/index.d.ts') && files.includes('dist/browser.js'))
  t.equal(file('sdk/LICENSE'), file('LICENSE'))
  t.same(Object.keys(dependencies), ['openapi-fetch', 'sm-crypto'])
  const { version, devDependencies, dependencies: own } = JSON.parse(file('package.json'))
  t.equal(JSON.parse(file('sdk/package.json')).version, version, 'released with the service')
  t.same(dependencies, { 'openapi-fetch': devDependencies['openapi-fetch'], 'sm-crypto': own['sm-crypto'] }, 'what is tested here')
})

t.test('the READMEs in either language show the same code, and it compiles under strict, as do all results, in both ways to resolve modules', async t => {
  const [english, chinese] = [['sdk/README.md', 'README.md'].flatMap(blocksOf), ['sdk/README.zh-CN.md', 'README.zh-CN.md'].flatMap(blocksOf)]
  const withoutTexts = (code: string): string => code.replaceAll(/\/\/.*$|'[^']*'|`[^`]*`/gm, '')
  t.ok(english.length >= 5)
  t.same(chinese.map(withoutTexts), english.map(withoutTexts))

  mkdirSync(join(folder, 'src'), { recursive: true })
  for (const [i, code] of [...english, ...chinese].entries()) writeFileSync(join(folder, `src/readme-${i}.ts`), `${code}\nexport {}\n`)
  writeFileSync(join(folder, 'src/results.ts'), file('test/fixtures/sdk-results.ts'))
  const strict = { target: 'es2022', lib: ['es2022', 'dom', 'dom.iterable'], types: [], strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true }
  // The declarations themselves are checked once, as those of the DOM are then too.
  for (const resolution of [{ module: 'nodenext', moduleResolution: 'nodenext', skipLibCheck: false }, { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true }]) {
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...strict, ...resolution }, include: ['src'] }))
    t.equal(run(process.execPath, [path('node_modules/typescript/bin/tsc'), '-p', folder]), '', resolution.moduleResolution)
  }
})

for (const mode of modes) {
  t.test(`${mode}: plain JavaScript logs in with the installed package, in Node and from the single file`, async t => {
    const world = await build(t, mode)
    const baseUrl = await listen(world)
    await world.register(alice)
    for (const entry of ['dream-auth-client', 'dream-auth-client/browser']) {
      writeFileSync(join(folder, 'app.js'), `
        import { createDreamAuth } from '${entry}'
        const auth = createDreamAuth({ baseUrl: '${baseUrl}' })
        const { ok } = await auth.login(${JSON.stringify(alice)})
        const { UserAgent } = (await auth.listSessions()).Sessions[0]
        console.log(JSON.stringify({ ok, UserAgent, signedIn: await auth.signedIn() }))
      `)
      // The service is in this process, which must not wait for the other.
      const child = spawn(process.execPath, [join(folder, 'app.js')], { stdio: ['ignore', 'pipe', 'inherit'] })
      let written = ''
      for await (const chunk of child.stdout) written += chunk
      t.match(JSON.parse(written), { ok: true, UserAgent: 'node', signedIn: true }, entry)
    }
  })
}
