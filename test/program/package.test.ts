import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { root } from '../../src/root.ts'
import { digest, file } from '../helper.ts'
import { ask, emptyFolder, register, start } from '../support/program.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const repository = fileURLToPath(root)
const { version, dependencies }: { version: string, dependencies: Record<string, string> } = JSON.parse(file('package.json'))

function run (command: string, args: string[], folder: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

/** A folder with the package in `node_modules` as npm would put it there, made of what `npm pack` packs. */
function installed (t: Test): { folder: string, at: string } {
  const folder = emptyFolder(t)
  const tarball = run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], repository).trim()
  run('tar', ['-xzf', tarball], folder)
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  run('mv', ['package', join(modules, 'dream-auth')], folder)
  // Installing anew takes most of a minute. What is not among the dependencies is not found, as it would be.
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(repository, 'node_modules', name), join(modules, name))
  }
  symlinkSync('../dream-auth/dist/server.js', join(modules, '.bin/dream-auth'))
  run('chmod', ['+x', 'node_modules/dream-auth/dist/server.js'], folder)
  return { folder, at: join(modules, 'dream-auth') }
}

t.test('the package, installed in an empty folder, runs there and finds all it needs', async t => {
  const { folder, at } = installed(t)

  await t.test('npx dream-auth --version and --help', async t => {
    t.equal(run('npx', ['--offline', '--no', '--', 'dream-auth', '--version'], folder), `${version}\n`)
    t.match(run('node_modules/.bin/dream-auth', ['--help'], folder), /^Usage: dream-auth/)
    t.match(spawnSync('node_modules/.bin/dream-auth', ['--port', '80'], { cwd: folder, encoding: 'utf8' }), { status: 1, stdout: '', stderr: /^Usage/ })
  })

  await t.test('from nothing to a login, with tables, threads and native parts', async t => {
    const program = start(t, 'node_modules/.bin/dream-auth', [], { PORT: '0', PASSWORD_HASH: 'argon2id', PASSWORD_DENYLIST: 'on' }, folder)
    const url = await program.url()
    t.match(await ask(`${url}/health`), { status: 200, body: { Code: 200 } })
    await register(url, alice)
    t.match(await ask(`${url}/Auth/Login`, { Email: alice.Email, Password: alice.Password }), { body: { Code: 200, Token: String } })
    t.match(await ask(`${url}/Auth/Sign`, { ...alice, Password: digest('password') }), { status: 400 }, 'the list of common passwords is there')
    for (const file of ['swagger-ui.css', 'docs.js']) t.match(await ask(`${url}/docs/static/${file}`), { status: 200 }, file)
    program.child.kill('SIGTERM')
    t.equal(await program.ended, 0)
  })

  await t.test('the programs beside it', async t => {
    for (const name of ['user', 'keys', 'migrate', 'adopt']) t.ok(existsSync(join(at, 'dist', `${name}.js`)), name)
    t.match(run(process.execPath, [join(at, 'dist/user.js'), 'list', '--json'], folder), /alice@example\.com/)
  })

  await t.test('what its pages link to is there, but for what only whoever works on it has', async t => {
    for (const page of ['README.md', 'README.zh-CN.md', 'SECURITY.md', ...readdirSync(join(at, 'docs')).filter(name => name.endsWith('.md')).map(name => `docs/${name}`)]) {
      const links = [...readFileSync(join(at, page), 'utf8').matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, link = '']) => normalize(join(dirname(page), link)))
      t.strictSame(links.filter(link => !existsSync(join(at, link)) && link !== 'CONTRIBUTING.md' && !/^(test|sdk|clients)\//.test(link)), [], page)
    }
  })

  t.strictSame(readdirSync(at).sort(), ['.env.example', 'CHANGELOG.md', 'LICENSE', 'README.md', 'README.zh-CN.md', 'SECURITY.md', 'deploy', 'dist', 'docs', 'openapi.yaml', 'package.json', 'sql', 'templates'], 'and nothing else')
})
