import { readFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { root } from '../src/root.ts'
import { flatten } from './flatten.ts'

// `npm run openapi:flat`: prints the document for generators that know neither unions nor enumerations that grow.
process.stdout.write(stringify(flatten(parse(readFileSync(new URL('openapi.yaml', root), 'utf8'))), { aliasDuplicateObjects: false }))
