import { jsonSchema } from '#config/json-schema.ts'
import { exitCodes } from './exit.ts'
import { print } from './terminal.ts'

/** `outrigger schema`: the JSON Schema of the routing file, for editors. */
export function schema(): number {
  print(JSON.stringify(jsonSchema(), null, 2))
  return exitCodes.ok
}
