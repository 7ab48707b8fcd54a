import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Job, Stretched } from './hash-thread.ts'
import type { Cost } from './phc.ts'
import { root } from './root.ts'

/** Stretches an input to 32 bytes. */
export type Stretch = (input: string, salt: Buffer, cost: Cost) => Promise<Buffer>

export interface HashThreads {
  /** How many hashes run at once at the most: a queue in front keeps more from coming. */
  readonly count: number
  stretch: Stretch
  /** Ends the threads; a hash under way fails. */
  close: () => Promise<void>
}

/** Of 19: HTTP goes first, and hashes still get what it leaves. `npm run bench -- --threads` compares. */
const NICENESS = 10

/**
 * Threads for hashes alone. libuv's own are shared with files and name look-ups, and as eager as the event loop, which a
 * storm of logins then starves. These yield to everything else, so that there may be one for each core; where the system
 * cannot lower a single thread, a core is left free instead.
 *
 * @param processes how many share the cores, each of which takes its part
 * @param niceness how far they yield, from 0 for not at all to 19
 */
export function createHashThreads (processes = 1, niceness = NICENESS): HashThreads {
  const lowers = process.platform === 'linux'
  const count = Math.max(1, Math.round((availableParallelism() - (lowers ? 0 : 1)) / processes))
  const idle: Worker[] = []
  const all = new Set<Worker>()
  let closed = false

  function start (): Worker {
    const worker = new Worker(new URL('dist/hash-thread.js', root), {
      workerData: { niceness: lowers ? niceness : 0 },
      // Nothing of the process's own settings: a thread knows the job it has and no secret besides.
      env: {},
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 }
    })
    // What a thread dies of is reported to whoever waits for it.
    worker.on('error', () => {})
    worker.once('exit', () => {
      all.delete(worker)
      if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1)
    })
    all.add(worker)
    return worker
  }

  function run (worker: Worker, job: Job): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        worker.off('message', answered)
        worker.off('error', reject)
        worker.off('exit', died)
        worker.unref()
      }
      const died = (): void => { reject(new Error('a hashing thread ended')) }
      const answered = (answer: Stretched): void => {
        settle()
        idle.push(worker)
        if ('key' in answer) resolve(Buffer.from(answer.key))
        else reject(new Error(answer.error))
      }
      worker.on('message', answered)
      worker.once('error', reject)
      worker.once('exit', died)
      // A program that has nothing else to do waits for the hash, and for nothing after it.
      worker.ref()
      worker.postMessage(job)
    })
  }

  return {
    count,
    async stretch (input, salt, cost) {
      // What still waits for its turn must not bring threads back.
      if (closed) throw new Error('the hashing threads have ended')
      return run(idle.pop() ?? start(), { input, salt, cost })
    },
    async close () {
      closed = true
      await Promise.all([...all].map(worker => worker.terminate()))
    }
  }
}
