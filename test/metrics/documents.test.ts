import t, { type Test } from 'tap'
import { build, file, modes } from '../helper.ts'
import { METRICS_TOKEN, scrape } from '../support/metrics.ts'

/** What Prometheus makes of a scrape by itself. */
const ITS_OWN = ['up']
const NAME = /\b(?:dream_auth|nodejs|process)_[a-z0-9_]+\b/g

/** Every metric that a running service shows, in all modes of this run: its name, and those of its series. */
async function exposed (t: Test): Promise<{ names: Set<string>, series: Set<string>, labels: Set<string> }> {
  const names = new Set<string>()
  const series = new Set<string>()
  const labels = new Set(['le', 'job', 'instance'])
  for (const mode of modes) {
    const { samples, types } = await scrape(await build(t, mode, { METRICS_TOKEN }))
    for (const name of Object.keys(types)) names.add(name)
    for (const sample of samples) {
      series.add(sample.name)
      for (const label of Object.keys(sample.labels)) labels.add(label)
    }
    // Series that the first request makes.
    for (const part of ['bucket', 'sum', 'count']) series.add(`dream_auth_http_request_duration_seconds_${part}`)
    for (const label of ['route', 'method', 'status', 'code']) labels.add(label)
    series.add('dream_auth_http_requests_total')
  }
  return { names, series, labels }
}

const server = modes.includes('server')

t.test('docs/OPERATIONS.md lists every metric with its kind, and no other', { skip: !server && 'some are of server mode alone' }, async t => {
  const [, section = ''] = /^## Metrics$(.*?)^## /ms.exec(file('docs/OPERATIONS.md')) ?? []
  const listed = [...section.matchAll(/^\| `([a-z0-9_]+)`/gm)].map(([, name = '']) => name)
  const { names } = await exposed(t)
  t.same(listed.filter(name => !names.has(name)), [], 'no other')
  t.same([...names].filter(name => !listed.includes(name)), [], 'every one')
  t.equal(new Set(listed).size, listed.length, 'once')
})

t.test('every metric and every label that the dashboard and the alerts name is there', { skip: !server && 'some are of server mode alone' }, async t => {
  const { series, labels } = await exposed(t)
  const expressions = [
    ...JSON.parse(file('deploy/grafana/dashboard.json')).panels.flatMap((panel: { targets?: Array<{ expr: string }> }) => panel.targets?.map(({ expr }) => expr) ?? []),
    ...[...file('deploy/prometheus/alerts.yml').matchAll(/^ {8}expr: (.*)$/gm)].map(([, expression]) => expression)
  ]
  t.ok(expressions.length > 30)
  const named = new Set(expressions.flatMap(expression => expression.match(NAME) ?? []))
  t.same([...named].filter(name => !series.has(name) && !ITS_OWN.includes(name)), [])
  const used = expressions.flatMap(expression => [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', ')).concat([...expression.matchAll(/[{,]([a-z_]+)(?:=~|!~|!=|=)/g)].map(([, label = '']) => label)))
  t.same([...new Set(used)].filter(label => !labels.has(label)), [], 'labels')
  const ours = [...series].map(name => name.replace(/_(bucket|sum|count)$/, '')).filter(name => name.startsWith('dream_auth_'))
  t.same([...new Set(ours)].filter(name => ![...named].some(each => each.startsWith(name))), [], 'and nothing is counted that none of them shows')
})

t.test('the dashboard is one that Grafana takes: an id, a choice of data source, and panels that do not overlap', async t => {
  const { uid, title, schemaVersion, templating, panels } = JSON.parse(file('deploy/grafana/dashboard.json'))
  t.match({ uid, title, schemaVersion }, { uid: 'dream-auth', title: 'Dream Auth', schemaVersion: Number })
  t.match(templating.list[0], { name: 'datasource', type: 'datasource', query: 'prometheus' })
  t.equal(new Set(panels.map(({ id }: { id: number }) => id)).size, panels.length, 'each panel has an id of its own')
  const cells = new Set<string>()
  for (const { type, title, datasource, targets, gridPos: { x, y, w, h } } of panels) {
    t.ok(title !== '' && x >= 0 && x + w <= 24, title)
    if (type !== 'row') {
      t.strictSame(datasource, { type: 'prometheus', uid: `\${${templating.list[0].name}}` })
      t.ok(targets.length > 0 && targets.every(({ expr, refId }: Record<string, string>) => expr !== '' && refId !== ''))
    }
    for (let row = y; row < y + h; row++) {
      for (let column = x; column < x + w; column++) {
        if (cells.has(`${row}:${column}`)) t.fail(`${title} lies over another panel`)
        cells.add(`${row}:${column}`)
      }
    }
  }
})

t.test('the example for Prometheus finds its rules, and its token is read from a file', async t => {
  const example = file('deploy/prometheus/prometheus.yml')
  t.match(example, /^ {2}- alerts\.yml$/m)
  t.match(example, /credentials_file:/)
  t.notMatch(example, /^\s*credentials:/m)
})
