import fc from 'fast-check'
import t from 'tap'
import { modes } from '../helper.ts'
import { accountCommands } from './account-commands.ts'
import { check } from './check.ts'
import { sessionCommands } from './session-commands.ts'
import { command, type Plan } from './session-plan.ts'
import { start } from './session-service.ts'

const WALKS = 30
const LONGEST = 40

const plans: Record<string, Plan> = { ...sessionCommands, ...accountCommands }
const { login, refresh, pass } = sessionCommands
// More of what begins something, so that there is something to end.
const often = [{ login, refresh, pass }, { login, refresh, pass }, { login, refresh }]
/** A failure names it, beside seed and path. */
const { FC_REPLAY_PATH } = process.env
const walk = fc.commands([plans, ...often].flatMap(plans => Object.entries(plans).map(([name, plan]) => command(name, plan))), {
  maxCommands: LONGEST,
  size: 'max',
  ...(FC_REPLAY_PATH !== undefined && { replayPath: FC_REPLAY_PATH })
})

for (const mode of modes) {
  t.test(`${mode}: T6, T9, T10: whatever people and administrators do one after another, no token is accepted that has ended, and none refused that is live`, async t => {
    const service = await start(t, mode)
    await check(t, WALKS, fc.asyncProperty(walk, async commands => {
      const model = await service.begin()
      await fc.asyncModelRun(() => ({ model, real: service }), commands)
      await service.agree(model, model.tokens)
    }))
    t.same(Object.keys(plans).filter(name => !service.runs.has(name)), [], 'everything was done')
  })
}
