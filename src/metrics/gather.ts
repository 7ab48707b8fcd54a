import cluster from 'node:cluster'
import { AggregatorRegistry, type Registry } from 'prom-client'
import type { Exposition } from './listener.ts'

/** Listens for the primary from when it is made. */
let listening: unknown

/** In a process of several: answers the primary when it gathers. */
export function answerPrimary (registry: Registry): void {
  if (!cluster.isWorker || listening !== undefined) return
  AggregatorRegistry.setRegistries(registry)
  listening = new AggregatorRegistry()
}

/**
 * In the primary: the metrics of all workers together. Counts are added, of a dependency's state the worst is shown. What a worker
 * that ended had counted goes with it, which `rate()` takes for a restart.
 */
export function gatherFromWorkers (): Exposition {
  const gatherer = new AggregatorRegistry()
  return { contentType: gatherer.contentType, text: () => gatherer.clusterMetrics() }
}
