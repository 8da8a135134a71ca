import { type StaticDecode, Type } from 'typebox'
import { probeFields } from './health.ts'
import { timeoutFields } from './timeouts.ts'
import { Count, closed, SecretText, Text } from './units.ts'

const ProviderLimits = Type.Object(
  {
    rpm: Type.Optional(Count({ minimum: 1, description: 'Requests a minute.' })),
    tpm: Type.Optional(Count({ minimum: 1, description: 'Tokens a minute.' })),
    max_concurrent: Type.Optional(Count({ minimum: 1, description: 'Requests under way at the same time.' })),
  },
  { ...closed, description: 'What the account allows, where it is known. What answers tell is learnt by itself.' },
)

/** An entry of `providers`. */
export const ProviderBlock = Type.Object(
  {
    type: Type.Optional(Text('What kind of provider it is. Default: its name.')),
    api_key: Type.Optional(
      SecretText(
        'Its key. `azure` also takes an Entra ID token, `vertex` an access token or the JSON of an account: left out, `vertex` and `bedrock` use what the machine has.',
      ),
    ),
    api_keys: Type.Optional(
      Type.Array(SecretText('A key.'), {
        minItems: 1,
        expects: 'a list of keys',
        description: 'A pool of keys: one that is limited or refused rests, the others go on.',
      }),
    ),
    base_url: Type.Optional(
      Type.String({
        pattern: '^https?://',
        expects: 'a URL that begins with http:// or https://',
        description: "What the vendor's own SDK takes as base URL. Default: the vendor's own; some types have none.",
      }),
    ),
    api: Type.Optional(Text('The API spoken, where the provider has several: `chat` or `responses` of `openai` and `azure`.')),
    project: Type.Optional(Text('`vertex`: the Google Cloud project. Default: that of the service account.')),
    location: Type.Optional(Text('`vertex`: the region, `us`, `eu` or `global`. Default: `global`.')),
    region: Type.Optional(Text('`bedrock`: the AWS region.')),
    access_key_id: Type.Optional(Text('`bedrock`: the id of an AWS access key. Default: as the AWS SDKs find credentials.')),
    secret_access_key: Type.Optional(SecretText('`bedrock`: the secret of that key.')),
    session_token: Type.Optional(SecretText('`bedrock`: the token that comes with a temporary key.')),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String({ expects: 'a text', secret: true, description: 'Its value.' }), {
        expects: 'a mapping of names to values',
        description: 'Headers of every request to it.',
      }),
    ),
    timeouts: Type.Optional(
      Type.Object(timeoutFields, {
        ...closed,
        inherits: 'timeouts',
        description: 'As `timeouts` at the top, for this provider.',
      }),
    ),
    health: Type.Optional(
      Type.Object(probeFields, { ...closed, inherits: 'health', description: 'As `health` at the top, for this provider.' }),
    ),
    limits: Type.Optional(ProviderLimits),
  },
  { ...closed, expects: 'a mapping such as { api_key: … }', description: 'How to reach a provider.' },
)

export const Providers = Type.Record(Type.String(), ProviderBlock, {
  expects: 'a mapping of names to providers',
  description: 'The providers, by name. `type` may be left out where the name is a known type.',
})

export type ProviderEntry = StaticDecode<typeof ProviderBlock>
export type ProviderLimitsConfig = StaticDecode<typeof ProviderLimits>
