import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { root } from '../src/root.ts'
import { scratch } from './support/scratch.ts'

const program = fileURLToPath(new URL('dist/test.js', root))

t.test('a run of what is no test fails, names it, and runs nothing', async t => {
  const { status, stdout } = spawnSync(process.execPath, [program, 'test/routes/no-such.test.ts', '--embeded', 'test/routes', 'test/run.ts'], { encoding: 'utf8', cwd: fileURLToPath(root) })
  t.equal(status, 1)
  for (const name of ['test/routes/no-such.test.ts', '--embeded', 'test/routes', 'test/run.ts']) t.match(stdout, `${name}: no such test`)
  t.match(stdout, /^0 passed, 4 failed$/m)
  t.notMatch(stdout, 'bundling')
})

t.test('files of a run have their databases in the folder that the run takes away', { skip: process.env.TEST_ANSWERS === undefined && 'it runs alone' }, async t => {
  t.match(scratch, /dream-test-\w+$/)
  t.ok(existsSync(scratch))
  t.ok(readdirSync(scratch).includes('answers'))
})
