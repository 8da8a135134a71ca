import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import { exitCodes } from './exit.ts'
import { program } from './program.ts'
import { complain, onUnread } from './terminal.ts'
import { version } from './version.ts'

// Node would print the line of the source before it, which in the bundle is all of the program. Rejections that nobody handles come here, too.
process.on('uncaughtException', (error: unknown) => {
  complain(`${inspect(error)}\n\noutrigger ${version}, Node.js ${process.version}`)
  process.exit(exitCodes.failed)
})

const relays: readonly (string | undefined)[] = ['serve', 'demo', 'mock']
// Who asked a command something may have read enough of the answer; a relay whose log nobody reads goes on.
onUnread(() => {
  if (relays.includes(process.argv[2])) complain('nobody reads the output any more: it is dropped')
  else process.exit(exitCodes.ok)
})

// No top-level await: the executable's bundle is CommonJS, which alone profits from Node's code cache.
program(process.argv[2])
  .parseAsync()
  .catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error
    // commander has printed the message; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  })
