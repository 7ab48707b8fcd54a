import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { Budget, within } from '../src/budget.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Runs a part of a request within the budget of all its parts. */
    bounded: <T>(request: FastifyRequest, run: () => Promise<T>) => Promise<T>
    /** An onRoute hook: what the handler waits for is bounded. */
    withinBudget: (route: RouteOptions) => void
  }
}

/** A bound on all that one request waits for. */
async function budget (app: FastifyInstance): Promise<void> {
  const budgets = new WeakMap<FastifyRequest, Budget>()

  app.decorate('bounded', (request, run) => {
    const budget = budgets.get(request) ?? new Budget()
    budgets.set(request, budget)
    return within(budget, run)
  })
  app.decorate('withinBudget', route => {
    const { handler } = route
    route.handler = function (request: FastifyRequest, reply: FastifyReply) {
      return app.bounded(request, async () => Reflect.apply(handler, this, [request, reply]))
    }
  })
}

export default fp(budget, { name: 'budget' })
