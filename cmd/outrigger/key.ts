import { randomBytes } from 'node:crypto'
import { storedDigest } from '#clients/keys.ts'
import { exitCodes } from './exit.ts'
import { print } from './terminal.ts'

export type KeyOptions = { readonly name?: string; readonly json: boolean }

/** `outrigger key new`: a virtual key, and what stands for it in the routing file. */
export function keyNew({ name = 'app', json }: KeyOptions): number {
  // 192 bits: nobody guesses it, so that its digest needs no salt and no slow hash.
  const key = `sk-outrigger-${randomBytes(24).toString('base64url')}`
  const hashed = `sha256:${storedDigest(key)}`
  if (json) print(JSON.stringify({ name, key, hashed }))
  else {
    print(`key for the application, shown only now:\n  ${key}\n`)
    print(`for \`clients\` in the routing file, which then holds no secret:\n  - { name: ${name}, key: "${hashed}" }\n`)
    print(`or as a line of a \`clients_file\` that ends in .jsonl:\n  ${JSON.stringify({ name, key: hashed })}`)
  }
  return exitCodes.ok
}
