import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { FSWatcher } from 'chokidar'

// An editor's save is several events; a truncated file is written again within this time.
const settleMs = 100
// What no event tells: a bind-mounted file, a replaced folder, a network file system, a lost watch.
const rereadMs = 2000

/**
 * Calls back when the content of the file, or of one of the others that it names, has changed. Watches the folder, not the
 * file: a rename-over and Kubernetes' `..data` link put another file in its place. Every two seconds all are read in any
 * case, which is how changes of the others are seen.
 */
export function watchFile(
  path: string,
  onChange: () => void,
  others: () => readonly string[] = () => [],
): { readonly close: () => Promise<void> } {
  const seen = new Map<string, string>()
  let timer: NodeJS.Timeout | undefined
  /** Remembers what the files hold; tells whether one of those that were known holds something else. */
  const remember = (): boolean => {
    let changed = false
    for (const file of new Set([path, ...others()])) {
      const digest = digestOf(file)
      // A file that is gone for a moment is being replaced: the last good one stays.
      if (digest === undefined) continue
      changed ||= seen.has(file) && seen.get(file) !== digest
      seen.set(file, digest)
    }
    return changed
  }
  const look = (): void => {
    if (remember()) onChange()
  }
  const soon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(look, settleMs)
  }
  remember()
  const watching = watchFolder(dirname(path), soon)
  const interval = setInterval(look, rereadMs).unref()
  return {
    async close() {
      clearInterval(interval)
      await (await watching).close()
      clearTimeout(timer)
    },
  }
}

/** The library is loaded here, since nobody should wait for it before the relay listens. */
async function watchFolder(folder: string, onEvent: () => void): Promise<FSWatcher> {
  const { watch } = await import('chokidar')
  // Without events (no more inotify watches) the regular look remains.
  return watch(folder, { depth: 0, ignoreInitial: true }).on('all', onEvent).on('error', onEvent)
}

function digestOf(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch {
    // Missing or unreadable: told by whoever loads it.
    return undefined
  }
}
