import t from 'tap'
import { ConfigError } from '../../src/config.ts'
import { build, modes } from '../helper.ts'

for (const mode of modes) {
  t.test(`${mode}: T2: a key of less than 32 bytes, or one from an example, stops the start and is not shown`, async t => {
    for (const JWT_SECRET_KEY of ['short: 9f2b7c41e8d05a63b1f4', 'x'.repeat(64), 'your-secret-key-0123456789-abcdefghij', 'change-me-0123456789-abcdefghij-klmnop']) {
      const error: unknown = await build(t, mode, { JWT_SECRET_KEY }).then(() => undefined, (thrown: unknown) => thrown)
      t.ok(error instanceof ConfigError, JWT_SECRET_KEY)
      t.match(String(error), /JWT_SECRET_KEY/)
      t.notMatch(String(error), JWT_SECRET_KEY)
    }
  })
}
