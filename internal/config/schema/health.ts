import { type StaticDecode, Type } from 'typebox'
import { Count, closed, Duration, type Whole, Word } from './units.ts'

/** What may differ from provider to provider. */
export const probeFields = {
  interval: Type.Optional(Duration({ default: '30s', description: 'Between two probes of a provider.' })),
  timeout: Type.Optional(Duration({ default: '5s', description: 'For a probe.' })),
  probe: Type.Optional(
    Word(['models', 'status_page', 'completion', 'off'], {
      default: 'models',
      description:
        "What a probe asks for: the list of models (free), the vendor's status page, a completion of a few tokens (costs money), or nothing.",
    }),
  ),
  status_url: Type.Optional(
    Type.String({
      pattern: '^https?://',
      expects: 'a URL that begins with http:// or https://',
      description:
        "For `status_page`: the page as JSON in the form of Atlassian Statuspage. Default: the vendor's own, where it has one.",
    }),
  ),
}

const Probe = Type.Object(probeFields)

/** The block `health`. */
export const Health = Type.Object(
  {
    ...probeFields,
    window: Type.Optional(
      Count({
        minimum: 10,
        maximum: 10_000,
        default: 100,
        description: 'The last attempts that the health of a target rests on.',
      }),
    ),
  },
  { ...closed, default: {}, description: 'How the health of providers and targets is watched.' },
)

type HealthData = StaticDecode<typeof Health>
export type HealthConfig = Whole<Omit<HealthData, 'status_url'>> & Pick<HealthData, 'status_url'>
/** Of one provider. */
type ProbeData = StaticDecode<typeof Probe>
export type ProbeConfig = Whole<Omit<ProbeData, 'status_url'>> & Pick<ProbeData, 'status_url'>
