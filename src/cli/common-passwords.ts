import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { writeDigests } from '../denylist/digest-file.ts'
import { commonPasswords } from '../denylist/words.ts'
import { root } from '../root.ts'

// The last step of the build: writes the digests that src/denylist.ts looks up.
writeFileSync(new URL('dist/common-passwords.bin', root), writeDigests(commonPasswords().map(password => hash('sm3', password))))
