import { Failure } from './catalogue.ts'
import { NotAsked, type HandOver } from './mail/mail.ts'

/**
 * What came of one attempt to deliver a mail. `delivered`: the mail server has it. `refused`: it said that it never will. `deferred`: it did not take it now.
 * `untried`: it was not given the chance. `unknown`: it was given all of it and did not say what became of it. `gone`: the mail is not ours to send any more.
 */
export type Delivery = { verdict: 'delivered' } | { verdict: 'refused' | 'deferred' | 'untried' | 'unknown' | 'gone', error: unknown }

/** Why the end of a mail was not sent. */
class Withheld extends Error {}

/**
 * Makes one attempt, and knows of whatever goes wrong whether the mail may be delivered all the same.
 *
 * @param send sends the mail, and asks before it sends the end
 * @param mark makes sure that nobody sends it again, whatever becomes of this process. `false`: somebody else has made sure, or nobody is to send it.
 */
export async function attempt (send: (handOver: HandOver) => Promise<void>, mark: () => Promise<boolean>): Promise<Delivery> {
  const mail: { state: 'ours' | 'gone' | 'withheld' | 'handed over', over: boolean, marking?: Promise<void> } = { state: 'ours', over: false }

  async function handOver (): Promise<void> {
    // Asked again where the mail goes over another connection, as nothing of it was sent over the first.
    if (mail.state === 'handed over') return
    mail.state = 'withheld'
    const marked = await mark().catch((error: unknown) => { throw new Withheld('nobody could be kept from sending it again', { cause: error }) })
    if (!marked) {
      mail.state = 'gone'
      throw new Withheld('somebody else sends it, or nobody is to')
    }
    if (mail.over) throw new Withheld('it was given up on meanwhile')
    mail.state = 'handed over'
  }

  try {
    await send(() => {
      mail.marking = handOver()
      return mail.marking
    })
    return { verdict: 'delivered' }
  } catch (error) {
    mail.over = true
    await mail.marking?.catch(() => {})
    return { verdict: verdictOf(error, mail.state), error }
  }
}

function verdictOf (error: unknown, state: 'ours' | 'gone' | 'withheld' | 'handed over'): Exclude<Delivery['verdict'], 'delivered'> {
  if (state === 'gone') return 'gone'
  const answer = answerTo(error)
  if (answer !== undefined) return answer
  if (state === 'handed over') return 'unknown'
  return state === 'withheld' || wasNotAsked(error) ? 'untried' : 'deferred'
}

/** What the server said of this very mail, as Nodemailer's errors tell it. What it says of us, such as a refused login, is no reason to give a mail up. */
function answerTo (error: unknown): 'refused' | 'deferred' | undefined {
  const { code, command, responseCode } = Object(error)
  if (code !== 'EENVELOPE' && code !== 'EMESSAGE') return undefined
  // An address that Nodemailer itself does not take.
  if (command === 'API') return 'refused'
  return typeof responseCode === 'number' && responseCode >= 400 ? responseCode < 500 ? 'deferred' : 'refused' : undefined
}

function wasNotAsked (error: unknown): boolean {
  return error instanceof NotAsked || (error instanceof Failure && error.key === 'Busy')
}
