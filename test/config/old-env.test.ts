import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config.ts'

const OLD = `# database
DB_HOST=localhost
DB_PORT=3306
DB_USER=dream
DB_PASSWORD=p4ss=word
DB_NAME=dream

# token
JWT_SECRET_KEY='kZ8#vQ2!xW5$rT9&yU1^mN4*bC7(eD0)'

# mail
EMAIL_SENDER = 10001@qq.com
EMAIL_PASSWORD="abcd efgh ijkl mnop"
EMAIL_SMTP_SERVER=smtp.qq.com   # QQ
EMAIL_SMTP_PORT=465

FLASK_DEBUG=True
HOST=0.0.0.0
PORT=8888
`

const read = {
  DB_HOST: 'localhost',
  DB_PORT: 3306,
  DB_USER: 'dream',
  DB_PASSWORD: 'p4ss=word',
  DB_NAME: 'dream',
  JWT_SECRET_KEY: 'kZ8#vQ2!xW5$rT9&yU1^mN4*bC7(eD0)',
  EMAIL_SENDER: '10001@qq.com',
  EMAIL_PASSWORD: 'abcd efgh ijkl mnop',
  EMAIL_SMTP_SERVER: 'smtp.qq.com',
  EMAIL_SMTP_PORT: 465,
  DEBUG: true,
  LOG_LEVEL: 'debug',
  HOST: '0.0.0.0',
  PORT: 8888,
  REDIS_HOST: 'localhost',
  REDIS_PORT: 6379,
  mode: 'server',
  production: false
}

function load (t: Test, text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'dream-config-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const file = join(folder, '.env')
  writeFileSync(file, text)
  return loadConfig({}, file)
}

t.test('the .env of the old service is read unchanged', async t => {
  t.has(load(t, OLD), read)
})

t.test('so it is with the line ends of Windows', async t => {
  t.has(load(t, OLD.replaceAll('\n', '\r\n')), read)
})

t.test('a hash sign within a value belongs to it: only after a space it begins a comment, as it did for the old service', async t => {
  t.equal(load(t, OLD.replace('p4ss=word', 'p4ss#word')).DB_PASSWORD, 'p4ss#word')
  t.equal(load(t, OLD.replace('p4ss=word', 'p4ssword # not this')).DB_PASSWORD, 'p4ssword')
})

t.test('values are read as python-dotenv, which the old service used, reads them', async t => {
  const written: Array<[text: string, value: string]> = [
    ['plain', 'plain'], [' plain ', 'plain'], ['p4ss=word', 'p4ss=word'], ['p4ss#word', 'p4ss#word'], ['#p4ssword', '#p4ssword'], ['p4ss # word', 'p4ss'], ['p4ss\t# word', 'p4ss'],
    ["'p4ss # word'", 'p4ss # word'], ['"p4ss # word" # comment', 'p4ss # word'], ["'a\"b'", 'a"b'], ['"a\'b"', "a'b"], ['a"b\'c', 'a"b\'c'],
    ["'it\\'s'", "it's"], ['"say \\"hi\\""', 'say "hi"'], ['"back\\\\slash"', 'back\\slash'], ["'back\\\\slash'", 'back\\slash'], ['back\\slash', 'back\\slash'], ['"a\\$b"', 'a\\$b'], ["'a\\nb'", 'a\\nb'], ['a\\nb', 'a\\nb'], ['"a\\tb"', 'a\tb'],
    ['密码', '密码'], ["'密 码'", '密 码']
  ]
  for (const [text, value] of written) t.equal(load(t, OLD.replace('p4ss=word', text)).DB_PASSWORD, value, text)
  t.equal(load(t, OLD.replace('DB_PASSWORD', '  export DB_PASSWORD')).DB_PASSWORD, 'p4ss=word', 'after export')
  t.equal(load(t, OLD.replace('DB_PASSWORD=', "'DB_PASSWORD'=")).DB_PASSWORD, 'p4ss=word', 'under a quoted key')
})

t.test('a password keeps the spaces that its quotes enclose', async t => {
  t.equal(load(t, OLD.replace('p4ss=word', '" p4ss word "')).DB_PASSWORD, ' p4ss word ')
})
