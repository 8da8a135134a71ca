import { type StaticDecode, Type } from 'typebox'
import { type TermsConfig, terms } from './clients.ts'
import { closed, Duration, Text, type WithDefaults, Word } from './units.ts'

/** Signatures that the issuer alone can make. `none` and those with a shared secret (`HS256`) are never taken. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const

const claimPath = 'dots lead into objects: `realm_access.roles`'

const Grant = Type.Object(
  {
    when: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })]), {
        expects: 'a mapping of claims to a value, or to a list of values',
        description: `Claims and what they must be: one of the values, or, where the claim is a list, have one of them in it; ${claimPath}. Left out: it fits every token.`,
      }),
    ),
    client: Type.Optional(
      Text('The claim that names whose limits these are, instead of that of the issuer: with `team` a team shares them.'),
    ),
    ...terms,
  },
  { ...closed, description: 'What the holders of some tokens may do.' },
)

const Claims = Type.Object(
  {
    tier: Type.Optional(Text('The claim with the tier.')),
    models: Type.Optional(Text('The claim with the list of models (or a text of them with spaces between).')),
    tags: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        expects: 'a mapping of tags to claims',
        description: 'Tags, and the claims whose values they get.',
      }),
    ),
  },
  {
    ...closed,
    description: `What is taken from a token; ${claimPath}. What a grant says stands over it; of models only those that both allow are allowed.`,
  },
)

/** An entry of `jwt`. */
export const Issuer = Type.Object(
  {
    name: Text('Stands before the names of clients that come this way (`corp:alice`), and for all of them in metrics.'),
    issuer: Text('The `iss` that tokens must have.'),
    audience: Type.Union([Text('The `aud`.'), Type.Array(Text('One `aud`.'), { minItems: 1 })], {
      expects: 'a text, or a list of texts',
      description: 'The `aud` that tokens must have, or several of which they must have one.',
    }),
    jwks: Text(
      'The issuer\u2019s public keys: an `https://` URL, or a file below the folder of the routing file unless it begins with `/`.',
    ),
    algorithms: Type.Optional(
      Type.Array(Word([...algorithms], { description: 'An algorithm.' }), {
        minItems: 1,
        default: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
        expects: `a list of ${algorithms.join(', ')}`,
        description:
          'The signatures that are taken: RS256, PS256, ES256, EdDSA and Ed25519 unless given. Those with a shared secret never are.',
      }),
    ),
    clock_tolerance: Type.Optional(
      Duration({ default: '30s', description: 'How much the issuer\u2019s clock may differ from ours.' }),
    ),
    refresh: Type.Optional(
      Duration({
        default: '10m',
        description:
          'The age at which the keys are fetched again. A key that is not among them is looked for at once, at most every 30 s.',
      }),
    ),
    client: Type.Optional(Text('The claim that names the client. Default: `sub`.')),
    claims: Type.Optional(Claims),
    grants: Type.Optional(
      Type.Array(Grant, {
        minItems: 1,
        expects: 'a list of grants',
        description:
          'The first that fits a token says what its holder may do; a token that none fits is refused. Left out: everything.',
      }),
    ),
  },
  { ...closed, description: 'Who issues tokens that are taken in place of virtual keys.' },
)

export const Jwt = Type.Array(Issuer, {
  default: [],
  expects: 'a list of issuers',
  description:
    'Signed tokens (JWT) in place of virtual keys. Off unless given: then every request needs one, or a key of `clients`.',
})

export type IssuerEntry = StaticDecode<typeof Issuer>

export type GrantConfig = TermsConfig & {
  readonly when?: Readonly<Record<string, string | readonly string[]>>
  readonly client?: string
}

export type IssuerConfig = Omit<
  WithDefaults<IssuerEntry, 'algorithms' | 'clock_tolerance' | 'refresh' | 'client'>,
  'audience' | 'grants'
> & {
  readonly audience: readonly string[]
  readonly grants?: readonly GrantConfig[]
}
