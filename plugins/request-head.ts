import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { fail } from '../src/catalogue.ts'
import { headRefusal } from '../src/request-head.ts'

/** Refuses a head that can be read in two ways before anything is done about it, and ends the connection that it came over. */
async function requestHead (app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', ({ raw }, reply, done) => {
    // Node loses what came in one packet with an offer to change the protocol: its answer would be taken for a later one's.
    if (raw.headers.upgrade !== undefined) reply.header('connection', 'close')
    const refusal = headRefusal(raw)
    if (refusal === undefined) return done()
    reply.header('connection', 'close')
    done(fail('BadRequest', { refusals: [refusal] }))
  })
}

export default fp(requestHead, { name: 'request-head' })
