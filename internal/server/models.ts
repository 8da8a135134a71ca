import type { IncomingHttpHeaders } from 'node:http'
import type { Config } from '#config/config.ts'
import { matchModel } from '#routing/match.ts'
import type { Match } from './routes.ts'

type ModelsMatch = Extract<Match, { readonly kind: 'models' }>

/** The models that clients may ask for, in the form of the vendor whose SDK asks; undefined when there is none of that id. */
export function modelsBody(
  match: ModelsMatch,
  headers: IncomingHttpHeaders,
  config: Config,
  mayAsk: (model: string) => boolean,
): unknown {
  const created = Math.floor(config.loadedAtMs / 1000)
  const form =
    match.form === 'gemini'
      ? geminiForm
      : headers['anthropic-version'] === undefined
        ? openaiForm(created)
        : anthropicForm(created)
  const names = config.models.filter((model) => !model.wildcard && mayAsk(model.name)).map((model) => model.name)
  if (match.id === undefined) return form.list(names.map(form.one))
  const id = match.form === 'gemini' ? match.id.replace(/^models\//, '') : match.id
  // A name that a wildcard takes, or `provider/model`, is in no list and can be asked for all the same.
  return mayAsk(id) && matchModel(id, config) !== undefined ? form.one(id) : undefined
}

type Form = { readonly one: (name: string) => unknown; readonly list: (models: readonly unknown[]) => unknown }

/** platform.openai.com/docs/api-reference/models */
function openaiForm(created: number): Form {
  return {
    one: (name) => ({ id: name, object: 'model', created, owned_by: 'outrigger' }),
    list: (models) => ({ object: 'list', data: models }),
  }
}

/** docs.anthropic.com/en/api/models-list */
function anthropicForm(created: number): Form {
  const at = new Date(created * 1000).toISOString()
  return {
    one: (name) => ({ type: 'model', id: name, display_name: name, created_at: at }),
    list: (models) => ({ data: models, has_more: false, first_id: idOf(models.at(0)), last_id: idOf(models.at(-1)) }),
  }
}

function idOf(model: unknown): unknown {
  return typeof model === 'object' && model !== null && 'id' in model ? model.id : null
}

/** ai.google.dev/api/models */
const geminiForm: Form = {
  one: (name) => ({
    name: `models/${name}`,
    displayName: name,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  }),
  list: (models) => ({ models }),
}
