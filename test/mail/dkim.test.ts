import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError } from '../../src/config.ts'
import { build, digest, modes } from '../helper.ts'
import { checkSignature } from '../support/dkim.ts'
import { emptyFolder } from '../support/program.ts'
import { startSmtp } from '../support/smtp.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const rsa = (modulusLength: number): string => generateKeyPairSync('rsa', { modulusLength }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const key = rsa(2048)

function keyFile (t: Test, content: string, mode = 0o600): string {
  const file = join(emptyFolder(t), 'dkim.pem')
  writeFileSync(file, content)
  chmodSync(file, mode)
  return file
}

const dkim = (t: Test, content = key): Record<string, string> => ({ EMAIL_DKIM_DOMAIN: 'Dream.example', EMAIL_DKIM_SELECTOR: 'auth-2026', EMAIL_DKIM_KEY_FILE: keyFile(t, content) })

for (const mode of modes) {
  t.test(`${mode}: a mail carries a signature for the domain that holds over what was sent, in each language`, async t => {
    const smtp = await startSmtp(t)
    const world = await build(t, mode, { ...smtp.settings, ...dkim(t) })
    for (const [i, language] of ['zh', 'en'].entries()) t.match(await world.post('/Auth/Sign', { ...alice, Name: `n${i}`, Email: `n${i}@example.com` }, { headers: { 'accept-language': language } }), { body: { Code: 200 } })
    for (const source of smtp.sources) {
      const verdict = checkSignature(source, createPublicKey(key))
      t.match(verdict, { tags: { v: '1', a: 'rsa-sha256', c: 'relaxed/relaxed', d: 'dream.example', s: 'auth-2026' }, body: true, headers: true })
      for (const field of ['from', 'to', 'subject', 'date', 'message-id', 'content-type', 'list-id', 'auto-submitted']) t.ok(verdict?.signed.includes(field), field)
      t.match(checkSignature(source.replace('Subject: ', 'Subject: X'), createPublicKey(key)), { body: true, headers: false }, 'and over nothing else')
      t.match(checkSignature(source.replace(/\r\n--([^\r]*)--/, '\r\nX\r\n--$1--'), createPublicKey(key)), { body: false })
    }
    t.equal(smtp.sources.length, 2)
  })
}

t.test('without the settings nothing is signed', async t => {
  const smtp = await startSmtp(t)
  const world = await build(t, 'embedded', smtp.settings)
  await world.post('/Auth/Sign', alice)
  t.equal(checkSignature(smtp.sources[0] ?? '', createPublicKey(key)), undefined)
})

t.test('F1: a key that nobody would accept, that anybody can read, or that is none, stops the start', async t => {
  const wrong: Array<[content: string, reason: RegExp]> = [
    [rsa(1024), /fewer than 2048 bits/],
    [generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), /holds no RSA key/],
    [createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(), /no private key/],
    [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }).toString(), /passphrase/],
    ['', /no private key/],
    ['a secret that is no key', /no private key/]
  ]
  for (const [content, reason] of wrong) {
    const error = await build(t, 'embedded', dkim(t, content)).then(() => undefined, (error: unknown) => error)
    t.ok(error instanceof ConfigError, String(error))
    t.match(error, { message: reason })
    t.match(error, { message: /^EMAIL_DKIM_KEY_FILE [^\n]*$/ })
    if (content !== '') t.notOk(String(error).includes(content))
  }
  await t.rejects(build(t, 'embedded', { ...dkim(t), EMAIL_DKIM_KEY_FILE: join(emptyFolder(t), 'none.pem') }), { message: 'EMAIL_DKIM_KEY_FILE cannot be read (ENOENT)' })
  await t.rejects(build(t, 'embedded', { ...dkim(t), EMAIL_DKIM_KEY_FILE: keyFile(t, key, 0o644) }), { message: /open to everybody/ })
  t.ok(await build(t, 'embedded', { ...dkim(t), EMAIL_DKIM_KEY_FILE: keyFile(t, key, 0o640) }), 'the group may read it')
})
