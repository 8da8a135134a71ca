import { err, type Result } from '#lib/result.ts'

/** Installs and starts a competitor; what goes wrong is the reason why it is left out, not the end of the benchmark. */
export async function installing<T>(name: string, start: () => Promise<Result<T, string>>): Promise<Result<T, string>> {
  try {
    return await start()
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).trim().split('\n')
    const words = lines.length > 1 ? [lines[0], lines.at(-1)] : lines
    return err(`${name} is left out: ${words.join(' … ')}`)
  }
}
