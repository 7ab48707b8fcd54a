import assert from 'node:assert/strict'
import fc from 'fast-check'
import { bearer, type World } from '../helper.ts'
import type { Model } from './account-model.ts'
import { elsewhere } from './operations.ts'
import type { Token } from './session-model.ts'
import type { Service } from './session-service.ts'

/** What a command is made of; each takes of it what it needs. */
export interface Choice { process: number, another: number, live: boolean, token: number, other: number, right: boolean }

const mostly = fc.integer({ min: 0, max: 4 }).map(n => n < 4)
const choice: fc.Arbitrary<Choice> = fc.record({ process: fc.nat(1), another: fc.nat(1), live: mostly, token: fc.nat(59), other: fc.nat(59), right: mostly })

/** What is to be done, or `undefined` where the model is not in a state for it. */
export type Plan = (model: Model, choice: Choice) => Step | undefined
export interface Step { what: string, run: (service: Service, asked: World, another: World) => Promise<void> }

export function pick<T> (things: readonly T[], n: number): T | undefined {
  return things[n % things.length]
}

/** Of those that are accepted, or of all that were ever issued. */
export function tokenOf (model: Model, { live, token }: Choice): Token | undefined {
  return pick(live ? model.tokens.filter(each => model.isAccepted(each)) : model.tokens, token)
}

export const asking = ({ text }: Token): { headers: Record<string, string>, from: string } => ({ ...bearer(text), from: elsewhere() })

/** A command that says, where a walk fails, what it did. */
export function command (name: string, plan: Plan): fc.Arbitrary<fc.AsyncCommand<Model, Service>> {
  return choice.map(choice => {
    let what = ''
    return {
      check: model => plan(model, choice) !== undefined,
      async run (model, service) {
        const step = plan(model, choice)
        const [asked, another] = [pick(service.worlds, choice.process), pick(service.worlds, choice.another)]
        assert.ok(step && asked && another)
        what = ` ${step.what} (process ${service.worlds.indexOf(asked)})`
        service.runs.set(name, (service.runs.get(name) ?? 0) + 1)
        await step.run(service, asked, another)
      },
      toString: () => `${name}${what}`
    }
  })
}
