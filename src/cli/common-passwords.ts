import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { writeDigests } from '../denylist/digest-file.ts'
import { commonPasswords } from '../denylist/words.ts'

// The last step of the build: writes the digests that src/denylist.ts looks up, into the folder of the build.
writeFileSync(new URL('common-passwords.bin', import.meta.url), writeDigests(commonPasswords().map(password => hash('sm3', password))))
