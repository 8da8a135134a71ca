import { executionAsyncResource } from 'node:async_hooks'

const kept: object[] = []

/**
 * Keeps `process.nextTick` as quick as it starts. Each of its calls makes an object with computed names, and V8 remembers the shape of
 * these objects only as long as there is one: a garbage collection while none waits, as when a relay is idle, makes every call take eight times
 * as long from then on (and there are some ten in each request). With one object kept, the shape is.
 */
export function keepTicksQuick(): void {
  process.nextTick(() => {
    // While it runs, a tick's own object is what Node calls the resource of the execution.
    kept.push(executionAsyncResource())
  })
}
