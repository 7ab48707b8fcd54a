import fc from 'fast-check'
import root, { type Test } from 'tap'

/** Longest that one run may take: what takes longer hangs, also on a machine that is busy with other things. */
const RUN_MS = 30_000
/** Leaves time to say what failed before tap ends the file. */
const PROPERTY_MS = 200_000
root.setTimeout(500_000)

/**
 * Holds a property against arbitrary input. A failure names the smallest input that was found, with its seed and path: with
 * these in `FC_SEED` and `FC_PATH`, the same test fails at once.
 */
export async function check<T> (t: Test, runs: number, property: fc.IRawProperty<T>): Promise<void> {
  const { FC_SEED, FC_PATH } = process.env
  await fc.assert(property, {
    numRuns: runs,
    plugins: [fc.timeout(RUN_MS), fc.interruptAfterTimeLimit(PROPERTY_MS, { failOnInterrupt: true })],
    ...(FC_SEED !== undefined && { seed: Number(FC_SEED) }),
    ...(FC_PATH !== undefined && { path: FC_PATH })
  })
  t.pass(`held ${runs} times`)
}
