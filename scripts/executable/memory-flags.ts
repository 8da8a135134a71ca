/**
 * What the executable tells Node about memory: it stands beside an application, mostly with little to do. What it brings and what it
 * costs stands in docs/performance.md. It can't be changed from outside; who has a busy gateway and memory to spare runs the bundle, on
 * flags of his own. Flags that V8 counts among those of its compilers do not belong here: it would throw away the compiled code of all of Node's own modules.
 */
export const memoryFlags: readonly string[] = [
  // MiB. The young generation is up to three times as large; under load all of it is in use, of a default of 16 too.
  '--max-semi-space-size=4',
  // Threads for compilers and the garbage collector, of which each keeps the memory that it once needed. Node has four.
  '--v8-pool-size=2',
  // MiB. What it grows to under load anyway: from the beginning it saves the start four collections.
  '--min-semi-space-size=4',
]
