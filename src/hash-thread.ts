import { pbkdf2Sync } from 'node:crypto'
import { getPriority, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { KEY_BYTES, type Cost } from './phc.ts'

// A thread of src/stretch.ts: one hash at a time, as it is asked.

/** What a thread is asked for. */
export interface Job { input: string, salt: Uint8Array, cost: Cost }

/** What it answers. */
export type Stretched = { key: Uint8Array } | { error: string }

// On Linux this lowers the calling thread alone; elsewhere it would lower the whole process. Nobody but root may raise it again, so a
// service that was started with less stays as it is.
if (getPriority() < workerData.niceness) setPriority(workerData.niceness)

const ARGON2ID = 2

async function stretch ({ input, salt, cost }: Job): Promise<Uint8Array> {
  if (cost.scheme === 'pbkdf2-sm3') return pbkdf2Sync(input, salt, cost.iterations, KEY_BYTES, 'sm3')
  // Loaded only where it is used: memory.
  const { hashRawSync } = await import('@node-rs/argon2')
  return hashRawSync(input, { salt, memoryCost: cost.memoryKib, timeCost: cost.passes, parallelism: cost.lanes, outputLen: KEY_BYTES, algorithm: ARGON2ID })
}

parentPort?.on('message', async (job: Job) => {
  const answer: Stretched = await stretch(job).then(key => ({ key }), (error: unknown) => ({ error: String(error) }))
  parentPort?.postMessage(answer)
})
