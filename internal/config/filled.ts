import type { Config } from './config.ts'
import type { RoutingFileData } from './schema/routing-file.ts'

/** The file's data after defaults are filled in: what has one is not missing, which the schema's type cannot say. */
export type Filled = Omit<
  RoutingFileData,
  'retry' | 'breaker' | 'timeouts' | 'listen' | 'admin' | 'rules' | 'health' | 'limits' | 'log' | 'stream'
> &
  Pick<Config, 'retry' | 'breaker' | 'timeouts' | 'listen' | 'admin' | 'rules' | 'health' | 'limits' | 'log'> & {
    readonly stream: { readonly on_break: 'continue' | 'error'; readonly hold: string }
  }

export function filled(data: RoutingFileData): Filled {
  // biome-ignore lint/nursery/noUnsafeTypeAssertion: Value.Default has filled in what the type calls optional.
  return data as Filled
}

export type ProviderEntry = Filled['providers'][string]
export type TargetEntry = Filled['models'][string]['targets'][number]

/** `provider/model`, whichever way it is written. */
export function targetName(target: TargetEntry): string {
  return typeof target === 'string' ? target : target.target
}
