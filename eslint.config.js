import neostandard from 'neostandard'

export default neostandard({ ts: true, ignores: ['dist*/**', 'sdk/dist/**', 'sdk/src/schema.ts', 'data/**', '.tap/**'] })
