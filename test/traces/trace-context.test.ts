import t from 'tap'
import { parseTraceparent } from '../../src/traces/trace-context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

t.test('a traceparent says which trace, which span and whether it is sampled', async t => {
  t.strictSame(parseTraceparent(`00-${TRACE}-${SPAN}-01`), { traceId: TRACE, spanId: SPAN, sampled: true })
  t.strictSame(parseTraceparent(`00-${TRACE}-${SPAN}-00`), { traceId: TRACE, spanId: SPAN, sampled: false })
  t.match(parseTraceparent(`00-${TRACE}-${SPAN}-fe`), { sampled: false }, 'other flags are not ours')
  t.match(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-comes-later`), { traceId: TRACE }, 'a later version may have more')
})

t.test('what is none is ignored, as if it were not there', async t => {
  const wrong: Array<string | string[] | undefined> = [
    undefined, '', 'none', `00-${TRACE}-${SPAN}`, `00-${TRACE}-${SPAN}-01-more`, `00-${TRACE}-${SPAN}-01-`, `ff-${TRACE}-${SPAN}-01`, `0-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`, `00-${TRACE}-${'0'.repeat(16)}-01`, `00-${TRACE.toUpperCase()}-${SPAN}-01`, `00-${TRACE.slice(1)}-${SPAN}-01`, `00-${TRACE}0-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-1`, `00-${TRACE}-${SPAN}-0g`, ` 00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01\n`, `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`, `00_${TRACE}_${SPAN}_01`,
    [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`]
  ]
  for (const header of wrong) t.equal(parseTraceparent(header), undefined, String(header))
})
