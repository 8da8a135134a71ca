import { asArray } from '#lib/json.ts'
import { type RedisPort, scriptOf } from './redis-port.ts'

/** Vectors that instances share: of each group a vector set of the server (Redis 8 and later). Everything rejects when the server does not answer. */
export type RedisVectors = {
  /** Whether the server has vector sets. */
  readonly supported: () => Promise<boolean>
  readonly nearest: (group: string, vector: readonly number[], threshold: number) => Promise<NearVector | undefined>
  readonly add: (group: string, key: string, vector: readonly number[], ttlMs: number) => Promise<void>
  readonly remove: (group: string, key: string) => Promise<void>
}

export type NearVector = { readonly key: string; readonly similarity: number }

export type RedisVectorsOptions = {
  readonly port: Pick<RedisPort, 'run'>
  /** Before every key. */
  readonly prefix: string
  /** Asks the server, unless it is known not to answer; rejects when it does not in time. */
  readonly ask: <T>(work: () => Promise<T>) => Promise<T>
}

// Members of a set have no end of their own; beyond so many, some at random go.
const mostInGroup = 10_000

const supported = scriptOf(`
local answer = redis.pcall('VCARD', KEYS[1])
if type(answer) == 'table' and answer.err then return 0 end
return 1
`)

/** ARGV: the vector as JSON, the member, milliseconds that the set lives on, most members. */
const add = scriptOf(`
local vector = cjson.decode(ARGV[1])
local command = {'VADD', KEYS[1], 'VALUES', #vector}
for i = 1, #vector do command[#command + 1] = string.format('%.9g', vector[i]) end
command[#command + 1] = ARGV[2]
redis.call(unpack(command))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
while redis.call('VCARD', KEYS[1]) > tonumber(ARGV[4]) do
  redis.call('VREM', KEYS[1], redis.call('VRANDMEMBER', KEYS[1]))
end
return 1
`)

/** ARGV: the vector as JSON. Gives {member, score} or nothing; the score is 1 for the same direction and 0 for the opposite one. */
const nearest = scriptOf(`
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local vector = cjson.decode(ARGV[1])
local command = {'VSIM', KEYS[1], 'VALUES', #vector}
for i = 1, #vector do command[#command + 1] = string.format('%.9g', vector[i]) end
command[#command + 1] = 'WITHSCORES'
command[#command + 1] = 'COUNT'
command[#command + 1] = 1
return redis.call(unpack(command))
`)

const remove = scriptOf(`return redis.call('VREM', KEYS[1], ARGV[1])`)

export function createRedisVectors({ port, prefix, ask }: RedisVectorsOptions): RedisVectors {
  const keyOf = (group: string): string => `${prefix}vectors:${group}`
  const run = (script: typeof add, group: string, args: readonly string[]): Promise<unknown> =>
    ask(() => port.run(script, [keyOf(group)], args))
  return {
    supported: async () => (await run(supported, '', [])) === 1,
    async nearest(group, vector, threshold) {
      const [key, score] = asArray(await run(nearest, group, [JSON.stringify(vector)]))
      const similarity = 2 * Number(score) - 1
      return typeof key === 'string' && similarity >= threshold ? { key, similarity } : undefined
    },
    async add(group, key, vector, ttlMs) {
      await run(add, group, [JSON.stringify(vector), key, String(Math.ceil(ttlMs)), String(mostInGroup)])
    },
    async remove(group, key) {
      await run(remove, group, [key])
    },
  }
}
