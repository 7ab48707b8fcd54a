import type { Socket } from 'node:net'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyInstance {
    /** The service stops: every answer tells its client to close the connection. */
    draining: boolean
  }
}

/** Longest that requests under way are waited for: less than `src/server.ts` gives the whole stop. */
const DRAIN_MS = 8_500

/** Lets the service stop as soon as what is under way is answered: nobody waits for a connection on which nothing happens. */
async function drain (app: FastifyInstance): Promise<void> {
  /** Connections with the number of their requests under way. */
  const sockets = new Map<Socket, { requests: number }>()
  let timer: NodeJS.Timeout | undefined

  app.decorate('draining', false)
  app.server.on('connection', socket => {
    sockets.set(socket, { requests: 0 })
    socket.once('close', () => { sockets.delete(socket) })
  })
  // Hooks and not listeners of each response, which cost more. What is answered without hooks is answered at once.
  app.addHook('onRequest', (request, _reply, done) => {
    const connection = sockets.get(request.raw.socket)
    if (connection !== undefined) connection.requests++
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    const connection = sockets.get(request.raw.socket)
    if (connection !== undefined) connection.requests--
    done()
  })
  app.addHook('preClose', async () => {
    app.draining = true
    for (const [socket, { requests }] of sockets) if (requests === 0) socket.destroy()
    timer = setTimeout(() => { app.server.closeAllConnections() }, DRAIN_MS)
  })
  app.addHook('onClose', async () => { clearTimeout(timer) })
}

export default fp(drain, { name: 'drain' })
