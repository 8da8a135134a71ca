import type { Json } from '#canonical/request.ts'
import { asString } from '#lib/json.ts'
import { createGoogleAuthenticator, readGoogleKey } from './auth/google-token.ts'
import type { OptionProblem, Place, Provider, ProviderOptions, Written } from './provider.ts'
import { claudeTraits } from './shared/claude-traits.ts'
import { geminiTraits } from './shared/gemini-traits.ts'

/**
 * Google Cloud's Vertex AI: Gemini in its own dialect, and Claude in Anthropic's, told apart by the model's name. Source:
 * cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference, docs.anthropic.com/en/api/claude-on-vertex-ai.
 */
export const vertex: Provider = {
  type: 'vertex',
  title: 'Google Vertex AI',
  baseUrl: 'https://{location}-aiplatform.googleapis.com',
  baseUrlOf: ({ location = everywhere }) => `https://${hostOf(location)}`,
  auth: { kind: 'computed', open: createGoogleAuthenticator },
  keyOptional: true,
  options: ['project', 'location'],
  fillOptions,
  checkOptions,
  address,
  dialectOf: (model) => (isClaude(model) ? 'anthropic' : 'gemini'),
  quirksOf: (model) =>
    isClaude(model)
      ? {
          // Anthropic's signatures are the same wherever Claude runs.
          vendor: 'anthropic',
          rejects: ['service_tier', 'container', 'mcp_servers', 'inference_geo'],
          anthropic: { mediaUrls: false },
        }
      : // Signatures of the Gemini API are refused here, and the other way round ("Corrupted thought signature").
        { vendor: 'vertex', fieldsOf: 'gemini', gemini: { noCallIds: true } },
  // Versions stand behind an `@`: claude-opus-4@20250514.
  traitsOf: (model) => (isClaude(model) ? claudeTraits(model.replace('@', '-')) : geminiTraits(model)),
  probe: { method: 'GET', path: '/v1beta1/publishers/google/models?pageSize=1' },
  source: 'cloud.google.com/vertex-ai/generative-ai/docs',
}

/** Requests go to whatever region has room. */
const everywhere = 'global'

function hostOf(location: string): string {
  if (location === everywhere) return 'aiplatform.googleapis.com'
  // The two that stand for several regions.
  if (location === 'us' || location === 'eu') return `aiplatform.${location}.rep.googleapis.com`
  return `${location}-aiplatform.googleapis.com`
}

function isClaude(model: string): boolean {
  return /(^|\/)claude/.test(model)
}

/** A service account knows its project. */
function fillOptions(options: ProviderOptions, keys: readonly string[]): ProviderOptions {
  if (options.project !== undefined) return options
  const projects = keys.flatMap((key) => {
    const given = readGoogleKey(key)
    const project = given.kind === 'account' ? asString(given.account['project_id']) : undefined
    return project === undefined ? [] : [project]
  })
  const [project] = projects
  return project === undefined ? options : { ...options, project }
}

function checkOptions({ project, location }: ProviderOptions, keys: readonly string[]): readonly OptionProblem[] {
  const problems: OptionProblem[] = []
  const given = keys.map(readGoogleKey)
  for (const key of given) if (key.kind === 'broken') problems.push({ field: 'api_key', message: key.problem })
  // An API key brings its project along.
  if (project === undefined && !given.some(({ kind }) => kind === 'api_key'))
    problems.push({ message: 'vertex needs `project`', hint: 'project: "${GOOGLE_CLOUD_PROJECT}"' })
  if (project !== undefined && !/^[a-z0-9:.-]+$/i.test(project))
    problems.push({ field: 'project', message: `${project} is no name of a project` })
  if (location !== undefined && !/^[a-z0-9-]+$/.test(location))
    problems.push({ field: 'location', message: `${location} is no location`, hint: 'global, us, eu, us-central1, …' })
  return problems
}

function address(written: Written, place: Place): Written {
  return isClaude(place.model) ? addressClaude(written, place) : { ...written, path: geminiPath(written.path, place) }
}

/** `/v1beta/models/…` of the Gemini API; names may also begin with `publishers/` or `projects/`. */
function geminiPath(path: string, { options }: Place): string {
  const name = path.replace(/^\/v1beta\//, '')
  if (name.startsWith('projects/')) return `/v1/${name}`
  return `${root(options)}/${name.startsWith('models/') ? `publishers/google/${name}` : name}`
}

/** The model stands in the path, and the version in the body. */
function addressClaude({ path, headers, body }: Written, { model, stream, options }: Place): Written {
  const { 'anthropic-version': _version, ...rest } = headers
  const versioned: Json = { anthropic_version: 'vertex-2023-10-16', ...body }
  const models = `${root(options)}/publishers/anthropic/models`
  if (path.startsWith('/v1/messages/count_tokens')) {
    return { path: `${models}/count-tokens:rawPredict`, headers: rest, body: versioned }
  }
  const { model: _model, ...unnamed } = versioned
  const name = encodeURIComponent(model.split('/').at(-1) ?? model).replaceAll('%40', '@')
  return { path: `${models}/${name}:${stream ? 'streamRawPredict' : 'rawPredict'}`, headers: rest, body: unnamed }
}

/** Without a project it is the address for API keys. */
function root({ project, location = everywhere }: ProviderOptions): string {
  return project === undefined ? '/v1' : `/v1/projects/${project}/locations/${location}`
}
