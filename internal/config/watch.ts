import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { watch as watchFolder } from 'chokidar'

// An editor's save is several events; a truncated file is written again within this time.
const settleMs = 100
// What no event tells: a bind-mounted file, a replaced folder, a network file system.
const rereadMs = 2000

/**
 * Calls back when the file's content has changed. Watches the folder, not the file: a rename-over and Kubernetes'
 * `..data` link put another file in its place. Every two seconds the file is read in any case.
 */
export function watchFile(path: string, onChange: () => void): { readonly close: () => Promise<void> } {
  let seen = digestOf(path)
  let timer: NodeJS.Timeout | undefined
  const look = (): void => {
    const now = digestOf(path)
    // A file that is gone for a moment is being replaced: the last good one stays.
    if (now === undefined || now === seen) return
    seen = now
    onChange()
  }
  const soon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(look, settleMs)
  }
  const watcher = watchFolder(dirname(path), { depth: 0, ignoreInitial: true })
  watcher.on('all', soon)
  // Without events (no more inotify watches) the regular look remains.
  watcher.on('error', soon)
  const interval = setInterval(look, rereadMs).unref()
  return {
    close() {
      clearTimeout(timer)
      clearInterval(interval)
      return watcher.close()
    },
  }
}

function digestOf(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch {
    // Missing or unreadable: told by whoever loads it.
    return undefined
  }
}
