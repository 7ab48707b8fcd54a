import { readFileSync, writeFileSync } from 'node:fs'
import { root } from '../../src/root.ts'
import { PAGE, renew } from './table.ts'
import { readTests } from './titles.ts'

// `npm run requirements`: writes the table of the security requirements from the titles of the tests. A test fails where the
// two differ.
const page = new URL(PAGE, root)
writeFileSync(page, renew(readFileSync(page, 'utf8'), readTests()))
