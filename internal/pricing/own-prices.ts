import type { Price } from '#canonical/plan.ts'

/** What a model costs, as far as the catalogue does not know it. */
export type OwnPrice = { readonly price: Price; readonly context: number }

/** USD per million tokens read and written, and the context window in tokens. */
type Row = readonly [model: string, input: number, output: number, context: number]

/**
 * Qwen at Alibaba Cloud Model Studio, international, prompts of up to 128,000 tokens. Source: alibabacloud.com/help/en/model-studio,
 * model pricing, as of July 2026. Where thinking costs more than answering, the price is that of answering.
 */
const qwen: readonly Row[] = [
  ['qwen-max', 1.6, 6.4, 32_768],
  ['qwen-plus', 0.4, 1.2, 1_000_000],
  ['qwen-flash', 0.05, 0.4, 1_000_000],
  ['qwen-turbo', 0.05, 0.2, 1_000_000],
  ['qwen-vl-max', 0.8, 3.2, 131_072],
  ['qwen-vl-plus', 0.21, 0.63, 131_072],
  ['qwen3-max', 1.2, 6, 262_144],
  ['qwen3-coder-plus', 1, 5, 1_048_576],
  ['qwen3-coder-flash', 0.3, 1.5, 1_000_000],
  ['qwen3-coder-480b-a35b-instruct', 1.5, 7.5, 262_144],
  ['qwen3-coder-30b-a3b-instruct', 0.45, 2.25, 262_144],
  ['qwen3-vl-plus', 0.2, 1.6, 262_144],
  ['qwen3-235b-a22b', 0.7, 2.8, 131_072],
  ['qwen3-next-80b-a3b-instruct', 0.5, 2, 131_072],
  ['qwen3-next-80b-a3b-thinking', 0.5, 6, 131_072],
  ['qwen3-32b', 0.7, 2.8, 131_072],
  ['qwen3-14b', 0.35, 1.4, 131_072],
  ['qwen3-8b', 0.18, 0.7, 131_072],
  ['qwen3.5-plus', 0.4, 2.4, 1_000_000],
  ['qwen3.5-397b-a17b', 0.6, 3.6, 262_144],
  ['qwen3.5-122b-a10b', 0.4, 3.2, 262_144],
  ['qwen3.5-35b-a3b', 0.25, 2, 262_144],
  ['qwen3.5-27b', 0.3, 2.4, 262_144],
  ['qwen3.6-plus', 0.5, 3, 1_000_000],
  ['qwen3.6-flash', 0.1875, 1.125, 1_000_000],
  ['qwen3.6-max-preview', 1.3, 7.8, 262_144],
  ['qwen3.6-35b-a3b', 0.248, 1.485, 262_144],
  ['qwen3.6-27b', 0.6, 3.6, 262_144],
  ['qwen3.7-plus', 0.5, 3, 1_000_000],
  ['qwen3.7-max', 2.5, 7.5, 1_000_000],
  ['qwq-plus', 0.8, 2.4, 131_072],
]

// What Model Studio finds in its cache by itself costs a fifth of the input. Source: the same, context cache.
const cachedShare = 0.2

const byModel = new Map(
  qwen.map(([model, input, output, context]): [string, OwnPrice] => [
    model,
    { price: { input, output, cachedInput: Number((input * cachedShare).toPrecision(12)) }, context },
  ]),
)

/** Prices of a provider's type, where the catalogue has none. Dated and latest versions cost what the model costs. */
export function ownPrice(providerType: string, model: string): OwnPrice | undefined {
  if (providerType !== 'qwen') return undefined
  return byModel.get(model) ?? byModel.get(model.replace(/-(latest|\d{4}-\d{2}-\d{2})$/, ''))
}
