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
  const sockets = new Map<Socket, number>()
  let timer: NodeJS.Timeout | undefined

  app.decorate('draining', false)
  app.server.on('connection', socket => {
    sockets.set(socket, 0)
    socket.once('close', () => { sockets.delete(socket) })
  })
  app.server.on('request', ({ socket }, response) => {
    sockets.set(socket, (sockets.get(socket) ?? 0) + 1)
    response.once('close', () => {
      if (sockets.has(socket)) sockets.set(socket, (sockets.get(socket) ?? 1) - 1)
    })
  })
  app.addHook('preClose', async () => {
    app.draining = true
    for (const [socket, requests] of sockets) if (requests === 0) socket.destroy()
    timer = setTimeout(() => { app.server.closeAllConnections() }, DRAIN_MS)
  })
  app.addHook('onClose', async () => { clearTimeout(timer) })
}

export default fp(drain, { name: 'drain' })
