import neostandard from 'neostandard'

export default neostandard({ ts: true, noJsx: true, ignores: ['dist*/**', 'sdk/dist/**', 'sdk/src/schema.ts', 'data/**', '.tap/**'] })
